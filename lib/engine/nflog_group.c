/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nflog_group.h"

#include "engine/lock.h"
#include "engine/rebuild.h"
#include "engine/record.h"

static int find_other(struct nfw_context *context, bool *ret_found) {
        int r;

        *ret_found = false;
        r = nfw_shadow_refresh(&context->shadow, context->nft);
        if (r < 0)
                return r;
        nfw_vec_foreach (policy, &context->shadow.policies) {
                nfw_cleanup(nfw_record_deinit) struct nfw_record record = { 0 };

                /* Of one without a record nothing is known, and its learner says so. */
                r = nfw_record_read_settings(context, policy->name, policy->id, &record);
                if (r < 0)
                        return r;
                *ret_found |= r == 0 && record.nflog_group != context->nflog_group;
        }
        return 0;
}

int nfw_nflog_group_enforce(struct nfw_context *context, struct nfw_report *report) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        bool found = false;
        int r;

        r = nfw_lock_acquire(&lock, context);
        if (r == 0) {
                nfw_shadow_invalidate(&context->shadow);
                r = find_other(context, &found);
        }
        nfw_lock_release(&lock);
        return r == 0 && found ? nfw_rebuild(context, report) : r;
}
