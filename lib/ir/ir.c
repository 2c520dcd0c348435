/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/ir.h"

#include <stdlib.h>

void nfw_ir_rule_deinit(struct nfw_ir_rule *rule) {
        nfw_vec_foreach (match, &rule->matches)
                nfw_ranges_deinit(&match->ranges);
        nfw_vec_deinit(&rule->matches);
        free(rule->name);
}

struct nfw_ir *nfw_ir_free(struct nfw_ir *ir) {
        if (!ir)
                return NULL;

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++) {
                nfw_vec_foreach (rule, &ir->chains[i].rules)
                        nfw_ir_rule_deinit(rule);
                nfw_vec_deinit(&ir->chains[i].rules);
        }
        nfw_vec_foreach (learned, &ir->learned)
                nfw_vec_deinit(&learned->patterns);
        nfw_vec_deinit(&ir->learned);
        free(ir);

        return NULL;
}
