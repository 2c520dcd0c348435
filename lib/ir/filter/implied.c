/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <string.h>

#include "base/macros.h"
#include "ir/build.h"
#include "ir/filter/lowering.h"

/* IEEE 802.2: SAPs of the spanning tree, unnumbered information. */
#define LLC_STP         0x424203

#define STP_TYPE_CONFIG 0
#define STP_TYPE_RAPID  2

static bool has_field(const struct nfw_filter_conditions *conditions, enum nfw_field field) {
        nfw_vec_foreach (condition, &conditions->vec) {
                if (condition->field == field)
                        return true;
        }
        return false;
}

static int match_bridge_group(struct nfw_ir_rule *rule) {
        struct nfw_ranges ranges = { 0 };
        struct nfw_range range = { 0 };
        int r;

        memcpy(range.first, NFW_BRIDGE_GROUP, sizeof(NFW_BRIDGE_GROUP));
        memcpy(range.last, NFW_BRIDGE_GROUP, sizeof(NFW_BRIDGE_GROUP));
        r = nfw_ranges_add(&ranges, &range);
        return r < 0 ? r : nfw_ir_rule_take_ranges(rule, NFW_FIELD_ETHER_DADDR, &ranges);
}

static int match_numbers(struct nfw_ir_rule *rule, enum nfw_field field, uint64_t first, uint64_t last) {
        size_t size = nfw_field_info(field)->size;
        struct nfw_ranges ranges = { 0 };
        struct nfw_range range = nfw_range_from_number(first, size), end = nfw_range_from_number(last, size);
        int r;

        memcpy(range.last, end.last, sizeof(range.last));
        r = nfw_ranges_add(&ranges, &range);
        return r < 0 ? r : nfw_ir_rule_take_ranges(rule, field, &ranges);
}

int nfw_filter_match_protocol(const struct nfw_filter_protocol *protocol, struct nfw_ir_rule *rule) {
        int r = 0;

        if (protocol->ether_type != 0)
                r = nfw_ir_rule_match_number(rule, NFW_FIELD_ETHER_TYPE, protocol->ether_type);
        if (r == 0 && protocol->l4proto != 0)
                r = nfw_ir_rule_match_number(rule, NFW_FIELD_L4PROTO, protocol->l4proto);
        if (r == 0 && protocol->is_bridge_group)
                r = match_bridge_group(rule);
        return r;
}

static int match_stp(const struct nfw_filter_conditions *conditions, struct nfw_ir_rule *rule) {
        bool any = false, beyond_type = false;
        int r;

        nfw_vec_foreach (condition, &conditions->vec) {
                any = any || nfw_filter_is_stp(condition->field);
                beyond_type = beyond_type ||
                              (nfw_filter_is_stp(condition->field) && condition->field != NFW_FIELD_STP_TYPE);
        }
        if (!any)
                return 0;

        r = match_numbers(rule, NFW_FIELD_ETHER_TYPE, 0, NFW_ETHER_TYPE_LOWEST - 1);
        if (r == 0)
                r = match_numbers(rule, NFW_FIELD_LLC, LLC_STP, LLC_STP);
        /* A message that the topology changed ends behind its type. */
        if (r == 0 && beyond_type && !has_field(conditions, NFW_FIELD_STP_TYPE))
                r = nfw_ir_rule_match_numbers(rule, NFW_FIELD_STP_TYPE,
                                              (uint16_t[]){ STP_TYPE_CONFIG, STP_TYPE_RAPID }, 2);
        return r;
}

static const struct nfw_filter_condition *find_ports(const struct nfw_filter_conditions *conditions) {
        nfw_vec_foreach (condition, &conditions->vec) {
                if (condition->field == NFW_FIELD_TH_SPORT || condition->field == NFW_FIELD_TH_DPORT)
                        return condition;
        }
        return NULL;
}

/* Ports of what has none would be other octets of the packet. */
static int match_ports(struct nfw_filter_lowering *lowering,
                       const struct nfw_nwfilter_rule *rule,
                       const struct nfw_filter_conditions *conditions,
                       struct nfw_ir_rule *ir_rule) {
        const struct nfw_filter_condition *ports = find_ports(conditions);
        const struct nfw_nwfilter_value *protocol = nfw_filter_value_find(rule, NFW_NWFILTER_PROTOCOL);
        bool is_known = protocol && !protocol->access.name && !protocol->negate;

        if (!ports || nfw_filter_protocol(rule->protocol)->l4proto != 0)
                return 0;
        if (!protocol || (is_known && !nfw_filter_has_ports(protocol->constant.number)))
                return nfw_filter_refuse(lowering, rule, "nwfilter/incomplete", &ports->value->pos,
                                         "'%s' requires a 'protocol' that has ports",
                                         nfw_nwfilter_attribute_name(ports->value->attribute));
        if (is_known)
                return 0;
        return nfw_ir_rule_match_numbers(ir_rule, NFW_FIELD_L4PROTO, nfw_filter_with_ports,
                                         NFW_ARRAY_SIZE(nfw_filter_with_ports));
}

static int match_icmp(const struct nfw_nwfilter_rule *rule,
                      const struct nfw_filter_conditions *conditions,
                      struct nfw_ir_rule *ir_rule) {
        const struct nfw_nwfilter_value *protocol = nfw_filter_value_find(rule, NFW_NWFILTER_PROTOCOL);

        /* Said already, by the element or by an attribute. */
        if (nfw_filter_protocol(rule->protocol)->l4proto != 0 ||
            (protocol && !protocol->access.name && !protocol->negate))
                return 0;
        if (has_field(conditions, NFW_FIELD_ICMPV6_TYPE) || has_field(conditions, NFW_FIELD_ICMPV6_CODE))
                return nfw_ir_rule_match_number(ir_rule, NFW_FIELD_L4PROTO, IPPROTO_ICMPV6);
        if (has_field(conditions, NFW_FIELD_ICMP_TYPE) || has_field(conditions, NFW_FIELD_ICMP_CODE))
                return nfw_ir_rule_match_number(ir_rule, NFW_FIELD_L4PROTO, IPPROTO_ICMP);
        return 0;
}

int nfw_filter_implied_lower(struct nfw_filter_lowering *lowering,
                             const struct nfw_nwfilter_rule *rule,
                             const struct nfw_filter_conditions *conditions,
                             struct nfw_ir_rule *ir_rule) {
        int r = nfw_filter_match_protocol(nfw_filter_protocol(rule->protocol), ir_rule);

        if (r == 0)
                r = match_stp(conditions, ir_rule);
        if (r == 0)
                r = match_ports(lowering, rule, conditions, ir_rule);
        if (r == 0)
                r = match_icmp(rule, conditions, ir_rule);
        return r;
}
