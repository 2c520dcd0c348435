/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lock.h"
#include "engine/named_set/named_set.h"
#include "engine/nwfilter/change.h"
#include "engine/state.h"

/* What must be in force, by the files: which filter each port is under. */
struct wanted {
        struct nfw_nwfilter_binding_list *bindings;
        NFW_VEC(const struct nfw_compiled *)
        compiled; /* of each binding; NULL: it cannot be compiled any more */
        int result;
};

static void wanted_deinit(struct wanted *wanted) {
        nfw_vec_deinit(&wanted->compiled);
        wanted->bindings = nfw_nwfilter_binding_list_free(wanted->bindings);
}

/* What cannot be compiled is told of, and does not keep the rest from being in force. */
static int find_wanted(struct nfw_context *context, struct wanted *wanted, struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        wanted_deinit(wanted);
        wanted->result = 0;
        r = nfw_nwfilter_bindings_load(context, &wanted->bindings);
        for (size_t i = 0; r == 0 && i < wanted->bindings->vec.n; i++) {
                const struct nfw_nwfilter_binding *binding = wanted->bindings->vec.items[i];
                const struct nfw_compiled *compiled = NULL;

                r = nfw_compile(context, filters, &filters->compiled, binding, report, &compiled);
                if (r < 0)
                        return r;
                if (r > 0) {
                        wanted->result = r;
                        compiled = NULL;
                        r = nfw_report_error(report, "nwfilter/not-restored", NULL, NULL,
                                             "port %s cannot be put under filter `%s`", binding->port,
                                             binding->filter);
                }
                if (r == 0)
                        r = nfw_vec_push(&wanted->compiled, compiled);
        }
        return r;
}

/* --- verifying ----------------------------------------------------------------------------------------------- */

static int differ(struct nfw_report *report, const char *code, const char *text, const char *port) {
        int r;

        r = nfw_report_error(report, code, NULL, NULL, "port %s %s", port, text);
        return r < 0 ? r : NFW_E_DIFFERS;
}

static bool has_element(const struct nfw_nft_filter_port *port,
                        const struct nfw_nft_filter *filter,
                        const struct nfw_nft_filter_element *element,
                        const char *set) {
        nfw_vec_foreach (other, &port->elements.vec)
                if (other->size == element->size && other->has_end == element->has_end &&
                    memcmp(other->key, element->key, other->size) == 0 &&
                    memcmp(other->key_end, element->key_end, other->size) == 0 &&
                    strcmp(filter->sets.items[other->set].name, set) == 0)
                        return true;
        return false;
}

/* Whether it is known of the guest what must be, with what has been learned of it. */
static int compare_guest(const struct nfw_nwfilter_binding *binding,
                         const struct nfw_compiled *compiled,
                         const struct nfw_nft_guest *actual,
                         bool *ret_same) {
        struct nfw_nft_guest expected = { 0 };
        struct nfw_learning learning;
        int r;

        r = nfw_learning_read(compiled, binding, NULL, &learning);
        if (r == 0)
                r = nfw_learning_guest(&learning, actual, &expected);
        if (r < 0)
                return r;
        *ret_same = r > 0 || (expected.is_there == actual->is_there && expected.has_mac == actual->has_mac &&
                              memcmp(expected.mac, actual->mac, sizeof(expected.mac)) == 0 &&
                              expected.waits == actual->waits && expected.waits_for.n == actual->waits_for.n);
        nfw_nft_guest_deinit(&expected);
        return 0;
}

