/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Random policies, rules and packets out of a world so small that things meet. */

#include <netinet/in.h>

#include "compile.h"
#include "ir/build.h"
#include "ir/evaluate.h"

struct random {
        uint64_t state;
};

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static inline uint64_t random_mix(uint64_t x) {
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return x ^ x >> 31;
}

static inline unsigned int random_below(struct random *random, unsigned int n) {
        random->state += 0x9e3779b97f4a7c15;
        return (unsigned int)(random_mix(random->state) % n);
}

static inline bool random_chance(struct random *random, unsigned int percent) {
        return random_below(random, 100) < percent;
}

/* 10.0.0.0/27 and 2001:db8::/123, or now and then what is far away. */
static inline struct nfw_addr random_addr(struct random *random, uint8_t family) {
        struct nfw_addr addr = { .family = family };
        size_t last = nfw_addr_size(family) - 1;

        if (family == AF_INET) {
                addr.bytes[0] = 10;
        } else {
                addr.bytes[0] = 0x20;
                addr.bytes[1] = 0x01;
                addr.bytes[2] = 0x0d;
                addr.bytes[3] = 0xb8;
        }
        if (random_chance(random, 5))
                memset(addr.bytes, random_chance(random, 50) ? 0xff : 0, last + 1);
        else
                addr.bytes[last] = (uint8_t)random_below(random, 32);
        return addr;
}

static inline uint16_t random_port(struct random *random) {
        static const uint16_t known[] = { 53, 67, 68, 546, 547, 1, 65535 };

        if (random_chance(random, 15))
                return known[random_below(random, NFW_ARRAY_SIZE(known))];
        return (uint16_t)(80 + random_below(random, 24));
}

static inline struct nfw_prefix random_prefix(struct random *random) {
        struct nfw_prefix prefix = { .addr = random_addr(random,
                                                         random_chance(random, 60) ? AF_INET : AF_INET6) };
        unsigned int n_bits = (unsigned int)nfw_addr_size(prefix.addr.family) * 8;
        struct nfw_range range;

        prefix.length = (uint8_t)(n_bits - (random_chance(random, 50) ? 0 : random_below(random, 6)));
        if (random_chance(random, 3))
                prefix.length = (uint8_t)random_below(random, n_bits);
        range = nfw_range_from_prefix(&prefix);
        memcpy(prefix.addr.bytes, range.first, sizeof(range.first));
        return prefix;
}

static inline struct nfw_port_range random_ports(struct random *random) {
        struct nfw_port_range ports = { .first = random_port(random) };

        ports.last = ports.first;
        if (random_chance(random, 30) && ports.first < 65000)
                ports.last = (uint16_t)(ports.first + random_below(random, 8));
        if (random_chance(random, 2))
                ports = (struct nfw_port_range){ 1, 65535 };
        return ports;
}

static inline struct nfw_domain random_domain(struct random *random) {
        static const char *const texts[] = {
                "a.example", "b.example", "*.b.example",        "c.example",
                "d.example", "*",         "host.lima.internal", "subnet.lima.internal",
        };
        struct nfw_domain domain;
        const char *reason;

        assert_int_equal(
                nfw_domain_parse(texts[random_below(random, NFW_ARRAY_SIZE(texts))], &domain, &reason), 0);
        return domain;
}

#define RANDOM_FILL(random_, vec_, max_, function_)                                                          \
        for (unsigned int n_left_ = 1 + random_below((random_), (max_)); n_left_ > 0; n_left_--)             \
        assert_int_equal(nfw_vec_push((vec_), function_(random_)), 0)

/* How a policy's rules look on the whole, so that every way of folding comes up. */
struct random_style {
        unsigned int n_rules, percent_deny, percent_prefixes, percent_domains, percent_protocols,
                percent_ports;
};

static inline struct random_style random_style(struct random *random) {
        static const unsigned int percents[] = { 0, 10, 50, 90, 100 };

        return (struct random_style){
                .n_rules = 1 + random_below(random, random_chance(random, 20) ? 100 : 15),
                .percent_deny = percents[random_below(random, 3)],
                .percent_prefixes = percents[random_below(random, 5)],
                .percent_domains = percents[random_below(random, 3)],
                .percent_protocols = percents[random_below(random, 5)],
                .percent_ports = percents[random_below(random, 5)],
        };
}

