/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/lower_basics.h"

#include <netinet/in.h>

#include "base/macros.h"
#include "ir/build.h"

/*
 * RFC 4861. Routers forward these messages as any other, and they have room for anything, so they may go to the
 * link only: a guest could otherwise talk to whomever it likes with them. A port of a bridge has neighbours with
 * addresses that the host knows nothing of, and they need an answer.
 */
static const struct nfw_implicit neighbour_discovery[] = {
        {
                .name = "neighbour discovery",
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_ICMPV6 },
                .icmpv6_types = { 133, 135, 136 },
                .hop_limit = 255,
                .address = NFW_ADDRESS_LINK6,
        },
        {
                .name = "neighbour discovery",
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_ICMPV6 },
                .icmpv6_types = { 133, 135, 136 },
                .hop_limit = 255,
                .address = NFW_ADDRESS_PARAMETER_V6,
                .parameter = NFW_PARAMETER_LOCAL,
        },
        {
                .name = "neighbour discovery",
                .condition = NFW_IN_BRIDGE_TABLE,
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_ICMPV6 },
                .icmpv6_types = { 136 },
                .hop_limit = 255,
        },
};

/* RFC 3810. Without them switches would forget where the guest's solicited-node groups are. */
static const struct nfw_implicit multicast_reports[] = {
        {
                .name = "MLD reports",
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_ICMPV6 },
                .icmpv6_types = { 131, 132, 143 },
                .hop_limit = 1,
        },
};

/* The second one: a lease is renewed by unicast, RFC 2131 section 4.3.2. */
static const struct nfw_implicit dhcpv4[] = {
        {
                .name = "DHCPv4",
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_UDP },
                .sport = 68,
                .dport = 67,
                .address = NFW_ADDRESS_BROADCAST,
        },
        {
                .name = "DHCPv4 renewal",
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_UDP },
                .sport = 68,
                .dport = 67,
                .address = NFW_ADDRESS_PARAMETER_V4,
                .parameter = NFW_PARAMETER_LOCAL,
        },
};

static const struct nfw_implicit dhcpv6[] = {
        {
                .name = "DHCPv6",
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_UDP },
                .sport = 546,
                .dport = 547,
                .address = NFW_ADDRESS_DHCPV6_SERVERS,
        },
};

static const struct nfw_implicit dns[] = {
        {
                .name = "DNS",
                .condition = NFW_WITH_TRUSTED_RESOLVERS,
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_TCP, IPPROTO_UDP },
                .dport = 53,
                .address = NFW_ADDRESS_PARAMETER_V4,
                .parameter = NFW_PARAMETER_RESOLVERS,
        },
        {
                .name = "DNS",
                .condition = NFW_WITH_TRUSTED_RESOLVERS,
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_TCP, IPPROTO_UDP },
                .dport = 53,
                .address = NFW_ADDRESS_PARAMETER_V6,
                .parameter = NFW_PARAMETER_RESOLVERS,
        },
        {
                .name = "DNS",
                .condition = NFW_WITH_ANY_RESOLVER,
                .verdict = NFW_VERDICT_ACCEPT,
                .l4proto = { IPPROTO_TCP, IPPROTO_UDP },
                .dport = 53,
        },
};

/* protocols, bits of enum nfw_protocol, and port are what a rule denies the service by; 0: it cannot. */
static const struct service {
        unsigned int protocols;
        uint16_t port;
        const struct nfw_implicit *rules;
        size_t n_rules;
} services[] = {
        { 0, 0, neighbour_discovery, NFW_ARRAY_SIZE(neighbour_discovery) },
        { 0, 0, multicast_reports, NFW_ARRAY_SIZE(multicast_reports) },
        { NFW_PROTOCOL_UDP, 67, dhcpv4, NFW_ARRAY_SIZE(dhcpv4) },
        { NFW_PROTOCOL_UDP, 547, dhcpv6, NFW_ARRAY_SIZE(dhcpv6) },
        { NFW_PROTOCOL_TCP | NFW_PROTOCOL_UDP, 53, dns, NFW_ARRAY_SIZE(dns) },
};

/* A rule that says nothing of ports speaks of traffic in general, not of the service. */
static bool rule_names_service(const struct nfw_policy_rule *rule, const struct service *service) {
        if (!(nfw_lower_protocols(rule) & service->protocols))
                return false;

        nfw_vec_foreach (ports, &rule->ports) {
                if (ports->first <= service->port && service->port <= ports->last)
                        return true;
        }
        return false;
}

static bool is_denied_by_name(const struct nfw_lowered *lowered, const struct service *service) {
        nfw_vec_foreach (rule, &lowered->rules) {
                if (rule->source->action == NFW_ACTION_DENY && rule_names_service(rule->source, service))
                        return true;
        }
        return false;
}

static int append_common(const struct nfw_ir_rule *rule,
                         const struct nfw_ir_rule *basic,
                         struct nfw_ir_chain *chain) {
        struct nfw_ir_rule common;
        bool possible;
        int r = nfw_ir_rule_copy(rule, &common);

        if (r < 0)
                return r;
        r = nfw_ir_rule_conjoin(&common, basic, &possible);
        if (r < 0 || !possible) {
                nfw_ir_rule_deinit(&common);
                return r;
        }
        return nfw_ir_chain_take(chain, &common);
}

static int append_policy_rule(const struct nfw_lowered_rule *rule,
                              const struct nfw_ir_chain *basics,
                              struct nfw_ir_chain *chain) {
        nfw_vec_foreach (part, &rule->chain.rules) {
                nfw_vec_foreach (basic, &basics->rules) {
                        int r = append_common(part, basic, chain);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int append_service(const struct service *service,
                          const struct nfw_lowered *lowered,
                          const struct nfw_lower_facts *facts,
                          struct nfw_ir_chain *chain) {
        nfw_cleanup(nfw_ir_chain_deinit) struct nfw_ir_chain basics = { 0 };
        int r = nfw_implicit_append(service->rules, service->n_rules, facts, &basics);

        if (r == 0 && is_denied_by_name(lowered, service)) {
                nfw_vec_foreach (rule, &lowered->rules) {
                        if (r == 0 && rule_names_service(rule->source, service))
                                r = append_policy_rule(rule, &basics, chain);
                }
        }
        nfw_vec_foreach (basic, &basics.rules) {
                if (r == 0)
                        r = nfw_ir_chain_take(chain, basic);
        }
        return r;
}

int nfw_lower_basics(const struct nfw_lowered *lowered,
                     const struct nfw_lower_facts *facts,
                     struct nfw_ir_chain *chain) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(services); i++) {
                int r = append_service(&services[i], lowered, facts, chain);

                if (r < 0)
                        return r;
        }
        return 0;
}
