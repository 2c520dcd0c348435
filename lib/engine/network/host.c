/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/network/network.h"
#include "rtnl/bridge.h"

/* --- settings of the kernel ---------------------------------------------------------------------------------- */

static int read_setting(const char *path, char *ret_value) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, ret_value, 1);
        close(fd);
        return n == 1 ? 0 : -EIO;
}

static int write_setting(const char *path, const char *value) {
        int fd = open(path, O_WRONLY | O_CLOEXEC), r = 0;

        if (fd < 0)
                return -errno;
        if (write(fd, value, strlen(value)) < 0)
                r = -errno;
        close(fd);
        return r;
}

/* Of one interface; without IPv6 in the kernel there is nothing to set. */
static void set_ipv6(const char *interface, const char *setting, const char *value) {
        char path[128];

        (void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", interface, setting);
        (void)write_setting(path, value);
}

/* A default route that a router has advertised: the kernel drops it when it begins to forward, unless told otherwise. */
static bool has_advertised_route(char interface[static IFNAMSIZ]) {
        FILE *stream = fopen("/proc/thread-self/net/ipv6_route", "re");
        char to[33], name[IFNAMSIZ];
        unsigned int length, flags;
        bool found = false;

        if (!stream)
                return false;
        while (!found && /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
               fscanf(stream, "%32s %x %*s %*x %*s %*x %*x %*x %x %15s", to, &length, &flags, name) == 4) {
                char path[128], value = '\0';

                /* RTF_DEFAULT | RTF_ADDRCONF */
                if (length != 0 || (flags & 0x50000) != 0x50000)
                        continue;
                (void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", name);
                found = read_setting(path, &value) == 0 && value == '1';
                if (found)
                        strcpy(interface, name);
        }
        fclose(stream);
        return found;
}

static int enable(const char *path, const char *what, struct nfw_report *report) {
        char value = '\0';
        int r;

        r = read_setting(path, &value);
        if (r == 0 && value != '0')
                return 0;
        if (r == 0)
                r = write_setting(path, "1");
        if (r < 0)
                return nfw_report_warning(report, "network/forwarding", NULL, "set it by hand",
                                          "packets of guests get nowhere: %s cannot be set: %s", path,
                                          nfw_strerror(-r));
        return nfw_report_note(report, "network/forwarding", NULL, NULL,
                               "the host forwards %s from now on, between all of its interfaces (%s)", what,
                               path);
}

int nfw_network_enable_forwarding(const struct nfw_network *network, struct nfw_report *report) {
        char interface[IFNAMSIZ];
        int r = 0;

        if (network->mode == NFW_NETWORK_ISOLATED)
                return 0;
        if (nfw_network_has_family(network, AF_INET))
                r = enable("/proc/sys/net/ipv4/ip_forward", "IPv4", report);
        if (r < 0 || !nfw_network_has_family(network, AF_INET6))
                return r;
        if (has_advertised_route(interface)) {
                nfw_cleanup(nfw_freep) char *hint = NULL;

                if (asprintf(&hint,
                             "set net.ipv6.conf.%s.accept_ra to 2, then net.ipv6.conf.all.forwarding to 1",
                             interface) < 0)
                        return -ENOMEM;
                return nfw_report_warning(
                        report, "network/forwarding", NULL, hint,
                        "IPv6 of guests gets nowhere: if the host forwarded IPv6 it would lose its "
                        "default route, which a router has advertised on %s",
                        interface);
        }
        return enable("/proc/sys/net/ipv6/conf/all/forwarding", "IPv6", report);
}

/* --- the bridge ---------------------------------------------------------------------------------------------- */

static int fill_bridge(struct nfw_context *context, const struct nfw_network *network, unsigned int index) {
        int r = 0;

        /* As libvirt has it: the host is the router there, and where it has no address it wants none. */
        set_ipv6(network->bridge, "accept_ra", "0");
        set_ipv6(network->bridge, "autoconf", "0");
        if (!network->ipv6 && !nfw_network_has_family(network, AF_INET6))
                set_ipv6(network->bridge, "disable_ipv6", "1");

        nfw_vec_foreach (ip, &network->ips)
                if (r == 0)
                        r = nfw_rtnl_address_add(context->rtnl, index, &ip->address, ip->prefix.length);
        return r < 0 ? r : nfw_rtnl_link_up(context->rtnl, index);
}

int nfw_network_make_bridge(struct nfw_context *context,
                            const struct nfw_network *network,
                            struct nfw_report *report) {
        const struct nfw_rtnl_bridge bridge = { .name = network->bridge,
                                                .stp = network->stp,
                                                .delay = network->delay,
                                                .mtu = network->mtu,
                                                .mac = network->has_mac ? network->mac : NULL };
        struct nfw_link link;
        bool made = false;
        int r;

        r = nfw_rtnl_bridge_add(context->rtnl, &bridge);
        if (r == 0) {
                made = true;
                r = nfw_rtnl_link_by_name(context->rtnl, network->bridge, &link);
        }
        if (r == 0)
                r = fill_bridge(context, network, link.index);
        if (r == 0)
                return 0;

        if (made)
                nfw_network_remove_bridge(context, network);
        r = r > 0 ? -ENODEV : r;
        if (r == -ENOMEM || r == -EPERM)
                return r;
        r = nfw_report_error(report, "network/bridge", NULL,
                             r == -EEXIST ? "start the network without --create-bridge to use what there is"
                                          : NULL,
                             "bridge %s cannot be made: %s", network->bridge, nfw_strerror(-r));
        return r < 0 ? r : NFW_E_REFUSED;
}

void nfw_network_remove_bridge(struct nfw_context *context, const struct nfw_network *network) {
        struct nfw_link link;

        if (nfw_rtnl_link_by_name(context->rtnl, network->bridge, &link) == 0 && link.is_bridge)
                (void)nfw_rtnl_link_remove(context->rtnl, link.index);
}
