/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/install.h"
#include "engine/network/network.h"
#include "nft/probe.h"
#include "nft/table.h"

/* --- what they are in each table ----------------------------------------------------------------------------- */

int nfw_networks_can_guard(struct nfw_context *context, bool *ret_can) {
        int r;

        r = nfw_nft_probe_bridge_conntrack(context->nft, ret_can);
        return r < 0 || !*ret_can ? r : nfw_nft_probe_bridge_name(context->nft, ret_can);
}

static bool have_policies(const struct nfw_running_networks *networks) {
        nfw_vec_foreach (running, &networks->vec)
                if (running->has_policy)
                        return true;
        return false;
}

int nfw_running_networks_view(struct nfw_running_networks *networks,
                              struct nfw_context *context,
                              struct nfw_nft_networks ret_views[static NFW_N_TABLES]) {
        bool can_guard = false;
        int r = 0;

        if (have_policies(networks))
                r = nfw_networks_can_guard(context, &can_guard);
        for (int table = 0; table < NFW_N_TABLES; table++) {
                networks->views[table].n = 0;
                nfw_vec_foreach (running, &networks->vec)
                        if (r == 0 && (table == NFW_TABLE_INET || (can_guard && running->has_policy)))
                                r = nfw_vec_push(&networks->views[table], running->network);
                ret_views[table] =
                        (struct nfw_nft_networks){ networks->views[table].items, networks->views[table].n };
        }
        return r;
}

static bool need(const struct nfw_nft_networks *view, enum nfw_table table) {
        return table == NFW_TABLE_INET ? nfw_nft_networks_need_table(view) : view->n > 0;
}

bool nfw_networks_are_missing(const struct nfw_context *context,
                              const struct nfw_nft_networks views[static NFW_N_TABLES],
                              enum nfw_table table) {
        return need(&views[table], table) && context->shadow.networks[table].chains.n == 0;
}

/* --- rules --------------------------------------------------------------------------------------------------- */

static int uses_table(struct nfw_shadow_port *port, void *userdata) {
        const enum nfw_table *table = userdata;

        return port->table == *table || (port->standby && port->standby->table == *table);
}

/* Whether anything but networks needs the table. */
static bool is_shared(const struct nfw_shadow *shadow, enum nfw_table table) {
        nfw_vec_foreach (policy, &shadow->policies)
                if (policy->table == table)
                        return true;
        return nfw_shadow_foreach_port(shadow, uses_table, &table) != 0;
}

static int put_removal(struct nfw_context *context, enum nfw_table table) {
        const struct nfw_nft_network_objects *old = &context->shadow.networks[table];

        return table == NFW_TABLE_INET ? nfw_nft_put_networks_removal(context->batch, old)
                                       : nfw_nft_put_network_guard_removal(context->batch, old);
}

static int put(struct nfw_context *context,
               const struct nfw_nft_networks *view,
               enum nfw_table table,
               struct nfw_report *report) {
        const struct nfw_shadow *shadow = &context->shadow;
        int r;

        if (!need(view, table)) {
                if (shadow->networks[table].chains.n == 0)
                        return 0;
                return is_shared(shadow, table) ? put_removal(context, table)
                                                : nfw_nft_put_table_removal(context->batch, table);
        }
        r = shadow->tables[table] ? put_removal(context, table)
                                  : nfw_install_put_table(context, table, report);
        if (r != 0)
                return r;
        return table == NFW_TABLE_INET ? nfw_nft_put_networks(context->batch, view)
                                       : nfw_nft_put_network_guard(context->batch, view);
}

int nfw_networks_put(struct nfw_context *context,
                     struct nfw_running_networks *networks,
                     struct nfw_report *report) {
        struct nfw_nft_networks views[NFW_N_TABLES];
        int r;

        r = nfw_running_networks_view(networks, context, views);
        for (int table = 0; table < NFW_N_TABLES && r == 0; table++)
                r = put(context, &views[table], table, report);
        return r;
}
