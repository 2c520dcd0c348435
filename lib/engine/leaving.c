/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/leaving.h"

#include <stdlib.h>
#include <string.h>

#include "engine/context.h"
#include "engine/port.h"
#include "nft/element.h"

/* From the reading of a set to the commit; a thousand elements take some milliseconds to read. */
#define MARGIN_MS     100
#define MAX_MARGIN_MS 10000

void nfw_leaving_deinit(struct nfw_leaving *leaving) {
        nfw_vec_deinit(&leaving->ports);
}

void nfw_leaving_begin(struct nfw_leaving *leaving) {
        leaving->margin_ms = MARGIN_MS;
}

void nfw_leaving_clear(struct nfw_leaving *leaving) {
        leaving->ports.n = 0;
        leaving->replaced = NULL;
}

void nfw_leaving_widen(struct nfw_leaving *leaving) {
        leaving->margin_ms = NFW_MIN(2 * leaving->margin_ms, (uint64_t)MAX_MARGIN_MS);
}

int nfw_leaving_add(struct nfw_leaving *leaving, const struct nfw_shadow_port *port) {
        return nfw_vec_push(&leaving->ports, port);
}

static int compare(const void *a, const void *b) {
        const struct nfw_shadow_port *const *x = a, *const *y = b;

        return strcmp((*x)->interface, (*y)->interface);
}

static int compare_name(const void *name, const void *port) {
        return strcmp(name, (*(const struct nfw_shadow_port *const *)port)->interface);
}

struct removal {
        const struct nfw_leaving *leaving;
        const struct nfw_nft_policy *policy;
        const char *set;
        struct nfw_nft_grant_list grants;
};

static bool is_of(const struct nfw_shadow_port *port, const struct nfw_nft_policy *policy) {
        return port->table == policy->table && strcmp(port->policy, policy->name) == 0;
}

/* One that has no end somebody else has put there: it does not go by itself. */
static bool goes_by_itself(const struct nfw_leaving *leaving, const struct nfw_nft_grant *grant) {
        return grant->expires_ms > 0 && grant->expires_ms < leaving->margin_ms;
}

static int remove_grant(const struct nfw_nft_grant *grant, void *userdata) {
        struct removal *removal = userdata;
        const struct nfw_leaving *leaving = removal->leaving;
        const struct nfw_shadow_port *const *port =
                bsearch(grant->interface, leaving->ports.items, leaving->ports.n,
                        sizeof(*leaving->ports.items), compare_name);

        if (!port || !is_of(*port, removal->policy) || goes_by_itself(leaving, grant))
                return 0;
        return nfw_nft_grant_list_put(&removal->grants, NFW_NFT_DELETE, removal->policy->table, removal->set,
                                      grant->interface, &grant->addr, 0, NULL);
}

static int put_of(struct nfw_context *context, const struct nfw_nft_policy *policy) {
        struct removal removal = { .leaving = &context->leaving,
                                   .policy = policy,
                                   .grants.list.batch = context->batch };

        nfw_vec_foreach (set, &policy->sets) {
                int r;

                if (!nfw_set_is_learned(*set))
                        continue;
                removal.set = *set;
                r = nfw_nft_dump_grants(context->nft, policy->table, *set, remove_grant, &removal);
                if (r < 0)
                        return r;
        }
        return nfw_nft_grant_list_end(&removal.grants);
}

static bool has_any(const struct nfw_leaving *leaving, const struct nfw_nft_policy *policy) {
        if (leaving->replaced && strcmp(leaving->replaced, policy->name) == 0)
                return false;
        nfw_vec_foreach (port, &leaving->ports)
                if (is_of(*port, policy))
                        return true;
        return false;
}

int nfw_leaving_put(struct nfw_context *context) {
        struct nfw_leaving *leaving = &context->leaving;
        int r = 0;

        if (leaving->ports.n == 0)
                return 0;
        qsort(leaving->ports.items, leaving->ports.n, sizeof(*leaving->ports.items), compare);
        nfw_vec_foreach (policy, &context->shadow.policies)
                if (r == 0 && has_any(leaving, policy))
                        r = put_of(context, policy);
        return r;
}
