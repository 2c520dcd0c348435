/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/bindings.h"

#include <errno.h>
#include <string.h>

#include "engine/install.h"
#include "engine/port_record.h"
#include "nft/probe.h"

_Static_assert(NFW_ID_MAX <= NFW_NFT_BINDING_MAX, "an id fits where a binding is named");

void nfw_bindings_deinit(struct nfw_bindings *bindings) {
        nfw_vec_foreach (binding, &bindings->vec)
                nfw_port_deinit(&binding->port);
        nfw_vec_deinit(&bindings->vec);
}

/*
 * One that nobody else has, without asking the kernel for a random number each time: only one transaction can follow
 * on a generation, and the number that it is mixed with is the context's own.
 */
static void name_binding(const struct nfw_context *context, size_t n, char ret_id[static NFW_ID_MAX]) {
        nfw_record_format_id(context->number ^ ((uint64_t)context->shadow.generation << 32 | n), ret_id);
}

/* Room for one more, which counts when its port is there; NULL where the interface is there already. */
static int prepare(struct nfw_bindings *bindings,
                   const struct nfw_context *context,
                   const char *interface,
                   struct nfw_new_binding **ret_binding) {
        int r;

        *ret_binding = NULL;
        nfw_vec_foreach (other, &bindings->vec)
                if (strcmp(other->port.interface, interface) == 0)
                        return 0;

        r = nfw_vec_reserve(&bindings->vec, 1);
        if (r < 0)
                return r;
        *ret_binding = &bindings->vec.items[bindings->vec.n];
        **ret_binding = (struct nfw_new_binding){ 0 };
        name_binding(context, bindings->vec.n, (*ret_binding)->binding);
        return 0;
}

/* A kernel that got the module meanwhile is asked anew by the next command. */
int nfw_bindings_can_bridge(struct nfw_bindings *bindings, struct nfw_context *context, bool *ret_can) {
        int r;

        if (bindings->knows_bridge) {
                *ret_can = bindings->has_bridge;
                return 0;
        }
        nfw_vec_foreach (policy, &context->shadow.policies)
                bindings->has_bridge |= policy->table == NFW_TABLE_BRIDGE;
        if (!bindings->has_bridge) {
                r = nfw_nft_probe_bridge_conntrack(context->nft, &bindings->has_bridge);
                if (r < 0)
                        return r;
        }
        bindings->knows_bridge = true;
        *ret_can = bindings->has_bridge;
        return 0;
}

/* Besides the link, what is to be known: whether the port may turn up in the other table, and whether it is its first link. */
static int complete(struct nfw_bindings *bindings,
                    struct nfw_context *context,
                    struct nfw_new_binding *binding,
                    const char *policy) {
        const struct nfw_shadow_port *old = nfw_shadow_port(&context->shadow, binding->port.interface);
        struct nfw_port *port = &binding->port;
        struct nfw_port_record record = { 0 };
        bool keeps = old && strcmp(old->policy, policy) == 0, can_bridge;
        int r;

        r = keeps ? nfw_port_record_read(context, port->interface, &record) : NFW_E_NOT_FOUND;
        if (r < 0)
                return r;
        binding->is_persistent = bindings->is_persistent || record.is_persistent;
        binding->is_renewed =
                !binding->is_persistent && record.index && port->index && record.index != port->index;
        port->is_everywhere =
                binding->is_persistent || !port->index || (keeps && old->standby && !binding->is_renewed);
        if (!port->is_everywhere || port->table == NFW_TABLE_BRIDGE)
                return 0;
        r = nfw_bindings_can_bridge(bindings, context, &can_bridge);
        if (r == 0)
                port->standby_drops = !can_bridge;
        return r;
}

static int add(struct nfw_bindings *bindings,
               struct nfw_context *context,
               struct nfw_new_binding *binding,
               const struct nfw_record *settings) {
        int r;

        r = complete(bindings, context, binding, settings->name);
        if (r < 0)
                nfw_port_deinit(&binding->port);
        else
                bindings->vec.n++;
        return r;
}

/* No link can get a name that is another link's alternative one: it would be waited for in vain. */
static int init_absent(struct nfw_port *port,
                       struct nfw_context *context,
                       const char *interface,
                       const struct nfw_record *settings) {
        struct nfw_link link;
        int r;

        r = nfw_rtnl_link_by_altname(context->rtnl, interface, &link);
        if (r < 0)
                return r;
        return r == 0 ? NFW_E_NOT_FOUND : nfw_port_init_absent(port, context, interface, settings);
}

int nfw_bindings_add(struct nfw_bindings *bindings,
                     struct nfw_context *context,
                     const char *interface,
                     const struct nfw_record *settings,
                     struct nfw_report *report) {
        struct nfw_new_binding *binding;
        int r;

        r = prepare(bindings, context, interface, &binding);
        if (r < 0 || !binding)
                return r;
        r = nfw_port_init(&binding->port, context, interface, settings,
                          bindings->is_persistent ? NULL : report);
        if (r > 0 && bindings->is_persistent) {
                r = r == NFW_E_NOT_FOUND ? init_absent(&binding->port, context, interface, settings) : r;
                /* Only now it is known that it is to be told. Meanwhile it may have become possible. */
                if (r > 0)
                        r = nfw_port_init(&binding->port, context, interface, settings, report);
        }
        return r == 0 ? add(bindings, context, binding, settings) : r;
}

