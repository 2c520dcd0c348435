/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/not_found.h"
#include "engine/nwfilter/change.h"

struct bind {
        const struct nfw_nwfilter_binding *const *bindings;
        size_t n_bindings;
        struct nfw_nwfilter_change change;
        size_t n_saved;
};

/* A frame has to pass a bridge for its filter to see it. */
static int check_port(struct nfw_context *context, const char *port, struct nfw_report *report) {
        struct nfw_link link;
        int r;

        r = nfw_rtnl_link_by_name(context->rtnl, port, &link);
        if (r == NFW_E_NOT_FOUND)
                return nfw_report_no_interface(report, context, port);
        if (r < 0 || (link.master && link.bypass == NFW_LINK_SEEN))
                return r;
        r = nfw_report_error(
                report, "nwfilter/no-bridge-port", NULL,
                "make it a port of a bridge first: ip link set NAME master BRIDGE",
                "interface `%s` is no port of a bridge: network filters look at what a bridge passes on",
                port);
        return r < 0 ? r : NFW_E_REFUSED;
}

static int check_unbound(const struct nfw_context *context, const char *port, struct nfw_report *report) {
        const struct nfw_nft_filter_port *there =
                nfw_nft_filter_find_port(context->nwfilters->snapshot, port);
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *known = NULL;
        int r;

        if (!there || there->filter == SIZE_MAX)
                return 0;
        /* Somebody died between the kernel and the file: then it is made as if it was new. */
        r = nfw_nwfilter_binding_load(context, port, &known);
        if (r != 0)
                return r < 0 ? r : 0;
        r = nfw_report_error(report, "nwfilter/bound", NULL, "delete that binding first",
                             "port %s is under filter `%s` already", port, known->filter);
        return r < 0 ? r : NFW_E_IN_USE;
}

static int build_one(struct bind *bind,
                     struct nfw_context *context,
                     const struct nfw_nwfilter_binding *binding,
                     struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_compiled *compiled;
        int r;

        nfw_vec_foreach (port, &bind->change.ports)
                if (strcmp(port->port, binding->port) == 0)
                        return -EINVAL;
        r = check_port(context, binding->port, report);
        if (r == 0)
                r = check_unbound(context, binding->port, report);
        if (r == 0)
                r = nfw_compile(context, filters, &filters->compiled, binding, report, &compiled);
        if (r == 0)
                r = nfw_nwfilter_change_install(&bind->change, filters, compiled);
        return r == 0 ? nfw_nwfilter_change_add_port(&bind->change, context, binding, compiled, NULL, report)
                      : r;
}

static void forget(struct nfw_context *context, void *userdata) {
        struct bind *bind = userdata;

        for (size_t i = 0; i < bind->n_saved; i++)
                nfw_nwfilter_binding_forget(context, bind->bindings[i]->port);
        bind->n_saved = 0;
}

/* Before the commit: whatever is in force has its file at any moment. */
static int save(struct bind *bind, struct nfw_context *context) {
        for (size_t i = bind->n_saved; i < bind->n_bindings; i++) {
                int r = nfw_nwfilter_binding_save(context, bind->bindings[i]);

                if (r < 0)
                        return r;
                bind->n_saved = i + 1;
        }
        return 0;
}

static int build_bind(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct bind *bind = userdata;
        int r = 0;

        nfw_nwfilter_change_deinit(&bind->change);
        /* In a further attempt, those that were saved in an earlier one are not bound. */
        forget(context, bind);
        for (size_t i = 0; i < bind->n_bindings && r == 0; i++)
                r = build_one(bind, context, bind->bindings[i], report);
        if (r == 0)
                r = nfw_nwfilter_change_put(&bind->change, context, report);
        return r == 0 ? save(bind, context) : r;
}

static int applied_bind(struct nfw_context *context, void *userdata) {
        struct bind *bind = userdata;

        return nfw_nwfilter_change_apply(&bind->change, context->nwfilters);
}

static bool learns(const struct bind *bind) {
        nfw_vec_foreach (port, &bind->change.ports)
                if (port->guest.is_there)
                        return true;
        return false;
}

