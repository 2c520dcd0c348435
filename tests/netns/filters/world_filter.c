/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "world.h"

struct rule {
        enum nfw_nwfilter_protocol protocol;
        bool is_top;
        bool is_inout;
        bool with_lists;   /* of its variables; else those with one value */
        bool has_protocol; /* one, that the ports, types and codes of ip and ipv6 are of */
        bool is_icmpv6;
};

static bool is_port(enum nfw_nwfilter_attribute attribute) {
        return attribute >= NFW_NWFILTER_SRCPORTSTART && attribute <= NFW_NWFILTER_DSTPORTEND;
}

static bool is_type(enum nfw_nwfilter_attribute attribute) {
        return attribute >= NFW_NWFILTER_TYPE && attribute <= NFW_NWFILTER_CODE_END;
}

static enum world_kind kind_of_number(enum nfw_nwfilter_attribute attribute) {
        const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(attribute);
        bool is_end = info->has_of;

        switch (attribute) {
        case NFW_NWFILTER_PROTOCOLID:
        case NFW_NWFILTER_ENCAP_PROTOCOL:
                return WORLD_ETHER_TYPE;
        case NFW_NWFILTER_VLANID:
                return WORLD_VLAN;
        case NFW_NWFILTER_PROTOCOL:
                return WORLD_PROTOCOL;
        case NFW_NWFILTER_OPCODE:
                return WORLD_OPCODE;
        default:
                if (info->max > 0xff)
                        return is_end ? WORLD_PORT_END : WORLD_PORT;
                return is_end ? WORLD_NUMBER_END : WORLD_NUMBER;
        }
}

static enum world_kind kind_of(enum nfw_nwfilter_protocol protocol, enum nfw_nwfilter_attribute attribute) {
        const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(attribute);
        bool is_v6 = nfw_nwfilter_protocol_family(protocol) == AF_INET6;

        switch (info->type) {
        case NFW_NWFILTER_TYPE_NUMBER:
                break;
        case NFW_NWFILTER_TYPE_MAC:
                return WORLD_MAC;
        case NFW_NWFILTER_TYPE_MAC_MASK:
                return WORLD_MAC_MASK;
        case NFW_NWFILTER_TYPE_IP:
                if (info->has_of)
                        return is_v6 ? WORLD_IP6_END : WORLD_IP4_END;
                return is_v6 ? WORLD_IP6 : WORLD_IP4;
        case NFW_NWFILTER_TYPE_IP_MASK:
                return is_v6 ? WORLD_IP6_MASK : WORLD_IP4_MASK;
        case NFW_NWFILTER_TYPE_BOOLEAN:
                return WORLD_BOOLEAN;
        case NFW_NWFILTER_TYPE_STATE:
                return WORLD_STATE;
        case NFW_NWFILTER_TYPE_TCP_FLAGS:
                return WORLD_TCP_FLAGS;
        case NFW_NWFILTER_TYPE_IPSET:
                return WORLD_SET;
        case NFW_NWFILTER_TYPE_IPSET_FLAGS:
                return WORLD_SET_FLAGS;
        case NFW_NWFILTER_TYPE_COMMENT:
                return WORLD_COMMENT;
        }
        return kind_of_number(attribute);
}

/* Lists have one length, so they may be walked in parallel; what has one value keeps out of their iterators. */
static void print_access(FILE *out, struct world *world, const struct world_variable *variable) {
        struct random *random = &world->random;

        fprintf(out, "$%s", variable->name);
        switch (random_below(random, 4)) {
        case 0:
                fprintf(out, "[%u]", random_below(random, (unsigned)variable->n));
                break;
        case 1:
                fprintf(out, "[@%u]", 1 + random_below(random, 2) + (variable->is_list ? 0 : 4));
                break;
        default:
                break;
        }
}

static bool print_variable(FILE *out, struct world *world, const struct rule *rule, enum world_kind kind) {
        for (size_t i = 0; i < WORLD_N_VARIABLES; i++) {
                const struct world_variable *variable = &world->variables[i];

                if (variable->kind != kind || variable->is_list != rule->with_lists ||
                    (rule->is_top && !variable->by_port))
                        continue;
                print_access(out, world, variable);
                return true;
        }
        return false;
}

static void print_value(FILE *out,
                        struct world *world,
                        const struct rule *rule,
                        enum nfw_nwfilter_attribute attribute) {
        const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(attribute);
        enum world_kind kind = kind_of(rule->protocol, attribute);
        struct random *random = &world->random;
        char text[WORLD_TEXT_MAX];

        if (!info->no_variable && random_chance(random, 35) && print_variable(out, world, rule, kind))
                return;
        world_value(random, kind, text);
        if (info->type == NFW_NWFILTER_TYPE_NUMBER && random_chance(random, 15) &&
            strspn(text, "0123456789") == strlen(text))
                fprintf(out, "0x%lX", strtoul(text, NULL, 10));
        else
                fputs(text, out);
}

