/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/block.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan/fold.h"

/* The fewest rules of a block; measured, as the next one is: see performance.rst. */
#define BLOCK_SIZE 24

/* So many blocks in a row are few. */
#define MAX_BLOCKS_IN_A_ROW 8

static size_t block_size(const struct nfw_plan_builder *builder) {
        return builder->block_size ? builder->block_size : BLOCK_SIZE;
}

/* What a packet may be told by, the best first: no two rules of one block have to agree on it. */
static const enum nfw_field addresses[] = { NFW_FIELD_IP_DADDR, NFW_FIELD_IP6_DADDR };

static const enum nfw_field services[] = { NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT };

static bool is_address(enum nfw_field field) {
        return field == NFW_FIELD_IP_DADDR || field == NFW_FIELD_IP6_DADDR;
}

static int copy_ranges(const struct nfw_plan_item *item,
                       const enum nfw_field *fields,
                       size_t n_fields,
                       struct nfw_plan_item *guard) {
        for (size_t i = 0; i < n_fields; i++) {
                int r = 0;

                if (item->fields & 1U << fields[i])
                        r = nfw_ranges_add_all(&guard->ranges[fields[i]], &item->ranges[fields[i]]);
                if (r < 0)
                        return r;
                guard->fields |= item->fields & 1U << fields[i];
        }
        return 0;
}

/* Of several operands, one is enough. */
static const struct nfw_plan_operand *find_operand(const struct nfw_plan_item *item) {
        nfw_vec_foreach (operand, &item->operands) {
                if (!operand->negate && is_address(operand->field) &&
                    (operand->kind == NFW_OPERAND_LEARNED || operand->kind == NFW_OPERAND_PARAMETER))
                        return operand;
        }
        return NULL;
}

/* 0.0.0.0/0 tells nothing apart. */
static bool is_everything(enum nfw_field field, const struct nfw_ranges *ranges) {
        struct nfw_prefix prefix = { .addr.family = nfw_field_info(field)->family };
        struct nfw_range all = nfw_range_from_prefix(&prefix);

        return ranges->vec.n == 1 && memcmp(&ranges->vec.items[0], &all, sizeof(all)) == 0;
}

enum nfw_plan_guard_kind nfw_plan_guard_kind(const struct nfw_plan_item *item) {
        if (find_operand(item))
                return NFW_PLAN_GUARD_LEARNED;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(addresses); i++) {
                if (item->fields & 1U << addresses[i] &&
                    !is_everything(addresses[i], &item->ranges[addresses[i]]))
                        return NFW_PLAN_GUARD_CONSTANT;
        }
        return NFW_PLAN_GUARD_SERVICE;
}

static int copy_operand(const struct nfw_plan_operand *operand, struct nfw_plan_item *guard) {
        struct nfw_plan_operand copy = *operand;
        int r;

        copy.learned = (struct nfw_plan_indices){ 0 };
        r = nfw_plan_indices_add_all(&copy.learned, &operand->learned);
        if (r == 0)
                r = nfw_vec_push(&guard->operands, copy);
        if (r < 0)
                nfw_vec_deinit(&copy.learned.vec);
        return r;
}

int nfw_plan_guards_add(struct nfw_plan_items *guards, const struct nfw_plan_item *item) {
        nfw_cleanup(nfw_plan_item_freep) struct nfw_plan_item *guard = calloc(1, sizeof(*guard));
        int r;

        if (!guard)
                return -ENOMEM;
        guard->verdict = NFW_VERDICT_JUMP;

        r = nfw_plan_indices_add_all(&guard->sources, &item->sources);
        if (r < 0)
                return r;
        switch (nfw_plan_guard_kind(item)) {
        case NFW_PLAN_GUARD_LEARNED:
                r = copy_operand(find_operand(item), guard);
                break;
        case NFW_PLAN_GUARD_CONSTANT:
                r = copy_ranges(item, addresses, NFW_ARRAY_SIZE(addresses), guard);
                break;
        default:
                r = copy_ranges(item, services, NFW_ARRAY_SIZE(services), guard);
                break;
        }
        if (r == 0)
                r = nfw_vec_push(&guards->vec, guard);
        if (r == 0)
                guard = NULL;
        return r;
}

void nfw_plan_stretches_deinit(struct nfw_plan_stretches *stretches) {
        nfw_vec_foreach (stretch, &stretches->vec)
                nfw_plan_items_deinit(&stretch->guards);
        nfw_vec_deinit(&stretches->vec);
}

/* A block that nothing jumps to yet. */
struct node {
        struct nfw_plan_chain chain;
        struct nfw_plan_items guards;
};

struct nodes {
        NFW_VEC(struct node) vec;
};

static void nodes_deinit(struct nodes *nodes) {
        nfw_vec_foreach (node, &nodes->vec) {
                nfw_plan_chain_deinit(&node->chain);
                nfw_plan_items_deinit(&node->guards);
        }
        nfw_vec_deinit(&nodes->vec);
}

