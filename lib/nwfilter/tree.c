/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/seen.h"

/*
 * A few filters that refer to each other twice stand for any number of rules, so all that grows has a bound. Real
 * trees are less than ten deep and have some dozens of rules.
 */
#define MAX_DEPTH     256
#define MAX_INSTANCES 65536
#define MAX_VALUES    262144

/* A filter that is being walked through. */
struct level {
        const struct nfw_nwfilter *filter;
        size_t next; /* of its entries */
        size_t scope;
};

struct walk {
        const struct nfw_nwfilter_source *source;
        struct nfw_nwfilter_tree *tree;
        struct nfw_report *report;
        struct level levels[MAX_DEPTH];
        size_t n_levels;
        size_t n_references;
        size_t n_values; /* of all scopes */
        struct nfw_seen filters;
        struct nfw_seen refused; /* references, which may be met many times */
        bool invalid;
        bool full; /* a bound was met, so there is no use in going on */
};

struct nfw_nwfilter_tree *nfw_nwfilter_tree_free(struct nfw_nwfilter_tree *tree) {
        if (!tree)
                return NULL;

        nfw_vec_foreach (scope, &tree->scopes)
                nfw_nwfilter_parameters_deinit(scope);
        nfw_vec_deinit(&tree->scopes);
        nfw_vec_deinit(&tree->instances);
        nfw_vec_deinit(&tree->filters);
        free(tree);

        return NULL;
}

const struct nfw_nwfilter_parameter *nfw_nwfilter_tree_lookup(const struct nfw_nwfilter_tree *tree,
                                                              size_t scope,
                                                              const struct nfw_nwfilter_parameters *port,
                                                              const char *name) {
        const struct nfw_nwfilter_parameter *parameter =
                port ? nfw_nwfilter_parameters_find(port, name) : NULL;

        return parameter ? parameter : nfw_nwfilter_parameters_find(&tree->scopes.items[scope], name);
}

static int refuse_bound(struct walk *walk, const struct nfw_pos *pos, const char *what, size_t bound) {
        walk->invalid = walk->full = true;
        return nfw_report_error(walk->report, "nwfilter/too-large", pos, NULL,
                                "the filters that '%s' refers to have more than %zu %s",
                                walk->tree->top->name, bound, what);
}

/* *ret_first is false where the reference was refused before. */
static int refuse_once(struct walk *walk, const struct nfw_nwfilter_reference *reference, bool *ret_first) {
        unsigned int where;
        int r = nfw_seen_add(&walk->refused, &reference, sizeof(reference), 1, &where);

        walk->invalid = true;
        *ret_first = where == 0;
        return r;
}

static int enter(struct walk *walk, const struct nfw_nwfilter *filter, size_t scope) {
        unsigned int where;
        int r = nfw_seen_add(&walk->filters, &filter, sizeof(filter), 1, &where);

        if (r == 0 && where == 0)
                r = nfw_vec_push(&walk->tree->filters, filter);
        if (r == 0)
                walk->levels[walk->n_levels++] = (struct level){ .filter = filter, .scope = scope };
        return r;
}

static int copy_parameter(struct walk *walk,
                          const struct nfw_nwfilter_parameter *parameter,
                          struct nfw_nwfilter_parameters *copy) {
        int r = 0;

        if (nfw_nwfilter_parameters_find(copy, parameter->name))
                return 0;
        for (size_t i = 0; r == 0 && i < parameter->values.n; i++, walk->n_values++)
                r = nfw_nwfilter_parameters_add(copy, parameter->name, parameter->values.items[i],
                                                &parameter->pos);
        return r;
}

/* What the reference gives, under what the ones further out give. */
static int make_scope(struct walk *walk,
                      size_t outer,
                      const struct nfw_nwfilter_reference *reference,
                      size_t *ret_scope) {
        struct nfw_nwfilter_parameters scope = { 0 };
        int r = 0;

        if (reference->parameters.vec.n == 0) {
                *ret_scope = outer;
                return 0;
        }

        nfw_vec_foreach (parameter, &walk->tree->scopes.items[outer].vec) {
                if (r == 0)
                        r = copy_parameter(walk, parameter, &scope);
        }
        nfw_vec_foreach (parameter, &reference->parameters.vec) {
                if (r == 0)
                        r = copy_parameter(walk, parameter, &scope);
        }
        if (r == 0)
                r = nfw_vec_push(&walk->tree->scopes, scope);
        if (r < 0) {
                nfw_nwfilter_parameters_deinit(&scope);
                return r;
        }
        *ret_scope = walk->tree->scopes.n - 1;
        return 0;
}

