/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/lower_rule.h"

#include <netinet/in.h>

#include "base/macros.h"
#include "ir/build.h"
#include "policy/special.h"

/* Where a rule's packets go, besides its prefixes: one rule of the IR for each of them and each IP version. */
enum destination {
        DESTINATION_ANY,
        DESTINATION_LEARNED,
        DESTINATION_LOCAL,
        DESTINATION_SUBNETS,
        N_DESTINATIONS,
};

unsigned int nfw_lower_protocols(const struct nfw_policy_rule *rule) {
        const unsigned int with_ports = NFW_PROTOCOL_TCP | NFW_PROTOCOL_UDP;

        if (rule->ports.n == 0)
                return rule->protocols;
        return rule->protocols ? rule->protocols & with_ports : with_ports;
}

static int match_protocols(struct nfw_ir_rule *rule, unsigned int protocols, uint8_t family) {
        uint16_t numbers[4];
        size_t n = 0;

        if (protocols & NFW_PROTOCOL_TCP)
                numbers[n++] = IPPROTO_TCP;
        if (protocols & NFW_PROTOCOL_UDP)
                numbers[n++] = IPPROTO_UDP;
        if ((protocols & NFW_PROTOCOL_ICMP) && family != AF_INET6)
                numbers[n++] = IPPROTO_ICMP;
        if ((protocols & NFW_PROTOCOL_ICMP) && family != AF_INET)
                numbers[n++] = IPPROTO_ICMPV6;

        return nfw_ir_rule_match_numbers(rule, NFW_FIELD_L4PROTO, numbers, n);
}

static int match_ports(struct nfw_ir_rule *rule, const struct nfw_policy_rule *source) {
        struct nfw_ranges ranges = { 0 };

        nfw_vec_foreach (ports, &source->ports) {
                struct nfw_range range = nfw_range_from_ports(ports);
                int r = nfw_ranges_add(&ranges, &range);

                if (r < 0) {
                        nfw_ranges_deinit(&ranges);
                        return r;
                }
        }
        return nfw_ir_rule_take_ranges(rule, NFW_FIELD_TH_DPORT, &ranges);
}

static int match_prefixes(struct nfw_ir_rule *rule,
                          const struct nfw_policy_rule *source,
                          uint8_t family,
                          enum nfw_field field) {
        struct nfw_ranges ranges = { 0 };
        size_t n = 0;
        int r;

        nfw_vec_foreach (prefix, &source->prefixes)
                n += prefix->addr.family == family;
        r = nfw_vec_reserve(&ranges.vec, n);

        nfw_vec_foreach (prefix, &source->prefixes) {
                if (r == 0 && prefix->addr.family == family)
                        r = nfw_vec_push(&ranges.vec, nfw_range_from_prefix(prefix));
        }
        if (r < 0) {
                nfw_ranges_deinit(&ranges);
                return r;
        }
        return nfw_ir_rule_take_ranges(rule, field, &ranges);
}

static int match_destination(struct nfw_ir_rule *rule,
                             enum nfw_field field,
                             enum destination destination,
                             size_t learned) {
        switch (destination) {
        case DESTINATION_LEARNED:
                return nfw_ir_rule_match_learned(rule, field, learned);
        case DESTINATION_LOCAL:
                return nfw_ir_rule_match_parameter(rule, field, NFW_PARAMETER_LOCAL);
        case DESTINATION_SUBNETS:
                return nfw_ir_rule_match_parameter(rule, field, NFW_PARAMETER_SUBNETS);
        case DESTINATION_ANY:
        case N_DESTINATIONS:
                break;
        }
        return 0;
}