static int add_node(struct nodes *nodes) {
        return nfw_vec_push(&nodes->vec, ((struct node){ 0 }));
}

static int move_guards(struct nfw_plan_items *guards, struct nfw_plan_items *from) {
        int r = nfw_vec_reserve(&guards->vec, from->vec.n);

        if (r < 0)
                return r;
        nfw_vec_foreach (guard, &from->vec)
                guards->vec.items[guards->vec.n++] = *guard;
        from->vec.n = 0;
        return 0;
}

static int copy_guards(struct nfw_plan_items *guards, const struct nfw_plan_items *from) {
        nfw_vec_foreach (guard, &from->vec) {
                int r = nfw_plan_guards_add(guards, *guard);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* The rules move to nodes of at least min_rules rules each. What is moved already is gone from the chain. */
static int make_leaves(struct nfw_plan_chain *chain,
                       size_t first,
                       size_t min_rules,
                       struct nfw_plan_stretches *stretches,
                       struct nodes *nodes) {
        size_t n_rules = chain->rules.n;
        int r = 0;

        chain->rules.n = first;
        nfw_vec_foreach (stretch, &stretches->vec) {
                struct node *node;

                if (nodes->vec.n == 0 || nodes->vec.items[nodes->vec.n - 1].chain.rules.n >= min_rules)
                        r = add_node(nodes);
                if (r < 0)
                        break;
                node = &nodes->vec.items[nodes->vec.n - 1];
                r = move_guards(&node->guards, &stretch->guards);
                for (size_t i = 0; r == 0 && i < stretch->n_rules; i++, first++)
                        r = nfw_vec_push(&node->chain.rules, chain->rules.items[first]);
                if (r < 0)
                        break;
        }
        while (first < n_rules)
                nfw_plan_rule_deinit(&chain->rules.items[first++]);
        return r;
}

static int name_block(const struct nfw_plan *plan,
                      const struct nfw_plan_chain *parent,
                      struct nfw_plan_chain *block) {
        block->direction = parent->direction;
        block->comment = strdup(parent->comment);
        if (asprintf(&block->name, "%s-block%zu", parent->name, plan->blocks.n + 1) < 0)
                block->name = NULL;
        return block->name && block->comment ? 0 : -ENOMEM;
}

int nfw_plan_put_block(struct nfw_plan_builder *builder,
                       struct nfw_plan_chain *chain,
                       enum nfw_verdict verdict,
                       struct nfw_plan_chain *block,
                       struct nfw_plan_items *guards) {
        struct nfw_plan *plan = builder->plan;
        const struct nfw_plan_group group = { .verdict = verdict, .number = plan->blocks.n + 1 };
        struct nfw_plan_chain *before = builder->chain;
        int r = name_block(plan, &plan->chains[builder->direction], block);

        if (r == 0)
                r = nfw_vec_push(&plan->blocks, *block);
        if (r < 0)
                return r;
        *block = (struct nfw_plan_chain){ 0 };

        builder->chain = chain;
        builder->block = plan->blocks.n - 1;
        r = nfw_plan_fold(guards);
        if (r == 0)
                r = nfw_plan_emit(builder, &group, guards);
        builder->chain = before;
        return r;
}

static int put_node(struct nfw_plan_builder *builder, struct nfw_plan_chain *chain, struct node *node) {
        return nfw_plan_put_block(builder, chain, NFW_VERDICT_JUMP, &node->chain, &node->guards);
}

/* Nodes of neighbours. */
static int make_parents(struct nfw_plan_builder *builder, struct nodes *children, struct nodes *parents) {
        for (size_t i = 0; i < children->vec.n; i++) {
                struct node *parent;
                int r = i % MAX_BLOCKS_IN_A_ROW == 0 ? add_node(parents) : 0;

                if (r < 0)
                        return r;
                parent = &parents->vec.items[parents->vec.n - 1];
                r = copy_guards(&parent->guards, &children->vec.items[i].guards);
                if (r == 0)
                        r = put_node(builder, &parent->chain, &children->vec.items[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

bool nfw_plan_are_many(const struct nfw_plan_builder *builder, size_t n_rules) {
        return n_rules > 2 * block_size(builder);
}

int nfw_plan_make_blocks(struct nfw_plan_builder *builder,
                         size_t first,
                         size_t scale,
                         struct nfw_plan_stretches *stretches) {
        nfw_cleanup(nodes_deinit) struct nodes nodes = { 0 };
        int r;

        if (!nfw_plan_are_many(builder, builder->chain->rules.n - first))
                return 0;

        r = make_leaves(builder->chain, first, scale * block_size(builder), stretches, &nodes);
        while (r == 0 && nodes.vec.n > MAX_BLOCKS_IN_A_ROW) {
                nfw_cleanup(nodes_deinit) struct nodes children = nodes;

                nodes = (struct nodes){ 0 };
                r = make_parents(builder, &children, &nodes);
        }
        nfw_vec_foreach (node, &nodes.vec) {
                if (r == 0)
                        r = put_node(builder, builder->chain, node);
        }
        return r;
}
