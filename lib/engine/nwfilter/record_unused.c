/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/nwfilter/record.h"

/* Which records nothing in force refers to once the change is made: what is in use is marked, the rest goes. */

struct marked {
        char *name;
        const struct nfw_nwfilter *filter;
        bool is_used;
};

struct sweep {
        struct nfw_nwfilters *filters;
        NFW_VEC(struct marked) records; /* sorted by name */
        NFW_VEC(size_t) to_follow;      /* those whose references have not been looked at */
        NFW_VEC(const char *) staying;  /* filters in the kernel, sorted */
};

static void sweep_deinit(struct sweep *sweep) {
        nfw_vec_foreach (record, &sweep->records)
                free(record->name);
        nfw_vec_deinit(&sweep->records);
        nfw_vec_deinit(&sweep->to_follow);
        nfw_vec_deinit(&sweep->staying);
}

/* NFW_E_INVALID: what it refers to is not known. */
static int take_record(const char *name, void *userdata) {
        struct sweep *sweep = userdata;
        struct marked marked = { .name = NULL };
        const struct nfw_definition *definition;
        int r;

        r = nfw_definitions_find(&sweep->filters->records, name, NULL, &definition);
        if (r != 0)
                return r;
        marked.filter = definition->filter;
        marked.name = strdup(name);
        r = marked.name ? nfw_vec_push(&sweep->records, marked) : -ENOMEM;
        if (r < 0)
                free(marked.name);
        return r;
}

static int compare_marked(const void *name, const void *record) {
        return strcmp(name, ((const struct marked *)record)->name);
}

static int mark(struct sweep *sweep, const char *name) {
        struct marked *found = sweep->records.n == 0 ? NULL
                                                     : bsearch(name, sweep->records.items, sweep->records.n,
                                                               sizeof(*sweep->records.items), compare_marked);

        if (!found || found->is_used)
                return 0;
        found->is_used = true;
        return nfw_vec_push(&sweep->to_follow, (size_t)(found - sweep->records.items));
}

static int mark_references(struct sweep *sweep) {
        int r = 0;

        while (sweep->to_follow.n > 0 && r == 0) {
                size_t next = sweep->to_follow.items[--sweep->to_follow.n];

                nfw_vec_foreach (entry, &sweep->records.items[next].filter->entries)
                        if (entry->reference && r == 0)
                                r = mark(sweep, entry->reference->filter);
        }
        return r;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int find_staying(struct sweep *sweep, const struct nfw_nwfilter_change *change) {
        const struct nfw_nft_filter_snapshot *snapshot = sweep->filters->snapshot;
        int r = 0;

        for (size_t i = 0; i < snapshot->filters.n && !change->rebuilds && r == 0; i++)
                if (!change->fates[i].goes && !change->fates[i].replaced_by)
                        r = nfw_vec_push(&sweep->staying, snapshot->filters.items[i].name);
        if (sweep->staying.n > 1)
                qsort(sweep->staying.items, sweep->staying.n, sizeof(*sweep->staying.items), compare_names);
        return r;
}

/* Whether a filter that stays is called so, or has a name that begins so. */
static bool stays(const struct sweep *sweep, const char *name, size_t n_compared) {
        size_t low = 0, high = sweep->staying.n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int c = strncmp(sweep->staying.items[middle], name, n_compared);

                if (c == 0)
                        return true;
                if (c < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return false;
}

/* Whether the filter is, or may be, at the top of something that stays. */
static bool is_top(const struct sweep *sweep, const char *filter) {
        char prefix[NFW_KERNEL_NAME_PREFIX_MAX];

        nfw_kernel_name_prefix(filter, prefix);
        return stays(sweep, filter, strlen(filter) + 1) || stays(sweep, prefix, strlen(prefix));
}

static bool shrinks(const struct nfw_nwfilter_change *change,
                    const struct nfw_nft_filter_snapshot *snapshot) {
        bool shrinks = change->rebuilds;

        for (size_t i = 0; i < snapshot->filters.n; i++)
                shrinks |= change->fates[i].goes || change->fates[i].replaced_by;
        return shrinks;
}

/* Where the kernel has lost ports, it does not tell what they need when they are put back. */
static int knows_all(const struct nfw_context *context,
                     const struct nfw_nwfilter_change *change,
                     bool *ret_knows) {
        const struct nfw_nft_filter_snapshot *snapshot = context->nwfilters->snapshot;
        const struct nfw_nft_filter_port *port;
        size_t n = 0, n_bindings;
        int r;

        *ret_knows = !change->keeps_records;
        if (change->rebuilds)
                return 0;
        for (port = snapshot->ports; port; port = port->hh.next)
                n += port->filter != SIZE_MAX;
        nfw_vec_foreach (each, &change->ports) {
                port = nfw_nft_filter_find_port(snapshot, each->port);
                n += each->compiled && (!port || port->filter == SIZE_MAX);
        }
        r = nfw_nwfilter_bindings_count(context, &n_bindings);
        *ret_knows &= r == 0 && n == n_bindings;
        return r;
}

static int find(struct sweep *sweep, const struct nfw_nwfilter_change *change) {
        int r;

        r = nfw_definitions_foreach(&sweep->filters->records, take_record, sweep);
        if (r == 0)
                r = find_staying(sweep, change);
        nfw_vec_foreach (install, &change->installs) {
                if (nfw_compiled_is_blocked(sweep->filters, install->compiled))
                        continue;
                nfw_vec_foreach (filter, &install->compiled->tree->filters)
                        if (r == 0)
                                r = mark(sweep, (*filter)->name);
        }
        /* What these refer to is among them; what has been read of their records may be older. */
        sweep->to_follow.n = 0;
        for (size_t i = 0; i < sweep->records.n && r == 0; i++)
                if (is_top(sweep, sweep->records.items[i].name))
                        r = mark(sweep, sweep->records.items[i].name);
        return r == 0 ? mark_references(sweep) : r;
}

int nfw_filter_records_find_unused(struct nfw_context *context,
                                   const struct nfw_nwfilter_change *change,
                                   struct nfw_filter_record_log *log) {
        nfw_cleanup(sweep_deinit) struct sweep sweep = { .filters = context->nwfilters };
        bool knows;
        int r;

        if (!change->fates || !shrinks(change, context->nwfilters->snapshot))
                return 0;
        r = knows_all(context, change, &knows);
        if (r < 0 || !knows)
                return r;
        r = find(&sweep, change);
        if (r != 0)
                return r < 0 ? r : 0;
        nfw_vec_foreach (record, &sweep.records) {
                if (record->is_used)
                        continue;
                r = nfw_vec_push(&log->unused, record->name);
                if (r < 0)
                        return r;
                record->name = NULL;
        }
        return 0;
}
