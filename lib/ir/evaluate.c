/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/evaluate.h"

#include <netinet/in.h>
#include <string.h>

#define ETHER_TYPE_IPV4 0x0800
#define ETHER_TYPE_IPV6 0x86dd

uint8_t nfw_evaluate_family(const struct nfw_evaluate_packet *packet) {
        if (packet->ether_type == ETHER_TYPE_IPV4 && packet->destination.family == AF_INET)
                return AF_INET;
        if (packet->ether_type == ETHER_TYPE_IPV6 && packet->destination.family == AF_INET6)
                return AF_INET6;
        return 0;
}

static void value_from_number(uint64_t number, enum nfw_field field, uint8_t value[static NFW_VALUE_MAX]) {
        struct nfw_range range = nfw_range_from_number(number, nfw_field_info(field)->size);

        memcpy(value, range.first, NFW_VALUE_MAX);
}

bool nfw_evaluate_field(const struct nfw_evaluate_packet *packet,
                        enum nfw_field field,
                        uint8_t value[static NFW_VALUE_MAX]) {
        uint8_t family = nfw_evaluate_family(packet);
        uint8_t wanted = nfw_field_info(field)->family;
        bool is_icmpv6 = packet->has_icmp_type && packet->l4proto == IPPROTO_ICMPV6;

        if (wanted != 0 && wanted != family)
                return false;

        switch (field) {
        case NFW_FIELD_ETHER_TYPE:
                value_from_number(packet->ether_type, field, value);
                return true;
        case NFW_FIELD_IP_SADDR:
        case NFW_FIELD_IP6_SADDR:
                memcpy(value, packet->source.bytes, NFW_VALUE_MAX);
                return true;
        case NFW_FIELD_IP_DADDR:
        case NFW_FIELD_IP6_DADDR:
                memcpy(value, packet->destination.bytes, NFW_VALUE_MAX);
                return true;
        case NFW_FIELD_IP6_HOPLIMIT:
                value_from_number(packet->hop_limit, field, value);
                return true;
        case NFW_FIELD_L4PROTO:
                value_from_number(packet->l4proto, field, value);
                return family != 0;
        case NFW_FIELD_TH_SPORT:
                value_from_number(packet->source_port, field, value);
                return family != 0 && packet->has_ports;
        case NFW_FIELD_TH_DPORT:
                value_from_number(packet->destination_port, field, value);
                return family != 0 && packet->has_ports;
        case NFW_FIELD_ICMPV6_TYPE:
                value_from_number(packet->icmp_type, field, value);
                return is_icmpv6;
        case NFW_FIELD_CT_STATE:
                value_from_number(packet->ct_state, field, value);
                return true;
        default: /* for filters */
                return false;
        }
}

static uint32_t value_to_number(const uint8_t value[static NFW_VALUE_MAX], size_t size) {
        uint32_t number = 0;

        for (size_t i = 0; i < size; i++)
                number = number << 8 | value[i];
        return number;
}

static bool match_holds(const struct nfw_match *match,
                        const struct nfw_evaluate_packet *packet,
                        const struct nfw_evaluate_port *port) {
        const struct nfw_field_info *info = nfw_field_info(match->field);
        uint8_t value[NFW_VALUE_MAX] = { 0 };
        struct nfw_addr addr = { .family = info->family };
        bool holds = false;

        if (!nfw_evaluate_field(packet, match->field, value))
                return false;
        memcpy(addr.bytes, value, sizeof(addr.bytes));

        switch (match->kind) {
        case NFW_OPERAND_RANGES:
                holds = nfw_ranges_contain(&match->ranges, value);
                break;
        case NFW_OPERAND_FLAGS:
                holds = value_to_number(value, info->size) & match->flags;
                break;
        case NFW_OPERAND_PARAMETER:
                holds = port && port->is_parameter &&
                        port->is_parameter(port->userdata, match->parameter, &addr);
                break;
        case NFW_OPERAND_LEARNED:
                holds = port && port->is_learned && port->is_learned(port->userdata, match->learned, &addr);
                break;
        default: /* for filters */
                return false;
        }

        return holds != match->negate;
}

static bool rule_matches(const struct nfw_ir_rule *rule,
                         const struct nfw_evaluate_packet *packet,
                         const struct nfw_evaluate_port *port) {
        nfw_vec_foreach (match, &rule->matches) {
                if (!match_holds(match, packet, port))
                        return false;
        }
        return true;
}

enum nfw_verdict nfw_evaluate(const struct nfw_ir *ir,
                              enum nfw_direction direction,
                              const struct nfw_evaluate_packet *packet,
                              const struct nfw_evaluate_port *port,
                              const struct nfw_ir_rule **ret_rule) {
        const struct nfw_ir_chain *chain = &ir->chains[direction];

        nfw_vec_foreach (rule, &chain->rules) {
                if (rule->verdict == NFW_VERDICT_CONTINUE || !rule_matches(rule, packet, port))
                        continue;
                if (ret_rule)
                        *ret_rule = rule;
                return rule->verdict;
        }

        if (ret_rule)
                *ret_rule = NULL;
        return NFW_VERDICT_CONTINUE;
}
