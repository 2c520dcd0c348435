/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/learner/guest.h"
#include "engine/nwfilter/change.h"

struct commit {
        struct nfw_learner *learner;
        struct nfw_nwfilter_change change;
        uint32_t generation; /* that it is based on */
};

static int make_known(const struct learner_guest *guest, struct nfw_nft_guest *known) {
        const struct nfw_snoop_lease *leases;
        int r = 0;
        size_t n;

        known->link = guest->kernel.link;
        memcpy(known->id, guest->kernel.id, sizeof(known->id));
        leases = nfw_snoop_port_leases(guest->snoop, &n);
        for (size_t i = 0; i < n && r == 0; i++) {
                struct nfw_nft_lease lease = { .addr = leases[i].addr,
                                               .is_claimed = leases[i].origin == NFW_SNOOP_CLAIMED,
                                               .expires_ms = leases[i].expires_ms };

                r = nfw_vec_push(&known->leases, lease);
        }
        return r;
}

/* Somebody may have taken it out from under its filter, or bound it anew: then what was learned is not of it. */
static bool is_bound(const struct nfw_nft_filter_snapshot *snapshot, const struct learner_guest *guest) {
        const struct nfw_nft_filter_port *port = nfw_nft_filter_find_port(snapshot, guest->interface);

        return port && port->filter != SIZE_MAX && port->guest.is_there &&
               (!port->guest.id[0] || !guest->seen_id[0] || strcmp(port->guest.id, guest->seen_id) == 0);
}

static int build_guest(struct commit *commit,
                       struct nfw_context *context,
                       const struct learner_guest *guest,
                       struct nfw_report *report) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        nfw_cleanup(nfw_nft_guest_deinit) struct nfw_nft_guest known = { 0 };
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_compiled *compiled;
        int r;

        if (!is_bound(filters->snapshot, guest))
                return 0;
        r = nfw_nwfilter_binding_load(context, guest->interface, &binding);
        if (r == NFW_E_NOT_FOUND)
                return 0;
        if (r == 0)
                r = make_known(guest, &known);
        if (r == 0)
                r = nfw_compile(context, filters, &filters->compiled, binding, report, &compiled);
        if (r == 0)
                r = nfw_nwfilter_change_install(&commit->change, filters, compiled);
        return r == 0 ? nfw_nwfilter_change_add_port(&commit->change, context, binding, compiled, &known,
                                                     report)
                      : r;
}

static int build(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct commit *commit = userdata;
        int r = 0;

        nfw_nwfilter_change_deinit(&commit->change);
        commit->generation = context->nwfilters->snapshot->generation;
        for (struct learner_guest *guest = commit->learner->guests; guest && r >= 0; guest = guest->hh.next)
                if (guest->is_changed)
                        r = build_guest(commit, context, guest, report);
        /* One that cannot be put does not keep the others from it. */
        if (r < 0)
                return r;
        return commit->change.ports.n > 0 ? nfw_nwfilter_change_put(&commit->change, context, report) : 0;
}

static int applied(struct nfw_context *context, void *userdata) {
        struct commit *commit = userdata;

        return nfw_nwfilter_change_apply(&commit->change, context->nwfilters);
}

static void report_failure(struct nfw_learner *learner, int error, const struct nfw_report *report) {
        struct nfw_event event = { .type = NFW_EVENT_ERROR };
        const char *why = nfw_report_n_diagnostics(report) > 0
                                  ? nfw_diagnostic_text(nfw_report_diagnostic(report, 0))
                                  : nfw_strerror(error);

        nfw_learner_count(learner, NFW_COUNTER_FAILED, 1);
        snprintf(event.text, sizeof(event.text), "addresses of guests are not in force: %.100s", why);
        nfw_events_push(&learner->events, &event);
}

/* Nobody was in between: policies and ports are as they were. */
static void take_own_commit(struct nfw_learner *learner, const struct commit *commit) {
        uint32_t after = commit->generation + 1 ? commit->generation + 1 : 1;

        if (commit->change.ports.n == 0 || learner->followed != commit->generation)
                return;
        learner->followed = after;
        learner->guests_followed = after;
}

int nfw_learner_commit_guests(struct nfw_learner *learner) {
        struct commit commit = { .learner = learner };
        const struct nfw_nwfilter_transaction transaction = {
                .build = build, .applied = applied, .userdata = &commit, .change = &commit.change
        };
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        int r;

        if (!learner->has_changed_guests)
                return 0;
        learner->has_changed_guests = false;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_transaction_run(learner->context, &transaction, report);
        for (struct learner_guest *guest = learner->guests; guest; guest = guest->hh.next) {
                if (guest->is_changed)
                        memcpy(guest->seen_id, guest->kernel.id, sizeof(guest->seen_id));
                guest->is_changed = false;
        }
        if (r == 0)
                take_own_commit(learner, &commit);
        else if (r != -EPERM && r != -ENOMEM)
                report_failure(learner, r, report);
        nfw_nwfilter_change_deinit(&commit.change);
        return r == -EPERM || r == -ENOMEM ? r : 0;
}