/**
 * nfw_nwfilter_bind() - put ports under network filters
 * @context:    the context
 * @bindings:   which ports, which filters, and the values of variables
 * @n_bindings: how many; each port once
 * @report:     what is wrong is added here; may be NULL
 *
 * All of them in one transaction, or none. A filter is compiled and put into the kernel once for all its ports. A port
 * may be under a policy besides: then both must let a packet pass.
 *
 * Where a filter refers to IP or IPV6 and a binding gives neither, the guest's addresses are learned, unless the binding's
 * CTRL_IP_LEARNING is "none": see nfw_learner_new(). Until one is known the guest can do DHCP and nothing else. That nobody
 * is there who learns is a warning.
 *
 * Return: 0; NFW_E_NOT_FOUND for an unknown interface or filter; NFW_E_INVALID where the filter is wrong, or refers to
 * variables that have no value or one that does not fit; NFW_E_IN_USE where a port is under a filter already;
 * NFW_E_REFUSED where the port is none of a bridge or the kernel cannot enforce it; or a negative errno, -EPERM without
 * CAP_NET_ADMIN.
 */
nfw_public int nfw_nwfilter_bind(struct nfw_context *context,
                                 const struct nfw_nwfilter_binding *const *bindings,
                                 size_t n_bindings,
                                 struct nfw_report *report) {
        struct bind bind = { .bindings = bindings, .n_bindings = n_bindings };
        const struct nfw_nwfilter_transaction transaction = { .build = build_bind,
                                                              .applied = applied_bind,
                                                              .failed = forget,
                                                              .userdata = &bind,
                                                              .change = &bind.change };
        int r;

        r = nfw_nwfilter_transaction_run(context, &transaction, report);
        if (r == 0 && learns(&bind))
                r = nfw_learning_warn(context, report);
        nfw_nwfilter_change_deinit(&bind.change);
        return r;
}

/* --- the way back -------------------------------------------------------------------------------------------- */

struct unbind {
        const char *const *ports;
        size_t n_ports;
        struct nfw_nwfilter_change change;
};

static int report_unbound(struct nfw_report *report, const char *port) {
        int r;

        r = nfw_report_error(report, "nwfilter/unbound", NULL,
                             "`nfwpolicy nwfilter-binding-list` lists the ports that are",
                             "port `%s` is under no filter", port);
        return r < 0 ? r : NFW_E_NOT_FOUND;
}

static int build_unbind(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        const struct nfw_nft_filter_snapshot *snapshot = context->nwfilters->snapshot;
        struct unbind *unbind = userdata;
        int r = 0;

        nfw_nwfilter_change_deinit(&unbind->change);
        for (size_t i = 0; i < unbind->n_ports && r == 0; i++) {
                const struct nfw_nft_filter_port *port = nfw_nft_filter_find_port(snapshot, unbind->ports[i]);
                nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *known = NULL;
                bool is_twice = false;

                nfw_vec_foreach (other, &unbind->change.ports)
                        is_twice |= strcmp(other->port, unbind->ports[i]) == 0;
                if (is_twice)
                        continue;
                if (port && port->filter != SIZE_MAX) {
                        r = nfw_nwfilter_change_remove_port(&unbind->change, port->interface);
                        continue;
                }
                /* Somebody took it out of the kernel: what is left is the file. */
                r = nfw_nwfilter_binding_load(context, unbind->ports[i], &known);
                if (r == NFW_E_NOT_FOUND)
                        r = report_unbound(report, unbind->ports[i]);
        }
        return r == 0 ? nfw_nwfilter_change_put(&unbind->change, context, report) : r;
}

static int applied_unbind(struct nfw_context *context, void *userdata) {
        struct unbind *unbind = userdata;

        for (size_t i = 0; i < unbind->n_ports; i++)
                nfw_nwfilter_binding_forget(context, unbind->ports[i]);
        return nfw_nwfilter_change_apply(&unbind->change, context->nwfilters);
}

/**
 * nfw_nwfilter_unbind() - take ports out from under network filters
 * @context: the context
 * @ports:   the ports' interface names; the interfaces need not exist any more
 * @n_ports: how many
 * @report:  what is wrong is added here; may be NULL
 *
 * All of them in one transaction, or none. A filter without ports leaves the kernel and stays defined.
 *
 * Return: 0; NFW_E_NOT_FOUND for a port that is under no filter; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_nwfilter_unbind(struct nfw_context *context,
                                   const char *const *ports,
                                   size_t n_ports,
                                   struct nfw_report *report) {
        struct unbind unbind = { .ports = ports, .n_ports = n_ports };
        const struct nfw_nwfilter_transaction transaction = { .build = build_unbind,
                                                              .applied = applied_unbind,
                                                              .userdata = &unbind,
                                                              .change = &unbind.change };
        int r;

        r = nfw_nwfilter_transaction_run(context, &transaction, report);
        nfw_nwfilter_change_deinit(&unbind.change);
        return r;
}
