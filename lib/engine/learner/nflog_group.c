/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/learner/nflog_group.h"

#include "engine/lock.h"
#include "engine/nwfilter/restore.h"
#include "engine/nwfilter/state.h"
#include "engine/rebuild.h"
#include "engine/record/record.h"

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

/* Network filters may mirror what tells addresses of guests. */
static int find_other_learning(const struct nfw_context *context, bool *ret_found) {
        nfw_cleanup(nfw_nft_filter_snapshot_freep) struct nfw_nft_filter_snapshot *snapshot = NULL;
        int r;

        r = nfw_nft_filter_snapshot_new(context->nwfilters->nft, &snapshot);
        if (r == 0)
                *ret_found = snapshot->has_learning &&
                             snapshot->learning_group != nfw_plan_learning_group(context->nflog_group);
        return r;
}

int nfw_nflog_group_enforce(struct nfw_context *context, struct nfw_report *report) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        bool found = false, found_learning = false;
        int r;

        r = nfw_lock_acquire(&lock, context);
        if (r == 0) {
                nfw_shadow_invalidate(&context->shadow);
                r = find_other(context, &found);
        }
        if (r == 0)
                r = find_other_learning(context, &found_learning);
        nfw_lock_release(&lock);
        if (r == 0 && found)
                r = nfw_rebuild(context, report);
        return r >= 0 && found_learning ? nfw_nwfilter_rebuild(context, report) : r;
}
