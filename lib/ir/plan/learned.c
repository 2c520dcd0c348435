/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan/build.h"
#include "ir/plan/comment.h"

#define MAX_COMMENT_PATTERNS 64

static int pattern_compare(const void *a, const void *b) {
        const struct nfw_domain *x = a, *y = b;
        int c = strcmp(x->name, y->name);

        return c ? c : (x->kind > y->kind) - (x->kind < y->kind);
}

static bool patterns_equal(const struct nfw_plan_learned *a, const struct nfw_plan_learned *b) {
        if (a->patterns.n != b->patterns.n)
                return false;
        for (size_t i = 0; i < a->patterns.n; i++) {
                if (pattern_compare(&a->patterns.items[i], &b->patterns.items[i]) != 0)
                        return false;
        }
        return true;
}

/* FNV-1a: only to skip most comparisons, the names come from the administrator. */
static uint64_t patterns_hash(const struct nfw_plan_learned *learned) {
        uint64_t hash = 0xcbf29ce484222325;

        nfw_vec_foreach (pattern, &learned->patterns) {
                for (const char *c = pattern->name; *c; c++)
                        hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
                hash = (hash ^ (uint64_t)pattern->kind) * 0x100000001b3;
        }
        return hash;
}

static int collect_patterns(const struct nfw_ir *ir,
                            const struct nfw_plan_indices *indices,
                            struct nfw_plan_learned *learned) {
        struct nfw_domain *items;
        size_t n = 0;

        nfw_vec_foreach (index, &indices->vec) {
                nfw_vec_foreach (pattern, &ir->learned.items[*index].patterns) {
                        int r = nfw_vec_push(&learned->patterns, *pattern);

                        if (r < 0)
                                return r;
                }
        }

        items = learned->patterns.items;
        if (learned->patterns.n < 2)
                return 0;
        qsort(items, learned->patterns.n, sizeof(*items), pattern_compare);
        for (size_t i = 1; i < learned->patterns.n; i++) {
                if (pattern_compare(&items[i], &items[n]) != 0)
                        items[++n] = items[i];
        }
        learned->patterns.n = n + 1;
        return 0;
}

static int patterns_comment(const struct nfw_plan_learned *learned, char **ret_comment) {
        char texts[MAX_COMMENT_PATTERNS][NFW_DOMAIN_TEXT_MAX + 2];
        const char *names[MAX_COMMENT_PATTERNS];
        size_t n = NFW_MIN(learned->patterns.n, NFW_ARRAY_SIZE(names));
        char *comment;

        for (size_t i = 0; i < n; i++)
                names[i] = nfw_domain_format(&learned->patterns.items[i], texts[i]);
        comment = nfw_plan_comment(names, n, learned->patterns.n);
        if (!comment)
                return -ENOMEM;

        *ret_comment = comment;
        return 0;
}

static int add_set(struct nfw_plan_builder *builder,
                   const struct nfw_plan_group *group,
                   const struct nfw_plan_learned *learned,
                   enum nfw_field field,
                   size_t *ret_set) {
        struct nfw_plan_set set = { .fields = { field }, .n_fields = 1, .learned = builder->plan->learned.n };
        const char *what = field == NFW_FIELD_IP_DADDR ? "learned4" : "learned6";
        int r = nfw_plan_set_name(builder, group, what, &set.name);

        if (r == 0)
                r = patterns_comment(learned, &set.comment);
        if (r == 0)
                r = nfw_vec_push(&builder->plan->sets, set);
        if (r < 0) {
                free(set.name);
                free(set.comment);
                return r;
        }
        *ret_set = builder->plan->sets.n - 1;
        return 0;
}

static int add_learned(struct nfw_plan_builder *builder,
                       const struct nfw_plan_group *group,
                       struct nfw_plan_learned *learned,
                       uint64_t hash) {
        int r = add_set(builder, group, learned, NFW_FIELD_IP_DADDR, &learned->set4);

        if (r == 0)
                r = add_set(builder, group, learned, NFW_FIELD_IP6_DADDR, &learned->set6);
        if (r == 0)
                r = nfw_vec_push(&builder->learned_hashes, hash);
        if (r == 0)
                r = nfw_vec_push(&builder->plan->learned, *learned);
        return r;
}

static const struct nfw_plan_learned *find_learned(const struct nfw_plan_builder *builder,
                                                   const struct nfw_plan_learned *learned,
                                                   uint64_t hash) {
        for (size_t i = 0; i < builder->plan->learned.n; i++) {
                const struct nfw_plan_learned *found = &builder->plan->learned.items[i];

                if (builder->learned_hashes.items[i] == hash && patterns_equal(found, learned))
                        return found;
        }
        return NULL;
}

int nfw_plan_use_learned(struct nfw_plan_builder *builder,
                         const struct nfw_plan_group *group,
                         const struct nfw_plan_indices *indices,
                         enum nfw_field field,
                         size_t *ret_set) {
        struct nfw_plan_learned learned = { 0 };
        const struct nfw_plan_learned *found;
        uint64_t hash;
        int r = collect_patterns(builder->ir, indices, &learned);

        if (r < 0)
                goto drop;

        hash = patterns_hash(&learned);
        found = find_learned(builder, &learned, hash);
        if (found) {
                *ret_set = field == NFW_FIELD_IP_DADDR ? found->set4 : found->set6;
                goto drop;
        }
        r = add_learned(builder, group, &learned, hash);
        if (r < 0)
                goto drop;

        *ret_set = field == NFW_FIELD_IP_DADDR ? learned.set4 : learned.set6;
        return 0;

drop:
        nfw_vec_deinit(&learned.patterns);
        return r;
}
