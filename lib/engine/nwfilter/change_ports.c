/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/nwfilter/change_parts.h"

/* Elements stand in the order of their sets, so each set is one run of them. */
static int put_elements(struct nfw_nft_batch *batch,
                        bool add,
                        const struct nfw_nft_filter_elements *elements,
                        const char *(*name_of)(const void *userdata, size_t set),
                        const void *userdata) {
        size_t i = 0, next;
        int r = 0;

        for (; i < elements->vec.n && r == 0; i = next) {
                next = i + 1;
                while (next < elements->vec.n && elements->vec.items[next].set == elements->vec.items[i].set)
                        next++;
                r = nfw_nft_put_filter_elements(batch, add, name_of(userdata, elements->vec.items[i].set),
                                                &elements->vec.items[i], next - i);
        }
        return r;
}

static const char *set_of_plan(const void *userdata, size_t set) {
        return ((const struct nfw_plan *)userdata)->sets.items[set].name;
}

static const char *set_of_kernel(const void *userdata, size_t set) {
        return ((const struct nfw_nft_filter *)userdata)->sets.items[set].name;
}

static bool keeps_set(const struct nfw_plan *plan, const char *name) {
        nfw_vec_foreach (set, &plan->sets)
                if (set->name && strcmp(set->name, name) == 0)
                        return true;
        return false;
}

/* What the port has in sets that stay. Of those that go everything goes. */
static int put_old_elements(struct nfw_nft_batch *batch,
                            const struct nfw_nft_filter *filter,
                            const struct nfw_nft_filter_port *port,
                            const struct nfw_compiled *replaced_by) {
        struct nfw_nft_filter_elements staying = { 0 };
        int r = 0;

        if (!replaced_by)
                return put_elements(batch, false, &port->elements, set_of_kernel, filter);
        nfw_vec_foreach (element, &port->elements.vec)
                if (r == 0 && keeps_set(replaced_by->plan, filter->sets.items[element->set].name))
                        r = nfw_vec_push(&staying.vec, *element);
        if (r == 0)
                r = put_elements(batch, false, &staying, set_of_kernel, filter);
        nfw_vec_deinit(&staying.vec);
        return r;
}

static int put_port_removal(const struct nfw_nwfilters *filters,
                            const struct nfw_nft_filter_port *port,
                            const struct nfw_nwfilter_fate *fate) {
        const struct nfw_nft_filter *filter = &filters->snapshot->filters.items[port->filter];
        int r;

        if (fate->goes)
                return 0;
        r = put_old_elements(filters->batch, filter, port, fate->replaced_by);
        return r < 0 ? r : nfw_nft_put_filter_port(filters->batch, false, filter->name, port->interface);
}

const struct nfw_nft_filter_port *nfw_nwfilter_change_old_port(const struct nfw_nwfilter_change *change,
                                                               const struct nfw_nwfilters *filters,
                                                               const char *name) {
        const struct nfw_nft_filter_port *port =
                change->rebuilds ? NULL : nfw_nft_filter_find_port(filters->snapshot, name);

        return port && port->filter != SIZE_MAX ? port : NULL;
}

/* What is known of a guest is in sets of no filter, so it never goes by itself. */
static int put_guest_removal(const struct nfw_nwfilter_change *change,
                             struct nfw_nwfilters *filters,
                             const struct nfw_learning_plan *learning,
                             const char *name) {
        const struct nfw_nft_filter_port *port =
                change->rebuilds ? NULL : nfw_nft_filter_find_port(filters->snapshot, name);

        return port ? nfw_nft_put_guest(filters->batch, false, learning, name, &port->guest) : 0;
}

int nfw_nwfilter_change_put_ports(struct nfw_nwfilter_change *change,
                                  struct nfw_nwfilters *filters,
                                  const struct nfw_learning_plan *learning) {
        int r = 0;

        nfw_vec_foreach (port, &change->ports) {
                const struct nfw_nft_filter_port *old =
                        nfw_nwfilter_change_old_port(change, filters, port->port);

                if (r == 0)
                        r = put_guest_removal(change, filters, learning, port->port);
                if (r == 0 && old)
                        r = put_port_removal(filters, old, &change->fates[old->filter]);
        }
        nfw_vec_foreach (port, &change->ports) {
                if (!port->compiled)
                        continue;
                if (r == 0)
                        r = put_elements(filters->batch, true, &port->elements, set_of_plan,
                                         port->compiled->plan);
                if (r == 0)
                        r = nfw_nft_put_filter_port(filters->batch, true, port->compiled->name, port->port);
                if (r == 0)
                        r = nfw_nft_put_guest(filters->batch, true, learning, port->port, &port->guest);
        }
        return r;
}

