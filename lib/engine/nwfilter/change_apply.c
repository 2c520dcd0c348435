/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/nwfilter/change_parts.h"

static bool has_same_sets(const struct nfw_nft_filter *filter, const struct nfw_plan *plan) {
        size_t n = 0;

        nfw_vec_foreach (set, &plan->sets) {
                if (!set->name || set->is_shared)
                        continue;
                if (!nfw_nwfilter_has_set(filter, set->name))
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
                size_t filter =
                        port->compiled ? nfw_nwfilter_index_of(snapshot, port->compiled->name) : SIZE_MAX;
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