static inline void random_rule(struct random *random,
                               const struct random_style *style,
                               struct nfw_policy *policy) {
        struct nfw_policy_rule rule = { .pos = { .line = (unsigned int)policy->rules.n + 1 } };

        assert_true(asprintf(&rule.name, "rule-%zu", policy->rules.n) > 0);
        rule.action = random_chance(random, style->percent_deny) ? NFW_ACTION_DENY : NFW_ACTION_ALLOW;
        if (random_chance(random, style->percent_prefixes))
                RANDOM_FILL(random, &rule.prefixes, 4, random_prefix);
        if (random_chance(random, style->percent_domains))
                RANDOM_FILL(random, &rule.domains, 3, random_domain);
        if (random_chance(random, style->percent_ports))
                RANDOM_FILL(random, &rule.ports, 3, random_ports);
        if (random_chance(random, style->percent_protocols))
                rule.protocols = rule.ports.n > 0 ? 1 + random_below(random, 3) : 1 + random_below(random, 7);
        assert_int_equal(nfw_vec_push(&policy->rules, rule), 0);
}

static inline struct nfw_policy *random_policy(struct random *random) {
        struct nfw_policy *policy = calloc(1, sizeof(*policy));
        struct random_style style = random_style(random);

        assert_non_null(policy);
        for (unsigned int i = 0; i < style.n_rules; i++)
                random_rule(random, &style, policy);
        return policy;
}

static inline struct nfw_evaluate_packet random_packet(struct random *random) {
        static const uint16_t ether_types[] = { 0x0806, 0x8100, 0x88cc };
        static const uint8_t protocols[] = { IPPROTO_TCP,  IPPROTO_UDP,    IPPROTO_TCP, IPPROTO_UDP,
                                             IPPROTO_ICMP, IPPROTO_ICMPV6, 47 };
        static const uint32_t states[] = { NFW_CT_NEW, NFW_CT_ESTABLISHED, NFW_CT_RELATED, NFW_CT_INVALID,
                                           NFW_CT_UNTRACKED };
        static const uint8_t hop_limits[] = { 255, 1, 64 };
        struct nfw_evaluate_packet packet = { .ct_state = NFW_CT_NEW };
        uint8_t family = random_chance(random, 60) ? AF_INET : AF_INET6;

        if (random_chance(random, 3)) {
                packet.ether_type = ether_types[random_below(random, NFW_ARRAY_SIZE(ether_types))];
                packet.ct_state = NFW_CT_INVALID;
                return packet;
        }

        packet.ether_type = family == AF_INET ? 0x0800 : 0x86dd;
        packet.source = random_addr(random, family);
        packet.destination = random_addr(random, family);
        packet.hop_limit = hop_limits[random_below(random, NFW_ARRAY_SIZE(hop_limits))];
        packet.l4proto = protocols[random_below(random, NFW_ARRAY_SIZE(protocols))];
        packet.has_ports =
                (packet.l4proto == IPPROTO_TCP || packet.l4proto == IPPROTO_UDP) && !random_chance(random, 2);
        if (packet.has_ports) {
                packet.source_port = random_port(random);
                packet.destination_port = random_port(random);
        }
        packet.has_icmp_type = packet.l4proto == IPPROTO_ICMP || packet.l4proto == IPPROTO_ICMPV6;
        if (packet.has_icmp_type)
                packet.icmp_type = (uint8_t)(128 + random_below(random, 16));
        if (random_chance(random, 10))
                packet.ct_state = states[random_below(random, NFW_ARRAY_SIZE(states))];
        return packet;
}

