/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/load.h"

#include <errno.h>
#include <string.h>

#include "engine/bindings.h"
#include "engine/install.h"
#include "engine/state.h"
#include "engine/statistics.h"
#include "engine/transaction.h"
#include "engine/transfer.h"
#include "rtnl/link.h"

/* One commit of one description. */
struct loading {
        const struct nfw_load *load;
        struct nfw_record record; /* the description's with an id of its own; borrows from it */
        struct nfw_install install;
        struct nfw_bindings bindings;
        bool is_recorded;
        struct nfw_context *context;
        struct nfw_report *report;
};

static void loading_deinit(struct loading *loading) {
        nfw_bindings_deinit(&loading->bindings);
        nfw_install_deinit(&loading->install);
}

#define NAME_HINT "give it a name of a letter, then letters, digits, '.', '_' and '-', at most 64 in all"

/* How much of a long name stands in a message; a character of several octets is not cut. */
static size_t n_shown(const char *name) {
        size_t n = 32;

        while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
                n--;
        return n;
}

static int check_name(const struct nfw_load *load, struct nfw_report *report) {
        int r;

        if (load->n_name <= NFW_POLICY_NAME_MAX && nfw_record_name_is_valid(load->record.name))
                return 0;

        if (load->n_name > NFW_POLICY_NAME_MAX)
                r = nfw_report_error(
                        report, "load/bad-name", NULL, NAME_HINT,
                        "`%.*s…` cannot be a policy's name: it has %zu characters, and 64 is the limit",
                        (int)n_shown(load->record.name), load->record.name, load->n_name);
        else
                r = nfw_report_error(report, "load/bad-name", NULL, NAME_HINT,
                                     "`%s` cannot be a policy's name", load->record.name);
        return r < 0 ? r : NFW_E_INVALID;
}

static int check_lifetimes(const struct nfw_record *record, struct nfw_report *report) {
        int r;

        if (record->min_ttl <= record->max_ttl)
                return 0;

        r = nfw_report_error(report, "load/bad-lifetime", NULL,
                             "what is not asked for may be set in nfwpolicyd.conf",
                             "the shortest life of a grant (%u s) is longer than the longest (%u s)",
                             record->min_ttl, record->max_ttl);
        return r < 0 ? r : NFW_E_INVALID;
}

static int check_learner(struct nfw_context *context,
                         const struct nfw_load *load,
                         struct nfw_report *report) {
        bool running;
        int r;

        if (!load->require_learner || load->dry_run || !nfw_policy_has_domains(load->record.policy))
                return 0;

        r = nfw_statistics_is_running(context, &running);
        if (r < 0 || running)
                return r;

        r = nfw_report_error(
                report, "load/no-learner", NULL,
                "start nfwpolicyd first, or load with --foreground to learn in that process; "
                "--no-learner loads it all the same",
                "the policy has domain rules, but nothing is running that would learn addresses from DNS");
        return r < 0 ? r : NFW_E_REFUSED;
}

static int warn_any_resolver(const struct nfw_record *record, struct nfw_report *report) {
        if (!record->any_resolver || !nfw_policy_has_domains(record->policy))
                return 0;

        return nfw_report_warning(
                report, "load/any-resolver", NULL, "name the servers that the guest shall use instead",
                "every name server is trusted: whoever runs one that the guest can ask decides "
                "what the guest may reach");
}

/* A port that is under the policy already: its values may be others now, unless its link is gone. */
static int add_present_port(struct nfw_shadow_port *port, void *userdata) {
        struct loading *loading = userdata;
        int r;

        if (strcmp(port->policy, loading->record.name) != 0)
                return 0;

        r = nfw_bindings_add(&loading->bindings, loading->context, port->interface, &loading->record, NULL);
        if (r == NFW_E_NOT_FOUND && port->standby)
                r = nfw_bindings_add_absent(&loading->bindings, loading->context, port->interface,
                                            &loading->record);
        return r == NFW_E_NOT_FOUND ? 0 : r;
}

static int add_ports(struct loading *loading) {
        int r;

        nfw_bindings_deinit(&loading->bindings);
        nfw_vec_foreach (port, &loading->load->ports) {
                r = nfw_bindings_add(&loading->bindings, loading->context, *port, &loading->record,
                                     loading->report);
                if (r != 0)
                        return r;
        }
        return nfw_shadow_foreach_port(&loading->context->shadow, add_present_port, loading);
}