/* family 0: the rule does not look at addresses. learned is used for DESTINATION_LEARNED only. */
static int lower_variant(const struct nfw_policy_rule *source,
                         uint8_t family,
                         enum destination destination,
                         size_t learned,
                         struct nfw_ir_chain *chain) {
        enum nfw_verdict verdict = source->action == NFW_ACTION_ALLOW ? NFW_VERDICT_ACCEPT : NFW_VERDICT_DROP;
        enum nfw_field field = family == AF_INET ? NFW_FIELD_IP_DADDR : NFW_FIELD_IP6_DADDR;
        unsigned int protocols = nfw_lower_protocols(source);
        struct nfw_ir_rule rule;
        int r = nfw_ir_rule_init(&rule, verdict, source->name, &source->pos);

        if (r < 0)
                return r;

        if (protocols)
                r = match_protocols(&rule, protocols, family);
        if (r == 0 && source->ports.n > 0)
                r = match_ports(&rule, source);
        if (r == 0 && source->prefixes.n > 0)
                r = match_prefixes(&rule, source, family, field);
        if (r == 0)
                r = match_destination(&rule, field, destination, learned);
        if (r < 0) {
                nfw_ir_rule_deinit(&rule);
                return r;
        }

        return nfw_ir_chain_take(chain, &rule);
}

static bool has_prefix_of(const struct nfw_policy_rule *source, uint8_t family) {
        nfw_vec_foreach (prefix, &source->prefixes) {
                if (prefix->addr.family == family)
                        return true;
        }
        return false;
}

static int lower_destination(const struct nfw_policy_rule *source,
                             enum destination destination,
                             size_t learned,
                             struct nfw_ir_chain *chain) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };

        if (destination == DESTINATION_ANY && source->prefixes.n == 0)
                return lower_variant(source, 0, destination, learned, chain);

        for (size_t i = 0; i < NFW_ARRAY_SIZE(families); i++) {
                int r;

                if (source->prefixes.n > 0 && !has_prefix_of(source, families[i]))
                        continue;
                r = lower_variant(source, families[i], destination, learned, chain);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Which destinations the rule's domains stand for; the names that can only be learned go to a new learned entry. */
static int sort_domains(const struct nfw_policy_rule *source,
                        struct nfw_ir *ir,
                        bool wanted[static N_DESTINATIONS]) {
        struct nfw_ir_learned learned = { 0 };
        int r = 0;

        nfw_vec_foreach (domain, &source->domains) {
                switch (nfw_special_domain(domain)) {
                case NFW_SPECIAL_HOST:
                        wanted[DESTINATION_LOCAL] = true;
                        break;
                case NFW_SPECIAL_SUBNET:
                        wanted[DESTINATION_SUBNETS] = true;
                        break;
                case NFW_SPECIAL_NONE:
                        if (r == 0)
                                r = nfw_vec_push(&learned.patterns, *domain);
                        break;
                }
        }

        wanted[DESTINATION_ANY] = source->domains.n == 0;
        wanted[DESTINATION_LEARNED] = learned.patterns.n > 0;
        if (r == 0 && learned.patterns.n > 0)
                r = nfw_vec_push(&ir->learned, learned);
        if (r < 0)
                nfw_vec_deinit(&learned.patterns);
        return r;
}

static int lower_rule(const struct nfw_policy_rule *source, struct nfw_ir *ir, struct nfw_ir_chain *chain) {
        bool wanted[N_DESTINATIONS] = { false };
        int r = sort_domains(source, ir, wanted);

        for (size_t i = 0; r == 0 && i < N_DESTINATIONS; i++) {
                if (wanted[i])
                        r = lower_destination(source, (enum destination)i, ir->learned.n - 1, chain);
        }
        return r;
}

int nfw_lower_rules(const struct nfw_policy *policy, struct nfw_ir *ir, struct nfw_lowered *lowered) {
        int r = nfw_vec_reserve(&lowered->rules, policy->rules.n);

        nfw_vec_foreach (source, &policy->rules) {
                struct nfw_lowered_rule *rule;

                if (r < 0)
                        return r;
                rule = &lowered->rules.items[lowered->rules.n++];
                *rule = (struct nfw_lowered_rule){ .source = source };
                r = lower_rule(source, ir, &rule->chain);
        }
        return r;
}

void nfw_lowered_deinit(struct nfw_lowered *lowered) {
        nfw_vec_foreach (rule, &lowered->rules)
                nfw_ir_chain_deinit(&rule->chain);
        nfw_vec_deinit(&lowered->rules);
}
