/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/named_set/named_set.h"
#include "nft/table.h"

/* What becomes of one of the snapshot's filters. */
struct fate {
        size_t n_ports;
        const struct nfw_compiled *replaced_by;
        bool goes;
};

void nfw_nwfilter_change_deinit(struct nfw_nwfilter_change *change) {
        nfw_vec_foreach (port, &change->ports) {
                nfw_vec_deinit(&port->elements.vec);
                nfw_nft_guest_deinit(&port->guest);
        }
        nfw_vec_deinit(&change->ports);
        nfw_vec_deinit(&change->installs);
        *change = (struct nfw_nwfilter_change){ 0 };
}

static size_t index_of(const struct nfw_nft_filter_snapshot *snapshot, const char *name) {
        const struct nfw_nft_filter *filter = nfw_nft_filter_find(snapshot, name);

        return filter ? (size_t)(filter - snapshot->filters.items) : SIZE_MAX;
}

int nfw_nwfilter_change_install(struct nfw_nwfilter_change *change,
                                const struct nfw_nwfilters *filters,
                                const struct nfw_compiled *compiled) {
        struct nfw_nwfilter_install install = {
                .compiled = compiled,
                .old = change->rebuilds ? SIZE_MAX : index_of(filters->snapshot, compiled->name),
        };

        if (install.old != SIZE_MAX &&
            strcmp(filters->snapshot->filters.items[install.old].id, compiled->id) == 0)
                return 0;
        nfw_vec_foreach (other, &change->installs)
                if (other->compiled == compiled)
                        return 0;
        return nfw_vec_push(&change->installs, install);
}

/* What the port has is used up. */
static int push_port(struct nfw_nwfilter_change *change, struct nfw_nwfilter_port_change *port) {
        int r = nfw_vec_push(&change->ports, *port);

        if (r < 0) {
                nfw_vec_deinit(&port->elements.vec);
                nfw_nft_guest_deinit(&port->guest);
        }
        return r;
}

static int prepare_guest(struct nfw_context *context,
                         const struct nfw_nwfilter_binding *binding,
                         const struct nfw_compiled *compiled,
                         const struct nfw_nft_guest *known,
                         struct nfw_report *report,
                         struct nfw_nft_guest *guest) {
        struct nfw_learning learning;
        int r;

        r = nfw_learning_read(compiled, binding, report, &learning);
        if (r == 0)
                r = nfw_learning_guest(&learning, known, guest);
        return r == 0 && !known && guest->is_there ? nfw_learning_guest_begin(context, binding->port, guest)
                                                   : r;
}

int nfw_nwfilter_change_add_port(struct nfw_nwfilter_change *change,
                                 struct nfw_context *context,
                                 const struct nfw_nwfilter_binding *binding,
                                 const struct nfw_compiled *compiled,
                                 const struct nfw_nft_guest *known,
                                 struct nfw_report *report) {
        struct nfw_nwfilter_port_change port = { .compiled = compiled };
        int r;

        memcpy(port.port, binding->port, sizeof(port.port));
        r = prepare_guest(context, binding, compiled, known, report, &port.guest);
        if (r == 0)
                r = nfw_compiled_elements(compiled, binding, &port.guest, SIZE_MAX, report, &port.elements);
        if (r != 0) {
                nfw_vec_deinit(&port.elements.vec);
                nfw_nft_guest_deinit(&port.guest);
                return r;
        }
        return push_port(change, &port);
}

int nfw_nwfilter_change_remove_port(struct nfw_nwfilter_change *change, const char *port) {
        struct nfw_nwfilter_port_change removal = { .compiled = NULL };

        (void)snprintf(removal.port, sizeof(removal.port), "%s", port);
        return push_port(change, &removal);
}

/* --- ports --------------------------------------------------------------------------------------------------- */

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
                            const struct fate *fates) {
        const struct nfw_nft_filter *filter = &filters->snapshot->filters.items[port->filter];
        const struct fate *fate = &fates[port->filter];
        int r;

        if (fate->goes)
                return 0;
        r = put_old_elements(filters->batch, filter, port, fate->replaced_by);
        return r < 0 ? r : nfw_nft_put_filter_port(filters->batch, false, filter->name, port->interface);
}