static bool may_have(const struct rule *rule, enum nfw_nwfilter_attribute attribute) {
        bool is_ip = rule->protocol == NFW_NWFILTER_IP || rule->protocol == NFW_NWFILTER_IPV6;

        /* It needs the kernel to know connections. */
        if (attribute == NFW_NWFILTER_CONNLIMIT_ABOVE)
                return false;
        /* They may be of ports. */
        if (attribute == NFW_NWFILTER_IPSET || attribute == NFW_NWFILTER_IPSETFLAGS)
                return rule->protocol == NFW_NWFILTER_TCP || rule->protocol == NFW_NWFILTER_SCTP;
        if (rule->protocol == NFW_NWFILTER_STP && rule->is_inout)
                return attribute != NFW_NWFILTER_SRCMACADDR && attribute != NFW_NWFILTER_SRCMACMASK;
        if (!is_ip)
                return true;
        if (is_port(attribute))
                return rule->has_protocol && !rule->is_icmpv6;
        if (is_type(attribute))
                return rule->is_icmpv6;
        return attribute != NFW_NWFILTER_PROTOCOL || !rule->has_protocol;
}

/* What each attribute needs is there as well, in the same element. */
static void choose(struct world *world, const struct rule *rule, bool chosen[NFW_N_NWFILTER_ATTRIBUTES]) {
        static const unsigned int rare = 4;
        size_t n;
        const uint8_t *attributes = nfw_nwfilter_protocol_attributes(rule->protocol, &n);

        memset(chosen, 0, NFW_N_NWFILTER_ATTRIBUTES * sizeof(*chosen));
        for (size_t i = 0; i < n; i++) {
                enum nfw_nwfilter_attribute attribute = attributes[i];
                const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(attribute);
                bool is_rare = attribute == NFW_NWFILTER_COMMENT || attribute == NFW_NWFILTER_STATE ||
                               attribute == NFW_NWFILTER_IPSET || attribute == NFW_NWFILTER_IPSETFLAGS;
                unsigned int percent = is_rare ? rare : 3 + 150 / (unsigned)n;

                if (!may_have(rule, attribute) || !random_chance(&world->random, percent))
                        continue;
                chosen[attribute] = true;
                if (info->has_of)
                        chosen[info->of] = true;
        }
}

static void print_attributes(FILE *out, struct world *world, const struct rule *rule, bool negate) {
        bool chosen[NFW_N_NWFILTER_ATTRIBUTES];
        size_t n;
        const uint8_t *attributes = nfw_nwfilter_protocol_attributes(rule->protocol, &n);
        const char *quote = random_chance(&world->random, 50) ? "'" : "\"";

        choose(world, rule, chosen);
        if (negate)
                fprintf(out, " match=%sno%s", quote, quote);
        for (size_t i = 0; i < n; i++) {
                if (!chosen[attributes[i]])
                        continue;
                fprintf(out, " %s=%s", nfw_nwfilter_attribute_name(attributes[i]), quote);
                print_value(out, world, rule, attributes[i]);
                fputs(quote, out);
        }
}

static void print_elements(FILE *out, struct world *world, struct rule *rule) {
        struct random *random = &world->random;
        const char *name = nfw_nwfilter_protocol_name(rule->protocol);
        unsigned int n = random_chance(random, 75) ? 1 : 1 + random_below(random, 3);

        if ((rule->protocol == NFW_NWFILTER_IP || rule->protocol == NFW_NWFILTER_IPV6) &&
            random_chance(random, 60)) {
                static const char *const with_ports[] = { "tcp", "udp", "sctp", "udplite", "33" };

                rule->has_protocol = true;
                rule->is_icmpv6 = rule->protocol == NFW_NWFILTER_IPV6 && random_chance(random, 50);
                fprintf(out, "    <%s protocol='%s'", name,
                        rule->is_icmpv6 ? "icmpv6" : random_pick(random, with_ports));
                print_attributes(out, world, rule, false);
                fputs("/>\n", out);
                n--;
        }
        for (unsigned int i = 0; i < n; i++) {
                fprintf(out, "    <%s", name);
                print_attributes(out, world, rule, random_chance(random, 25));
                fputs("/>\n", out);
        }
        if (random_chance(random, 3))
                fputs(rule->protocol == NFW_NWFILTER_MAC ? "    <arp opcode='1'/>\n"
                                                         : "    <mac srcmacaddr='1:2:3:4:5:6'/>\n",
                      out);
}

