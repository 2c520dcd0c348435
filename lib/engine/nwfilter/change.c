/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/nwfilter/change_parts.h"
#include "nft/table.h"

void nfw_nwfilter_change_deinit(struct nfw_nwfilter_change *change) {
        nfw_vec_foreach (port, &change->ports) {
                nfw_vec_deinit(&port->elements.vec);
                nfw_nft_guest_deinit(&port->guest);
        }
        nfw_vec_deinit(&change->ports);
        nfw_vec_deinit(&change->installs);
        free(change->fates);
        *change = (struct nfw_nwfilter_change){ 0 };
}

int nfw_nwfilter_change_install(struct nfw_nwfilter_change *change,
                                const struct nfw_nwfilters *filters,
                                const struct nfw_compiled *compiled) {
        struct nfw_nwfilter_install install = {
                .compiled = compiled,
                .old = change->rebuilds ? SIZE_MAX : nfw_nwfilter_index_of(filters->snapshot, compiled->name),
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

int nfw_nwfilter_prepare_guest(struct nfw_context *context,
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
        r = nfw_nwfilter_prepare_guest(context, binding, compiled, known, report, &port.guest);
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

size_t nfw_nwfilter_index_of(const struct nfw_nft_filter_snapshot *snapshot, const char *name) {
        const struct nfw_nft_filter *filter = nfw_nft_filter_find(snapshot, name);

        return filter ? (size_t)(filter - snapshot->filters.items) : SIZE_MAX;
}

int nfw_nwfilter_sample(const struct nfw_context *context,
                        size_t filter,
                        struct nfw_nwfilter_binding **ret_binding) {
        const struct nfw_nft_filter_port *port;
        int r = NFW_E_NOT_FOUND;

        *ret_binding = NULL;
        for (port = context->nwfilters->snapshot->ports; port && r == NFW_E_NOT_FOUND; port = port->hh.next)
                if (port->filter == filter)
                        r = nfw_nwfilter_binding_load(context, port->interface, ret_binding);
        return r < 0 ? r : 0;
}

bool nfw_nwfilter_has_set(const struct nfw_nft_filter *filter, const char *name) {
        nfw_vec_foreach (set, &filter->sets)
                if (strcmp(set->name, name) == 0)
                        return true;
        return false;
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
                       const struct nfw_nft_filter_snapshot *snapshot) {
        if (change->installs.n > 0 || !snapshot->has_table)
                return false;
        for (size_t i = 0; i < snapshot->filters.n; i++)
                if (!change->fates[i].goes)
                        return false;
        return true;
}

int nfw_nwfilter_change_put(struct nfw_nwfilter_change *change,
                            struct nfw_context *context,
                            struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;
        const struct nfw_learning_plan *learning;
        int r;

        if (snapshot->is_foreign)
                return change->ports.n > 0 || change->installs.n > 0 ? report_foreign(filters, report) : 0;
        r = nfw_nwfilters_learning(context, &learning);
        if (r == 0)
                r = nfw_nwfilter_change_decide_fates(change, filters);
        if (r < 0)
                return r;
        change->adds_learning = false;
        nfw_vec_foreach (install, &change->installs)
                change->adds_learning |= nfw_compiled_learns(install->compiled) &&
                                         (change->rebuilds || !snapshot->has_learning);

        change->is_structural = change->installs.n > 0 || change->rebuilds;
        for (size_t i = 0; i < snapshot->filters.n; i++)
                change->is_structural |= change->fates[i].goes;
        if (change->rebuilds && snapshot->has_table)
                r = nfw_nft_put_table_removal(filters->batch, NFW_TABLE_BRIDGE);
        else if (change->is_structural && table_goes(change, snapshot))
                return nfw_nft_put_table_removal(filters->batch, NFW_TABLE_BRIDGE);
        if (r == 0 && change->installs.n > 0 && (!snapshot->has_table || change->rebuilds))
                r = nfw_nft_put_filter_table(filters->batch);
        if (r == 0 && change->is_structural && (change->installs.n > 0 || !change->rebuilds))
                r = nfw_nwfilter_change_put_filters(change, context, learning, report);
        return r == 0 ? nfw_nwfilter_change_put_ports(change, filters, learning) : r;
}
