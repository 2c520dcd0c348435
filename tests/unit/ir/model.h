/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is known of a port, made up from a seed; and a plan carried out the plain way: set by set, element by
 * element. It shares no code with the evaluator that it is compared with.
 */

#include "random.h"

struct model {
        uint64_t seed;
        const struct nfw_ir *ir;
        const struct nfw_plan *plan;
};

static inline uint64_t model_hash(const struct model *model, const void *data, size_t size) {
        uint64_t hash = model->seed;

        for (size_t i = 0; i < size; i++)
                hash = random_mix(hash + ((const uint8_t *)data)[i] + 1);
        return hash;
}

static inline bool model_pattern(const struct model *model,
                                 const struct nfw_domain *domain,
                                 const struct nfw_addr *addr) {
        uint64_t hash = model_hash(model, domain->name, strlen(domain->name)) + domain->kind * 77;

        return (random_mix(hash) ^ model_hash(model, addr->bytes, sizeof(addr->bytes))) % 4 == 0;
}

static inline bool model_patterns(const struct model *model,
                                  const struct nfw_domain *items,
                                  size_t n,
                                  const struct nfw_addr *addr) {
        for (size_t i = 0; i < n; i++) {
                if (model_pattern(model, &items[i], addr))
                        return true;
        }
        return false;
}

static inline bool model_parameter(void *userdata,
                                   enum nfw_parameter parameter,
                                   const struct nfw_addr *addr) {
        const struct model *model = userdata;

        return (model_hash(model, addr->bytes, sizeof(addr->bytes)) >> parameter * 3) % 4 == 0;
}

static inline bool model_learned(void *userdata, size_t learned, const struct nfw_addr *addr) {
        const struct model *model = userdata;
        const struct nfw_ir_learned *entry = &model->ir->learned.items[learned];

        return model_patterns(model, entry->patterns.items, entry->patterns.n, addr);
}

/* --- the plan ---------------------------------------------------------------------------------------------- */

/* The field's value as octets; false where the packet has none. */
static inline bool packet_field(const struct nfw_evaluate_packet *packet,
                                enum nfw_field field,
                                uint8_t value[NFW_VALUE_MAX]) {
        bool v4 = packet->ether_type == 0x0800, v6 = packet->ether_type == 0x86dd;
        unsigned int number = 0, n_octets = 1;
        bool there = v4 || v6;

        memset(value, 0, NFW_VALUE_MAX);
        switch (field) {
        case NFW_FIELD_IP_SADDR:
                memcpy(value, packet->source.bytes, 4);
                return v4;
        case NFW_FIELD_IP_DADDR:
                memcpy(value, packet->destination.bytes, 4);
                return v4;
        case NFW_FIELD_IP6_SADDR:
                memcpy(value, packet->source.bytes, 16);
                return v6;
        case NFW_FIELD_IP6_DADDR:
                memcpy(value, packet->destination.bytes, 16);
                return v6;
        case NFW_FIELD_ETHER_TYPE:
                number = packet->ether_type;
                n_octets = 2;
                there = true;
                break;
        case NFW_FIELD_IP6_HOPLIMIT:
                number = packet->hop_limit;
                there = v6;
                break;
        case NFW_FIELD_L4PROTO:
                number = packet->l4proto;
                break;
        case NFW_FIELD_TH_SPORT:
                number = packet->source_port;
                n_octets = 2;
                there = there && packet->has_ports;
                break;
        case NFW_FIELD_TH_DPORT:
                number = packet->destination_port;
                n_octets = 2;
                there = there && packet->has_ports;
                break;
        case NFW_FIELD_ICMPV6_TYPE:
                number = packet->icmp_type;
                there = v6 && packet->l4proto == IPPROTO_ICMPV6 && packet->has_icmp_type;
                break;
        case NFW_FIELD_CT_STATE:
                number = packet->ct_state;
                n_octets = 4;
                there = true;
                break;
        default:
                return false;
        }
        for (unsigned int i = 0; i < n_octets; i++)
                value[i] = (uint8_t)(number >> 8 * (n_octets - 1 - i));
        return there;
}

static inline bool in_range(const struct nfw_range *range, const uint8_t value[NFW_VALUE_MAX]) {
        return memcmp(range->first, value, NFW_VALUE_MAX) <= 0 &&
               memcmp(value, range->last, NFW_VALUE_MAX) <= 0;
}

static inline bool in_set(const struct nfw_plan_set *set, uint8_t values[][NFW_VALUE_MAX]) {
        for (size_t i = 0; i < set->elements.n; i += set->n_fields) {
                size_t field = 0;

                while (field < set->n_fields && in_range(&set->elements.items[i + field], values[field]))
                        field++;
                if (field == set->n_fields)
                        return true;
        }
        return false;
}

