/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

static bool is_root(const struct nfw_filter_entry *entry) {
        return entry->instance->filter->chain == NFW_NWFILTER_CHAIN_ROOT;
}

/* By priority; rules with the same as they stand in the filters, which is also how the tree has them. */
static int compare_priority(const struct nfw_filter_entry *a, const struct nfw_filter_entry *b) {
        if (a->instance->rule->priority != b->instance->rule->priority)
                return a->instance->rule->priority < b->instance->rule->priority ? -1 : 1;
        return a->instance < b->instance ? -1 : a->instance > b->instance;
}

static int compare_link(const void *a, const void *b) {
        const struct nfw_filter_entry *x = a, *y = b;
        int r;

        if (is_root(x) != is_root(y))
                return is_root(x) ? 1 : -1;
        r = strcmp(x->instance->filter->chain_name, y->instance->filter->chain_name);
        return r != 0 ? r : compare_priority(x, y);
}

static int compare_network(const void *a, const void *b) {
        const struct nfw_filter_entry *x = a, *y = b;

        if (is_root(x) != is_root(y))
                return is_root(x) ? -1 : 1;
        return compare_priority(x, y);
}

static int compare_jumps(const void *a, const void *b) {
        const struct nfw_filter_jump *x = a, *y = b;

        if (x->priority != y->priority)
                return x->priority < y->priority ? -1 : 1;
        return strcmp(x->name, y->name);
}

static int add_instance(const struct nfw_nwfilter_instance *instance,
                        enum nfw_filter_layer layer,
                        enum nfw_direction direction,
                        struct nfw_filter_entries *entries) {
        struct nfw_filter_entry entry = { .instance = instance };
        bool applies;

        if (nfw_nwfilter_is_network_layer(instance->rule->protocol) != (layer == NFW_FILTER_NETWORK))
                return 0;
        applies = layer == NFW_FILTER_NETWORK
                          ? nfw_filter_place_network(instance->rule, direction, &entry.place)
                          : nfw_filter_place_link(instance, direction, &entry.place);
        return applies ? nfw_vec_push(&entries->vec, entry) : 0;
}

static int collect(const struct nfw_nwfilter_tree *tree,
                   enum nfw_filter_layer layer,
                   enum nfw_direction direction,
                   int (*compare)(const void *a, const void *b),
                   struct nfw_filter_entries *ret_entries) {
        struct nfw_filter_entries entries = { 0 };

        nfw_vec_foreach (instance, &tree->instances) {
                int r = add_instance(instance, layer, direction, &entries);

                if (r < 0) {
                        nfw_vec_deinit(&entries.vec);
                        return r;
                }
        }
        if (entries.vec.n > 0)
                qsort(entries.vec.items, entries.vec.n, sizeof(*entries.vec.items), compare);
        *ret_entries = entries;
        return 0;
}

int nfw_filter_entries_link(const struct nfw_nwfilter_tree *tree,
                            enum nfw_direction direction,
                            struct nfw_filter_entries *ret_entries) {
        return collect(tree, NFW_FILTER_LINK, direction, compare_link, ret_entries);
}

int nfw_filter_entries_network(const struct nfw_nwfilter_tree *tree,
                               enum nfw_direction direction,
                               struct nfw_filter_entries *ret_entries) {
        return collect(tree, NFW_FILTER_NETWORK, direction, compare_network, ret_entries);
}

void nfw_filter_jumps_sort(struct nfw_filter_jumps *jumps) {
        if (jumps->vec.n > 0)
                qsort(jumps->vec.items, jumps->vec.n, sizeof(*jumps->vec.items), compare_jumps);
}
