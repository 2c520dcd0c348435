/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/macros.h"
#include "world.h"

struct pool {
        const char *const *texts;
        size_t n;
};

#define POOL(...)                                                                                            \
        {                                                                                                    \
                (const char *const[]){ __VA_ARGS__ },                                                        \
                        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)                  \
        }

/* No end of a range is below a start. */
static const struct pool pools[WORLD_N_KINDS] = {
        [WORLD_MAC] = POOL("52:54:00:00:00:0a",
                           "52:54:00:00:00:0a",
                           "52:54:00:00:00:0b",
                           "52:54:0:0:0:c",
                           "52:54:00:00:01:0A",
                           "52:54:01:00:00:0a",
                           "ff:ff:ff:ff:ff:ff",
                           "33:33:00:00:00:01",
                           "01:00:5e:00:00:01",
                           "01:80:c2:00:00:00",
                           "00:00:00:00:00:00"),
        [WORLD_MAC_MASK] = POOL("ff:ff:ff:ff:ff:ff",
                                "ff:ff:ff:ff:ff:fe",
                                "ff:ff:ff:ff:ff:00",
                                "ff:ff:ff:0:0:0",
                                "ff:ff:fe:00:00:00",
                                "80:00:00:00:00:00",
                                "00:00:00:00:00:00"),
        [WORLD_IP4] = POOL("10.0.0.1",
                           "10.0.0.1",
                           "10.0.0.2",
                           "10.0.0.3",
                           "10.0.0.4",
                           "10.0.0.7",
                           "10.0.1.1",
                           "10.1.0.1",
                           "0.0.0.0"),
        [WORLD_IP4_END] = POOL("10.1.0.1", "10.1.0.2", "10.255.255.255", "224.0.0.1", "255.255.255.255"),
        [WORLD_IP4_MASK] = POOL(
                "32", "31", "255.255.255.252", "255.255.255.0", "24", "16", "13", "8", "1", "0", "0.0.0.0"),
        [WORLD_IP6] = POOL("fd00::1",
                           "fd00::1",
                           "fd00::2",
                           "FD00:0::3",
                           "fd00::4",
                           "fd00::7",
                           "fd00::1:1",
                           "fd00:0:0:1::1",
                           "::"),
        [WORLD_IP6_END] = POOL("fd00:0:0:1::1",
                               "fd00:0:0:1::ffff",
                               "fe80::1",
                               "ff02::1",
                               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        [WORLD_IP6_MASK] = POOL("128",
                                "127",
                                "126",
                                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:0",
                                "64",
                                "ffff::",
                                "47",
                                "9",
                                "0",
                                "::"),
        [WORLD_PORT] = POOL("20", "20", "21", "22", "23", "24", "25", "0", "1", "2048"),
        [WORLD_PORT_END] = POOL("2048", "2049", "0x900", "65535", "65534"),
        [WORLD_NUMBER] = POOL("0", "0", "1", "2", "3", "4", "8", "11", "12"),
        [WORLD_NUMBER_END] = POOL("12", "13", "0x0f", "255"),
        [WORLD_ETHER_TYPE] = POOL("arp",
                                  "rarp",
                                  "ipv4",
                                  "IPv4",
                                  "ipv6",
                                  "vlan",
                                  "0x800",
                                  "34525",
                                  "0x88cc",
                                  "0x1234",
                                  "0x0600",
                                  "0xffff"),
        [WORLD_VLAN] = POOL("0", "1", "7", "7", "100", "0xfff"),
        [WORLD_PROTOCOL] = POOL("tcp",
                                "TCP",
                                "udp",
                                "udp",
                                "17",
                                "icmp",
                                "icmpv6",
                                "esp",
                                "ah",
                                "igmp",
                                "sctp",
                                "udplite",
                                "33",
                                "0",
                                "44",
                                "59",
                                "60",
                                "253",
                                "255"),
        [WORLD_OPCODE] = POOL(
                "Request", "Reply", "request", "2", "Request_Reverse", "Reply_Reverse", "ARP_NAK", "0x14"),
        [WORLD_TCP_FLAGS] = POOL("SYN/SYN",
                                 "SYN,ACK/SYN",
                                 "SYN,ACK/NONE",
                                 "ALL/NONE",
                                 "ALL/SYN,ACK",
                                 "FIN,SYN,RST,PSH,ACK,URG/FIN",
                                 "NONE/NONE",
                                 "rst,urg/RST",
                                 "PSH/PSH"),
        [WORLD_BOOLEAN] = POOL("true", "yes", "1", "false", "no", "0"),
        [WORLD_STATE] = POOL("NONE"),
        [WORLD_SET] = POOL("allowed", "a b", "c.d:e-f+g"),
        [WORLD_SET_FLAGS] = POOL("src", "dst", "SRC", "src,dst", "dst,src", "src,src,dst"),
        [WORLD_COMMENT] = POOL("plain", "&lt;&amp;&gt; &quot;&apos;", "\xc3\xa9t\xc3\xa9", "$NOT", "{ ; }"),
};

void world_value(struct random *random, enum world_kind kind, char text[static WORLD_TEXT_MAX]) {
        const struct pool *pool = &pools[kind];

        (void)snprintf(text, WORLD_TEXT_MAX, "%s", pool->texts[random_below(random, (unsigned)pool->n)]);
}

#define SCALAR_AND_LIST(name_, kind_)                                                                        \
        { .name = name_, .kind = WORLD_##kind_ }, {                                                          \
                .name = name_ "S", .kind = WORLD_##kind_, .is_list = true                                    \
        }

static const struct world_variable variables[WORLD_N_VARIABLES] = {
        SCALAR_AND_LIST("MAC", MAC),          SCALAR_AND_LIST("MAC_MASK", MAC_MASK),
        SCALAR_AND_LIST("IP", IP4),           SCALAR_AND_LIST("IP_END", IP4_END),
        SCALAR_AND_LIST("IP_MASK", IP4_MASK), SCALAR_AND_LIST("IPV6", IP6),
        SCALAR_AND_LIST("IPV6_END", IP6_END), SCALAR_AND_LIST("IPV6_MASK", IP6_MASK),
        SCALAR_AND_LIST("PORT", PORT),        SCALAR_AND_LIST("PORT_END", PORT_END),
        SCALAR_AND_LIST("NUMBER", NUMBER),    SCALAR_AND_LIST("NUMBER_END", NUMBER_END),
        SCALAR_AND_LIST("TYPE", ETHER_TYPE),  SCALAR_AND_LIST("PROTOCOL", PROTOCOL),
        SCALAR_AND_LIST("VLAN", VLAN),
};

void world_draw(struct world *world) {
        struct random *random = &world->random;

        world->list_length = 1 + random_below(random, WORLD_MAX_LIST);
        world->n_filters = 1 + random_below(random, WORLD_MAX_FILTERS);
        for (size_t i = 0; i < WORLD_N_VARIABLES; i++) {
                struct world_variable *variable = &world->variables[i];

                *variable = variables[i];
                variable->n = variable->is_list ? world->list_length : 1;
                variable->by_port = i == 0 || random_chance(random, 75);
                for (size_t port = 0; port < 2; port++)
                        for (size_t k = 0; k < variable->n; k++)
                                world_value(random, variable->kind, variable->values[port][k]);
        }
        /* The port's own MAC address is that of an interface. */
        (void)snprintf(world->variables[0].values[0][0], WORLD_TEXT_MAX, "52:54:00:00:00:0a");
        (void)snprintf(world->variables[0].values[1][0], WORLD_TEXT_MAX, "52:54:00:00:00:0b");
}
