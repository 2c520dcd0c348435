/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's network XML, as far as it is about who may talk to whom; the rest is kept as it is. */
#include <string.h>

#include "net/mac.h"
#include "network/reader.h"
#include "network/tree.h"
#include "network/value.h"

static bool copy_link(const char *value, char target[static IFNAMSIZ]) {
        if (!nfw_network_link_is_valid(value))
                return false;
        strcpy(target, value);
        return true;
}

/* --- plain values -------------------------------------------------------------------------------------------- */

static bool take_name(struct nfw_network_reading *reading, const char *text) {
        if (!nfw_network_name_is_valid(text))
                return false;
        strcpy(reading->network->name, text);
        return true;
}

static bool take_uuid(struct nfw_network_reading *reading, const char *text) {
        return nfw_network_parse_uuid(text, reading->network->uuid);
}

static bool take_ipv6(struct nfw_network_reading *reading, const char *value) {
        return nfw_network_parse_yes(value, &reading->network->ipv6);
}

static bool take_bridge(struct nfw_network_reading *reading, const char *value) {
        return copy_link(value, reading->network->bridge);
}

static bool take_stp(struct nfw_network_reading *reading, const char *value) {
        return nfw_network_parse_on(value, &reading->network->stp);
}

static bool take_delay(struct nfw_network_reading *reading, const char *value) {
        return nfw_network_parse_number(value, 30, &reading->network->delay);
}

static bool take_mtu(struct nfw_network_reading *reading, const char *value) {
        unsigned int mtu;

        if (!nfw_network_parse_number(value, 65535, &mtu) || mtu < 68)
                return false;
        reading->network->mtu = mtu;
        return true;
}

static bool take_mac(struct nfw_network_reading *reading, const char *value) {
        reading->network->has_mac =
                nfw_mac_parse(value, reading->network->mac) && !nfw_mac_is_group(reading->network->mac);
        return reading->network->has_mac;
}

/* --- <forward> ----------------------------------------------------------------------------------------------- */

static int begin_forward(struct nfw_network_reading *reading, const struct nfw_xml_element *element) {
        reading->network->mode = NFW_NETWORK_NAT;
        reading->forward_pos = element->pos;
        return 0;
}

static bool take_mode(struct nfw_network_reading *reading, const char *value) {
        return nfw_network_parse_mode(value, &reading->network->mode);
}

static bool take_device(struct nfw_network_reading *reading, const char *value) {
        return copy_link(value, reading->network->device);
}

static bool take_interface(struct nfw_network_reading *reading, const char *value) {
        return copy_link(value, reading->interface);
}

static int begin_nat(struct nfw_network_reading *reading, const struct nfw_xml_element *element) {
        reading->has_nat = true;
        reading->nat_pos = element->pos;
        return 0;
}

static bool take_nat_ipv6(struct nfw_network_reading *reading, const char *value) {
        return nfw_network_parse_yes(value, &reading->network->nat_ipv6);
}

static bool take_port(const char *value, uint16_t *ret_port) {
        unsigned int port;

        if (!nfw_network_parse_number(value, UINT16_MAX, &port) || port == 0)
                return false;
        *ret_port = (uint16_t)port;
        return true;
}

static bool take_port_start(struct nfw_network_reading *reading, const char *value) {
        return take_port(value, &reading->network->nat_ports.first);
}

static bool take_port_end(struct nfw_network_reading *reading, const char *value) {
        return take_port(value, &reading->network->nat_ports.last);
}

static bool take_ipv4(const char *value, struct nfw_addr *ret_addr) {
        struct nfw_addr addr;

        if (nfw_addr_parse(value, &addr) != 0 || addr.family != AF_INET)
                return false;
        *ret_addr = addr;
        return true;
}

static bool take_address_start(struct nfw_network_reading *reading, const char *value) {
        return take_ipv4(value, &reading->network->nat_first);
}

static bool take_address_end(struct nfw_network_reading *reading, const char *value) {
        return take_ipv4(value, &reading->network->nat_last);
}

static int end_port(struct nfw_network_reading *reading, const struct nfw_xml_element *element) {
        const struct nfw_port_range *ports = &reading->network->nat_ports;

        if (ports->first <= ports->last)
                return 0;
        return nfw_sink_error(&reading->sink, "network/value", &element->pos, NULL,
                              "the range of ports begins with %u and ends with %u", ports->first,
                              ports->last);
}

static int end_address(struct nfw_network_reading *reading, const struct nfw_xml_element *element) {
        const struct nfw_network *network = reading->network;

        if (memcmp(network->nat_first.bytes, network->nat_last.bytes, 4) <= 0)
                return 0;
        return nfw_sink_error(&reading->sink, "network/value", &element->pos, NULL,
                              "the range of addresses ends before it begins");
}

/* --- <ip> ---------------------------------------------------------------------------------------------------- */

