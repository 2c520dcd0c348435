/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/install.h"

#include <errno.h>
#include <stdio.h>

#include "nft/compile.h"
#include "nft/names.h"
#include "nft/probe.h"
#include "nft/table.h"

void nfw_install_deinit(struct nfw_install *install) {
        for (int table = 0; table < NFW_N_TABLES; table++)
                install->plans[table] = nfw_plan_free(install->plans[table]);
}

int nfw_install_compile(struct nfw_install *install, enum nfw_table table) {
        if (install->plans[table])
                return 0;

        return nfw_record_compile(install->record, table, NULL, &install->plans[table]);
}

/* Every policy of format 1.0 is stateful: replies pass because connection tracking knows them. */
static int check_kernel(struct nfw_context *context, enum nfw_table table, struct nfw_report *report) {
        bool has;
        int r;

        if (table != NFW_TABLE_BRIDGE)
                return 0;

        r = nfw_nft_probe_bridge_conntrack(context->nft, &has);
        if (r < 0 || has)
                return r;

        r = nfw_report_error(
                report, "kernel/no-bridge-conntrack", NULL,
                "load the module nf_conntrack_bridge (Linux 5.3, CONFIG_NF_CONNTRACK_BRIDGE), or put the "
                "policy on the whole bridge or on a routed port",
                "this kernel cannot track connections between bridge ports, so the replies to what the "
                "policy allows could not pass");
        return r < 0 ? r : NFW_E_REFUSED;
}

/* Nothing is ours in it, so nothing in it is touched. */
static int report_foreign_table(const struct nfw_context *context,
                                enum nfw_table table,
                                struct nfw_report *report) {
        const char *family = nfw_nft_family_name(table);
        nfw_cleanup(nfw_freep) char *hint = NULL;
        int r;

        if (asprintf(&hint,
                     "see it with `nft list table %s %s`; rename it where it is made, or delete it if "
                     "nothing needs it",
                     family, context->table_name) < 0) {
                hint = NULL;
                return -ENOMEM;
        }
        r = nfw_report_error(report, "kernel/foreign-table", NULL, hint,
                             "a table `%s %s` exists that is not nfwpolicy's, which needs that name", family,
                             context->table_name);
        return r < 0 ? r : NFW_E_REFUSED;
}

static bool has_policies(const struct nfw_shadow *shadow, enum nfw_table table) {
        nfw_vec_foreach (policy, &shadow->policies)
                if (policy->table == table)
                        return true;
        return false;
}

int nfw_install_put_table(struct nfw_context *context, enum nfw_table table, struct nfw_report *report) {
        int r;

        if (context->shadow.foreign[table])
                return report_foreign_table(context, table, report);
        r = nfw_nft_put_table(context->batch, table);
        if (r == 0)
                context->shadow.tables[table] = true;
        return r;
}

int nfw_install_put(struct nfw_install *install,
                    struct nfw_context *context,
                    enum nfw_table table,
                    struct nfw_report *report) {
        const struct nfw_nft_policy *old = nfw_shadow_policy(&context->shadow, install->record->name, table);
        int r;

        r = nfw_install_compile(install, table);
        if (r < 0)
                return r;

        if (context->shadow.foreign[table])
                return report_foreign_table(context, table, report);
        /* A table may be there only to drop what the kernel cannot do better. */
        if (!has_policies(&context->shadow, table)) {
                r = check_kernel(context, table, report);
                if (r != 0)
                        return r;
        }
        if (!context->shadow.tables[table]) {
                r = nfw_install_put_table(context, table, report);
                if (r != 0)
                        return r;
        }
        if (old) {
                r = nfw_nft_put_policy_removal(context->batch, old, false);
                if (r < 0)
                        return r;
        }
        return nfw_nft_put_plan(context->batch, install->plans[table], !old);
}