/* Rarely what the chain never gets to see. */
static enum nfw_nwfilter_protocol draw_protocol(struct random *random, const char *chain) {
        enum nfw_nwfilter_protocol fitting;
        char name[8];

        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(chain, "-_."), chain);
        if (strcmp(name, "ipv4") == 0)
                strcpy(name, "ip");
        if (random_chance(random, 70) && nfw_nwfilter_protocol_find(name, &fitting))
                return fitting;
        if (random_chance(random, 50))
                return (enum nfw_nwfilter_protocol)random_below(random, NFW_NWFILTER_TCP);
        return NFW_NWFILTER_TCP + random_below(random, NFW_N_NWFILTER_PROTOCOLS - NFW_NWFILTER_TCP);
}

static int draw_priority(struct random *random) {
        static const int priorities[] = { -1000, -750, -700, -600, -500, -1, 0, 1, 100, 500, 999, 1000 };

        return random_pick(random, priorities);
}

static void print_rule(FILE *out, struct world *world, const char *chain, bool is_top) {
        static const char *const actions[] = { "accept", "accept", "accept",   "drop",  "drop",
                                               "drop",   "reject", "continue", "return" };
        static const char *const directions[] = { "in", "out", "inout" };
        struct random *random = &world->random;
        const char *direction = random_pick(random, directions);
        struct rule rule = { .protocol = draw_protocol(random, chain),
                             .is_top = is_top,
                             .is_inout = strcmp(direction, "inout") == 0,
                             .with_lists = random_chance(random, 60) };

        fprintf(out, "  <rule action='%s' direction='%s'", random_pick(random, actions), direction);
        if (random_chance(random, 50))
                fprintf(out, " priority='%d'", draw_priority(random));
        /* Without it, what is accepted depends on connections. */
        if (nfw_nwfilter_is_network_layer(rule.protocol) || random_chance(random, 20))
                fprintf(out, " statematch='%s'", random_chance(random, 50) ? "false" : "0");
        fputs(">\n", out);
        if (rule.protocol != NFW_NWFILTER_NONE)
                print_elements(out, world, &rule);
        fputs("  </rule>\n", out);
}

static void print_reference(FILE *out, struct world *world, size_t from, size_t to) {
        struct random *random = &world->random;

        fprintf(out, "  <filterref filter='f%zu'>\n", to);
        for (size_t i = 0; i < WORLD_N_VARIABLES; i++) {
                const struct world_variable *variable = &world->variables[i];
                char text[WORLD_TEXT_MAX];

                /* What is given further out wins, so more of them change nothing. */
                if (from == 0 ? variable->by_port && !random_chance(random, 10) : !random_chance(random, 10))
                        continue;
                for (size_t k = 0; k < variable->n; k++) {
                        world_value(random, variable->kind, text);
                        fprintf(out, "    <parameter name='%s' value='%s'/>\n", variable->name, text);
                }
        }
        fputs("  </filterref>\n", out);
}

/* Each filter but the first is referred to by the one before it, or by the first. */
static bool refers(struct random *random, size_t from, size_t to) {
        return random_chance(random, from + 1 == to ? 60 : from == 0 ? 50 : 15);
}

char *world_filter(struct world *world, size_t index) {
        static const char *const chains[] = { "root",  "root", "root", "mac",   "mac-a", "vlan",   "stp",
                                              "stp_x", "arp",  "arp",  "arp-b", "rarp",  "ipv4",   "ipv4",
                                              "ipv4.", "ipv6", "ipv6", "vlan:", "root",  "ipv4-in" };
        static const unsigned int most[] = { 3, 6, 6, 12, 30 };
        struct random *random = &world->random;
        const char *chain = random_pick(random, chains);
        unsigned int n_rules = random_below(random, random_pick(random, most) + 1);
        char *text = NULL;
        size_t size, next = index + 1;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        fprintf(out, "<filter name='f%zu' chain='%s'", index, chain);
        if (strcmp(chain, "root") != 0 && random_chance(random, 50))
                fprintf(out, " priority='%d'", draw_priority(random));
        fputs(">\n", out);
        for (unsigned int i = 0; i < n_rules || next < world->n_filters;) {
                if (next < world->n_filters && (i == n_rules || random_chance(random, 30))) {
                        if (refers(random, index, next))
                                print_reference(out, world, index, next);
                        next++;
                        continue;
                }
                print_rule(out, world, chain, index == 0);
                i++;
        }
        fputs("</filter>\n", out);
        if (fclose(out) != 0)
                return NULL;
        return text;
}
