/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "engine/keeper/follow.h"
#include "engine/keeper/keeper.h"
#include "engine/lock.h"
#include "engine/nwfilter/restore.h"
#include "engine/port.h"
#include "engine/rebuild.h"
#include "engine/state.h"
#include "nft/names.h"

/*
 * Two who undo each other's work would do so for ever, and take a processor for it: after so many repairs, each within a
 * second of the one before, the keeper pauses between them.
 */
#define MAX_REPAIRS 10
#define ROW_MS      1000

static uint64_t now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int take_elements(const char *set, void *userdata) {
        struct nfw_keeper *keeper = userdata;

        if (nfw_set_is_learned(set))
                keeper->touches_learned = true;
        else
                keeper->touches_ours = true;
        keeper->touches_values |= nfw_nft_is_parameter_set(set);
        return 0;
}

static int take_object(void *userdata) {
        struct nfw_keeper *keeper = userdata;

        keeper->touches_ours = true;
        return 0;
}

static int take_filter(void *userdata) {
        struct nfw_keeper *keeper = userdata;

        keeper->touches_filters = true;
        return 0;
}

/*
 * The kernel tells of processes as the first pid namespace numbers them. In another one a process does not know that number
 * of its own, and what is called as it is taken for itself.
 */
static bool is_own(const struct nfw_keeper *keeper, const struct nfw_nft_author *author) {
        char name[sizeof(author->name)] = "";

        if (!keeper->is_in_container)
                return author->pid == (uint32_t)getpid();
        return prctl(PR_GET_NAME, name) == 0 && strncmp(author->name, name, sizeof(name)) == 0;
}

static int take_end(const struct nfw_nft_author *author, void *userdata) {
        struct nfw_keeper *keeper = userdata;
        bool touches_rules = keeper->touches_ours || keeper->touches_filters;

        keeper->ours_changed |= touches_rules;
        if (!is_own(keeper, author) && (touches_rules || keeper->touches_learned)) {
                keeper->others_did |= keeper->touches_ours;
                keeper->others_did_values |= keeper->touches_values;
                keeper->others_did_filters |= keeper->touches_filters;
                keeper->others_did_learned |= keeper->touches_learned;
                keeper->ours_changed = true;
                keeper->author = *author;
        }
        keeper->touches_ours = keeper->touches_values = keeper->touches_filters = keeper->touches_learned =
                false;
        return 0;
}

static int take_loss(void *userdata) {
        struct nfw_keeper *keeper = userdata;

        keeper->touches_ours = keeper->touches_values = keeper->touches_filters = keeper->touches_learned =
                true;
        return take_end(&(struct nfw_nft_author){ 0 }, keeper);
}

const struct nfw_nft_notify_handlers nfw_keeper_handlers = {
        .elements = take_elements,
        .object = take_object,
        .filter = take_filter,
        .end = take_end,
        .lost = take_loss,
};

/* Whether anything differs besides what is gone altogether, which needs no more than being put back. */
static bool is_edited(const struct nfw_report *report) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++) {
                const char *code = nfw_diagnostic_code(nfw_report_diagnostic(report, i));

                if (strcmp(code, "kernel/missing-policy") != 0 &&
                    strcmp(code, "kernel/missing-networks") != 0)
                        return true;
        }
        return false;
}

int nfw_keeper_repair(struct nfw_keeper *keeper, bool edited) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        int r;

        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        if (edited)
                r = nfw_store_heal(keeper->store);
        if (r == 0 && edited)
                r = nfw_rebuild(keeper->context, report);
        if (r == 0)
                r = nfw_store_restore(keeper->store, report);
        if (r == -ENOMEM || r == -EPERM)
                return r;
        if (r != 0)
                nfw_keeper_tell_failure(keeper, "our tables cannot be put right", r, report);
        return 0;
}

static int repair_filters(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        int r;

        r = nfw_report_new(&report);
        if (r == 0)
                r = nfw_nwfilter_rebuild(keeper->context, report);
        if (r == -ENOMEM || r == -EPERM)
                return r;
        if (r != 0)
                nfw_keeper_tell_failure(keeper, "network filters cannot be put right", r, report);
        return 0;
}

static void tell_author(struct nfw_keeper *keeper) {
        const struct nfw_nft_author *author = &keeper->author;
        struct nfw_event event = { .type = NFW_EVENT_EDITED, .pid = author->pid };

        if (author->pid) {
                memcpy(event.process, author->name, sizeof(event.process));
                snprintf(event.text, sizeof(event.text),
                         "%s (process %u) changed our tables; they are put right", author->name, author->pid);
        } else
                strcpy(event.text, "somebody changed our tables; they are put right");
        nfw_events_push(&keeper->events, &event);
}

