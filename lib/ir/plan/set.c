/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/uthash.h"
#include "ir/plan/build.h"
#include "ir/plan/comment.h"

/* No comment shows more names than this. */
#define MAX_COMMENT_NAMES 64

/* Names of policies are far shorter than the rest of this. */
#define NAME_MAX_SIZE 256

struct nfw_plan_name {
        UT_hash_handle hh;
        unsigned int n_wanted;
        char name[];
};

static const char *const field_words[NFW_N_POLICY_FIELDS] = {
        [NFW_FIELD_ETHER_TYPE] = "ethertype", [NFW_FIELD_IP_SADDR] = "from-ip",
        [NFW_FIELD_IP_DADDR] = "ip",          [NFW_FIELD_IP6_SADDR] = "from-ip6",
        [NFW_FIELD_IP6_DADDR] = "ip6",        [NFW_FIELD_IP6_HOPLIMIT] = "hoplimit",
        [NFW_FIELD_L4PROTO] = "proto",        [NFW_FIELD_TH_SPORT] = "from-port",
        [NFW_FIELD_TH_DPORT] = "port",        [NFW_FIELD_ICMPV6_TYPE] = "icmpv6",
        [NFW_FIELD_CT_STATE] = "ct",
};

void nfw_plan_builder_deinit(struct nfw_plan_builder *builder) {
        struct nfw_plan_name *name, *next;

        HASH_ITER(hh, builder->names, name, next) {
                HASH_DEL(builder->names, name);
                free(name);
        }
        nfw_vec_deinit(&builder->learned_hashes);
}

/* How often this name has been wanted, this time included; 0 when out of memory. */
static unsigned int count_name(struct nfw_plan_builder *builder, const char *text) {
        size_t size = strlen(text);
        struct nfw_plan_name *name;

        HASH_FIND(hh, builder->names, text, size, name);
        if (name)
                return ++name->n_wanted;

        name = calloc(1, sizeof(*name) + size + 1);
        if (!name)
                return 0;
        memcpy(name->name, text, size);
        name->n_wanted = 1;
        HASH_ADD_KEYPTR(hh, builder->names, name->name, size, name);
        if (!name->hh.tbl) {
                free(name);
                return 0;
        }
        return 1;
}

int nfw_plan_set_name(struct nfw_plan_builder *builder,
                      const struct nfw_plan_group *group,
                      const char *what,
                      char **ret_name) {
        static const char *const verdicts[] = {
                [NFW_VERDICT_CONTINUE] = "fixed", [NFW_VERDICT_ACCEPT] = "allow", [NFW_VERDICT_DROP] = "deny",
                [NFW_VERDICT_JUMP] = "block",     [NFW_VERDICT_GOTO] = "block",
        };
        char name[NAME_MAX_SIZE];
        unsigned int n;
        size_t size;

        if (group->number > 0)
                snprintf(name, sizeof(name), "%s-%s%zu-%s", builder->plan->policy, verdicts[group->verdict],
                         group->number, what);
        else
                snprintf(name, sizeof(name), "%s-fixed-%s", builder->plan->policy, what);

        n = count_name(builder, name);
        if (n == 0)
                return -ENOMEM;
        size = strlen(name);
        if (n > 1)
                snprintf(name + size, sizeof(name) - size, "-%u", n);

        *ret_name = strdup(name);
        return *ret_name ? 0 : -ENOMEM;
}

int nfw_plan_source_comment(const struct nfw_plan_builder *builder,
                            const struct nfw_plan_indices *sources,
                            char **ret_comment) {
        const struct nfw_ir_chain *chain = &builder->ir->chains[builder->direction];
        const char *names[MAX_COMMENT_NAMES];
        const char *before = NULL;
        size_t n_names = 0, n_total = 0;
        char *comment;

        /* The parts of one source rule stand together. */
        nfw_vec_foreach (source, &sources->vec) {
                const char *name = chain->rules.items[*source].name;

                if (!name || (before && strcmp(before, name) == 0))
                        continue;
                before = name;
                if (n_names < NFW_ARRAY_SIZE(names))
                        names[n_names++] = name;
                n_total++;
        }

        comment = nfw_plan_comment(names, n_names, n_total);
        if (!comment)
                return -ENOMEM;
        *ret_comment = comment;
        return 0;
}

static void set_deinit(struct nfw_plan_set *set) {
        free(set->name);
        free(set->comment);
        nfw_vec_deinit(&set->elements);
}

static int take_set(struct nfw_plan_builder *builder, struct nfw_plan_set *set, size_t *ret_set) {
        int r = nfw_vec_push(&builder->plan->sets, *set);

        if (r < 0) {
                set_deinit(set);
                return r;
        }
        *ret_set = builder->plan->sets.n - 1;
        return 0;
}

static int name_set(struct nfw_plan_builder *builder,
                    const struct nfw_plan_group *group,
                    const struct nfw_plan_indices *sources,
                    struct nfw_plan_set *set) {
        char what[NAME_MAX_SIZE / 2] = "";
        size_t size = 0;
        int r;

        for (size_t i = 0; i < set->n_fields; i++)
                size += (size_t)snprintf(what + size, sizeof(what) - size, "%s%s", i ? "-" : "",
                                         field_words[set->fields[i]]);

        r = nfw_plan_set_name(builder, group, what, &set->name);
        if (r == 0)
                r = nfw_plan_source_comment(builder, sources, &set->comment);
        return r;
}

int nfw_plan_add_set(struct nfw_plan_builder *builder,
                     const struct nfw_plan_group *group,
                     const enum nfw_field *fields,
                     size_t n_fields,
                     struct nfw_plan_part *part,
                     const struct nfw_plan_indices *sources,
                     size_t *ret_set) {
        struct nfw_plan_set set = { .n_fields = n_fields, .interval = part->interval, .learned = SIZE_MAX };
        int r = 0;

        memcpy(set.fields, fields, n_fields * sizeof(*fields));
        set.elements.items = part->elements.items;
        set.elements.n = part->elements.n;
        set.elements.size = part->elements.size;
        part->elements.items = NULL;
        part->elements.n = part->elements.size = 0;

        if (n_fields > 1 || set.elements.n > NFW_PLAN_MAX_ANONYMOUS)
                r = name_set(builder, group, sources, &set);
        if (r < 0) {
                set_deinit(&set);
                return r;
        }
        return take_set(builder, &set, ret_set);
}