/* "a → b → a", from where the loop begins. */
static int report_loop(struct walk *walk, const struct nfw_nwfilter_reference *reference, size_t first) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        size_t size;
        FILE *stream = open_memstream(&path, &size);

        if (!stream)
                return -ENOMEM;
        for (size_t i = first; i < walk->n_levels; i++)
                fprintf(stream, "%s → ", walk->levels[i].filter->name);
        fputs(reference->filter, stream);
        if (fclose(stream) != 0)
                return -ENOMEM;

        return nfw_report_error(walk->report, "nwfilter/loop", &reference->pos, NULL,
                                "filters must not refer to themselves: %s", path);
}

static int follow(struct walk *walk, const struct nfw_nwfilter_reference *reference, size_t outer) {
        const struct nfw_nwfilter *filter;
        bool first;
        size_t scope;
        int r;

        for (size_t i = 0; i < walk->n_levels; i++) {
                if (strcmp(walk->levels[i].filter->name, reference->filter) != 0)
                        continue;
                r = refuse_once(walk, reference, &first);
                return r == 0 && first ? report_loop(walk, reference, i) : r;
        }

        filter = walk->source->find(walk->source->userdata, reference->filter);
        if (!filter) {
                r = refuse_once(walk, reference, &first);
                if (r < 0 || !first)
                        return r;
                return nfw_report_error(walk->report, "nwfilter/missing-filter", &reference->pos, NULL,
                                        "there is no filter '%s'", reference->filter);
        }

        if (walk->n_levels == MAX_DEPTH)
                return refuse_bound(walk, &reference->pos, "levels", MAX_DEPTH);
        if (++walk->n_references > MAX_INSTANCES)
                return refuse_bound(walk, &reference->pos, "references", MAX_INSTANCES);
        r = make_scope(walk, outer, reference, &scope);
        if (r < 0)
                return r;
        if (walk->n_values > MAX_VALUES)
                return refuse_bound(walk, &reference->pos, "parameters", MAX_VALUES);
        return enter(walk, filter, scope);
}

static int add_instance(struct walk *walk, const struct nfw_nwfilter_rule *rule, const struct level *level) {
        struct nfw_nwfilter_instance instance = { .rule = rule,
                                                  .filter = level->filter,
                                                  .scope = level->scope };

        if (walk->tree->instances.n == MAX_INSTANCES)
                return refuse_bound(walk, &rule->pos, "rules", MAX_INSTANCES);
        return nfw_vec_push(&walk->tree->instances, instance);
}

static int walk_all(struct walk *walk) {
        int r = enter(walk, walk->tree->top, 0);

        while (r == 0 && !walk->full && walk->n_levels > 0) {
                struct level *level = &walk->levels[walk->n_levels - 1];
                const struct nfw_nwfilter_entry *entry;

                if (level->next == level->filter->entries.n) {
                        walk->n_levels--;
                        continue;
                }
                entry = &level->filter->entries.items[level->next++];
                r = entry->rule ? add_instance(walk, entry->rule, level)
                                : follow(walk, entry->reference, level->scope);
        }
        return r;
}

int nfw_nwfilter_tree_new(const struct nfw_nwfilter_source *source,
                          const struct nfw_nwfilter *top,
                          struct nfw_report *report,
                          struct nfw_nwfilter_tree **ret_tree) {
        nfw_cleanup(nfw_nwfilter_tree_freep) struct nfw_nwfilter_tree *tree = calloc(1, sizeof(*tree));
        nfw_cleanup(nfw_freep) struct walk *walk = calloc(1, sizeof(*walk));
        int r;

        if (!tree || !walk)
                return -ENOMEM;

        tree->top = top;
        *walk = (struct walk){ .source = source, .tree = tree, .report = report };
        r = nfw_siphash_key_init(&walk->filters.key);
        if (r == 0)
                r = nfw_siphash_key_init(&walk->refused.key);
        if (r == 0)
                r = nfw_vec_push(&tree->scopes, (struct nfw_nwfilter_parameters){ 0 });
        if (r == 0)
                r = walk_all(walk);
        if (r == 0 && walk->invalid)
                r = NFW_E_INVALID;
        nfw_seen_deinit(&walk->filters);
        nfw_seen_deinit(&walk->refused);
        if (r)
                return r;

        *ret_tree = nfw_steal(tree);
        return 0;
}
