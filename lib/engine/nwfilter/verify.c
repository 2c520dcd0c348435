/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "engine/lock.h"
#include "engine/named_set/named_set.h"
#include "engine/nwfilter/learning.h"
#include "engine/nwfilter/record.h"
#include "engine/nwfilter/wanted.h"
#include "engine/state.h"

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
static int compare_guest(const struct nfw_learning *learning,
                         const struct nfw_nft_guest *actual,
                         bool *ret_same) {
        struct nfw_nft_guest expected = { 0 };
        int r;

        r = nfw_learning_guest(learning, actual, &expected);
        if (r < 0)
                return r;
        *ret_same = r > 0 || (expected.is_there == actual->is_there && expected.has_mac == actual->has_mac &&
                              memcmp(expected.mac, actual->mac, sizeof(expected.mac)) == 0 &&
                              expected.waits == actual->waits && expected.waits_for.n == actual->waits_for.n);
        nfw_nft_guest_deinit(&expected);
        return 0;
}

/* What must be of a port: its elements, and how its addresses are learned. */
struct expected {
        struct nfw_learning learning;
        struct nfw_nft_filter_elements elements;
};

static void expected_deinit(struct expected *expected) {
        nfw_vec_deinit(&expected->elements.vec);
}

static int expect(const struct nfw_compiled *compiled,
                  const struct nfw_nwfilter_binding *binding,
                  const struct nfw_nft_filter_port *port,
                  struct nfw_report *report,
                  struct expected *expected) {
        int r;

        expected_deinit(expected);
        r = nfw_learning_read(compiled, binding, report, &expected->learning);
        return r == 0 ? nfw_compiled_elements(compiled, binding, port ? &port->guest : NULL, SIZE_MAX, report,
                                              &expected->elements)
                      : r;
}

static bool has_elements(const struct nfw_nft_filter_port *port,
                         const struct nfw_nft_filter *filter,
                         const struct nfw_compiled *compiled,
                         const struct expected *expected) {
        if (expected->elements.vec.n != port->elements.vec.n)
                return false;
        nfw_vec_foreach (element, &expected->elements.vec)
                if (!has_element(port, filter, element, compiled->plan->sets.items[element->set].name))
                        return false;
        return true;
}

static int compare_port(struct nfw_context *context,
                        struct nfw_nwfilter_wanted *wanted,
                        size_t index,
                        struct nfw_report *report) {
        nfw_cleanup(expected_deinit) struct expected expected = { 0 };
        const struct nfw_nft_filter_snapshot *snapshot = context->nwfilters->snapshot;
        const struct nfw_nwfilter_binding *binding = wanted->bindings->vec.items[index];
        const struct nfw_nft_filter_port *port = nfw_nft_filter_find_port(snapshot, binding->port);
        const struct nfw_compiled *compiled;
        const struct nfw_nft_filter *filter;
        bool is_known;
        int r;

        r = expect(wanted->compiled.items[index], binding, port, report, &expected);
        if (r > 0) {
                r = nfw_nwfilter_wanted_block(wanted, context, index, r, report);
                if (r == 0)
                        r = expect(wanted->compiled.items[index], binding, port, NULL, &expected);
        }
        if (r < 0)
                return r;
        compiled = wanted->compiled.items[index];
        if (!port || port->filter == SIZE_MAX)
                return differ(report, "kernel/missing-port", "is not under its filter", binding->port);
        filter = &snapshot->filters.items[port->filter];
        if (!port->is_twice && strcmp(filter->name, compiled->name) != 0 &&
            strcmp(filter->name, NFW_FILTER_BLOCKED) == 0)
                return differ(report, "kernel/other-filter",
                              "lets nothing pass instead of what its filter does", binding->port);
        if (port->is_twice || strcmp(filter->name, compiled->name) != 0)
                return differ(report, "kernel/other-filter", "is under another filter", binding->port);
        r = compare_guest(&expected.learning, &port->guest, &is_known);
        if (r < 0)
                return r;
        return is_known && has_elements(port, filter, compiled, &expected)
                       ? 0
                       : differ(report, "kernel/changed-port", "has other values than its binding gives it",
                                binding->port);
}

static int compare_name(const void *port, const void *binding) {
        return strcmp(port, (*(const struct nfw_nwfilter_binding *const *)binding)->port);
}

static bool has_binding(const struct nfw_nwfilter_wanted *wanted, const char *port) {
        return wanted->bindings->vec.n > 0 &&
               bsearch(port, wanted->bindings->vec.items, wanted->bindings->vec.n,
                       sizeof(*wanted->bindings->vec.items), compare_name);
}

static int compare_ports(struct nfw_context *context,
                         struct nfw_nwfilter_wanted *wanted,
                         struct nfw_report *report) {
        const struct nfw_nft_filter_snapshot *snapshot = context->nwfilters->snapshot;
        const struct nfw_nft_filter_port *port;
        int r, result = 0;

        if (!wanted->bindings)
                return 0;
        for (size_t i = 0; i < wanted->compiled.n; i++) {
                r = compare_port(context, wanted, i, report);
                if (r < 0)
                        return r;
                result = r ? r : result;
        }
        if (HASH_COUNT(snapshot->ports) == wanted->bindings->vec.n && !result)
                return 0;
        for (port = snapshot->ports; port; port = port->hh.next) {
                if (has_binding(wanted, port->interface))
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
                         const struct nfw_nwfilter_wanted *wanted,
                         struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        bool learns = filters->snapshot->has_learning;
        const struct nfw_learning_plan *learning;
        NFW_VEC(const struct nfw_plan *) plans = { 0 };
        int r;

        r = nfw_nwfilters_learning(context, &learning);
        nfw_vec_foreach (compiled, &wanted->compiled) {
                bool known = false;

                nfw_vec_foreach (plan, &plans)
                        known |= *plan == (*compiled)->plan;
                learns |= nfw_compiled_learns(*compiled);
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

static int verify(struct nfw_context *context,
                  struct nfw_nwfilter_wanted *wanted,
                  struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r, result;

        nfw_nwfilters_invalidate(filters);
        r = nfw_nft_filter_snapshot_new(filters->nft, &filters->snapshot);
        if (r == 0)
                r = nfw_nwfilter_wanted_find(wanted, context, report);
        if (r < 0)
                return r;
        result = compare_ports(context, wanted, report);
        if (result < 0)
                return result;
        r = nfw_filter_records_compare(filters, report);
        if (r < 0)
                return r;
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
 * What it must have is told by the bindings and the records of the definitions as they were put in force. That a filter
 * is defined in another way now is a warning.
 *
 * Return: 0; NFW_E_DIFFERS; another condition where a filter that is in force cannot be compiled any more; or a
 * negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_nwfilter_verify(struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(nfw_nwfilter_wanted_deinit) struct nfw_nwfilter_wanted wanted = { 0 };
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
