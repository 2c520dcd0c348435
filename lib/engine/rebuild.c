/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/rebuild.h"

#include <errno.h>
#include <string.h>

#include "engine/bindings.h"
#include "engine/install.h"
#include "engine/network/network.h"
#include "engine/not_found.h"
#include "engine/port_record.h"
#include "engine/transaction.h"
#include "engine/transfer.h"
#include "nft/compile.h"
#include "nft/table.h"

struct rebuilt {
        struct nfw_record record;
        char old_id[NFW_ID_MAX]; /* of the record that it takes the place of */
        struct nfw_install install;
        struct nfw_bindings bindings;
        bool is_recorded;
};

struct rebuild {
        struct nfw_context *context;
        struct nfw_report *report;
        NFW_VEC(struct rebuilt *) policies;
        struct rebuilt *current;
        struct nfw_port_records ports;
        bool has_table[NFW_N_TABLES]; /* in the batch */
};

static void rebuilt_free(struct rebuilt *rebuilt) {
        nfw_bindings_deinit(&rebuilt->bindings);
        nfw_install_deinit(&rebuilt->install);
        nfw_record_deinit(&rebuilt->record);
        free(rebuilt);
}

static void reset(struct rebuild *rebuild, bool forget_records) {
        nfw_vec_foreach (each, &rebuild->policies) {
                if (forget_records && (*each)->is_recorded)
                        nfw_record_remove(rebuild->context, (*each)->record.name, (*each)->record.id);
                rebuilt_free(*each);
        }
        rebuild->policies.n = 0;
        memset(rebuild->has_table, 0, sizeof(rebuild->has_table));
}

static void rebuild_deinit(struct rebuild *rebuild) {
        reset(rebuild, false);
        nfw_vec_deinit(&rebuild->policies);
        nfw_port_records_deinit(&rebuild->ports);
}

/* A link that is gone cannot be asked any more: what the kernel has of the port goes on. */
static int copy_values(struct nfw_port *port, const struct nfw_shadow_port *from) {
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++) {
                port->values[parameter].vec.n = 0;
                nfw_vec_foreach (value, &from->parameters[parameter]) {
                        int r = nfw_vec_push(&port->values[parameter].vec, *value);

                        if (r < 0)
                                return r;
                }
        }
        port->table = from->table;
        port->standby_drops &= from->table == NFW_TABLE_INET;
        return 0;
}

/* from: what the kernel has of it, or NULL; id: of its binding. */
static int add_port(struct rebuild *rebuild,
                    const char *interface,
                    const struct nfw_shadow_port *from,
                    const char *id,
                    bool is_persistent) {
        struct rebuilt *rebuilt = rebuild->current;
        struct nfw_new_binding *binding;
        size_t n = rebuilt->bindings.vec.n;
        int r;

        rebuilt->bindings.is_persistent = is_persistent;
        r = nfw_bindings_add(&rebuilt->bindings, rebuild->context, interface, &rebuilt->record, NULL);
        if (r == NFW_E_NOT_FOUND)
                r = nfw_bindings_add_absent(&rebuilt->bindings, rebuild->context, interface,
                                            &rebuilt->record);
        /* Nothing can be enforced there, or it is no name: it never was ours. */
        if (r != 0 || rebuilt->bindings.vec.n == n)
                return r < 0 ? r : 0;

        binding = &rebuilt->bindings.vec.items[n];
        /* It was not attached anew. */
        if (nfw_record_id_is_valid(id))
                strcpy(binding->binding, id);
        r = nfw_bindings_drop_in_bridge(&rebuilt->bindings, rebuild->context, &binding->port,
                                        rebuild->report);
        if (r < 0)
                return r;
        return !binding->port.index && from && from->policy[0] ? copy_values(&binding->port, from) : 0;
}

/* Those that the kernel has and that no record speaks of. */
static int add_unrecorded(struct nfw_shadow_port *port, void *userdata) {
        struct rebuild *rebuild = userdata;

        if (strcmp(port->policy, rebuild->current->record.name) != 0 ||
            nfw_port_records_find(&rebuild->ports, port->interface))
                return 0;
        return add_port(rebuild, port->interface, port, port->binding, false);
}

static int add_ports(struct rebuild *rebuild) {
        nfw_vec_foreach (record, &rebuild->ports.vec) {
                const struct nfw_shadow_port *port =
                        nfw_shadow_port(&rebuild->context->shadow, record->interface);
                int r;

                if (strcmp(record->policy, rebuild->current->record.name) != 0)
                        continue;
                r = add_port(rebuild, record->interface, port, record->id, record->is_persistent);
                if (r < 0)
                        return r;
        }
        return nfw_shadow_foreach_port(&rebuild->context->shadow, add_unrecorded, rebuild);
}

static int put_table(struct rebuild *rebuild, enum nfw_table table) {
        int r;

        if (rebuild->has_table[table])
                return 0;
        r = nfw_nft_put_table(rebuild->context->batch, table);
        if (r == 0)
                rebuild->has_table[table] = true;
        return r;
}

