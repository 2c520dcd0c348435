/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/port.h"

#include <errno.h>
#include <string.h>

#include "engine/not_found.h"
#include "engine/resolvers.h"

void nfw_port_deinit(struct nfw_port *port) {
        for (size_t i = 0; i < NFW_N_PARAMETERS; i++)
                nfw_prefixes_deinit(&port->values[i]);
}

static int add_value(struct nfw_prefixes *values, const struct nfw_prefix *value) {
        nfw_vec_foreach (other, &values->vec)
                if (other->length == value->length && nfw_addr_equal(&other->addr, &value->addr))
                        return 0;
        return nfw_vec_push(&values->vec, *value);
}

static struct nfw_prefix whole(const struct nfw_addr *addr) {
        return (struct nfw_prefix){ .addr = *addr, .length = (uint8_t)(nfw_addr_size(addr->family) * 8) };
}

static struct nfw_prefix network_of(const struct nfw_prefix *address) {
        struct nfw_prefix network = *address;

        for (size_t bit = network.length; bit < nfw_addr_size(network.addr.family) * 8; bit++)
                network.addr.bytes[bit / 8] &= (uint8_t) ~(0x80 >> (bit % 8));
        return network;
}

static bool overlaps(const struct nfw_prefix *a, const struct nfw_prefix *b) {
        struct nfw_prefix shorter = *(a->length < b->length ? a : b),
                          longer = *(a->length < b->length ? b : a);

        if (a->addr.family != b->addr.family)
                return false;
        longer.length = shorter.length;
        longer = network_of(&longer);
        return nfw_addr_equal(&longer.addr, &shorter.addr);
}

/* An interval set refuses networks that overlap; the wider of two says it all. */
static int add_network(struct nfw_prefixes *values, const struct nfw_prefix *address) {
        struct nfw_prefix network = network_of(address);

        if (nfw_addr_is_special(&network.addr))
                return 0;

        nfw_vec_foreach (other, &values->vec)
                if (overlaps(other, &network)) {
                        if (network.length < other->length)
                                *other = network;
                        return 0;
                }
        return nfw_vec_push(&values->vec, network);
}

