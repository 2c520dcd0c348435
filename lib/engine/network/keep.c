/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/file.h"
#include "engine/lock.h"
#include "engine/network/network.h"
#include "engine/state.h"
#include "engine/statistics.h"
#include "engine/store/stored.h"
#include "engine/transaction.h"
#include "rtnl/bridge.h"

void nfw_network_policy_name(const struct nfw_network *network,
                             char ret_name[static NFW_NETWORK_POLICY_NAME_MAX]) {
        (void)snprintf(ret_name, NFW_NETWORK_POLICY_NAME_MAX, "network-%s", network->name);
}

/* --- policies ------------------------------------------------------------------------------------------------ */

/* What the policy on ports is worth here, where that is less than all. */
static int tell_ports(struct nfw_context *context,
                      const struct nfw_network *network,
                      struct nfw_report *report) {
        bool has = false, can_guard = false, is_running = false;
        int r;

        r = nfw_context_has_feature(context, NFW_FEATURE_BRIDGE_CONNTRACK, &has);
        if (r == 0 && !has)
                return nfw_report_warning(
                        report, "network/ports", NULL,
                        "load the module nf_conntrack_bridge (Linux 5.3), or isolate the ports from each "
                        "other with `bridge link set dev PORT isolated on`",
                        "this kernel cannot track connections between ports of a bridge: the policy is "
                        "on %s as a whole, so what its guests send to each other is not restricted, and "
                        "they share what they learn",
                        network->bridge);
        if (r == 0)
                r = nfw_networks_can_guard(context, &can_guard);
        if (r == 0 && !can_guard)
                return nfw_report_warning(
                        report, "network/ports", NULL,
                        "load the module nft_meta_bridge (CONFIG_NFT_BRIDGE_META)",
                        "this kernel cannot tell which bridge a port belongs to: what a port that joins "
                        "%s sends to other guests there is not restricted before it is under the policy",
                        network->bridge);
        if (r == 0)
                r = nfw_statistics_is_running(context, &is_running);
        if (r < 0 || is_running)
                return r;
        return nfw_report_note(report, "network/ports", NULL,
                               "start nfwpolicyd, or attach them with `nfwpolicy attach`",
                               "ports that join %s later pass nothing before they are under the policy, and "
                               "nobody is there who puts them under it",
                               network->bridge);
}

/*
 * On the bridge itself it is from the first packet, whatever joins: what leaves the bridge, or is for the host, passes
 * there. It is on each port, too, where the kernel can have it there.
 */
int nfw_network_load_policy(struct nfw_context *context,
                            const struct nfw_network *network,
                            struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        char name[NFW_NETWORK_POLICY_NAME_MAX];
        struct nfw_policy *policy = NULL;
        struct nfw_load *load = NULL;
        const char *bridge = network->bridge;
        int r;

        nfw_network_policy_name(network, name);
        r = nfw_network_path(context->network_directory, network->name, NFW_NETWORK_POLICY, &path);
        if (r == 0)
                r = nfw_policy_read_file(path, report, &policy);
        if (r == 0)
                r = nfw_load_new(policy, name, &load);
        if (r == 0)
                r = nfw_load_commit(context, load, report);
        if (r == 0)
                r = nfw_attach_persistent(context, name, &bridge, 1, report);
        nfw_load_free(load);
        nfw_policy_free(policy);
        return r != 0 ? r : tell_ports(context, network, report);
}

