/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/ir.h"

#include <errno.h>
#include <stdlib.h>

void nfw_ir_rule_deinit(struct nfw_ir_rule *rule) {
        nfw_vec_foreach (match, &rule->matches)
                nfw_ranges_deinit(&match->ranges);
        nfw_vec_deinit(&rule->matches);
        free(rule->name);
}

void nfw_ir_chain_deinit(struct nfw_ir_chain *chain) {
        nfw_vec_foreach (rule, &chain->rules)
                nfw_ir_rule_deinit(rule);
        nfw_vec_deinit(&chain->rules);
}

int nfw_ir_new(enum nfw_table table, struct nfw_ir **ret_ir) {
        struct nfw_ir *ir = calloc(1, sizeof(*ir));

        if (!ir)
                return -ENOMEM;

        ir->table = table;
        *ret_ir = ir;
        return 0;
}

struct nfw_ir *nfw_ir_free(struct nfw_ir *ir) {
        if (!ir)
                return NULL;

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++)
                nfw_ir_chain_deinit(&ir->chains[i]);
        nfw_vec_foreach (learned, &ir->learned)
                nfw_vec_deinit(&learned->patterns);
        nfw_vec_deinit(&ir->learned);
        free(ir);

        return NULL;
}
