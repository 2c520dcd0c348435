/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/network/network.h"
#include "engine/nwfilter/store.h"
#include "engine/state.h"
#include "engine/store/others.h"
#include "engine/store/returning.h"
#include "engine/transaction.h"

struct restore {
        struct nfw_store *store;
        struct nfw_port_records ports; /* that shall be attached */
        struct nfw_left_ports left;    /* of them */
        NFW_VEC(struct nfw_returning)
        returning;                         /* by name; never grows while it is used: installs point into it */
        struct nfw_stored_policy *refused; /* by the last attempt */
        const struct nfw_stored_policy *only; /* that is tried by itself; or NULL */
        struct nfw_returning_others others;
};

static void restore_deinit(struct restore *restore) {
        nfw_vec_foreach (returning, &restore->returning) {
                nfw_returning_clear(returning);
                nfw_vec_deinit(&returning->ports);
                nfw_vec_deinit(&returning->stored);
        }
        nfw_vec_deinit(&restore->returning);
        nfw_vec_deinit(&restore->left.vec);
        nfw_port_records_deinit(&restore->ports);
        nfw_returning_others_deinit(&restore->others);
}

/* What was detached, or attached to another policy, while nobody stored that has no such record. */
static int find_ports(struct restore *restore) {
        const struct nfw_store *store = restore->store;
        size_t n;
        int r;

        restore->ports.vec.n = 0;
        r = nfw_port_records_read(store->context, &restore->ports);
        if (r < 0 || nfw_store_is_copy(store))
                return r;
        n = restore->ports.vec.n;
        nfw_vec_foreach (binding, &store->bindings) {
                struct nfw_port_records recorded = restore->ports;
                struct nfw_port_record record = { .is_persistent = binding->is_persistent };

                recorded.vec.n = n;
                if (nfw_port_records_find(&recorded, binding->interface))
                        continue;
                strcpy(record.interface, binding->interface);
                strcpy(record.policy, binding->policy);
                strcpy(record.id, binding->id);
                r = nfw_vec_push(&restore->ports.vec, record);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int compare_returning(const void *a, const void *b) {
        const struct nfw_returning *x = a, *y = b;

        return strcmp(x->known->name, y->known->name);
}

static int compare_name(const void *name, const void *returning) {
        return strcmp(name, ((const struct nfw_returning *)returning)->known->name);
}

static struct nfw_returning *find_returning(const struct restore *restore, const char *name) {
        return restore->returning.n == 0 ? NULL
                                         : bsearch(name, restore->returning.items, restore->returning.n,
                                                   sizeof(*restore->returning.items), compare_name);
}

/* Each policy's own, since there may be many of both. */
static int sort_ports(struct restore *restore) {
        struct nfw_returning *returning;
        int r = 0;

        nfw_vec_foreach (each, &restore->returning)
                each->ports.n = each->stored.n = 0;
        nfw_vec_foreach (port, &restore->ports.vec)
                if (r == 0 && (returning = find_returning(restore, port->policy)))
                        r = nfw_vec_push(&returning->ports, port);
        nfw_vec_foreach (binding, &restore->store->bindings)
                if (r == 0 && (returning = find_returning(restore, binding->policy)))
                        r = nfw_vec_push(&returning->stored, binding);
        return r;
}

static int take_missing(const struct nfw_record *record, void *userdata) {
        struct nfw_returning *returning = find_returning(userdata, record->name);

        if (returning)
                strcpy(returning->missing, record->id);
        return 0;
}

static int find_missing(struct restore *restore) {
        nfw_vec_foreach (returning, &restore->returning)
                returning->missing[0] = '\0';
        return nfw_record_foreach_missing(restore->store->context, NULL, take_missing, restore);
}

/* Before the records of those that have their names now: two may have swapped them. */
static void remove_left(const struct restore *restore) {
        nfw_vec_foreach (port, &restore->left.vec)
                nfw_port_record_remove(restore->store->context, (*port)->interface);
}

static int build_restore(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct restore *restore = userdata;
        int r;

        restore->refused = NULL;
        restore->left.vec.n = 0;
        r = find_ports(restore);
        if (r == 0)
                r = sort_ports(restore);
        if (r == 0)
                r = find_missing(restore);
        if (r < 0)
                return r;
        nfw_vec_foreach (returning, &restore->returning) {
                bool is_left_out =
                        returning->known->is_held || (restore->only && restore->only != returning->known);

                r = is_left_out ? 0 : nfw_returning_put(returning, restore->store, &restore->left, report);
                if (r > 0)
                        restore->refused = returning->known;
                if (r != 0)
                        return r;
        }
        r = nfw_returning_others_join(&restore->others, context, report);
        /* There is nothing to wait for. */
        if (r == 0 && !restore->only && nfw_nft_batch_is_empty(context->batch))
                remove_left(restore);
        return r;
}

/* Of what has come back, other versions are in force nowhere. */
static bool is_wanted(const char *name, const char *id, void *userdata) {
        const struct nfw_returning *returning = find_returning(userdata, name);

        return !returning || returning->known->is_held || returning->is_refused || returning->is_gone ||
               !returning->is_new || (id && strcmp(id, returning->record.id) == 0);
}

static int applied_restore(struct nfw_context *context, void *userdata) {
        struct restore *restore = userdata;

        nfw_returning_others_end(&restore->others, context, true);
        nfw_record_remove_unwanted(context, is_wanted, restore);
        remove_left(restore);
        nfw_vec_foreach (returning, &restore->returning) {
                if (returning->known->is_held || returning->is_gone)
                        continue;
                (void)nfw_bindings_record(&returning->bindings, context, returning->known->name);
        }
        /* Which sets the policies have, only the kernel's dump tells. */
        return -EAGAIN;
}

static void failed_restore(struct nfw_context *context, void *userdata) {
        struct restore *restore = userdata;

        nfw_returning_others_end(&restore->others, context, false);
}

/* Loaded while nobody stored that, and taken out of the kernel since. */
static int take_unknown(const struct nfw_record *record, void *userdata) {
        struct nfw_store *store = userdata;
        struct nfw_stored_policy unknown = { 0 };

        if (nfw_store_find_policy(store, record->name))
                return 0;
        strcpy(unknown.name, record->name);
        return nfw_vec_push(&store->known, unknown);
}

static int find_unknown(struct nfw_store *store) {
        int r;

        nfw_shadow_invalidate(&store->context->shadow);
        r = nfw_shadow_refresh(&store->context->shadow, store->context->nft);
        return r < 0 ? r : nfw_record_foreach_missing(store->context, NULL, take_unknown, store);
}

static int prepare(struct restore *restore) {
        nfw_vec_foreach (known, &restore->store->known) {
                int r;

                known->is_held = false;
                r = nfw_vec_push(&restore->returning, ((struct nfw_returning){ .known = known }));
                if (r < 0)
                        return r;
        }
        if (restore->returning.n > 1)
                qsort(restore->returning.items, restore->returning.n, sizeof(*restore->returning.items),
                      compare_returning);
        nfw_vec_foreach (returning, &restore->returning)
                returning->install.record = &returning->record;
        return 0;
}

/* What cannot be put back does not keep the others from it. */
static void hold(struct restore *restore, struct nfw_stored_policy *policy) {
        policy->is_held = true;
        nfw_vec_foreach (binding, &restore->store->bindings)
                if (strcmp(binding->policy, policy->name) == 0)
                        binding->is_held = true;
}

/* Its ports may reach nothing, rather than anything; what not even that can be done for is held. */
static void leave_out(struct restore *restore, struct nfw_stored_policy *policy) {
        struct nfw_returning *returning = find_returning(restore, policy->name);

        if (returning->is_refused || !returning->is_new || returning->ports.n == 0)
                hold(restore, policy);
        else
                returning->is_refused = true;
}

static bool has_denied(const struct restore *restore) {
        nfw_vec_foreach (returning, &restore->returning)
                if (returning->is_lost || returning->is_refused)
                        return true;
        return false;
}

/* Of what has not come into force: a record says that its policy has. */
static void remove_records(struct restore *restore, bool all) {
        nfw_vec_foreach (returning, &restore->returning)
                if (returning->is_new && !returning->was_recorded && (all || returning->known->is_held))
                        nfw_record_remove(restore->store->context, returning->record.name,
                                          returning->record.id);
}

/* What the kernel refuses of all, it refuses of one of them: each is tried by itself. */
static int find_refused(struct restore *restore, struct nfw_report *report, bool *ret_found) {
        const struct nfw_transaction trial = {
                .build = build_restore,
                .userdata = restore,
                .asks_for_many_links = true,
                .dry_run = true,
        };
        struct nfw_context *context = restore->store->context;
        int r = 0;

        *ret_found = false;
        nfw_vec_foreach (returning, &restore->returning) {
                size_t n = report ? nfw_report_n_diagnostics(report) : 0;

                /* The kernel refused what all of them had put into the batch. */
                if (returning->known->is_held || (!returning->is_new && returning->bindings.vec.n == 0))
                        continue;
                restore->only = returning->known;
                nfw_shadow_invalidate(&context->shadow);
                r = nfw_transaction_run(context, &trial, report);
                if (r < 0)
                        break;
                *ret_found |= r > 0;
                if (r > 0)
                        leave_out(restore, returning->known);
                else
                        nfw_report_truncate(report, n);
        }
        restore->only = NULL;
        return r < 0 ? r : 0;
}

/* What is not in force is not unloaded for that. */
static void hold_all(struct restore *restore) {
        nfw_vec_foreach (returning, &restore->returning)
                if (returning->is_new && !returning->is_gone)
                        hold(restore, returning->known);
}

/* What is refused is left out, one after the other, until the rest can be put back. */
static int run(struct restore *restore, struct nfw_report *report) {
        const struct nfw_transaction transaction = {
                .build = build_restore,
                .applied = applied_restore,
                .failed = failed_restore,
                .userdata = restore,
                .asks_for_many_links = true,
        };
        struct nfw_context *context = restore->store->context;
        size_t n = report ? nfw_report_n_diagnostics(report) : 0;
        bool is_worth_it = true;
        int r;

        for (;;) {
                nfw_shadow_invalidate(&context->shadow);
                r = nfw_transaction_run(context, &transaction, report);
                if (r > 0 && restore->refused) {
                        leave_out(restore, restore->refused);
                        n = report ? nfw_report_n_diagnostics(report) : 0;
                } else if (r != 0 && !restore->others.come_later) {
                        restore->others.come_later = true;
                        nfw_report_truncate(report, n);
                } else if (r > 0 && is_worth_it) {
                        nfw_report_truncate(report, n);
                        r = find_refused(restore, report, &is_worth_it);
                        if (r < 0)
                                break;
                        n = report ? nfw_report_n_diagnostics(report) : 0;
                } else
                        break;
        }
        if (r != 0)
                hold_all(restore);
        /* There may have been nothing to send. */
        nfw_returning_others_end(&restore->others, context, r == 0);
        return r;
}

/**
 * nfw_store_restore() - put back what is stored and not in force
 * @store:  the store
 * @report: what could not be put back is added here, with the reason; may be NULL
 *
 * All of it in one transaction: after a reboot no guest has some of its rules only. What is in force stays as it is,
 * also where the store has another version. Where a keeper has been since the reboot, what was unloaded or detached
 * after it has ended does not come back. A port whose interface does not exist yet is restricted from its first packet,
 * with a note. On a port of a bridge whose connections this kernel cannot track everything is dropped, with an error; a
 * port where nothing can be enforced is left out, with an error, and stays stored. The ports of a policy that the kernel
 * does not take, and of one that is lost, since no file of it is whole, may reach nothing until it is loaded again: an error,
 * too. The former stays stored; where the kernel takes nothing at all for it, its ports are left out as well. Networks
 * and network filters that the kernel has nothing of are in the same transaction; what is left of them, or is refused,
 * does not keep the policies from being in force.
 *
 * Return: 0; NFW_E_REFUSED where something was left out; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_store_restore(struct nfw_store *store, struct nfw_report *report) {
        nfw_cleanup(restore_deinit) struct restore restore = { .store = store };
        int r, others;

        r = nfw_state_prepare(store->context, report);
        if (r == 0)
                r = find_unknown(store);
        if (r == 0)
                r = prepare(&restore);
        if (r < 0)
                return r;

        others = nfw_returning_others_prepare(&restore.others, store, report);
        r = run(&restore, report);
        remove_records(&restore, r != 0);
        /* None of them keeps the others from being in force. */
        others = nfw_worse_result(others,
                                  nfw_returning_others_finish(&restore.others, store->context, report));
        r = nfw_worse_result(r, others);
        return r > 0 || (r == 0 && (nfw_store_has_held(store) || has_denied(&restore))) ? NFW_E_REFUSED : r;
}