static const struct nfw_nft_filter_port *old_port(const struct nfw_nwfilter_change *change,
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

static int put_ports(struct nfw_nwfilter_change *change,
                     struct nfw_nwfilters *filters,
                     const struct nfw_learning_plan *learning,
                     const struct fate *fates) {
        int r = 0;

        nfw_vec_foreach (port, &change->ports) {
                const struct nfw_nft_filter_port *old = old_port(change, filters, port->port);

                if (r == 0)
                        r = put_guest_removal(change, filters, learning, port->port);
                if (r == 0 && old)
                        r = put_port_removal(filters, old, fates);
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

static bool has_set(const struct nfw_nft_filter *filter, const char *name) {
        nfw_vec_foreach (set, &filter->sets)
                if (strcmp(set->name, name) == 0)
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
                r = prepare_guest(context, binding, compiled, port->guest.is_there ? &port->guest : NULL,
                                  report, &guest);
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
                    !has_set(old, compiled->plan->sets.items[set].name))
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

static int put_staying_ports(struct nfw_nwfilter_change *change,
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
                           !has_set(old, compiled->plan->sets.items[set].name);
        /* Sets that are learned and go: guests may have nothing to wait for any more. */
        nfw_vec_foreach (set, &old->sets)
                has_new |= set->is_learned && !set->is_dynamic && !keeps_set(compiled->plan, set->name);
        for (port = snapshot->ports; port && has_new && r == 0; port = port->hh.next)
                if (port->filter == install->old && !is_changed(change, port->interface))
                        r = put_staying_port(context, compiled, old, port, report);
        return r;
}

/* --- filters ------------------------------------------------------------------------------------------------- */

static int decide_fates(const struct nfw_nwfilter_change *change,
                        const struct nfw_nwfilters *filters,
                        struct fate **ret_fates) {
        const struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;
        nfw_cleanup(nfw_freep) struct fate *fates = calloc(snapshot->filters.n + 1, sizeof(*fates));

        if (!fates)
                return -ENOMEM;
        for (size_t i = 0; i < snapshot->filters.n; i++)
                fates[i].n_ports = snapshot->filters.items[i].n_ports;
        nfw_vec_foreach (port, &change->ports) {
                const struct nfw_nft_filter_port *old = old_port(change, filters, port->port);
                size_t new = port->compiled ? index_of(snapshot, port->compiled->name) : SIZE_MAX;

                if (old)
                        fates[old->filter].n_ports--;
                if (new != SIZE_MAX)
                        fates[new].n_ports++;
        }
        nfw_vec_foreach (install, &change->installs)
                if (install->old != SIZE_MAX)
                        fates[install->old].replaced_by = install->compiled;
        for (size_t i = 0; i < snapshot->filters.n; i++)
                fates[i].goes = fates[i].n_ports == 0 && !fates[i].replaced_by;
        *ret_fates = nfw_steal(fates);
        return 0;
}

/* A filter that is there when the change is done, and which chains lead to it. */
struct present {
        const char *name;
        bool has_entry[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS];
};

static int compare_present(const void *a, const void *b) {
        const struct present *x = a, *y = b;

        return strcmp(x->name, y->name);
}

/* One order, however they came, so that it can be verified. */
static int put_dispatch(const struct nfw_nwfilter_change *change,
                        const struct nfw_nwfilters *filters,
                        const struct nfw_learning_plan *learning,
                        const struct fate *fates) {
        const struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;
        nfw_cleanup(nfw_freep) struct present *present =
                calloc(snapshot->filters.n + change->installs.n + 1, sizeof(*present));
        size_t n = 0;
        int r = 0;

        if (!present)
                return -ENOMEM;
        if (change->adds_learning || (snapshot->has_learning && !change->rebuilds))
                r = nfw_nft_put_learning_dispatch(filters->batch, learning);
        for (size_t i = 0; i < snapshot->filters.n && !change->rebuilds; i++) {
                const struct nfw_nft_filter *filter = &snapshot->filters.items[i];

                if (fates[i].goes || fates[i].replaced_by)
                        continue;
                present[n].name = filter->name;
                memcpy(present[n++].has_entry, filter->has_entry, sizeof(present->has_entry));
        }
        nfw_vec_foreach (install, &change->installs) {
                present[n].name = install->compiled->name;
                nfw_nft_filter_entries(install->compiled->plan, present[n++].has_entry);
        }
        qsort(present, n, sizeof(*present), compare_present);
        for (size_t i = 0; i < n && r == 0; i++)
                r = nfw_nft_put_filter_dispatch(filters->batch, present[i].name, present[i].has_entry);
        return r;
}

static int put_filters(struct nfw_nwfilter_change *change,
                       struct nfw_context *context,
                       const struct nfw_learning_plan *learning,
                       const struct fate *fates,
                       struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;
        static const struct nfw_nft_filter_snapshot nothing;
        int r;

        r = nfw_nft_put_filter_flush(filters->batch);
        if (r == 0 && change->adds_learning)
                r = nfw_nft_put_learning(filters->batch, learning);
        for (size_t i = 0; fates && i < snapshot->filters.n && r == 0 && !change->rebuilds; i++)
                if (fates[i].goes)
                        r = nfw_nft_put_filter_removal(filters->batch, &snapshot->filters.items[i]);
        nfw_vec_foreach (install, &change->installs) {
                bool replaces = install->old != SIZE_MAX;

                if (r == 0)
                        r = nfw_nft_put_filter(filters->batch, change->rebuilds ? &nothing : snapshot,
                                               replaces ? &snapshot->filters.items[install->old] : NULL,
                                               install->compiled->plan);
                if (r == 0)
                        r = nfw_named_sets_put(context, install->compiled, change->rebuilds, report);
                if (r == 0 && replaces)
                        r = put_staying_ports(change, context, install, report);
        }
        return r == 0 ? put_dispatch(change, filters, learning, fates) : r;
}

static int report_foreign(const struct nfw_nwfilters *filters, struct nfw_report *report) {
        int r;

        r = nfw_report_error(report, "kernel/foreign-table", NULL,
                             "rename it where it is made, or delete it if nothing needs it",
                             "a table `bridge %s` exists that is not nfwpolicy's, which needs that name",
                             filters->table_name);
        return r < 0 ? r : NFW_E_REFUSED;
}

/* Nothing of ours stays behind when the last filter goes: what is in named sets is in files. */
static bool table_goes(const struct nfw_nwfilter_change *change,
                       const struct nfw_nft_filter_snapshot *snapshot,
                       const struct fate *fates) {
        if (change->installs.n > 0 || !snapshot->has_table)
                return false;
        for (size_t i = 0; i < snapshot->filters.n; i++)
                if (!fates[i].goes)
                        return false;
        return true;
}

int nfw_nwfilter_change_put(struct nfw_nwfilter_change *change,
                            struct nfw_context *context,
                            struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;
        nfw_cleanup(nfw_freep) struct fate *fates = NULL;
        const struct nfw_learning_plan *learning;
        int r;

        if (snapshot->is_foreign)
                return change->ports.n > 0 || change->installs.n > 0 ? report_foreign(filters, report) : 0;
        r = nfw_nwfilters_learning(context, &learning);
        if (r == 0)
                r = decide_fates(change, filters, &fates);
        if (r < 0)
                return r;
        change->adds_learning = false;
        nfw_vec_foreach (install, &change->installs)
                change->adds_learning |= nfw_compiled_learns(install->compiled) &&
                                         (change->rebuilds || !snapshot->has_learning);

        change->is_structural = change->installs.n > 0 || change->rebuilds;
        for (size_t i = 0; fates && i < snapshot->filters.n; i++)
                change->is_structural |= fates[i].goes;
        if (change->rebuilds && snapshot->has_table)
                r = nfw_nft_put_table_removal(filters->batch, NFW_TABLE_BRIDGE);
        else if (change->is_structural && table_goes(change, snapshot, fates))
                return nfw_nft_put_table_removal(filters->batch, NFW_TABLE_BRIDGE);
        if (r == 0 && change->installs.n > 0 && (!snapshot->has_table || change->rebuilds))
                r = nfw_nft_put_filter_table(filters->batch);
        if (r == 0 && change->is_structural && (change->installs.n > 0 || !change->rebuilds))
                r = put_filters(change, context, learning, fates, report);
        return r == 0 ? put_ports(change, filters, learning, fates) : r;
}

static bool has_same_sets(const struct nfw_nft_filter *filter, const struct nfw_plan *plan) {
        size_t n = 0;

        nfw_vec_foreach (set, &plan->sets) {
                if (!set->name || set->is_shared)
                        continue;
                if (!has_set(filter, set->name))
                        return false;
                n++;
        }
        return n == filter->sets.n;
}

static bool replaces_rules_only(const struct nfw_nwfilter_change *change,
                                const struct nfw_nwfilters *filters) {
        if (change->rebuilds || change->ports.n > 0 || change->installs.n == 0)
                return false;
        nfw_vec_foreach (install, &change->installs) {
                const struct nfw_plan *plan = install->compiled->plan;

                if (install->old == SIZE_MAX ||
                    !has_same_sets(&filters->snapshot->filters.items[install->old], plan))
                        return false;
                nfw_vec_foreach (set, &plan->sets)
                        if (set->is_shared)
                                return false;
        }
        return true;
}

static int take_rules(struct nfw_nft_filter *filter, const struct nfw_compiled *compiled) {
        char *id = strdup(compiled->id);

        if (!id)
                return -ENOMEM;
        free(filter->id);
        filter->id = id;
        nfw_nft_filter_entries(compiled->plan, filter->has_entry);
        nfw_vec_foreach (chain, &filter->chains)
                free(*chain);
        filter->chains.n = 0;
        nfw_vec_foreach (block, &compiled->plan->blocks) {
                char *name = strdup(block->name);
                int r = name ? nfw_vec_push(&filter->chains, name) : -ENOMEM;

                if (r < 0) {
                        free(name);
                        return r;
                }
        }
        return 0;
}

int nfw_nwfilter_change_apply(struct nfw_nwfilter_change *change, struct nfw_nwfilters *filters) {
        struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;

        /* Which objects there are now, only the kernel's dump tells; but for rules of a filter that has the same sets. */
        if (change->is_structural && !replaces_rules_only(change, filters))
                return -EAGAIN;
        nfw_vec_foreach (install, &change->installs) {
                int r = take_rules(&snapshot->filters.items[install->old], install->compiled);

                if (r < 0)
                        return r;
        }
        nfw_vec_foreach (port, &change->ports) {
                struct nfw_nft_filter_port *old = nfw_nft_filter_find_port(snapshot, port->port);
                size_t filter = port->compiled ? index_of(snapshot, port->compiled->name) : SIZE_MAX;
                int r;

                if (old && old->filter != SIZE_MAX)
                        snapshot->filters.items[old->filter].n_ports--;
                if (old)
                        nfw_nft_filter_remove_port(snapshot, old);
                if (filter == SIZE_MAX)
                        continue;
                r = nfw_nft_filter_add_port(snapshot, port->port, &old);
                if (r < 0)
                        return r;
                r = nfw_nft_guest_copy(&port->guest, &old->guest);
                if (r < 0)
                        return r;
                old->filter = filter;
                snapshot->filters.items[filter].n_ports++;
                nfw_vec_foreach (element, &port->elements.vec) {
                        const char *name = port->compiled->plan->sets.items[element->set].name;
                        struct nfw_nft_filter_element copy = *element;

                        copy.set = 0;
                        while (copy.set < snapshot->filters.items[filter].sets.n &&
                               strcmp(snapshot->filters.items[filter].sets.items[copy.set].name, name) != 0)
                                copy.set++;
                        r = nfw_vec_push(&old->elements.vec, copy);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
