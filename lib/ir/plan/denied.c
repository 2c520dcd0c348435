/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/denied.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan/build.h"

static bool drops(const struct nfw_plan_chain *chain) {
        nfw_vec_foreach (rule, &chain->rules) {
                if (rule->verdict == NFW_VERDICT_DROP)
                        return true;
        }
        return false;
}

static bool drops_anywhere(const struct nfw_plan *plan, enum nfw_direction direction) {
        nfw_vec_foreach (block, &plan->blocks) {
                if (block->direction == direction && drops(block))
                        return true;
        }
        return drops(&plan->chains[direction]);
}

/* Where the ports are that have had something dropped lately; named as the chain. */
static int add_meter(struct nfw_plan *plan, const char *name) {
        struct nfw_plan_set meter = { .name = strdup(name), .learned = SIZE_MAX, .meter = true };
        int r = meter.name ? nfw_vec_push(&plan->sets, meter) : -ENOMEM;

        if (r < 0)
                free(meter.name);
        return r;
}

static int add_chain(struct nfw_plan *plan, enum nfw_direction direction) {
        struct nfw_plan_chain chain = { .direction = direction };
        struct nfw_plan_rule mirror = { .mirror = NFW_MIRROR_DENIED }, drop = { .verdict = NFW_VERDICT_DROP };
        int r = 0;

        if (asprintf(&chain.name, "%s-denied", plan->chains[direction].name) < 0)
                chain.name = NULL;
        chain.comment = strdup(plan->chains[direction].comment);
        if (!chain.name || !chain.comment)
                r = -ENOMEM;
        if (r == 0)
                r = add_meter(plan, chain.name);
        mirror.meter = plan->sets.n - 1;
        if (r == 0)
                r = nfw_vec_push(&chain.rules, mirror);
        if (r == 0)
                r = nfw_vec_push(&chain.rules, drop);
        if (r == 0)
                r = nfw_vec_push(&plan->blocks, chain);
        if (r < 0)
                nfw_plan_chain_deinit(&chain);
        return r;
}

static void send_to(struct nfw_plan_chain *chain, size_t block) {
        nfw_vec_foreach (rule, &chain->rules) {
                if (rule->verdict != NFW_VERDICT_DROP)
                        continue;
                rule->verdict = NFW_VERDICT_GOTO;
                rule->block = block;
        }
}

int nfw_plan_log_denied(struct nfw_plan *plan) {
        size_t n_blocks = plan->blocks.n;

        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                int r;

                if (!drops_anywhere(plan, (enum nfw_direction)direction))
                        continue;
                r = add_chain(plan, (enum nfw_direction)direction);
                if (r < 0)
                        return r;
                send_to(&plan->chains[direction], plan->blocks.n - 1);
                for (size_t i = 0; i < n_blocks; i++) {
                        if (plan->blocks.items[i].direction == (enum nfw_direction)direction)
                                send_to(&plan->blocks.items[i], plan->blocks.n - 1);
                }
        }
        return 0;
}
