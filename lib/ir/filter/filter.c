/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/filter.h"

#include <stdlib.h>

#include "ir/filter/set.h"

#define free_texts(texts_)                                                                                   \
        do {                                                                                                 \
                nfw_vec_foreach (text, (texts_))                                                             \
                        free(*text);                                                                         \
                nfw_vec_deinit(texts_);                                                                      \
        } while (0)

struct nfw_filter_ir *nfw_filter_ir_free(struct nfw_filter_ir *ir) {
        if (!ir)
                return NULL;

        nfw_vec_foreach (chain, &ir->chains) {
                nfw_ir_chain_deinit(&chain->rules);
                free(chain->name);
        }
        nfw_vec_deinit(&ir->chains);
        nfw_vec_foreach (set, &ir->sets)
                nfw_filter_set_deinit(set);
        nfw_vec_deinit(&ir->sets);
        nfw_vec_foreach (set, &ir->named_sets)
                free(set->name);
        nfw_vec_deinit(&ir->named_sets);
        free_texts(&ir->variables);
        free_texts(&ir->missing);
        free_texts(&ir->compiled);
        free(ir->name);
        free(ir);

        return NULL;
}

void nfw_filter_tuples_deinit(struct nfw_filter_tuples *tuples) {
        nfw_vec_deinit(&tuples->vec);
}
