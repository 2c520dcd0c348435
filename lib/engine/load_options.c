/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/load.h"

/**
 * nfw_load_new() - describe how a policy is to be loaded
 * @policy:   the policy; it must live as long as the description
 * @name:     the name it gets: a letter, then letters, digits, '.', '_' and '-', at most 64 in all; whether it
 *            is right is checked by nfw_load_commit()
 * @ret_load: the description: no ports, a learner is required; name servers, lifetimes and how many names there may be are
 *            those of the context that commits it, see nfw_context_configure_loads()
 *
 * Return: 0, or a negative errno.
 */
nfw_public int nfw_load_new(const struct nfw_policy *policy, const char *name, struct nfw_load **ret_load) {
        struct nfw_load *load;

        load = calloc(1, sizeof(*load));
        if (!load)
                return -ENOMEM;

        load->n_name = strlen(name);
        memcpy(load->record.name, name, NFW_MIN(load->n_name, (size_t)NFW_POLICY_NAME_MAX));
        load->record.policy = (struct nfw_policy *)policy;
        load->require_learner = true;

        *ret_load = load;
        return 0;
}

/**
 * nfw_load_free() - forget a description
 * @load: the description, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_load *nfw_load_free(struct nfw_load *load) {
        if (!load)
                return NULL;

        nfw_vec_foreach (port, &load->ports)
                free(*port);
        nfw_vec_deinit(&load->ports);
        load->record.policy = NULL;
        nfw_record_deinit(&load->record);
        free(load);
        return NULL;
}

/**
 * nfw_load_add_port() - put a port under the policy in the same transaction
 * @load:      the description
 * @interface: the interface's name; copied
 *
 * Return: 0 or -ENOMEM.
 */
nfw_public int nfw_load_add_port(struct nfw_load *load, const char *interface) {
        char *copy;
        int r;

        copy = strdup(interface);
        if (!copy)
                return -ENOMEM;

        r = nfw_vec_push(&load->ports, copy);
        if (r < 0)
                free(copy);
        return r;
}

/**
 * nfw_load_add_resolver() - trust a name server
 * @load:    the description
 * @address: its IPv4 or IPv6 address
 * @report:  what is wrong is added here; may be NULL
 *
 * The name servers that are added replace the default ones: those of the context, or else the host's own addresses on
 * the port's link and the servers that the host itself uses.
 *
 * Return: 0, NFW_E_INVALID where it is no address, or a negative errno.
 */
nfw_public int nfw_load_add_resolver(struct nfw_load *load, const char *address, struct nfw_report *report) {
        struct nfw_addr addr;
        int r;

        r = nfw_addr_parse(address, &addr);
        if (r < 0)
                return r;
        if (r > 0) {
                r = nfw_report_error(report, "load/bad-resolver", NULL,
                                     "write an IPv4 or IPv6 address, such as 192.0.2.53",
                                     "`%s` is no address of a name server", address);
                return r < 0 ? r : NFW_E_INVALID;
        }
        return nfw_vec_push(&load->record.resolvers, addr);
}

/**
 * nfw_load_set_any_resolver() - trust every name server
 * @load: the description
 * @any:  whether whatever server the guest asks is trusted
 *
 * Then whoever controls any server on port 53 that the guest can reach decides what the guest may reach.
 */
nfw_public void nfw_load_set_any_resolver(struct nfw_load *load, bool any) {
        load->record.any_resolver = any;
}

/**
 * nfw_load_set_log_denied() - tell of what is dropped
 * @load: the description
 * @log:  whether packets that the policy drops are events of the learner, NFW_EVENT_DENIED
 *
 * At most five packets a second are told of for each port and direction, however many are dropped. It costs packets
 * that are dropped another look-up, and packets that are accepted nothing.
 */
nfw_public void nfw_load_set_log_denied(struct nfw_load *load, bool log) {
        load->record.log_denied = log;
}

/**
 * nfw_load_set_min_ttl() - the shortest life of a grant
 * @load:    the description
 * @seconds: 1 to 86400; the default is 5
 *
 * Return: 0 or -EINVAL.
 */
nfw_public int nfw_load_set_min_ttl(struct nfw_load *load, uint32_t seconds) {
        if (seconds < 1 || seconds > NFW_MIN_TTL_LIMIT)
                return -EINVAL;

        load->record.min_ttl = seconds;
        return 0;
}

/**
 * nfw_load_set_max_ttl() - the longest life of a grant
 * @load:    the description
 * @seconds: 1 to 604800 (a week); the default is 86400
 *
 * Return: 0 or -EINVAL.
 */
nfw_public int nfw_load_set_max_ttl(struct nfw_load *load, uint32_t seconds) {
        if (seconds < 1 || seconds > NFW_MAX_TTL_LIMIT)
                return -EINVAL;

        load->record.max_ttl = seconds;
        return 0;
}

/**
 * nfw_load_set_max_names() - how many names a port can hold
 * @load:    the description
 * @n_names: 1 to 1000000; the default is 10000. When it is full, the name that expires first makes room.
 *
 * Return: 0 or -EINVAL.
 */
nfw_public int nfw_load_set_max_names(struct nfw_load *load, uint32_t n_names) {
        if (n_names < 1 || n_names > NFW_MAX_NAMES_LIMIT)
                return -EINVAL;

        load->record.max_names = n_names;
        return 0;
}

/**
 * nfw_load_set_dry_run() - only try
 * @load:    the description
 * @dry_run: whether the kernel shall check everything and roll it back
 */
nfw_public void nfw_load_set_dry_run(struct nfw_load *load, bool dry_run) {
        load->dry_run = dry_run;
}

/**
 * nfw_load_set_require_learner() - whether a policy with domain rules needs a running learner
 * @load:    the description
 * @require: true (the default): refuse where nobody would learn; false: the caller takes care of it
 */
nfw_public void nfw_load_set_require_learner(struct nfw_load *load, bool require) {
        load->require_learner = require;
}
