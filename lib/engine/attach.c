/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/bindings.h"
#include "engine/install.h"
#include "engine/not_found.h"
#include "engine/statistics.h"
#include "engine/transaction.h"

struct attach {
        const char *name;
        const char *const *interfaces;
        size_t n_interfaces;
        struct nfw_record record;
        struct nfw_install install;
        struct nfw_bindings bindings;
        bool is_persistent;
        bool installs; /* the policy goes into a table where it was not */
        bool makes_table;
};

static void attach_deinit(struct attach *attach) {
        nfw_bindings_deinit(&attach->bindings);
        nfw_install_deinit(&attach->install);
        nfw_record_deinit(&attach->record);
}

/* Reads what is in force under that name, unless an earlier attempt has it already. */
static int read_record(struct nfw_context *context,
                       struct attach *attach,
                       const char *id,
                       bool with_policy,
                       struct nfw_report *report) {
        bool same = attach->record.id[0] && strcmp(attach->record.id, id) == 0;
        int r;

        if (same && (attach->record.policy || !with_policy))
                return 0;

        nfw_install_deinit(&attach->install);
        nfw_record_deinit(&attach->record);
        attach->record = (struct nfw_record){ 0 };
        r = with_policy ? nfw_record_read(context, attach->name, id, &attach->record)
                        : nfw_record_read_settings(context, attach->name, id, &attach->record);
        return r == NFW_E_NOT_FOUND ? nfw_report_no_record(report, attach->name) : r;
}

static int tell_waiting(const struct attach *attach, struct nfw_report *report) {
        nfw_vec_foreach (binding, &attach->bindings.vec) {
                const struct nfw_port *port = &binding->port;
                int r = 0;

                if (!port->index)
                        r = nfw_report_note(
                                report, "port/waits", NULL, NULL,
                                "interface %s does not exist yet; policy %s is in force for it when "
                                "it comes",
                                port->interface, attach->name);
                if (r == 0 && port->is_everywhere && port->standby_drops)
                        r = nfw_report_note(
                                report, "port/drops-on-bridge", NULL,
                                "load the module nf_conntrack_bridge (Linux 5.3, "
                                "CONFIG_NF_CONNTRACK_BRIDGE)",
                                "this kernel cannot track connections between bridge ports: if %s "
                                "becomes one, everything is dropped there",
                                port->interface);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int build_attach(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct attach *attach = userdata;
        const struct nfw_nft_policy *policy;
        int r;

        nfw_bindings_deinit(&attach->bindings);
        attach->bindings.is_persistent = attach->is_persistent;
        attach->installs = attach->makes_table = false;

        policy = nfw_shadow_any_policy(&context->shadow, attach->name);
        if (!policy)
                return nfw_report_no_policy(report, &context->shadow, attach->name);

        r = read_record(context, attach, policy->id, false, report);
        if (r != 0)
                return r;

        for (size_t i = 0; i < attach->n_interfaces; i++) {
                r = nfw_bindings_add(&attach->bindings, context, attach->interfaces[i], &attach->record,
                                     report);
                if (r != 0)
                        return r;
        }

        for (int table = 0; table < NFW_N_TABLES; table++) {
                if (!nfw_bindings_use_table(&attach->bindings, table) ||
                    nfw_shadow_policy(&context->shadow, attach->name, table))
                        continue;

                r = read_record(context, attach, policy->id, true, report);
                if (r != 0)
                        return r;
                attach->install.record = &attach->record;
                attach->installs = true;
                r = nfw_install_put(&attach->install, context, table, report);
                if (r != 0)
                        return r;
        }

        r = nfw_bindings_put(&attach->bindings, context, attach->name, report, &attach->makes_table);
        return r == 0 ? tell_waiting(attach, report) : r;
}

static int applied_attach(struct nfw_context *context, void *userdata) {
        const struct attach *attach = userdata;
        int r;

        r = nfw_bindings_record(&attach->bindings, context, attach->name);
        if (r < 0)
                return r;
        /* Which sets a newly installed policy has, only the kernel's dump tells. */
        if (attach->installs || attach->makes_table)
                return -EAGAIN;
        return nfw_bindings_apply(&attach->bindings, context, attach->name);
}

/* Here nothing is refused for it: the policy is in force elsewhere already, and whoever loaded it has been told. */
static int warn_no_learner(struct nfw_context *context,
                           const struct nfw_record *record,
                           struct nfw_report *report) {
        bool running;
        int r;

        if (!report || !record->parameters[NFW_PARAMETER_RESOLVERS])
                return 0;
        r = nfw_statistics_is_running(context, &running);
        if (r < 0 || running)
                return r;
        return nfw_report_warning(
                report, "load/no-learner", NULL, "start nfwpolicyd",
                "the policy has domain rules, and nothing is running that would learn addresses "
                "from DNS: until then names stay closed");
}

static int attach_ports(struct nfw_context *context, struct attach *attach, struct nfw_report *report) {
        int r;

        r = nfw_transaction_run(context,
                                &(struct nfw_transaction){ .build = build_attach,
                                                           .applied = applied_attach,
                                                           .userdata = attach },
                                report);
        return r == 0 ? warn_no_learner(context, &attach->record, report) : r;
}

/**
 * nfw_attach() - put ports under a loaded policy
 * @context:      the context
 * @name:         the policy
 * @interfaces:   the ports' interface names
 * @n_interfaces: how many
 * @report:       what is wrong is added here; may be NULL
 *
 * All of them in one transaction, or none. A port that is under another policy changes to this one and forgets
 * what it has learned; one that is under this policy already stays as it is, unless the interface that it was attached
 * to is gone and another one has its name.
 *
 * Return: 0; NFW_E_NOT_FOUND for an unknown policy or interface; NFW_E_REFUSED where the kernel cannot enforce it;
 * or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_attach(struct nfw_context *context,
                          const char *name,
                          const char *const *interfaces,
                          size_t n_interfaces,
                          struct nfw_report *report) {
        nfw_cleanup(attach_deinit) struct attach attach = {
                .name = name,
                .interfaces = interfaces,
                .n_interfaces = n_interfaces,
        };

        return attach_ports(context, &attach, report);
}

/**
 * nfw_attach_persistent() - put ports under a loaded policy for good
 * @context:      the context
 * @name:         the policy
 * @interfaces:   the ports' interface names
 * @n_interfaces: how many
 * @report:       what is wrong is added here; may be NULL
 *
 * As nfw_attach(), but the interfaces need not exist yet, and where one goes away a keeper does not end its binding: it
 * waits for the next interface of that name, until nfw_detach(). The policy is in force from the first packet of an
 * interface that turns up, be it routed or a port of a bridge: the port is in both tables all the time. Where the kernel
 * cannot track connections on bridges, everything that it sends and gets as a port of a bridge is dropped, which a note
 * in the report says.
 *
 * Return: as nfw_attach(); NFW_E_NOT_FOUND for what cannot be an interface's name.
 */
nfw_public int nfw_attach_persistent(struct nfw_context *context,
                                     const char *name,
                                     const char *const *interfaces,
                                     size_t n_interfaces,
                                     struct nfw_report *report) {
        nfw_cleanup(attach_deinit) struct attach attach = {
                .name = name,
                .interfaces = interfaces,
                .n_interfaces = n_interfaces,
                .is_persistent = true,
        };

        return attach_ports(context, &attach, report);
}