/* Those that nobody has put under any policy, but for the way out: that is no guest's. */
static int attach_ports(struct nfw_context *context,
                        const struct nfw_network *network,
                        struct nfw_report *report) {
        struct nfw_link_names names = { 0 };
        char policy[NFW_NETWORK_POLICY_NAME_MAX];
        struct nfw_link link;
        size_t n = 0;
        int r;

        nfw_network_policy_name(network, policy);
        r = nfw_rtnl_link_by_name(context->rtnl, network->bridge, &link);
        if (r != 0)
                return r < 0 ? r : 0;
        r = nfw_rtnl_bridge_ports(context->rtnl, link.index, &names);
        if (r == 0)
                r = nfw_shadow_refresh(&context->shadow, context->nft);
        for (size_t i = 0; i < names.vec.n && r == 0; i++) {
                char *name = names.vec.items[i];

                if (nfw_shadow_port(&context->shadow, name) || strcmp(name, network->device) == 0)
                        continue;
                names.vec.items[i] = names.vec.items[n];
                names.vec.items[n++] = name;
        }
        if (r == 0 && n > 0 && nfw_shadow_any_policy(&context->shadow, policy))
                r = nfw_attach(context, policy, (const char *const *)names.vec.items, n, report);
        nfw_link_names_deinit(&names);
        return r;
}

int nfw_networks_follow(struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(nfw_running_networks_deinit) struct nfw_running_networks networks = { 0 };
        bool has = false;
        int r, result = 0;

        r = nfw_running_networks_read(context, &networks);
        nfw_vec_foreach (running, &networks.vec) {
                if (r < 0)
                        return r;
                if (!running->has_policy)
                        continue;
                if (!has)
                        r = nfw_context_has_feature(context, NFW_FEATURE_BRIDGE_CONNTRACK, &has);
                if (r < 0 || !has)
                        return r;
                r = attach_ports(context, running->network, report);
                if (r > 0)
                        result = r;
        }
        return r < 0 ? r : result;
}

/* --- what is put back ---------------------------------------------------------------------------------------- */

struct restoring {
        struct nfw_running_networks networks;
};

static void restoring_deinit(struct restoring *restoring) {
        nfw_running_networks_deinit(&restoring->networks);
}

int nfw_networks_put_missing(struct nfw_context *context,
                             struct nfw_running_networks *networks,
                             struct nfw_report *report) {
        struct nfw_nft_networks views[NFW_N_TABLES];
        int r;

        nfw_running_networks_deinit(networks);
        r = nfw_running_networks_read(context, networks);
        if (r == 0)
                r = nfw_running_networks_view(networks, context, views);
        if (r < 0)
                return r;
        /* What is in force rules; whether all of it is there, verifying tells. */
        for (int table = 0; table < NFW_N_TABLES; table++)
                if (nfw_networks_are_missing(context, views, table))
                        return nfw_networks_put(context, networks, report);
        return 0;
}

static int build_restore(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct restoring *restoring = userdata;

        return nfw_networks_put_missing(context, &restoring->networks, report);
}

/* Most are there twice; one of the two may be all that there is. */
static int stored_names_read(const char *directory, struct nfw_network_names *names) {
        int r = nfw_network_names_read(directory, NFW_NETWORK_RUNNING, names);

        return r < 0 ? r : nfw_network_names_read(directory, NFW_NETWORK_RUNNING NFW_STORED_TWIN, names);
}

static const char lost_hint[] = "start the network again";

/* What was written as it is, but not by this version. */
static int set_aside(const char *path, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *twin = NULL;
        int r = nfw_stored_twin(path, &twin);

        if (r == 0 && nfw_stored_exists(AT_FDCWD, path))
                r = nfw_stored_set_aside(AT_FDCWD, path, path, NFW_SEVERITY_ERROR, lost_hint, report);
        if (r == 0 && nfw_stored_exists(AT_FDCWD, twin))
                r = nfw_stored_set_aside(AT_FDCWD, twin, twin, NFW_SEVERITY_ERROR, lost_hint, report);
        return r;
}

static int adopt_one(struct nfw_context *context,
                     const char *directory,
                     const char *name,
                     struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = NULL, *text = NULL;
        struct nfw_running_network running, present;
        size_t size;
        int r;

        r = nfw_network_path(directory, name, NFW_NETWORK_RUNNING, &path);
        if (r == 0)
                r = nfw_stored_read_either(path, NFW_NETWORK_RUNNING_SIZE_MAX, lost_hint, report, &text,
                                           &size);
        if (r != 0)
                return r < 0 ? r : 0;
        r = nfw_running_network_parse(path, name, text, size, &running);
        if (r != 0)
                return r < 0 ? r : set_aside(path, report);
        r = nfw_running_network_read(context->directory, name, &present);
        if (r == 0)
                nfw_network_free(present.network);
        else if (r == NFW_E_NOT_FOUND)
                r = nfw_running_network_write(context->directory, &running);
        nfw_network_free(running.network);
        return r;
}