static inline void random_match(struct random *random, struct nfw_ir_rule *rule, size_t n_learned) {
        static const enum nfw_field fields[] = {
                NFW_FIELD_ETHER_TYPE,  NFW_FIELD_IP_SADDR,  NFW_FIELD_IP_DADDR,     NFW_FIELD_IP_DADDR,
                NFW_FIELD_IP6_SADDR,   NFW_FIELD_IP6_DADDR, NFW_FIELD_IP6_HOPLIMIT, NFW_FIELD_L4PROTO,
                NFW_FIELD_L4PROTO,     NFW_FIELD_TH_SPORT,  NFW_FIELD_TH_DPORT,     NFW_FIELD_TH_DPORT,
                NFW_FIELD_ICMPV6_TYPE, NFW_FIELD_CT_STATE,
        };
        enum nfw_field field = fields[random_below(random, NFW_ARRAY_SIZE(fields))];
        const struct nfw_field_info *info = nfw_field_info(field);
        struct nfw_ranges ranges = { 0 };
        unsigned int n = 1 + random_below(random, random_chance(random, 10) ? 12 : 2);

        if (field == NFW_FIELD_CT_STATE) {
                assert_int_equal(nfw_ir_rule_match_flags(rule, field, 1 + random_below(random, 127)), 0);
                goto negate;
        }
        if (info->family && info->size >= 4 && random_chance(random, 25)) {
                if (n_learned > 0 && random_chance(random, 50) &&
                    (field == NFW_FIELD_IP_DADDR || field == NFW_FIELD_IP6_DADDR))
                        assert_int_equal(nfw_ir_rule_match_learned(
                                                 rule, field, random_below(random, (unsigned int)n_learned)),
                                         0);
                else
                        assert_int_equal(nfw_ir_rule_match_parameter(
                                                 rule, field,
                                                 (enum nfw_parameter)random_below(random, NFW_N_PARAMETERS)),
                                         0);
                goto negate;
        }

        for (unsigned int i = 0; i < n; i++) {
                struct nfw_evaluate_packet packet = random_packet(random);
                struct nfw_range range = { 0 };
                struct nfw_prefix prefix;
                struct nfw_port_range ports;

                if (info->size >= 4) {
                        do
                                prefix = random_prefix(random);
                        while (prefix.addr.family != info->family);
                        range = nfw_range_from_prefix(&prefix);
                } else if (field == NFW_FIELD_TH_SPORT || field == NFW_FIELD_TH_DPORT) {
                        ports = random_ports(random);
                        range = nfw_range_from_ports(&ports);
                } else {
                        uint16_t number = field == NFW_FIELD_ETHER_TYPE     ? packet.ether_type
                                          : field == NFW_FIELD_IP6_HOPLIMIT ? packet.hop_limit
                                          : field == NFW_FIELD_L4PROTO      ? packet.l4proto
                                                                            : packet.icmp_type;

                        range = nfw_range_from_number(number, info->size);
                }
                assert_int_equal(nfw_ranges_add(&ranges, &range), 0);
        }
        assert_int_equal(nfw_ir_rule_take_ranges(rule, field, &ranges), 0);

negate:
        rule->matches.items[rule->matches.n - 1].negate = random_chance(random, 10);
}

/* The same as another rule, but for what it waits for: such rules are united. */
static inline struct nfw_ir_rule random_variant(struct random *random,
                                                const struct nfw_ir_rule *rule,
                                                size_t n_learned) {
        struct nfw_ir_rule variant;

        assert_int_equal(nfw_ir_rule_copy(rule, &variant), 0);
        nfw_vec_foreach (match, &variant.matches) {
                if (match->kind == NFW_OPERAND_LEARNED)
                        match->learned = random_below(random, (unsigned int)n_learned);
        }
        return variant;
}

/* Rules that no policy of format 1.0 becomes: any fields, "is not", fixed ones among the others. */
static inline struct nfw_ir *random_ir(struct random *random) {
        struct nfw_ir *ir = NULL;
        unsigned int n_rules = 1 + random_below(random, 40);
        unsigned int max_matches = 1 + random_below(random, 4);

        assert_int_equal(nfw_ir_new(random_chance(random, 50) ? NFW_TABLE_INET : NFW_TABLE_BRIDGE, &ir), 0);
        for (unsigned int i = 0; i < 3; i++) {
                struct nfw_ir_learned learned = { 0 };

                RANDOM_FILL(random, &learned.patterns, 3, random_domain);
                assert_int_equal(nfw_vec_push(&ir->learned, learned), 0);
        }

        for (size_t direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                for (unsigned int i = 0; i < n_rules; i++) {
                        enum nfw_verdict verdict =
                                random_chance(random, 60) ? NFW_VERDICT_ACCEPT : NFW_VERDICT_DROP;
                        struct nfw_pos pos = { .line = i + 1 };
                        struct nfw_ir_chain *chain = &ir->chains[direction];
                        struct nfw_ir_rule rule;
                        char name[32];

                        if (chain->rules.n > 0 && random_chance(random, 30)) {
                                rule = random_variant(random, &chain->rules.items[chain->rules.n - 1],
                                                      ir->learned.n);
                                assert_int_equal(nfw_ir_chain_take(chain, &rule), 0);
                                continue;
                        }

                        snprintf(name, sizeof(name), "rule-%u", i);
                        assert_int_equal(
                                nfw_ir_rule_init(&rule,
                                                 random_chance(random, 3) ? NFW_VERDICT_CONTINUE : verdict,
                                                 name, &pos),
                                0);
                        rule.fixed = random_chance(random, 5);
                        for (unsigned int n = random_below(random, max_matches + 1); n > 0; n--)
                                random_match(random, &rule, ir->learned.n);
                        assert_int_equal(nfw_ir_chain_take(chain, &rule), 0);
                }
        }
        return ir;
}
