/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan/build.h"
#include "ir/plan/denied.h"
#include "ir/plan/run.h"
#include "ir/plan/share.h"

static const char *const chain_words[NFW_N_DIRECTIONS] = {
        [NFW_EGRESS] = "egress",
        [NFW_INGRESS] = "ingress",
};

int nfw_plan_fixed(struct nfw_plan_builder *builder, size_t source) {
        const struct nfw_ir_rule *rule = &builder->ir->chains[builder->direction].rules.items[source];
        const struct nfw_plan_group group = { .verdict = rule->verdict };
        nfw_cleanup(nfw_plan_item_freep) struct nfw_plan_item *item = NULL;
        int r = nfw_plan_item_new(rule, source, &item);

        return r < 0 || !item ? r : nfw_plan_emit_rule(builder, &group, item);
}

static int plan_chain(struct nfw_plan_builder *builder) {
        const struct nfw_ir_chain *from = &builder->ir->chains[builder->direction];
        int r = 0;

        for (size_t i = 0, next; r == 0 && i < from->rules.n; i = next) {
                next = i + 1;
                if (nfw_plan_keeps_its_place(&from->rules.items[i])) {
                        r = nfw_plan_fixed(builder, i);
                        continue;
                }
                while (next < from->rules.n && !nfw_plan_keeps_its_place(&from->rules.items[next]))
                        next++;
                r = nfw_plan_run(builder, i, next);
        }
        return r;
}

static int name_chain(const struct nfw_plan *plan, const char *word, struct nfw_plan_chain *chain) {
        if (asprintf(&chain->name, "%s-%s", plan->policy, word) < 0) {
                chain->name = NULL;
                return -ENOMEM;
        }
        if (asprintf(&chain->comment, "policy %s", plan->policy) < 0) {
                chain->comment = NULL;
                return -ENOMEM;
        }
        return 0;
}

int nfw_plan_new(const struct nfw_ir *ir,
                 const struct nfw_plan_options *options,
                 struct nfw_plan **ret_plan) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = calloc(1, sizeof(*plan));
        nfw_cleanup(nfw_plan_builder_deinit) struct nfw_plan_builder builder = {
                .ir = ir,
                .plan = plan,
                .block_size = options->block_size,
        };

        if (!plan)
                return -ENOMEM;
        plan->policy = strdup(options->policy);
        plan->id = strdup(options->id);
        if (!plan->policy || !plan->id)
                return -ENOMEM;
        plan->table = ir->table;
        plan->nflog_group = options->nflog_group;
        memcpy(plan->parameters, ir->parameters, sizeof(plan->parameters));

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++) {
                int r = name_chain(plan, chain_words[i], &plan->chains[i]);

                builder.direction = (enum nfw_direction)i;
                builder.chain = &plan->chains[i];
                builder.n_levels = 0;
                plan->chains[i].direction = builder.direction;
                if (r == 0)
                        r = plan_chain(&builder);
                if (r < 0)
                        return r;
        }

        if (nfw_plan_share_sets(plan) < 0 || (options->log_denied && nfw_plan_log_denied(plan) < 0))
                return -ENOMEM;

        *ret_plan = nfw_steal(plan);
        return 0;
}

void nfw_plan_chain_deinit(struct nfw_plan_chain *chain) {
        nfw_vec_foreach (rule, &chain->rules)
                nfw_plan_rule_deinit(rule);
        nfw_vec_deinit(&chain->rules);
        free(chain->name);
        free(chain->comment);
}

struct nfw_plan *nfw_plan_free(struct nfw_plan *plan) {
        if (!plan)
                return NULL;

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++)
                nfw_plan_chain_deinit(&plan->chains[i]);
        nfw_vec_foreach (block, &plan->blocks)
                nfw_plan_chain_deinit(block);
        nfw_vec_deinit(&plan->blocks);
        nfw_vec_foreach (set, &plan->sets) {
                free(set->name);
                free(set->comment);
                nfw_vec_deinit(&set->elements);
        }
        nfw_vec_deinit(&plan->sets);
        nfw_vec_foreach (learned, &plan->learned)
                nfw_vec_deinit(&learned->patterns);
        nfw_vec_deinit(&plan->learned);
        free(plan->policy);
        free(plan->id);
        free(plan);

        return NULL;
}