int nfw_networks_adopt(struct nfw_context *context, const char *directory, struct nfw_report *report) {
        nfw_cleanup(nfw_network_names_deinit) struct nfw_network_names names = { 0 };
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        r = nfw_lock_acquire(&lock, context);
        if (r == 0)
                r = stored_names_read(directory, &names);
        nfw_vec_foreach (name, &names.vec)
                if (r == 0)
                        r = adopt_one(context, directory, *name, report);
        nfw_lock_release(&lock);
        return r;
}

static int restore_host(struct nfw_context *context,
                        const struct nfw_running_network *running,
                        struct nfw_report *report) {
        struct nfw_link link;
        int r = 0;

        if (running->made_bridge)
                r = nfw_rtnl_link_by_name(context->rtnl, running->network->bridge, &link);
        if (r == NFW_E_NOT_FOUND)
                r = nfw_network_make_bridge(context, running->network, report);
        return r < 0 ? r : nfw_network_enable_forwarding(running->network, NULL);
}

int nfw_networks_restore(struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(restoring_deinit) struct restoring restoring = { 0 };
        int r;

        r = nfw_transaction_run(
                context, &(struct nfw_transaction){ .build = build_restore, .userdata = &restoring }, report);
        nfw_vec_foreach (running, &restoring.networks.vec)
                if (r == 0)
                        r = restore_host(context, running, report);
        return r;
}

static int remove_stored(const char *directory, const char *name) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r = nfw_network_path(directory, name, NFW_NETWORK_RUNNING, &path);

        return r < 0 ? r : nfw_stored_remove_at(AT_FDCWD, path);
}

static int save_one(const char *from, const char *to, const char *name) {
        nfw_cleanup(nfw_freep) char *source = NULL, *target = NULL, *text = NULL, *old = NULL;
        size_t size, old_size;
        int r;

        r = nfw_network_path(from, name, NFW_NETWORK_RUNNING, &source);
        if (r == 0)
                r = nfw_network_path(to, name, NFW_NETWORK_RUNNING, &target);
        if (r == 0)
                r = nfw_file_read(source, NFW_NETWORK_RUNNING_SIZE_MAX, &text, &size);
        if (r != 0)
                return r > 0 || nfw_file_is_bad(r) ? 0 : r;
        if (nfw_stored_is_twofold(AT_FDCWD, target) &&
            nfw_stored_read(target, NFW_NETWORK_RUNNING_SIZE_MAX, &old, &old_size) == 0 && old_size == size &&
            memcmp(old, text, size) == 0)
                return 0;
        return nfw_stored_write(target, text, size);
}

int nfw_networks_save(const struct nfw_context *context, const char *directory) {
        nfw_cleanup(nfw_network_names_deinit) struct nfw_network_names running = { 0 }, stored = { 0 };
        int r;

        r = nfw_network_names_read(context->directory, NFW_NETWORK_RUNNING, &running);
        if (r == 0)
                r = stored_names_read(directory, &stored);
        if (r == 0 && running.vec.n > 0 && mkdir(directory, 0700) < 0 && errno != EEXIST)
                r = -errno;
        nfw_vec_foreach (name, &running.vec)
                if (r == 0)
                        r = save_one(context->directory, directory, *name);
        nfw_vec_foreach (name, &stored.vec) {
                bool runs = false;

                nfw_vec_foreach (other, &running.vec)
                        runs |= strcmp(*name, *other) == 0;
                if (r == 0 && !runs)
                        r = remove_stored(directory, *name);
        }
        return r;
}
