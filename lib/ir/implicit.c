/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/implicit.h"

#include "base/macros.h"
#include "ir/build.h"

static const struct nfw_prefix broadcast = {
        .addr = { .family = AF_INET, .bytes = { 255, 255, 255, 255 } },
        .length = 32,
};

/* ::/0, RFC 4291. */
static const struct nfw_prefix all6 = { .addr = { .family = AF_INET6 } };

/* ff02::1:2, All_DHCP_Relay_Agents_and_Servers, RFC 8415. */
static const struct nfw_prefix dhcpv6_servers = {
        .addr = { .family = AF_INET6, .bytes = { 0xff, 0x02, [13] = 1, [15] = 2 } },
        .length = 128,
};

/* fe80::/10 and ff02::/16, RFC 4291. */
static const struct nfw_prefix link6[] = {
        { .addr = { .family = AF_INET6, .bytes = { 0xfe, 0x80 } }, .length = 10 },
        { .addr = { .family = AF_INET6, .bytes = { 0xff, 0x02 } }, .length = 16 },
};

static bool condition_holds(enum nfw_implicit_condition condition, const struct nfw_lower_facts *facts) {
        switch (condition) {
        case NFW_ALWAYS:
                return true;
        case NFW_IN_BRIDGE_TABLE:
                return facts->table == NFW_TABLE_BRIDGE;
        case NFW_WITH_LEARNED:
                return facts->has_learned;
        case NFW_WITH_TRUSTED_RESOLVERS:
                return facts->has_learned && !facts->any_resolver;
        case NFW_WITH_ANY_RESOLVER:
                return facts->has_learned && facts->any_resolver;
        }
        return false;
}

static int match_prefixes(struct nfw_ir_rule *rule,
                          enum nfw_field field,
                          const struct nfw_prefix *prefixes,
                          size_t n) {
        struct nfw_ranges ranges = { 0 };

        for (size_t i = 0; i < n; i++) {
                struct nfw_range range = nfw_range_from_prefix(&prefixes[i]);
                int r = nfw_ranges_add(&ranges, &range);

                if (r < 0) {
                        nfw_ranges_deinit(&ranges);
                        return r;
                }
        }
        return nfw_ir_rule_take_ranges(rule, field, &ranges);
}

static int match_address(struct nfw_ir_rule *rule, const struct nfw_implicit *implicit) {
        switch (implicit->address) {
        case NFW_ADDRESS_ANY:
                return 0;
        case NFW_ADDRESS_ANY6:
                return match_prefixes(rule, NFW_FIELD_IP6_DADDR, &all6, 1);
        case NFW_ADDRESS_BROADCAST:
                return match_prefixes(rule, NFW_FIELD_IP_DADDR, &broadcast, 1);
        case NFW_ADDRESS_LINK6:
                return match_prefixes(rule, NFW_FIELD_IP6_DADDR, link6, NFW_ARRAY_SIZE(link6));
        case NFW_ADDRESS_DHCPV6_SERVERS:
                return match_prefixes(rule, NFW_FIELD_IP6_DADDR, &dhcpv6_servers, 1);
        case NFW_ADDRESS_PARAMETER_V4:
                return nfw_ir_rule_match_parameter(rule, NFW_FIELD_IP_DADDR, implicit->parameter);
        case NFW_ADDRESS_PARAMETER_V6:
                return nfw_ir_rule_match_parameter(rule, NFW_FIELD_IP6_DADDR, implicit->parameter);
        }
        return 0;
}

static int match_nonzero(struct nfw_ir_rule *rule,
                         enum nfw_field field,
                         const uint16_t *numbers,
                         size_t n_numbers) {
        size_t n = 0;

        while (n < n_numbers && numbers[n] != 0)
                n++;
        return n > 0 ? nfw_ir_rule_match_numbers(rule, field, numbers, n) : 0;
}

static int match_numbers(struct nfw_ir_rule *rule, const struct nfw_implicit *implicit) {
        const struct {
                enum nfw_field field;
                const uint16_t *numbers;
                size_t n;
        } criteria[] = {
                { NFW_FIELD_ETHER_TYPE, implicit->ether_types, NFW_ARRAY_SIZE(implicit->ether_types) },
                { NFW_FIELD_L4PROTO, implicit->l4proto, NFW_ARRAY_SIZE(implicit->l4proto) },
                { NFW_FIELD_ICMPV6_TYPE, implicit->icmpv6_types, NFW_ARRAY_SIZE(implicit->icmpv6_types) },
                { NFW_FIELD_IP6_HOPLIMIT, &implicit->hop_limit, 1 },
                { NFW_FIELD_TH_SPORT, &implicit->sport, 1 },
                { NFW_FIELD_TH_DPORT, &implicit->dport, 1 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(criteria); i++) {
                int r = match_nonzero(rule, criteria[i].field, criteria[i].numbers, criteria[i].n);

                if (r < 0)
                        return r;
        }
        nfw_vec_foreach (match, &rule->matches) {
                if (match->field == NFW_FIELD_ETHER_TYPE)
                        match->negate = implicit->not_ether_types;
        }
        return 0;
}

static int append(const struct nfw_implicit *implicit, struct nfw_ir_chain *chain) {
        struct nfw_ir_rule rule;
        int r = nfw_ir_rule_init(&rule, implicit->verdict, implicit->name, &NFW_POS_NONE);

        if (r < 0)
                return r;
        rule.mirror = implicit->mirror;
        rule.fixed = true;

        r = match_numbers(&rule, implicit);
        if (r == 0)
                r = match_address(&rule, implicit);
        if (r == 0 && implicit->ct_state)
                r = nfw_ir_rule_match_flags(&rule, NFW_FIELD_CT_STATE, implicit->ct_state);
        if (r < 0) {
                nfw_ir_rule_deinit(&rule);
                return r;
        }
        return nfw_ir_chain_take(chain, &rule);
}

int nfw_implicit_append(const struct nfw_implicit *rules,
                        size_t n,
                        const struct nfw_lower_facts *facts,
                        struct nfw_ir_chain *chain) {
        for (size_t i = 0; i < n; i++) {
                int r = condition_holds(rules[i].condition, facts) ? append(&rules[i], chain) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}
