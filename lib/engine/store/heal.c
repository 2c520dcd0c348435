/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "engine/lock.h"
#include "engine/state.h"
#include "engine/store/store.h"

static int heal(const struct nfw_store *store, const struct nfw_stored_policy *known) {
        const struct nfw_nft_policy *policy = nfw_shadow_any_policy(&store->context->shadow, known->name);
        struct nfw_record record;
        int r;

        if (!policy || strcmp(policy->id, known->id) != 0)
                return 0;
        r = nfw_record_read(store->context, known->name, known->id, &record);
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_store_read_policy(store, known->name, &record);
                if (r != 0)
                        return r < 0 ? r : 0;
                r = nfw_record_write(store->context, &record);
        } else if (r < 0)
                return r;
        nfw_record_deinit(&record);
        return r;
}

int nfw_store_heal(const struct nfw_store *store) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        r = nfw_state_prepare(store->context, NULL);
        if (r == 0)
                r = nfw_lock_acquire(&lock, store->context);
        if (r < 0)
                return r;
        r = nfw_shadow_update(&store->context->shadow, store->context->nft);
        nfw_vec_foreach (known, &store->known)
                if (r == 0)
                        r = heal(store, known);
        nfw_lock_release(&lock);
        return r;
}
