/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/learned.h"

#include <stdlib.h>

#include "engine/port.h"

struct set_names {
        NFW_VEC(const char *) vec;
};

static void set_names_deinit(struct set_names *names) {
        nfw_vec_deinit(&names->vec);
}

int nfw_learned_dump(struct nfw_nft_socket *nft,
                     const struct nfw_nft_policy *policy,
                     int (*callback)(const char *set, const struct nfw_nft_grant *grant, void *userdata),
                     void *userdata) {
        nfw_cleanup(set_names_deinit) struct set_names names = { 0 };
        int r;

        nfw_vec_foreach (set, &policy->sets) {
                if (!nfw_set_is_learned(*set))
                        continue;
                r = nfw_vec_push(&names.vec, *set);
                if (r < 0)
                        return r;
        }
        return nfw_nft_dump_grants_of(nft, policy->table, names.vec.items, names.vec.n, callback, userdata);
}
