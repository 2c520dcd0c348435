/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/network/network.h"

#include <errno.h>
#include <string.h>

#include "engine/state.h"
#include "engine/transaction.h"
#include "network/value.h"

/* --- starting ------------------------------------------------------------------------------------------------ */

struct change {
        const char *name;
        struct nfw_running_network running; /* that is started; what it refers to is borrowed */
        struct nfw_running_networks networks;
        bool was_written;
};

static void change_deinit(struct change *change) {
        nfw_running_networks_deinit(&change->networks);
}

static int read_running(struct nfw_context *context, struct change *change) {
        nfw_running_networks_deinit(&change->networks);
        change->networks = (struct nfw_running_networks){ 0 };
        return nfw_running_networks_read(context, &change->networks);
}

static int report_conflict(struct nfw_report *report,
                           const struct nfw_network *network,
                           const struct nfw_network *other,
                           const char *what) {
        int r = nfw_report_error(report, "network/conflict", &network->pos, NULL,
                                 "network %s runs and has %s", other->name, what);

        return r < 0 ? r : NFW_E_REFUSED;
}

/* Packets are told apart by bridge and address, so no two networks can have the same. */
static int check_conflicts(const struct change *change, struct nfw_report *report) {
        const struct nfw_network *network = change->running.network;

        nfw_vec_foreach (running, &change->networks.vec) {
                const struct nfw_network *other = running->network;

                if (strcmp(other->bridge, network->bridge) == 0)
                        return report_conflict(report, network, other, "the same bridge");
                nfw_vec_foreach (a, &network->ips)
                        nfw_vec_foreach (b, &other->ips)
                                if (nfw_network_prefixes_overlap(&a->prefix, &b->prefix))
                                        return report_conflict(report, network, other,
                                                               "addresses of the same prefix");
        }
        return 0;
}

static int compare_running(const void *a, const void *b) {
        const struct nfw_running_network *x = a, *y = b;

        return strcmp(x->network->name, y->network->name);
}

/* A network that is not freed with the others: the caller's. */
static int put_with(struct nfw_context *context, struct change *change, struct nfw_report *report) {
        struct nfw_running_networks *networks = &change->networks;
        int r;

        r = nfw_vec_push(&networks->vec, change->running);
        if (r < 0)
                return r;
        qsort(networks->vec.items, networks->vec.n, sizeof(*networks->vec.items), compare_running);
        r = nfw_networks_put(context, networks, report);

        for (size_t i = 0; i < networks->vec.n; i++)
                if (networks->vec.items[i].network == change->running.network) {
                        memmove(&networks->vec.items[i], &networks->vec.items[i + 1],
                                (networks->vec.n - i - 1) * sizeof(*networks->vec.items));
                        networks->vec.n--;
                        break;
                }
        return r;
}

static int build_start(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct change *change = userdata;
        int r;

        r = read_running(context, change);
        if (r < 0)
                return r;
        if (!change->was_written && nfw_running_networks_find(&change->networks, change->name)) {
                r = nfw_report_error(report, "network/active", NULL, NULL, "network %s is active already",
                                     change->name);
                return r < 0 ? r : NFW_E_IN_USE;
        }
        /* Ours, of an attempt before: somebody else has committed meanwhile. */
        if (change->was_written) {
                nfw_running_network_remove(context->directory, change->name);
                change->was_written = false;
                r = read_running(context, change);
        }
        if (r == 0)
                r = check_conflicts(change, report);
        if (r == 0)
                r = put_with(context, change, report);
        if (r == 0)
                r = nfw_running_network_write(context->directory, &change->running);
        if (r == 0)
                change->was_written = true;
        return r;
}

static int build_destroy(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct change *change = userdata;
        struct nfw_running_network *running;
        int r;

        r = read_running(context, change);
        if (r < 0)
                return r;
        running = nfw_running_networks_find(&change->networks, change->name);
        if (!running) {
                r = nfw_report_error(report, "network/inactive", NULL, "`nfwpolicy net-list` shows what is",
                                     "network %s is not active", change->name);
                return r < 0 ? r : NFW_E_NOT_FOUND;
        }
        nfw_network_free(change->running.network);
        change->running = *running;
        memmove(running, running + 1,
                (size_t)(change->networks.vec.items + change->networks.vec.n - running - 1) *
                        sizeof(*running));
        change->networks.vec.n--;
        /* Before its rules: nothing passes without them. */
        if (change->running.made_bridge)
                nfw_network_remove_bridge(context, change->running.network);
        return nfw_networks_put(context, &change->networks, report);
}

/* Before the lock is let go of: who verifies must not find a record of what has gone. */
static int applied_destroy(struct nfw_context *context, void *userdata) {
        const struct change *change = userdata;

        nfw_running_network_remove(context->directory, change->name);
        return -EAGAIN;
}

