/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A policy's way into a table: its plan, and what must be there before it. */

#include "engine/record/record.h"

struct nfw_install {
        const struct nfw_record *record;      /* with its policy */
        struct nfw_plan *plans[NFW_N_TABLES]; /* compiled when first needed, kept for further attempts */
};

void nfw_install_deinit(struct nfw_install *install);

/* The plan for a table. 0 or a negative errno. */
int nfw_install_compile(struct nfw_install *install, enum nfw_table table);

/* Puts the table without policies into the context's batch, and notes it in the shadow. As nfw_install_put(). */
int nfw_install_put_table(struct nfw_context *context, enum nfw_table table, struct nfw_report *report);

/*
 * Puts the policy into the context's batch: the table where it is missing, then the policy's sets, chains and
 * rules, in place of what the kernel has under that name. 0; NFW_E_REFUSED where the kernel cannot do what the
 * policy needs; or a negative errno.
 */
int nfw_install_put(struct nfw_install *install,
                    struct nfw_context *context,
                    enum nfw_table table,
                    struct nfw_report *report);