static int begin_ip(struct nfw_network_reading *reading, const struct nfw_xml_element *element) {
        reading->ip = (struct nfw_network_ip){ .pos = element->pos };
        reading->family = AF_INET;
        reading->has_address = reading->has_prefix = reading->has_netmask = false;
        return 0;
}

static bool take_family(struct nfw_network_reading *reading, const char *value) {
        if (strcmp(value, "ipv4") != 0 && strcmp(value, "ipv6") != 0)
                return false;
        reading->family = strcmp(value, "ipv6") == 0 ? AF_INET6 : AF_INET;
        return true;
}

static bool take_address(struct nfw_network_reading *reading, const char *value) {
        reading->has_address = nfw_addr_parse(value, &reading->ip.address) == 0;
        return reading->has_address;
}

static bool take_prefix(struct nfw_network_reading *reading, const char *value) {
        reading->has_prefix = nfw_network_parse_number(value, 128, &reading->length);
        return reading->has_prefix;
}

static bool take_netmask(struct nfw_network_reading *reading, const char *value) {
        uint8_t length;

        reading->has_netmask = nfw_network_parse_netmask(value, &length);
        if (reading->has_netmask)
                reading->length = length;
        return reading->has_netmask;
}

static int begin_tftp(struct nfw_network_reading *reading, const struct nfw_xml_element *element) {
        (void)element;
        reading->ip.has_tftp = true;
        return 0;
}

static int report_ip(struct nfw_network_reading *reading, const char *hint, const char *text) {
        return nfw_sink_error(&reading->sink, "network/value", &reading->ip.pos, hint, "%s", text);
}

static bool is_usable(const struct nfw_addr *addr) {
        static const uint8_t zero[16];

        if (memcmp(addr->bytes, zero, sizeof(zero)) == 0)
                return false;
        return addr->family == AF_INET ? addr->bytes[0] != 127 && addr->bytes[0] < 224
                                       : addr->bytes[0] != 0xff;
}

static int end_ip(struct nfw_network_reading *reading, const struct nfw_xml_element *element) {
        struct nfw_network *network = reading->network;
        struct nfw_network_ip *ip = &reading->ip;

        (void)element;
        if (!reading->has_address)
                return 0;
        if (ip->address.family != reading->family)
                return report_ip(reading,
                                 ip->address.family == AF_INET6 ? "write family='ipv6'"
                                                                : "write family='ipv4'",
                                 "the address is not of the element's family");
        if (!is_usable(&ip->address))
                return report_ip(reading, NULL, "that cannot be an address of the host");
        if (reading->has_prefix && reading->has_netmask)
                return report_ip(reading, "leave one of them out", "there is a prefix and a netmask");
        if (reading->has_netmask && reading->family == AF_INET6)
                return report_ip(reading, "write prefix='64'", "IPv6 has no netmasks");
        if (!reading->has_prefix && !reading->has_netmask)
                reading->length = nfw_network_default_length(&ip->address);
        if (reading->length == 0 || reading->length > 8 * nfw_addr_size(ip->address.family))
                return report_ip(reading, NULL, "the prefix is too long, or is everything");
        if (ip->has_tftp && reading->family == AF_INET6)
                return report_ip(reading, NULL, "TFTP is for IPv4 only");
        if (network->ips.n == NFW_NETWORK_IPS_MAX)
                return report_ip(reading, NULL, "there are too many addresses");

        ip->prefix = nfw_network_prefix_of(&ip->address, (uint8_t)reading->length);
        nfw_vec_foreach (other, &network->ips)
                if (nfw_network_prefixes_overlap(&other->prefix, &ip->prefix))
                        return report_ip(reading, NULL, "its network overlaps that of an earlier address");
        return nfw_vec_push(&network->ips, *ip);
}

/* --- the tables ---------------------------------------------------------------------------------------------- */

static const struct nfw_network_attribute_rule port_attributes[] = {
        { "start", take_port_start, "a port from 1 to 65535", true },
        { "end", take_port_end, "a port from 1 to 65535", true },
};

static const struct nfw_network_attribute_rule address_attributes[] = {
        { "start", take_address_start, "an IPv4 address", true },
        { "end", take_address_end, "an IPv4 address", true },
};

static const struct nfw_network_element_rule nat_children[] = {
        { .name = "port", .attributes = port_attributes, .n_attributes = 2, .end = end_port },
        { .name = "address", .attributes = address_attributes, .n_attributes = 2, .end = end_address },
};

static const struct nfw_network_attribute_rule nat_attributes[] = {
        { "ipv6", take_nat_ipv6, "`yes` or `no`", false },
};

static const struct nfw_network_attribute_rule interface_attributes[] = {
        { "dev", take_interface, "the name of an interface", true },
        { .name = "connections" },
};

#define NO_DEVICES "devices that are handed to guests are not the host's to filter"