static int run(struct nfw_context *context,
               const struct nfw_transaction *transaction,
               struct nfw_report *report) {
        int r;

        r = nfw_state_prepare(context, report);
        if (r < 0)
                return r;
        r = nfw_transaction_run(context, transaction, report);
        /* Chains and sets have gone and come by the dozen. */
        nfw_shadow_invalidate(&context->shadow);
        return r;
}

static int report_unknown(const struct nfw_context *context, const char *name, struct nfw_report *report) {
        int r = nfw_report_error(report, "network/unknown", NULL,
                                 "`nfwpolicy net-list --all` shows what there is",
                                 "there is no network %s in %s", name, context->network_directory);

        return r < 0 ? r : NFW_E_NOT_FOUND;
}

static int destroy(struct nfw_context *context, const char *name, struct nfw_report *report) {
        nfw_cleanup(change_deinit) struct change change = { .name = name };
        char policy[NFW_NETWORK_POLICY_NAME_MAX];
        int r;

        r = run(context,
                &(struct nfw_transaction){
                        .build = build_destroy, .applied = applied_destroy, .userdata = &change },
                report);
        /* An open network has no rules, so nothing was committed. */
        if (r == 0)
                nfw_running_network_remove(context->directory, name);
        if (r == 0 && change.running.has_policy) {
                nfw_network_policy_name(change.running.network, policy);
                r = nfw_unload(context, policy, true, NULL);
                r = r > 0 ? 0 : r;
        }
        nfw_network_free(change.running.network);
        return r;
}

/* In this order: nothing passes before the rules are there. */
static int bring_up(struct nfw_context *context,
                    struct nfw_running_network *running,
                    struct nfw_report *report) {
        const struct nfw_network *network = running->network;
        struct nfw_link link;
        int r = 0;

        if (running->has_policy)
                r = nfw_network_load_policy(context, network, report);
        if (r == 0 && running->made_bridge) {
                r = nfw_network_make_bridge(context, network, report);
                /* Somebody else's, or none: it does not go with the network. */
                running->made_bridge = r == 0;
        }
        if (r == 0 && running->has_policy)
                r = nfw_networks_follow(context, report);
        if (r == 0)
                r = nfw_network_enable_forwarding(network, report);
        if (r == 0 && !running->made_bridge &&
            nfw_rtnl_link_by_name(context->rtnl, network->bridge, &link) == NFW_E_NOT_FOUND)
                r = nfw_report_note(report, "network/bridge", NULL,
                                    "make it, or start the network with --create-bridge",
                                    "bridge %s does not exist yet; the rules wait for it", network->bridge);
        return r;
}

/**
 * nfw_network_start() - put a network in force
 * @context:       the context
 * @name:          the network, which is defined
 * @create_bridge: its bridge is made, with the host's addresses, and goes with the network
 * @report:        what is wrong is added here, and what was changed of the host; may be NULL
 *
 * The rules of all networks are put in place in one transaction, then the network's policy, where it has one, then the
 * bridge. For networks that lead out of the host forwarding is enabled, and a note says so.
 *
 * Return: 0; NFW_E_NOT_FOUND; NFW_E_INVALID where the definition is wrong; NFW_E_IN_USE where it is active already;
 * NFW_E_REFUSED; or a negative errno, -EPERM without CAP_NET_ADMIN. Unless it is 0 the network is not active.
 */
nfw_public int nfw_network_start(struct nfw_context *context,
                                 const char *name,
                                 bool create_bridge,
                                 struct nfw_report *report) {
        nfw_cleanup(change_deinit) struct change change = { .name = name };
        nfw_cleanup(nfw_network_freep) struct nfw_network *network = NULL;
        int r;

        r = nfw_network_definition_read(context, name, report, &network);
        if (r == NFW_E_NOT_FOUND)
                return report_unknown(context, name, report);
        if (r != 0)
                return r;

        change.running = (struct nfw_running_network){ .network = network, .made_bridge = create_bridge };
        change.running.has_policy = nfw_network_definition_has_policy(context, name);
        r = run(context, &(struct nfw_transaction){ .build = build_start, .userdata = &change }, report);
        if (r != 0) {
                if (change.was_written)
                        nfw_running_network_remove(context->directory, name);
                return r;
        }
        r = bring_up(context, &change.running, report);
        if (r != 0) {
                (void)nfw_running_network_write(context->directory, &change.running);
                (void)destroy(context, name, NULL);
        }
        return r;
}

/**
 * nfw_network_destroy() - take a network out of force
 * @context: the context
 * @name:    the network
 * @report:  what is wrong is added here; may be NULL
 *
 * In one transaction. The bridge goes where nfw_network_start() has made it, and the network's policy is unloaded. The
 * definition stays.
 *
 * Return: 0; NFW_E_NOT_FOUND where it is not active; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_network_destroy(struct nfw_context *context, const char *name, struct nfw_report *report) {
        return destroy(context, name, report);
}