static int put_tables(struct loading *loading) {
        struct nfw_context *context = loading->context;
        bool nowhere = !nfw_shadow_any_policy(&context->shadow, loading->record.name) &&
                       loading->bindings.vec.n == 0;
        int r;

        for (int table = 0; table < NFW_N_TABLES; table++) {
                const struct nfw_nft_policy *old =
                        nfw_shadow_policy(&context->shadow, loading->record.name, table);

                if (!old && !nfw_bindings_use_table(&loading->bindings, table) &&
                    !(nowhere && table == NFW_TABLE_INET))
                        continue;

                r = nfw_install_put(&loading->install, context, table, loading->report);
                if (r != 0)
                        return r;
                if (!old)
                        continue;

                r = nfw_transfer_put(context, old, loading->install.plans[table], &loading->bindings);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int build_load(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct loading *loading = userdata;
        bool makes_table;
        int r;

        loading->context = context;
        loading->report = report;

        r = add_ports(loading);
        if (r != 0)
                return r;
        context->leaving.replaced = loading->record.name;
        r = put_tables(loading);
        if (r != 0)
                return r;
        r = nfw_bindings_put(&loading->bindings, context, loading->record.name, report, &makes_table);
        if (r != 0 || loading->load->dry_run || loading->is_recorded)
                return r;

        r = nfw_record_write(context, &loading->record);
        if (r == 0)
                loading->is_recorded = true;
        return r;
}

static int applied_load(struct nfw_context *context, void *userdata) {
        struct loading *loading = userdata;
        int r;

        nfw_record_remove_orphans(context, loading->record.name, loading->record.id);
        r = nfw_bindings_record(&loading->bindings, context, loading->record.name);
        /* Which sets the policy has, only the kernel's dump tells. */
        return r < 0 ? r : -EAGAIN;
}

static int prepare(struct loading *loading) {
        int r;

        loading->record.nflog_group = loading->context->nflog_group;
        r = nfw_record_new_id(loading->record.id);
        if (r < 0)
                return r;

        /* The costly part, before anybody waits for the lock. */
        loading->install.record = &loading->record;
        r = nfw_install_compile(&loading->install, NFW_TABLE_INET);
        if (r < 0)
                return r;
        memcpy(loading->record.parameters, loading->install.plans[NFW_TABLE_INET]->parameters,
               sizeof(loading->record.parameters));
        return 0;
}

static int commit(struct loading *loading) {
        const struct nfw_transaction transaction = {
                .build = build_load,
                .applied = applied_load,
                .userdata = loading,
                .dry_run = loading->load->dry_run,
        };
        int r;

        r = nfw_transaction_run(loading->context, &transaction, loading->report);
        if (r != 0 && loading->is_recorded)
                nfw_record_remove(loading->context, loading->record.name, loading->record.id);
        return r;
}

/**
 * nfw_load_commit() - load a policy, or replace the one of that name, in one transaction
 * @context: the context
 * @load:    what to load and how
 * @report:  what is wrong is added here; may be NULL
 *
 * A policy of that name keeps its ports, and of their grants those that still apply. Nothing has changed unless
 * the answer is 0.
 *
 * Return: 0; NFW_E_INVALID where the description is wrong; NFW_E_NOT_FOUND for an unknown interface; NFW_E_REFUSED
 * where the policy cannot be enforced here; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_load_commit(struct nfw_context *context,
                               const struct nfw_load *load,
                               struct nfw_report *report) {
        nfw_cleanup(loading_deinit) struct loading loading = {
                .load = load, .record = load->record, .context = context, .report = report
        };
        int r;

        r = check_name(load, report);
        if (r != 0)
                return r;
        nfw_load_defaults_apply(&context->defaults, &loading.record);
        r = check_lifetimes(&loading.record, report);
        if (r != 0)
                return r;
        r = nfw_state_prepare(context, report);
        if (r < 0)
                return r;
        r = check_learner(context, load, report);
        if (r != 0)
                return r;
        r = warn_any_resolver(&loading.record, report);
        if (r < 0)
                return r;

        r = prepare(&loading);
        if (r < 0)
                return r;
        return commit(&loading);
}
