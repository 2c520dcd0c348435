/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/not_found.h"
#include "engine/port.h"
#include "engine/port_record.h"
#include "engine/record/record.h"
#include "engine/state.h"
#include "engine/transaction.h"
#include "nft/table.h"

struct unload {
        const char *name;
        bool force;
        struct nfw_context *context;
        const struct nfw_shadow_port *first_port;
        bool has_looked_anew;
        size_t n_ports;
};

static int count_port(struct nfw_shadow_port *port, void *userdata) {
        struct unload *unload = userdata;

        if (strcmp(port->policy, unload->name) != 0)
                return 0;
        if (unload->n_ports++ == 0)
                unload->first_port = port;
        return 0;
}

static int put_port_removal(struct nfw_shadow_port *port, void *userdata) {
        struct unload *unload = userdata;

        if (strcmp(port->policy, unload->name) != 0)
                return 0;
        return nfw_port_put_change(unload->context, unload->context->batch, port, NULL, NULL, NULL);
}

static int report_in_use(const struct unload *unload, struct nfw_report *report) {
        int r;

        r = nfw_report_error(report, "policy/in-use", NULL,
                             "detach its ports first, or unload it with force: they are then unrestricted",
                             "policy `%s` is on %zu port%s (%s%s)", unload->name, unload->n_ports,
                             unload->n_ports == 1 ? "" : "s", unload->first_port->interface,
                             unload->n_ports == 1 ? "" : ", …");
        return r < 0 ? r : NFW_E_IN_USE;
}

struct others {
        const char *policy;
        enum nfw_table table;
        bool found;
};

static int find_other_port(struct nfw_shadow_port *port, void *userdata) {
        struct others *others = userdata;

        others->found |=
                strcmp(port->policy, others->policy) != 0 &&
                (port->table == others->table || (port->standby && port->standby->table == others->table));
        return 0;
}

/* Whether the table is there for anything but the policy: others, or ports of theirs that it drops everything for. */
static bool has_others(const struct nfw_shadow *shadow, const char *name, enum nfw_table table) {
        struct others others = { .policy = name, .table = table };

        nfw_vec_foreach (policy, &shadow->policies)
                others.found |= policy->table == table && strcmp(policy->name, name) != 0;
        others.found |= shadow->networks[table].chains.n > 0;
        if (!others.found)
                (void)nfw_shadow_foreach_port(shadow, find_other_port, &others);
        return others.found;
}

struct forgetting {
        struct nfw_report *report;
        size_t n;
};

static int tell_forgotten(const struct nfw_record *record, void *userdata) {
        struct forgetting *forgetting = userdata;

        forgetting->n++;
        return nfw_report_note(forgetting->report, "kernel/missing-policy", NULL, NULL,
                               "policy %s was not in the kernel any more; it is forgotten", record->name);
}

/* Somebody else has taken it out of the kernel: what is left is the record. */
static int forget(struct nfw_context *context, const char *name, struct nfw_report *report) {
        struct forgetting forgetting = { .report = report };
        int r;

        r = nfw_record_foreach_missing(context, name, tell_forgotten, &forgetting);
        if (r < 0)
                return r;
        if (forgetting.n == 0)
                return nfw_report_no_policy(report, &context->shadow, name);
        nfw_record_remove_orphans(context, name, NULL);
        nfw_port_records_forget(context, name);
        return 0;
}

static int build_unload(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct unload *unload = userdata;
        const struct nfw_nft_policy *policy;
        int r;

        unload->n_ports = 0;
        policy = nfw_shadow_any_policy(&context->shadow, unload->name);
        /* What is forgotten has its record removed, so that must not rest on what the kernel held earlier. */
        if (!policy && !unload->has_looked_anew) {
                unload->has_looked_anew = true;
                return -EAGAIN;
        }
        if (!policy)
                return forget(context, unload->name, report);

        (void)nfw_shadow_foreach_port(&context->shadow, count_port, unload);
        if (unload->n_ports > 0 && !unload->force)
                return report_in_use(unload, report);

        context->leaving.replaced = unload->name;
        r = nfw_shadow_foreach_port(&context->shadow, put_port_removal, unload);
        if (r < 0)
                return r;

        for (int table = 0; table < NFW_N_TABLES; table++) {
                if (!context->shadow.tables[table] || context->shadow.foreign[table])
                        continue;
                policy = nfw_shadow_policy(&context->shadow, unload->name, table);
                r = 0;
                /* Nothing of ours stays behind when the last policy goes. */
                if (!has_others(&context->shadow, unload->name, table))
                        r = nfw_nft_put_table_removal(context->batch, table);
                else if (policy)
                        r = nfw_nft_put_policy_removal(context->batch, policy, true);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int applied_unload(struct nfw_context *context, void *userdata) {
        const struct unload *unload = userdata;

        nfw_record_remove_orphans(context, unload->name, NULL);
        nfw_port_records_forget(context, unload->name);
        /* Ports and policies have gone by the dozen: reading anew is simpler than taking them out. */
        return -EAGAIN;
}

/**
 * nfw_unload() - remove a policy
 * @context: the context
 * @name:    the policy
 * @force:   also where ports are under it; they are unrestricted afterwards
 * @report:  what is wrong is added here; may be NULL
 *
 * In one transaction. When the last policy goes, so do the tables. A policy that somebody else has taken out of the
 * kernel is forgotten, with a note in the report.
 *
 * Return: 0; NFW_E_NOT_FOUND; NFW_E_IN_USE where it has ports and force is false; or a negative errno, -EPERM
 * without CAP_NET_ADMIN.
 */
nfw_public int nfw_unload(struct nfw_context *context,
                          const char *name,
                          bool force,
                          struct nfw_report *report) {
        struct unload unload = { .name = name, .force = force, .context = context };
        int r;

        r = nfw_state_prepare(context, report);
        if (r < 0)
                return r;

        return nfw_transaction_run(context,
                                   &(struct nfw_transaction){ .build = build_unload,
                                                              .applied = applied_unload,
                                                              .userdata = &unload },
                                   report);
}