static int add_resolvers(struct nfw_port *port,
                         struct nfw_context *context,
                         const struct nfw_record *settings,
                         const struct nfw_prefixes *local) {
        struct nfw_prefixes *values = &port->values[NFW_PARAMETER_RESOLVERS];
        const struct nfw_prefixes *host;
        struct nfw_prefix value;
        int r = 0;

        if (settings->resolvers.n > 0) {
                nfw_vec_foreach (resolver, &settings->resolvers) {
                        value = whole(resolver);
                        r = add_value(values, &value);
                        if (r < 0)
                                return r;
                }
                return 0;
        }

        r = nfw_resolvers_of_host(&context->resolvers, &host);
        if (r < 0)
                return r;
        nfw_vec_foreach (server, &host->vec) {
                r = add_value(values, server);
                if (r < 0)
                        return r;
        }
        nfw_vec_foreach (address, &local->vec) {
                value = whole(&address->addr);
                r = add_value(values, &value);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_values(struct nfw_port *port,
                      struct nfw_context *context,
                      const struct nfw_record *settings,
                      const struct nfw_prefixes *local) {
        int r;

        nfw_vec_foreach (address, &local->vec) {
                struct nfw_prefix value = whole(&address->addr);

                if (settings->parameters[NFW_PARAMETER_LOCAL]) {
                        r = add_value(&port->values[NFW_PARAMETER_LOCAL], &value);
                        if (r < 0)
                                return r;
                }
                if (settings->parameters[NFW_PARAMETER_SUBNETS]) {
                        r = add_network(&port->values[NFW_PARAMETER_SUBNETS], address);
                        if (r < 0)
                                return r;
                }
        }
        return settings->parameters[NFW_PARAMETER_RESOLVERS] ? add_resolvers(port, context, settings, local)
                                                             : 0;
}

/* Most policies refer to none of the parameters that are made of them. */
static bool wants_addresses(const struct nfw_record *settings) {
        return settings->parameters[NFW_PARAMETER_LOCAL] || settings->parameters[NFW_PARAMETER_SUBNETS] ||
               (settings->parameters[NFW_PARAMETER_RESOLVERS] && settings->resolvers.n == 0);
}

static int report_bypass(const char *interface, enum nfw_link_bypass bypass, struct nfw_report *report) {
        static const struct {
                const char *what, *hint;
        } kinds[] = {
                [NFW_LINK_MACVTAP] = { "is a macvtap",
                                       "connect the guest by a tap that is routed or a port of a bridge" },
                [NFW_LINK_OPENVSWITCH] = { "is a port of an Open vSwitch bridge",
                                           "put a Linux bridge between the guest and the switch and the policy "
                                           "on its port, or write the rules as flows of the switch" },
        };

        int r;

        r = nfw_report_error(
                report, "port/not-seen", NULL, kinds[bypass].hint,
                "interface `%s` %s: its packets go past nftables, so no policy can be enforced there",
                interface, kinds[bypass].what);
        return r < 0 ? r : NFW_E_REFUSED;
}

/*
 * In what nft prints a quotation mark ends the name, and an asterisk at its end stands for any other end: nobody could load
 * that again.
 */
static bool can_be_printed(const char *interface) {
        size_t n = strlen(interface);

        return !strchr(interface, '"') && (n == 0 || interface[n - 1] != '*');
}

static int report_name(const char *interface, struct nfw_report *report) {
        int r = nfw_report_error(report, "port/bad-name", NULL, "give the interface another name",
                                 "nftables cannot print the name of interface `%s`, nor read it again",
                                 interface);

        return r < 0 ? r : NFW_E_REFUSED;
}

int nfw_port_init(struct nfw_port *port,
                  struct nfw_context *context,
                  const char *interface,
                  const struct nfw_record *settings,
                  struct nfw_report *report) {
        nfw_cleanup(nfw_prefixes_deinit) struct nfw_prefixes local = { 0 };
        struct nfw_link link;
        int r;

        *port = (struct nfw_port){ 0 };

        r = strlen(interface) < IFNAMSIZ ? nfw_rtnl_link_by_name(context->rtnl, interface, &link)
                                         : NFW_E_NOT_FOUND;
        if (r == NFW_E_NOT_FOUND)
                return nfw_report_no_interface(report, context, interface);
        if (r < 0)
                return r;

        if (link.bypass != NFW_LINK_SEEN)
                return report_bypass(interface, link.bypass, report);
        if (!can_be_printed(interface))
                return report_name(interface, report);

        strcpy(port->interface, interface);
        port->index = link.index;
        port->table = link.master ? NFW_TABLE_BRIDGE : NFW_TABLE_INET;

        /* A bridge port has no addresses that count; the guest's neighbour on the host is the bridge itself. */
        if (wants_addresses(settings))
                r = nfw_rtnl_addresses(context->rtnl, link.master ? link.master : link.index, &local);
        if (r >= 0)
                r = add_values(port, context, settings, &local);
        if (r < 0)
                nfw_port_deinit(port);
        return r;
}

/* As the kernel has it: dev_valid_name(). */
static bool can_be_name(const char *interface) {
        size_t n = strlen(interface);

        if (n == 0 || n >= IFNAMSIZ || strcmp(interface, ".") == 0 || strcmp(interface, "..") == 0)
                return false;
        return strcspn(interface, "/: \t\n\v\f\r\xa0") == n;
}

int nfw_port_init_absent(struct nfw_port *port,
                         struct nfw_context *context,
                         const char *interface,
                         const struct nfw_record *settings) {
        static const struct nfw_prefixes none;
        int r;

        *port = (struct nfw_port){ .table = NFW_TABLE_INET };
        if (!can_be_name(interface) || !can_be_printed(interface))
                return NFW_E_NOT_FOUND;

        strcpy(port->interface, interface);
        r = add_values(port, context, settings, &none);
        if (r < 0)
                nfw_port_deinit(port);
        return r;
}
