/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What must be in force, by the files of the state directory: which filter each port is under. */

#include "engine/nwfilter/state.h"

struct nfw_nwfilter_wanted {
        struct nfw_nwfilter_binding_list *bindings;
        /* Of each binding. Where its filter cannot be put in force, it is the one that lets nothing pass. */
        NFW_VEC(const struct nfw_compiled *) compiled;
        int result; /* other than 0 where there is such a port: why */
};

void nfw_nwfilter_wanted_deinit(struct nfw_nwfilter_wanted *wanted);

/* What cannot be put in force is told of. 0 or a negative errno. */
int nfw_nwfilter_wanted_find(struct nfw_nwfilter_wanted *wanted,
                             struct nfw_context *context,
                             struct nfw_report *report);
/* Nothing passes the port of that binding, for that reason. 0 or a negative errno. */
int nfw_nwfilter_wanted_block(struct nfw_nwfilter_wanted *wanted,
                              struct nfw_context *context,
                              size_t index,
                              int reason,
                              struct nfw_report *report);