int nfw_bindings_add_absent(struct nfw_bindings *bindings,
                            struct nfw_context *context,
                            const char *interface,
                            const struct nfw_record *settings) {
        struct nfw_new_binding *binding;
        int r;

        r = prepare(bindings, context, interface, &binding);
        if (r < 0 || !binding)
                return r;
        r = nfw_port_init_absent(&binding->port, context, interface, settings);
        return r == 0 ? add(bindings, context, binding, settings) : r;
}

int nfw_bindings_drop_in_bridge(struct nfw_bindings *bindings,
                                struct nfw_context *context,
                                struct nfw_port *port,
                                struct nfw_report *report) {
        bool can;
        int r;

        if (port->table != NFW_TABLE_BRIDGE)
                return 0;
        r = nfw_bindings_can_bridge(bindings, context, &can);
        if (r < 0 || can)
                return r;
        port->table = NFW_TABLE_INET;
        port->is_everywhere = port->standby_drops = true;
        return nfw_report_error(
                report, "kernel/no-bridge-conntrack", NULL, NULL,
                "port %s is in a bridge, where this kernel cannot track connections: everything "
                "is dropped there",
                port->interface);
}

bool nfw_bindings_use_table(const struct nfw_bindings *bindings, enum nfw_table table) {
        nfw_vec_foreach (binding, &bindings->vec)
                if (binding->port.table == table ||
                    (binding->port.is_everywhere && !binding->port.standby_drops))
                        return true;
        return false;
}

bool nfw_bindings_drop_in(const struct nfw_bindings *bindings, enum nfw_table table) {
        nfw_vec_foreach (binding, &bindings->vec)
                if (binding->port.table != table && binding->port.is_everywhere &&
                    binding->port.standby_drops)
                        return true;
        return false;
}

static int put_table_for_drops(const struct nfw_bindings *bindings,
                               struct nfw_context *context,
                               struct nfw_report *report,
                               bool *ret_table) {
        *ret_table = false;
        for (int table = 0; table < NFW_N_TABLES; table++) {
                int r;

                if (context->shadow.tables[table] || !nfw_bindings_drop_in(bindings, table))
                        continue;
                r = nfw_install_put_table(context, table, report);
                if (r != 0)
                        return r;
                *ret_table = true;
        }
        return 0;
}

/* A port that keeps its policy was not attached anew, even where somebody else has taken it out of a map. */
static bool keeps_id(const struct nfw_shadow_port *old,
                     const struct nfw_new_binding *binding,
                     const char *policy) {
        return old && !binding->is_renewed && strcmp(old->policy, policy) == 0 &&
               nfw_record_id_is_valid(old->binding);
}

bool nfw_bindings_keep_grants(const struct nfw_shadow_port *old,
                              const struct nfw_new_binding *binding,
                              const char *policy) {
        const char *id = keeps_id(old, binding, policy) ? old->binding : binding->binding;

        return !binding->is_moved && nfw_port_keeps_grants(old, &binding->port, policy, id);
}

int nfw_bindings_put(struct nfw_bindings *bindings,
                     struct nfw_context *context,
                     const char *policy,
                     struct nfw_report *report,
                     bool *ret_table) {
        int r;

        r = put_table_for_drops(bindings, context, report, ret_table);
        if (r != 0)
                return r;
        nfw_vec_foreach (binding, &bindings->vec) {
                const struct nfw_shadow_port *old =
                        binding->is_moved ? NULL : nfw_shadow_port(&context->shadow, binding->port.interface);

                if (keeps_id(old, binding, policy))
                        strcpy(binding->binding, old->binding);
                r = nfw_port_put_change(context, context->batch, old, &binding->port, policy,
                                        binding->binding);
                if (r == 0 && old && old->policy[0] && strcmp(old->policy, policy) != 0)
                        r = nfw_report_note(report, "port/other-policy", NULL, NULL,
                                            "port %s was under policy %s until now", old->interface,
                                            old->policy);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int record_one(const struct nfw_context *context,
                      const struct nfw_new_binding *binding,
                      const char *policy) {
        struct nfw_port_record record = { .index = binding->port.index,
                                          .is_persistent = binding->is_persistent },
                               old;
        int r;

        strcpy(record.interface, binding->port.interface);
        strcpy(record.policy, policy);
        strcpy(record.id, binding->binding);
        r = nfw_port_record_read(context, record.interface, &old);
        /* Both were zero to begin with. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
        if (r < 0 || (r == 0 && memcmp(&old, &record, sizeof(old)) == 0))
                return r;
        return nfw_port_record_write(context, &record);
}

int nfw_bindings_record(const struct nfw_bindings *bindings,
                        const struct nfw_context *context,
                        const char *policy) {
        nfw_vec_foreach (binding, &bindings->vec) {
                int r = record_one(context, binding, policy);

                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_bindings_apply(const struct nfw_bindings *bindings, struct nfw_context *context, const char *policy) {
        int r;

        r = nfw_bindings_record(bindings, context, policy);
        if (r < 0)
                return r;
        nfw_vec_foreach (binding, &bindings->vec) {
                r = nfw_port_apply_change(&context->shadow, &binding->port, policy, binding->binding);
                if (r < 0)
                        return r;
        }
        return 0;
}