static const struct nfw_network_element_rule forward_children[] = {
        { .name = "nat",
          .attributes = nat_attributes,
          .n_attributes = 1,
          .children = nat_children,
          .n_children = 2,
          .begin = begin_nat },
        { .name = "interface", .attributes = interface_attributes, .n_attributes = 2 },
        { .name = "pf", .refused = NO_DEVICES },
        { .name = "address", .refused = NO_DEVICES },
        { .name = "driver", .refused = NO_DEVICES },
};

static const struct nfw_network_attribute_rule forward_attributes[] = {
        { "mode", take_mode,
          "`nat`, `route` or `open` (in libvirt's other modes packets do not pass the host's forwarding)",
          false },
        { "dev", take_device, "the name of an interface", false },
        { .name = "managed" },
};

static const struct nfw_network_attribute_rule bridge_attributes[] = {
        { "name", take_bridge, "a name for an interface, of up to 15 characters", false },
        { "stp", take_stp, "`on` or `off`", false },
        { "delay", take_delay, "a number of seconds up to 30", false },
        { .name = "zone" },
        { .name = "macTableManager" },
};

static const struct nfw_network_attribute_rule ip_attributes[] = {
        { "family", take_family, "`ipv4` or `ipv6`", false },
        { "address", take_address, "an IPv4 or IPv6 address", true },
        { "prefix", take_prefix, "a number up to 32 or 128", false },
        { "netmask", take_netmask, "a netmask such as 255.255.255.0", false },
        { .name = "localPtr" },
};

static const struct nfw_network_attribute_rule tftp_attributes[] = { { .name = "root",
                                                                       .is_required = true } };

static const struct nfw_network_element_rule ip_children[] = {
        { .name = "dhcp", .is_kept = true },
        { .name = "tftp", .attributes = tftp_attributes, .n_attributes = 1, .begin = begin_tftp },
};

static const struct nfw_network_attribute_rule mtu_attributes[] = {
        { "size", take_mtu, "a number from 68 to 65535", true },
};

static const struct nfw_network_attribute_rule mac_attributes[] = {
        { "address", take_mac, "a MAC address of one host, such as 52:54:00:12:34:56", true },
};

static const struct nfw_network_element_rule network_children[] = {
        { .name = "name",
          .take_text = take_name,
          .expected = "up to 50 letters, digits, '.', '_' and '-' that begin with a letter or digit" },
        { .name = "uuid", .take_text = take_uuid, .expected = "a UUID" },
        { .name = "title", .expected = "text" },
        { .name = "description", .expected = "text" },
        { .name = "metadata", .is_kept = true },
        { .name = "forward",
          .attributes = forward_attributes,
          .n_attributes = NFW_ARRAY_SIZE(forward_attributes),
          .children = forward_children,
          .n_children = NFW_ARRAY_SIZE(forward_children),
          .begin = begin_forward },
        { .name = "bridge",
          .attributes = bridge_attributes,
          .n_attributes = NFW_ARRAY_SIZE(bridge_attributes) },
        { .name = "mtu", .attributes = mtu_attributes, .n_attributes = 1 },
        { .name = "mac", .attributes = mac_attributes, .n_attributes = 1 },
        { .name = "domain", .is_kept = true },
        { .name = "dns", .is_kept = true },
        { .name = "ip",
          .is_many = true,
          .attributes = ip_attributes,
          .n_attributes = NFW_ARRAY_SIZE(ip_attributes),
          .children = ip_children,
          .n_children = NFW_ARRAY_SIZE(ip_children),
          .begin = begin_ip,
          .end = end_ip },
        { .name = "route",
          .refused =
                  "guests may only send from the networks of their <ip> elements; add one, or use mode='open' "
                  "and rules of your own" },
        { .name = "bandwidth", .refused = "leave it out, and set limits with tc" },
        { .name = "portgroup", .refused = "write a network for each group" },
        { .name = "vlan", .refused = "tag frames where the guest is attached" },
        { .name = "virtualport", .refused = "Open vSwitch and VEPA are switches of their own" },
        { .name = "port",
          .refused = "isolate ports with `bridge link set dev PORT isolated on`, or put a policy on them" },
};

static const struct nfw_network_attribute_rule network_attributes[] = {
        { "ipv6", take_ipv6, "`yes` or `no`", false },
        { .name = "trustGuestRxFilters" },
        { .name = "connections" },
};

const struct nfw_network_element_rule nfw_network_grammar = {
        .name = "network",
        .attributes = network_attributes,
        .n_attributes = NFW_ARRAY_SIZE(network_attributes),
        .children = network_children,
        .n_children = NFW_ARRAY_SIZE(network_children),
};

bool nfw_network_is_text(const char *parent, const char *name) {
        if (strcmp(parent, "network") != 0)
                return strcmp(name, "hostname") == 0;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(network_children); i++)
                if (network_children[i].expected && strcmp(network_children[i].name, name) == 0)
                        return true;
        return false;
}