/* What we know of must be in force. If it is, the change was made by somebody who knows of it, too. */
static int find_differences(struct nfw_keeper *keeper,
                            struct nfw_report *report,
                            bool *ret_policies,
                            bool *ret_filters) {
        int policies = 0, filters = 0;

        if (keeper->others_did)
                policies = nfw_verify(keeper->context, NULL, report);
        if (policies < 0)
                return policies;
        if (keeper->others_did_filters)
                filters = nfw_nwfilter_verify(keeper->context, NULL);
        if (filters < 0)
                return filters;
        *ret_policies = policies == NFW_E_DIFFERS;
        *ret_filters = filters == NFW_E_DIFFERS;
        return 0;
}

static int look_for_links(struct nfw_keeper *keeper) {
        bool changed = false;
        int r;

        r = nfw_rtnl_monitor_dispatch(keeper->links, &changed);
        keeper->links_changed |= changed;
        return r;
}

/*
 * What a port has in the parameter sets follows its link, and so it is put right in the same way. Where links have changed
 * as well, before or meanwhile, nobody knows whose doing it was.
 */
static int repair_values(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        bool was_wrong = false;
        int r;

        r = look_for_links(keeper);
        if (r < 0 || keeper->links_changed)
                return r;
        r = nfw_report_new(&report);
        if (r == 0)
                r = nfw_follow_links(keeper->context, report, &was_wrong);
        if (r > 0)
                nfw_keeper_tell_failure(keeper, "our tables cannot be put right", r, report);
        if (r >= 0 && was_wrong)
                r = look_for_links(keeper);
        if (was_wrong && !keeper->links_changed) {
                keeper->n_repairs++;
                keeper->last_repair_ms = now_ms();
                tell_author(keeper);
        }
        return r < 0 ? r : 0;
}

/* Somebody has emptied the directory of the state: what is not in force either was not unloaded. */
static int check_state(struct nfw_keeper *keeper) {
        int r;

        if (nfw_store_is_copy(keeper->store) || nfw_store_has_held(keeper->store))
                return 0;
        r = nfw_store_heal(keeper->store);
        if (r == 0)
                r = nfw_keeper_repair(keeper, false);
        /* Where it cannot be written that is seen again the next time. */
        (void)nfw_store_mark_copy(keeper->store);
        return r;
}

/* What the learner has put right since counts as a repair of ours: it is us that it is asked by. */
static void count_repairs_of_learned(struct nfw_keeper *keeper) {
        if (keeper->n_learned == keeper->context->learned_edits.n_repaired)
                return;
        keeper->n_learned = keeper->context->learned_edits.n_repaired;
        keeper->n_repairs++;
        keeper->last_repair_ms = now_ms();
}

/* Only the learner knows what should be there. It wakes whenever somebody lets go of the lock. */
static int ask_learner(struct nfw_keeper *keeper) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        keeper->others_did_learned = false;
        keeper->context->learned_edits.n++;
        keeper->context->learned_edits.author = keeper->author;
        r = nfw_state_prepare(keeper->context, NULL);
        if (r == 0)
                r = nfw_lock_acquire(&lock, keeper->context);
        nfw_lock_release(&lock);
        return r;
}

int nfw_keeper_check(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        bool policies_differ = false, filters_differ = false, values_changed, is_repaired;
        uint64_t now = now_ms();
        int r;

        count_repairs_of_learned(keeper);
        if (now - keeper->last_repair_ms > ROW_MS)
                keeper->n_repairs = 0;
        if (keeper->n_repairs >= MAX_REPAIRS && now - keeper->last_repair_ms < keeper->pause_ms)
                return nfw_keeper_set_timer(keeper, keeper->pause_ms);

        nfw_keeper_watch_definitions(keeper);
        r = check_state(keeper);
        if (r == 0)
                r = nfw_report_new(&report);
        if (r == 0)
                r = find_differences(keeper, report, &policies_differ, &filters_differ);
        if (r < 0)
                return r;
        values_changed = keeper->others_did_values;
        keeper->ours_changed = keeper->others_did = keeper->others_did_filters = false;
        keeper->others_did_values = false;
        is_repaired = policies_differ || filters_differ;
        if (is_repaired) {
                keeper->n_repairs++;
                keeper->last_repair_ms = now;
                tell_author(keeper);
        }
        /* Where all is gone all sets are made anew, and the learner fills them without being asked. */
        if (policies_differ && keeper->context->shadow.policies.n == 0)
                keeper->others_did_learned = false;
        /* What is stored has filters, too, and most often one transaction does for all. */
        if (policies_differ)
                r = nfw_keeper_repair(keeper, is_edited(report));
        else if (values_changed)
                r = repair_values(keeper);
        if (r == 0 && filters_differ && !policies_differ)
                r = repair_filters(keeper);
        if (r == 0 && keeper->others_did_learned)
                r = ask_learner(keeper);
        if (r < 0)
                return r;
        /* The repair itself is seen as a change, too. */
        return is_repaired || keeper->saves_later ? nfw_keeper_save_later(keeper) : nfw_keeper_save(keeper);
}