static int compare_port(const struct nfw_nwfilters *filters,
                        const struct nfw_nwfilter_binding *binding,
                        const struct nfw_compiled *compiled,
                        struct nfw_report *report) {
        const struct nfw_nft_filter_port *port = nfw_nft_filter_find_port(filters->snapshot, binding->port);
        struct nfw_nft_filter_elements elements = { 0 };
        const struct nfw_nft_filter *filter;
        bool same, is_known = true;
        int r;

        if (!port || port->filter == SIZE_MAX)
                return differ(report, "kernel/missing-port", "is not under its filter", binding->port);
        filter = &filters->snapshot->filters.items[port->filter];
        if (port->is_twice || strcmp(filter->name, compiled->name) != 0)
                return differ(report, "kernel/other-filter", "is under another filter", binding->port);
        r = nfw_compiled_elements(compiled, binding, &port->guest, SIZE_MAX, NULL, &elements);
        if (r < 0) {
                nfw_vec_deinit(&elements.vec);
                return r;
        }
        same = r > 0 || elements.vec.n == port->elements.vec.n;
        nfw_vec_foreach (element, &elements.vec)
                same = same && (r > 0 || has_element(port, filter, element,
                                                     compiled->plan->sets.items[element->set].name));
        nfw_vec_deinit(&elements.vec);
        r = compare_guest(binding, compiled, &port->guest, &is_known);
        if (r < 0)
                return r;
        return same && is_known ? 0
                                : differ(report, "kernel/changed-port",
                                         "has other values than its binding gives it", binding->port);
}

static const struct nfw_nwfilter_binding *binding_of(const struct wanted *wanted, const char *port) {
        nfw_vec_foreach (binding, &wanted->bindings->vec)
                if (strcmp((*binding)->port, port) == 0)
                        return *binding;
        return NULL;
}

static int compare_ports(const struct nfw_nwfilters *filters,
                         const struct wanted *wanted,
                         struct nfw_report *report) {
        const struct nfw_nft_filter_port *port;
        int r, result = 0;

        if (!wanted->bindings)
                return 0;
        for (size_t i = 0; i < wanted->compiled.n; i++) {
                if (!wanted->compiled.items[i])
                        continue;
                r = compare_port(filters, wanted->bindings->vec.items[i], wanted->compiled.items[i], report);
                if (r < 0)
                        return r;
                result = r ? r : result;
        }
        if (HASH_COUNT(filters->snapshot->ports) == wanted->bindings->vec.n && !result)
                return 0;
        for (port = filters->snapshot->ports; port; port = port->hh.next) {
                if (binding_of(wanted, port->interface))
                        continue;
                r = differ(report, "kernel/foreign-port", "is under a filter, and has no binding",
                           port->interface);
                if (r < 0)
                        return r;
                result = r;
        }
        return result;
}

static int compare_table(struct nfw_context *context,
                         const struct wanted *wanted,
                         struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        bool learns = filters->snapshot->has_learning;
        const struct nfw_learning_plan *learning;
        NFW_VEC(const struct nfw_plan *) plans = { 0 };
        int r;

        r = nfw_nwfilters_learning(context, &learning);
        nfw_vec_foreach (compiled, &wanted->compiled) {
                bool known = !*compiled;

                learns |= *compiled && nfw_compiled_learns(*compiled);

                nfw_vec_foreach (plan, &plans)
                        known |= *compiled && *plan == (*compiled)->plan;
                if (!known && r == 0)
                        r = nfw_vec_push(&plans, (*compiled)->plan);
        }
        /* Without ports there is no table, or one that has sets of the administrator's. */
        if (r == 0 && !filters->snapshot->has_table && plans.n > 0) {
                r = nfw_report_error(report, "kernel/missing-table", NULL, NULL, "table bridge %s is missing",
                                     filters->table_name);
                r = r < 0 ? r : NFW_E_DIFFERS;
        } else if (r == 0 && filters->snapshot->has_table &&
                   (plans.n > 0 || filters->snapshot->filters.n > 0)) {
                r = nfw_nft_verify_filters(filters->nft, plans.items, plans.n, learns ? learning : NULL,
                                           report);
        }
        nfw_vec_deinit(&plans);
        return r;
}

static int verify(struct nfw_context *context, struct wanted *wanted, struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r, result;

        nfw_nwfilters_invalidate(filters);
        r = nfw_nft_filter_snapshot_new(filters->nft, &filters->snapshot);
        if (r == 0)
                r = find_wanted(context, wanted, report);
        if (r < 0)
                return r;
        result = compare_ports(filters, wanted, report);
        if (result < 0)
                return result;
        r = compare_table(context, wanted, report);
        if (r >= 0) {
                int sets = nfw_named_sets_verify(context, report);

                r = sets != 0 ? sets : r;
        }
        return r != 0 ? r : result ? result : wanted->result;
}