/* --- ports that stay under a filter that is replaced ---------------------------------------------------------- */

static bool is_changed(const struct nfw_nwfilter_change *change, const char *name) {
        nfw_vec_foreach (port, &change->ports)
                if (strcmp(port->port, name) == 0)
                        return true;
        return false;
}

static bool is_same_guest(const struct nfw_nft_guest *a, const struct nfw_nft_guest *b) {
        return a->is_there == b->is_there && a->waits == b->waits && a->waits_for.n == b->waits_for.n &&
               (a->waits_for.n == 0 || memcmp(a->waits_for.items, b->waits_for.items,
                                              a->waits_for.n * sizeof(*a->waits_for.items)) == 0);
}

/* Another version of the filter may want other addresses of it, or none. */
static int put_staying_guest(struct nfw_context *context,
                             const struct nfw_compiled *compiled,
                             const struct nfw_nwfilter_binding *binding,
                             const struct nfw_nft_filter_port *port,
                             struct nfw_report *report) {
        struct nfw_nft_batch *batch = context->nwfilters->batch;
        const struct nfw_learning_plan *learning;
        struct nfw_nft_guest guest = { 0 };
        int r;

        r = nfw_nwfilters_learning(context, &learning);
        if (r == 0)
                r = nfw_nwfilter_prepare_guest(context, binding, compiled,
                                               port->guest.is_there ? &port->guest : NULL, report, &guest);
        if (r == 0 && !is_same_guest(&port->guest, &guest)) {
                r = nfw_nft_put_guest(batch, false, learning, port->interface, &port->guest);
                if (r == 0)
                        r = nfw_nft_put_guest(batch, true, learning, port->interface, &guest);
        }
        nfw_nft_guest_deinit(&guest);
        return r;
}

static int put_staying_port(struct nfw_context *context,
                            const struct nfw_compiled *compiled,
                            const struct nfw_nft_filter *old,
                            const struct nfw_nft_filter_port *port,
                            struct nfw_report *report) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        struct nfw_nft_filter_elements elements = { 0 };
        int r;

        r = nfw_nwfilter_binding_load(context, port->interface, &binding);
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_report_error(
                        report, "nwfilter/no-binding", NULL, "delete its binding and make it again",
                        "it is not known any more what the variables of port %s are", port->interface);
                return r < 0 ? r : NFW_E_REFUSED;
        }
        for (size_t set = 0; set < compiled->plan->sets.n && r == 0; set++)
                if (nfw_compiled_has_values(compiled, set) &&
                    !nfw_nwfilter_has_set(old, compiled->plan->sets.items[set].name))
                        r = nfw_compiled_elements(compiled, binding, &port->guest, set, report, &elements);
        if (r == 0)
                r = put_staying_guest(context, compiled, binding, port, report);
        if (r > 0 &&
            nfw_report_note(report, "nwfilter/port", NULL, NULL, "this is for port %s", port->interface) < 0)
                r = -ENOMEM;
        if (r == 0)
                r = put_elements(context->nwfilters->batch, true, &elements, set_of_plan, compiled->plan);
        nfw_vec_deinit(&elements.vec);
        return r;
}

int nfw_nwfilter_change_put_staying_ports(struct nfw_nwfilter_change *change,
                                          struct nfw_context *context,
                                          const struct nfw_nwfilter_install *install,
                                          struct nfw_report *report) {
        const struct nfw_nft_filter_snapshot *snapshot = context->nwfilters->snapshot;
        const struct nfw_nft_filter *old = &snapshot->filters.items[install->old];
        const struct nfw_compiled *compiled = install->compiled;
        const struct nfw_nft_filter_port *port;
        bool has_new = false;
        int r = 0;

        for (size_t set = 0; set < compiled->plan->sets.n; set++)
                has_new |= nfw_compiled_has_values(compiled, set) &&
                           !nfw_nwfilter_has_set(old, compiled->plan->sets.items[set].name);
        /* Sets that are learned and go: guests may have nothing to wait for any more. */
        nfw_vec_foreach (set, &old->sets)
                has_new |= set->is_learned && !set->is_dynamic && !keeps_set(compiled->plan, set->name);
        for (port = snapshot->ports; port && has_new && r == 0; port = port->hh.next)
                if (port->filter == install->old && !is_changed(change, port->interface))
                        r = put_staying_port(context, compiled, old, port, report);
        return r;
}
