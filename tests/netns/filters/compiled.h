/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Filters from their texts to what the evaluator asks. */

#include "ir/filter/filter.h"
#include "world.h"

struct compiled {
        struct nfw_nwfilter *filters[WORLD_MAX_FILTERS];
        size_t n;
        struct nfw_nwfilter_parameters port;
        struct nfw_nwfilter_tree *tree;
        struct nfw_filter_ir *ir;
        struct nfw_filter_tuples *tuples; /* of each of the ir's sets */
};

/* What that port of the world (0 or 1) gives. 0 or -ENOMEM. */
int compiled_parameters(const struct world *world, size_t port, struct nfw_nwfilter_parameters *ret_port);
/*
 * 0; NFW_E_INVALID with the report, where the filters cannot be bound with these values; or a negative errno. The texts'
 * filters are "f0", "f1" and so on. *ret_compiled is the caller's to deinit in any case.
 */
int compiled_init(const struct world *world,
                  char *const texts[],
                  struct nfw_report *report,
                  struct compiled *ret_compiled);
void compiled_deinit(struct compiled *compiled);
/* All of it as text, but for where rules stand: the same for what is the same. The caller frees it. */
char *compiled_text(const struct compiled *compiled);