/**
 * nfw_nwfilter_verify() - compare what the kernel has of network filters with what it must have
 * @context: the context
 * @report:  the differences are added here; may be NULL
 *
 * What it must have is told by the bindings and the definitions.
 *
 * Return: 0; NFW_E_DIFFERS; another condition where a filter that is in force cannot be compiled any more; or a
 * negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_nwfilter_verify(struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(wanted_deinit) struct wanted wanted = { 0 };
        struct nfw_lock lock = NFW_LOCK_INIT;
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        r = nfw_state_prepare(context, report);
        if (r == 0)
                r = nfw_lock_acquire(&lock, context);
        if (r < 0)
                return r;
        r = nfw_nwfilters_follow(filters);
        if (r == 0)
                r = verify(context, &wanted, report);
        nfw_lock_release(&lock);
        return r;
}

/* --- restoring ----------------------------------------------------------------------------------------------- */

struct restore {
        struct wanted wanted;
        struct nfw_nwfilter_change change;
};

/*
 * What the kernel still has of it. Where it has nothing, the guest is not taken for another one: a learner that knows of it
 * tells the kernel again.
 */
static int find_known(struct nfw_context *context, const char *port, struct nfw_nft_guest *ret_guest) {
        const struct nfw_nft_filter_port *there =
                nfw_nft_filter_find_port(context->nwfilters->snapshot, port);
        struct nfw_link link = { .index = 0 };
        int r;

        if (there && there->guest.is_there)
                return nfw_nft_guest_copy(&there->guest, ret_guest);
        r = nfw_rtnl_link_by_name(context->rtnl, port, &link);
        if (r >= 0)
                ret_guest->link = link.index;
        return r < 0 ? r : 0;
}

static int build_restore(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct restore *restore = userdata;
        int r;

        nfw_nwfilter_change_deinit(&restore->change);
        restore->change.rebuilds = true;
        r = find_wanted(context, &restore->wanted, report);
        for (size_t i = 0; r == 0 && i < restore->wanted.bindings->vec.n; i++) {
                const struct nfw_nwfilter_binding *binding = restore->wanted.bindings->vec.items[i];
                const struct nfw_compiled *compiled = restore->wanted.compiled.items[i];
                nfw_cleanup(nfw_nft_guest_deinit) struct nfw_nft_guest known = { 0 };

                if (!compiled)
                        continue;
                r = find_known(context, binding->port, &known);
                if (r < 0)
                        return r;
                r = nfw_nwfilter_change_add_port(&restore->change, context, binding, compiled, &known,
                                                 report);
                if (r > 0) {
                        restore->wanted.result = r;
                        r = nfw_report_error(report, "nwfilter/not-restored", NULL, NULL,
                                             "port %s cannot be put under filter `%s`", binding->port,
                                             binding->filter);
                        continue;
                }
                if (r == 0)
                        r = nfw_nwfilter_change_install(&restore->change, context->nwfilters, compiled);
        }
        return r == 0 ? nfw_nwfilter_change_put(&restore->change, context, report) : r;
}

static int applied_restore(nfw_unused struct nfw_context *context, nfw_unused void *userdata) {
        return -EAGAIN;
}

int nfw_nwfilter_rebuild(struct nfw_context *context, struct nfw_report *report) {
        struct restore restore = { 0 };
        const struct nfw_nwfilter_transaction transaction = { .build = build_restore,
                                                              .applied = applied_restore,
                                                              .userdata = &restore };
        int r;

        r = nfw_nwfilter_transaction_run(context, &transaction, report);
        if (r == 0)
                r = restore.wanted.result;
        nfw_nwfilter_change_deinit(&restore.change);
        wanted_deinit(&restore.wanted);
        return r;
}

/**
 * nfw_nwfilter_restore() - put network filters in force again
 * @context: the context
 * @report:  what cannot be put back is added here; may be NULL
 *
 * Where the kernel has something else than the bindings and definitions say, all of it is made again in one
 * transaction; else nothing is changed.
 *
 * Return: 0; a condition where some port could not be put under its filter, while all others are; or a negative errno.
 */
nfw_public int nfw_nwfilter_restore(struct nfw_context *context, struct nfw_report *report) {
        int r;

        r = nfw_nwfilter_verify(context, NULL);
        return r == NFW_E_DIFFERS ? nfw_nwfilter_rebuild(context, report) : r;
}