static inline bool model_match(struct model *model,
                               const struct nfw_plan_match *match,
                               const struct nfw_evaluate_packet *packet) {
        uint8_t values[NFW_PLAN_MAX_FIELDS][NFW_VALUE_MAX];
        struct nfw_addr addr = { .family = nfw_field_info(match->fields[0])->family };
        const struct nfw_plan_set *set;
        bool holds = false;

        for (size_t i = 0; i < match->n_fields; i++) {
                if (!packet_field(packet, match->fields[i], values[i]))
                        return false;
        }
        memcpy(addr.bytes, values[0], sizeof(addr.bytes));

        switch (match->kind) {
        case NFW_PLAN_RANGE:
                holds = in_range(&match->range, values[0]);
                break;
        case NFW_PLAN_FLAGS:
                holds = packet->ct_state & match->flags;
                break;
        case NFW_PLAN_PARAMETER:
                holds = model_parameter(model, match->parameter, &addr);
                break;
        case NFW_PLAN_SET:
                set = &model->plan->sets.items[match->set];
                if (set->learned == SIZE_MAX) {
                        holds = in_set(set, values);
                } else {
                        const struct nfw_plan_learned *learned = &model->plan->learned.items[set->learned];

                        holds = model_patterns(model, learned->patterns.items, learned->patterns.n, &addr);
                }
                break;
        default: /* for filters */
                return false;
        }
        return holds != match->negate;
}

/* n_rules counts those that the packet has met. */
static inline enum nfw_verdict model_chain(struct model *model,
                                           const struct nfw_plan_chain *chain,
                                           const struct nfw_evaluate_packet *packet,
                                           size_t *n_rules) {
        nfw_vec_foreach (rule, &chain->rules) {
                enum nfw_verdict verdict = rule->verdict;
                bool matches = true;

                ++*n_rules;
                nfw_vec_foreach (match, &rule->matches)
                        matches = matches && model_match(model, match, packet);
                if (matches && (verdict == NFW_VERDICT_JUMP || verdict == NFW_VERDICT_GOTO))
                        verdict =
                                model_chain(model, &model->plan->blocks.items[rule->block], packet, n_rules);
                if (matches && rule->verdict == NFW_VERDICT_GOTO)
                        return verdict;
                if (matches && verdict != NFW_VERDICT_CONTINUE)
                        return verdict;
        }
        return NFW_VERDICT_CONTINUE;
}

static inline enum nfw_verdict model_plan(struct model *model,
                                          enum nfw_direction direction,
                                          const struct nfw_evaluate_packet *packet) {
        size_t n_rules = 0;

        return model_chain(model, &model->plan->chains[direction], packet, &n_rules);
}

/* --- the policy -------------------------------------------------------------------------------------------- */

static inline bool policy_rule_matches(struct model *model,
                                       const struct nfw_policy_rule *rule,
                                       const struct nfw_evaluate_packet *packet) {
        bool prefix_matches = rule->prefixes.n == 0, domain_matches = rule->domains.n == 0,
             port_matches = rule->ports.n == 0;
        unsigned int protocol = packet->l4proto == IPPROTO_TCP   ? NFW_PROTOCOL_TCP
                                : packet->l4proto == IPPROTO_UDP ? NFW_PROTOCOL_UDP
                                : packet->l4proto == IPPROTO_ICMP || packet->l4proto == IPPROTO_ICMPV6
                                        ? NFW_PROTOCOL_ICMP
                                        : 0;

        nfw_vec_foreach (prefix, &rule->prefixes) {
                bool same = prefix->addr.family == packet->destination.family;

                for (unsigned int bit = 0; same && bit < prefix->length; bit++)
                        same = !((prefix->addr.bytes[bit / 8] ^ packet->destination.bytes[bit / 8]) &
                                 0x80 >> bit % 8);
                prefix_matches = prefix_matches || same;
        }
        nfw_vec_foreach (domain, &rule->domains) {
                bool same;

                if (strcmp(domain->name, "host.lima.internal") == 0)
                        same = model_parameter(model, NFW_PARAMETER_LOCAL, &packet->destination);
                else if (strcmp(domain->name, "subnet.lima.internal") == 0)
                        same = model_parameter(model, NFW_PARAMETER_SUBNETS, &packet->destination);
                else
                        same = model_pattern(model, domain, &packet->destination);
                domain_matches = domain_matches || same;
        }
        nfw_vec_foreach (ports, &rule->ports)
                port_matches =
                        port_matches || (packet->has_ports && ports->first <= packet->destination_port &&
                                         packet->destination_port <= ports->last);

        return prefix_matches && domain_matches && port_matches &&
               (!rule->protocols || rule->protocols & protocol);
}

/* For packets that no implicit rule is about. */
static inline enum nfw_verdict model_policy(struct model *model,
                                            const struct nfw_policy *policy,
                                            const struct nfw_evaluate_packet *packet) {
        nfw_vec_foreach (rule, &policy->rules) {
                if (policy_rule_matches(model, rule, packet))
                        return rule->action == NFW_ACTION_ALLOW ? NFW_VERDICT_ACCEPT : NFW_VERDICT_DROP;
        }
        return NFW_VERDICT_DROP;
}