static int put_policy(struct rebuild *rebuild, struct rebuilt *rebuilt) {
        struct nfw_context *context = rebuild->context;
        int r;

        for (int table = 0; table < NFW_N_TABLES; table++) {
                const struct nfw_nft_policy *old =
                        nfw_shadow_policy(&context->shadow, rebuilt->record.name, table);

                r = 0;
                if (nfw_bindings_drop_in(&rebuilt->bindings, table))
                        r = put_table(rebuild, table);
                if (r < 0)
                        return r;
                if (!old && !nfw_bindings_use_table(&rebuilt->bindings, table))
                        continue;
                r = put_table(rebuild, table);
                if (r == 0)
                        r = nfw_install_compile(&rebuilt->install, table);
                if (r == 0)
                        r = nfw_nft_put_plan(context->batch, rebuilt->install.plans[table], true);
                if (r == 0 && old)
                        r = nfw_transfer_put(context, old, rebuilt->install.plans[table], NULL);
                if (r < 0)
                        return r;
        }

        nfw_vec_foreach (binding, &rebuilt->bindings.vec) {
                r = nfw_port_put_change(context, context->batch, NULL, &binding->port, rebuilt->record.name,
                                        binding->binding);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int rebuild_policy(struct rebuild *rebuild, const struct nfw_nft_policy *in_force) {
        struct rebuilt *rebuilt = calloc(1, sizeof(*rebuilt));
        char id[NFW_ID_MAX];
        int r;

        r = rebuilt ? nfw_vec_push(&rebuild->policies, rebuilt) : -ENOMEM;
        if (r < 0) {
                free(rebuilt);
                return r;
        }
        if (nfw_record_id_is_valid(in_force->id))
                strcpy(id, in_force->id);
        else
                r = nfw_record_find_id(rebuild->context, in_force->name, id);
        if (r == 0)
                r = nfw_record_read(rebuild->context, in_force->name, id, &rebuilt->record);
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_report_no_record(rebuild->report, in_force->name);
                return r < 0 ? r : NFW_E_REFUSED;
        }
        /* Sets of it may have been emptied: a learner must see that it is not what it was, and puts its grants back. */
        memcpy(rebuilt->old_id, rebuilt->record.id, sizeof(rebuilt->old_id));
        rebuilt->record.nflog_group = rebuild->context->nflog_group;
        if (r == 0)
                r = nfw_record_new_id(rebuilt->record.id);
        if (r < 0)
                return r;

        rebuilt->install.record = &rebuilt->record;
        rebuild->current = rebuilt;
        r = add_ports(rebuild);
        if (r == 0)
                r = put_policy(rebuild, rebuilt);
        if (r == 0)
                r = nfw_record_write(rebuild->context, &rebuilt->record);
        if (r == 0)
                rebuilt->is_recorded = true;
        return r;
}

static int put_networks(struct rebuild *rebuild) {
        nfw_cleanup(nfw_running_networks_deinit) struct nfw_running_networks running = { 0 };
        struct nfw_nft_networks views[NFW_N_TABLES];
        int r;

        r = nfw_running_networks_read(rebuild->context, &running);
        if (r == 0)
                r = nfw_running_networks_view(&running, rebuild->context, views);
        if (r == 0 && nfw_nft_networks_need_table(&views[NFW_TABLE_INET])) {
                r = put_table(rebuild, NFW_TABLE_INET);
                if (r == 0)
                        r = nfw_nft_put_networks(rebuild->context->batch, &views[NFW_TABLE_INET]);
        }
        if (r == 0 && views[NFW_TABLE_BRIDGE].n > 0) {
                r = put_table(rebuild, NFW_TABLE_BRIDGE);
                if (r == 0)
                        r = nfw_nft_put_network_guard(rebuild->context->batch, &views[NFW_TABLE_BRIDGE]);
        }
        return r;
}

static int build_rebuild(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        const struct nfw_shadow *shadow = &context->shadow;
        struct rebuild *rebuild = userdata;
        int r = 0;

        reset(rebuild, true);
        rebuild->report = report;
        rebuild->ports.vec.n = 0;
        r = nfw_port_records_read(context, &rebuild->ports);
        for (int table = 0; table < NFW_N_TABLES && r == 0; table++)
                if (shadow->tables[table] && !shadow->foreign[table])
                        r = nfw_nft_put_table_removal(context->batch, table);
        for (size_t i = 0; i < shadow->policies.n && r == 0; i++) {
                const struct nfw_nft_policy *policy = &shadow->policies.items[i];

                /* It stands there once for each table. */
                if (policy == nfw_shadow_any_policy(shadow, policy->name))
                        r = rebuild_policy(rebuild, policy);
        }
        return r != 0 ? r : put_networks(rebuild);
}

static int applied_rebuild(struct nfw_context *context, void *userdata) {
        const struct rebuild *rebuild = userdata;

        nfw_vec_foreach (each, &rebuild->policies)
                nfw_record_remove(context, (*each)->record.name, (*each)->old_id);
        nfw_vec_foreach (each, &rebuild->policies) {
                int r = nfw_bindings_record(&(*each)->bindings, context, (*each)->record.name);

                if (r < 0)
                        return r;
        }
        /* Which sets the policies have, only the kernel's dump tells. */
        return -EAGAIN;
}

int nfw_rebuild(struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(rebuild_deinit) struct rebuild rebuild = { .context = context };
        const struct nfw_transaction transaction = {
                .build = build_rebuild,
                .applied = applied_rebuild,
                .userdata = &rebuild,
                .asks_for_many_links = true,
        };
        int r;

        nfw_shadow_invalidate(&context->shadow);
        r = nfw_transaction_run(context, &transaction, report);
        if (r != 0)
                reset(&rebuild, true);
        return r;
}
