/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/learning.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>

#include "ir/plan/build.h"

/* RFC 3810, section 5.2. */
#define MLD2_REPORT   143

#define HOP_LIMIT_ND  255
#define HOP_LIMIT_MLD 1

static const struct {
        const char *name;
        enum nfw_field field;
        bool is_port_only, has_timeout, is_meter;
} sets[NFW_N_LEARNING_SETS] = {
        [NFW_LEARNING_PORTS] = { "learners", .is_port_only = true },
        [NFW_LEARNING_MACS] = { "learners-mac", .field = NFW_FIELD_ETHER_SADDR },
        [NFW_LEARNING_WAITS] = { "learning", .is_port_only = true },
        [NFW_LEARNING_TYPES] = { "learning-types", .field = NFW_FIELD_ETHER_TYPE },
        [NFW_LEARNING_LEASES4] = { "leases4", .field = NFW_FIELD_IP_SADDR, .has_timeout = true },
        [NFW_LEARNING_LEASES6] = { "leases6", .field = NFW_FIELD_IP6_SADDR, .has_timeout = true },
        [NFW_LEARNING_RATE_DHCP_EGRESS] = { "rate-dhcp-egress", .is_meter = true },
        [NFW_LEARNING_RATE_DHCP_INGRESS] = { "rate-dhcp-ingress", .is_meter = true },
        [NFW_LEARNING_RATE_CLAIMS] = { "rate-claims", .is_meter = true },
};

const char *nfw_learning_set_name(enum nfw_learning_set set) {
        return sets[set].name;
}

/* A chain jumps only to those before it. */
enum chain {
        LEARNED_DHCP_EGRESS,
        LEARNED_DHCP_INGRESS,
        LEARNING_DHCP_EGRESS,
        LEARNING_DHCP_INGRESS,
        LEARNED_EGRESS,
        LEARNED_INGRESS,
        LEARNING_EGRESS,
        LEARNING_INGRESS,
        N_CHAINS,
};

static const struct {
        const char *name;
        enum nfw_direction direction;
} chains[N_CHAINS] = {
        [LEARNED_DHCP_EGRESS] = { "learned-dhcp-egress", NFW_EGRESS },
        [LEARNED_DHCP_INGRESS] = { "learned-dhcp-ingress", NFW_INGRESS },
        [LEARNING_DHCP_EGRESS] = { "learning-dhcp-egress", NFW_EGRESS },
        [LEARNING_DHCP_INGRESS] = { "learning-dhcp-ingress", NFW_INGRESS },
        [LEARNED_EGRESS] = { "learned-egress", NFW_EGRESS },
        [LEARNED_INGRESS] = { "learned-ingress", NFW_INGRESS },
        [LEARNING_EGRESS] = { "learning-egress", NFW_EGRESS },
        [LEARNING_INGRESS] = { "learning-ingress", NFW_INGRESS },
};

enum address {
        ANY_ADDRESS,
        BROADCAST,          /* 255.255.255.255 */
        LINK_LOCAL,         /* fe80::/10 */
        NEW_ON_LINK,        /* ::, fe80::/10 */
        TO_LINK,            /* fe80::/10, ff02::/16 */
        LINK_MULTICAST,     /* ff02::/16 */
        SERVERS_AND_RELAYS, /* ff02::1:2: RFC 8415, section 7.1 */
};

#define NO_METER SIZE_MAX

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): a table of a few rows, in the order of thought */
struct row {
        enum chain chain;
        bool other_mac;        /* of none that counts */
        uint16_t ether_type;   /* 0: any */
        uint16_t sport, dport; /* of UDP; 0: any */
        uint8_t icmpv6_types[4];
        uint8_t hop_limit;
        enum address source, destination;
        enum nfw_learning_set meter; /* 0: none; what is beyond its rate goes on behind the rule */
        enum nfw_verdict verdict;
        enum chain target;
};

#define DHCP4_OUT   .ether_type = ETH_P_IP, .sport = 68, .dport = 67
#define DHCP4_IN    .ether_type = ETH_P_IP, .sport = 67, .dport = 68
#define DHCP6_OUT   .ether_type = ETH_P_IPV6, .sport = 546, .dport = 547
#define DHCP6_IN    .ether_type = ETH_P_IPV6, .sport = 547, .dport = 546
#define TO(target_) .verdict = NFW_VERDICT_GOTO, .target = (target_)

/* What the learner is not told must not happen: a lease that it does not know of, or thinks is over. */
static const struct row rows[] = {
        { LEARNED_DHCP_EGRESS, .meter = NFW_LEARNING_RATE_DHCP_EGRESS, .verdict = NFW_VERDICT_RETURN },
        { LEARNED_DHCP_EGRESS, .verdict = NFW_VERDICT_DROP },
        { LEARNED_DHCP_INGRESS, .meter = NFW_LEARNING_RATE_DHCP_INGRESS, .verdict = NFW_VERDICT_RETURN },
        { LEARNED_DHCP_INGRESS, .verdict = NFW_VERDICT_DROP },
        { LEARNING_DHCP_EGRESS, .meter = NFW_LEARNING_RATE_DHCP_EGRESS, .verdict = NFW_VERDICT_ACCEPT },
        { LEARNING_DHCP_EGRESS, .verdict = NFW_VERDICT_DROP },
        { LEARNING_DHCP_INGRESS, .meter = NFW_LEARNING_RATE_DHCP_INGRESS, .verdict = NFW_VERDICT_ACCEPT },
        { LEARNING_DHCP_INGRESS, .verdict = NFW_VERDICT_DROP },

        { LEARNED_EGRESS, .other_mac = true, .verdict = NFW_VERDICT_RETURN },
        { LEARNED_EGRESS, DHCP4_OUT, TO(LEARNED_DHCP_EGRESS) },
        { LEARNED_EGRESS, DHCP6_OUT, TO(LEARNED_DHCP_EGRESS) },
        { LEARNED_EGRESS, .ether_type = ETH_P_IPV6,
          .icmpv6_types = { ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT }, .hop_limit = HOP_LIMIT_ND,
          .meter = NFW_LEARNING_RATE_CLAIMS },
        { LEARNED_INGRESS, DHCP4_IN, TO(LEARNED_DHCP_INGRESS) },
        { LEARNED_INGRESS, DHCP6_IN, TO(LEARNED_DHCP_INGRESS) },

        { LEARNING_EGRESS, .other_mac = true, .verdict = NFW_VERDICT_DROP },
        { LEARNING_EGRESS, DHCP4_OUT, .destination = BROADCAST, TO(LEARNING_DHCP_EGRESS) },
        { LEARNING_EGRESS, DHCP6_OUT, .source = LINK_LOCAL, .destination = SERVERS_AND_RELAYS,
          TO(LEARNING_DHCP_EGRESS) },
        { LEARNING_EGRESS, .ether_type = ETH_P_IPV6,
          .icmpv6_types = { ND_ROUTER_SOLICIT, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT },
          .hop_limit = HOP_LIMIT_ND, .source = NEW_ON_LINK, .destination = TO_LINK,
          .meter = NFW_LEARNING_RATE_CLAIMS, .verdict = NFW_VERDICT_ACCEPT },
        { LEARNING_EGRESS, .ether_type = ETH_P_IPV6,
          .icmpv6_types = { MLD_LISTENER_REPORT, MLD_LISTENER_REDUCTION, MLD2_REPORT },
          .hop_limit = HOP_LIMIT_MLD, .source = NEW_ON_LINK, .destination = LINK_MULTICAST,
          .meter = NFW_LEARNING_RATE_CLAIMS, .verdict = NFW_VERDICT_ACCEPT },
        { LEARNING_EGRESS, .ether_type = ETH_P_ARP, .meter = NFW_LEARNING_RATE_CLAIMS,
          .verdict = NFW_VERDICT_DROP },
        { LEARNING_EGRESS, .ether_type = ETH_P_IP, .meter = NFW_LEARNING_RATE_CLAIMS,
          .verdict = NFW_VERDICT_DROP },
        { LEARNING_EGRESS, .ether_type = ETH_P_IPV6, .meter = NFW_LEARNING_RATE_CLAIMS,
          .verdict = NFW_VERDICT_DROP },
        { LEARNING_EGRESS, .verdict = NFW_VERDICT_DROP },
        { LEARNING_INGRESS, DHCP4_IN, TO(LEARNING_DHCP_INGRESS) },
        { LEARNING_INGRESS, DHCP6_IN, TO(LEARNING_DHCP_INGRESS) },
        { LEARNING_INGRESS, .ether_type = ETH_P_IPV6,
          .icmpv6_types = { ND_ROUTER_ADVERT, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT },
          .hop_limit = HOP_LIMIT_ND, .verdict = NFW_VERDICT_ACCEPT },
        { LEARNING_INGRESS, .ether_type = ETH_P_IPV6, .icmpv6_types = { MLD_LISTENER_QUERY },
          .hop_limit = HOP_LIMIT_MLD, .verdict = NFW_VERDICT_ACCEPT },
        { LEARNING_INGRESS, .verdict = NFW_VERDICT_DROP },
};

/* --- matches ------------------------------------------------------------------------------------------------- */

static int push_set(struct nfw_plan_rule *rule, enum nfw_learning_set set, bool negate) {
        struct nfw_plan_match match = { .kind = NFW_PLAN_SET,
                                        .negate = negate,
                                        .fields = { sets[set].field },
                                        .n_fields = !sets[set].is_port_only,
                                        .set = set };

        return nfw_vec_push(&rule->matches, match);
}

static int push_range(struct nfw_plan_rule *rule, enum nfw_field field, const struct nfw_range *range) {
        struct nfw_plan_match match = {
                .kind = NFW_PLAN_RANGE, .fields = { field }, .n_fields = 1, .range = *range
        };

        return nfw_vec_push(&rule->matches, match);
}

static int push_number(struct nfw_plan_rule *rule, enum nfw_field field, uint64_t number) {
        struct nfw_range range = nfw_range_from_number(number, nfw_field_info(field)->size);

        return push_range(rule, field, &range);
}

static int push_ranges(struct nfw_plan *plan,
                       struct nfw_plan_rule *rule,
                       enum nfw_field field,
                       const struct nfw_range *ranges,
                       size_t n) {
        struct nfw_plan_set set = { .fields = { field }, .n_fields = 1, .learned = SIZE_MAX };
        struct nfw_plan_match match = {
                .kind = NFW_PLAN_SET, .fields = { field }, .n_fields = 1, .set = plan->sets.n
        };
        int r = 0;

        if (n == 1)
                return push_range(rule, field, ranges);
        for (size_t i = 0; i < n && r == 0; i++) {
                set.interval |= !nfw_range_is_single(&ranges[i]);
                r = nfw_vec_push(&set.elements, ranges[i]);
        }
        if (r == 0)
                r = nfw_vec_push(&plan->sets, set);
        if (r < 0) {
                nfw_vec_deinit(&set.elements);
                return r;
        }
        return nfw_vec_push(&rule->matches, match);
}

static struct nfw_range prefix(uint8_t family, const char *bytes, unsigned int length) {
        struct nfw_prefix prefix = { .length = (uint8_t)length };

        nfw_addr_from_bytes(family, (const uint8_t *)bytes, &prefix.addr);
        return nfw_range_from_prefix(&prefix);
}

static int push_address(struct nfw_plan *plan,
                        struct nfw_plan_rule *rule,
                        bool is_source,
                        enum address address) {
        static const char zero[16] = "", link_local[16] = "\xfe\x80", multicast[16] = "\xff\x02";
        static const char servers[16] = "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\x01\0\x02";
        enum nfw_field field = is_source ? NFW_FIELD_IP6_SADDR : NFW_FIELD_IP6_DADDR;
        struct nfw_range ranges[2];

        switch (address) {
        case BROADCAST:
                return push_number(rule, is_source ? NFW_FIELD_IP_SADDR : NFW_FIELD_IP_DADDR, UINT32_MAX);
        case SERVERS_AND_RELAYS:
                ranges[0] = prefix(AF_INET6, servers, 128);
                return push_range(rule, field, &ranges[0]);
        case LINK_MULTICAST:
                ranges[0] = prefix(AF_INET6, multicast, 16);
                return push_range(rule, field, &ranges[0]);
        case LINK_LOCAL:
                ranges[0] = prefix(AF_INET6, link_local, 10);
                return push_range(rule, field, &ranges[0]);
        case NEW_ON_LINK:
                ranges[0] = prefix(AF_INET6, zero, 128);
                ranges[1] = prefix(AF_INET6, link_local, 10);
                return push_ranges(plan, rule, field, ranges, 2);
        case TO_LINK:
                ranges[0] = prefix(AF_INET6, link_local, 10);
                ranges[1] = prefix(AF_INET6, multicast, 16);
                return push_ranges(plan, rule, field, ranges, 2);
        case ANY_ADDRESS:
                break;
        }
        return 0;
}

static int push_icmpv6_types(struct nfw_plan *plan, struct nfw_plan_rule *rule, const struct row *row) {
        struct nfw_range ranges[NFW_ARRAY_SIZE(row->icmpv6_types)];
        size_t n = 0;

        for (; n < NFW_ARRAY_SIZE(ranges) && row->icmpv6_types[n]; n++)
                ranges[n] = nfw_range_from_number(row->icmpv6_types[n], 1);
        return n == 0 ? 0 : push_ranges(plan, rule, NFW_FIELD_ICMPV6_TYPE, ranges, n);
}

/* The frame's type comes last, as in filters: see ir/filter/plan.c. */
static int push_matches(struct nfw_plan *plan, struct nfw_plan_rule *rule, const struct row *row) {
        int r = 0;

        if (row->sport || row->icmpv6_types[0])
                r = push_number(rule, NFW_FIELD_L4PROTO, row->sport ? IPPROTO_UDP : IPPROTO_ICMPV6);
        if (r == 0 && row->other_mac)
                r = push_set(rule, NFW_LEARNING_MACS, true);
        if (r == 0)
                r = push_address(plan, rule, true, row->source);
        if (r == 0)
                r = push_address(plan, rule, false, row->destination);
        if (r == 0 && row->hop_limit)
                r = push_number(rule, NFW_FIELD_IP6_HOPLIMIT, row->hop_limit);
        if (r == 0 && row->sport)
                r = push_number(rule, NFW_FIELD_TH_SPORT, row->sport);
        if (r == 0 && row->dport)
                r = push_number(rule, NFW_FIELD_TH_DPORT, row->dport);
        if (r == 0)
                r = push_icmpv6_types(plan, rule, row);
        if (r == 0 && row->ether_type)
                r = push_number(rule, NFW_FIELD_ETHER_TYPE, row->ether_type);
        return r;
}

/* --- the plan ------------------------------------------------------------------------------------------------ */

static int add_row(struct nfw_plan *plan, const struct row *row) {
        struct nfw_plan_rule rule = { .verdict = row->verdict,
                                      .block = row->target,
                                      .counter = row->verdict == NFW_VERDICT_DROP && !row->meter };
        int r;

        if (row->meter) {
                rule.mirror = NFW_MIRROR_ADDRESS;
                rule.meter = row->meter;
        }
        r = push_matches(plan, &rule, row);
        if (r == 0)
                r = nfw_vec_push(&plan->blocks.items[row->chain].rules, rule);
        if (r < 0)
                nfw_plan_rule_deinit(&rule);
        return r;
}

static int add_set(struct nfw_plan *plan, enum nfw_learning_set set) {
        struct nfw_plan_set plan_set = {
                .name = strdup(sets[set].name),
                .fields = { sets[set].field },
                .n_fields = !sets[set].is_port_only && !sets[set].is_meter,
                .learned = SIZE_MAX,
                .per_port = !sets[set].is_meter,
                .has_timeout = sets[set].has_timeout,
                .meter = sets[set].is_meter,
        };
        int r = plan_set.name ? 0 : -ENOMEM;

        /* Whoever reads the table sees where the copies go. */
        if (set == NFW_LEARNING_PORTS &&
            asprintf(&plan_set.comment, NFW_LEARNING_COMMENT "%u", plan->nflog_group) < 0) {
                plan_set.comment = NULL;
                r = -ENOMEM;
        }
        if (r == 0)
                r = nfw_vec_push(&plan->sets, plan_set);
        if (r < 0) {
                free(plan_set.name);
                free(plan_set.comment);
        }
        return r;
}

static int add_chain(struct nfw_plan *plan, enum chain which) {
        struct nfw_plan_chain chain = { .direction = chains[which].direction,
                                        .name = strdup(chains[which].name) };
        int r = chain.name ? nfw_vec_push(&plan->blocks, chain) : -ENOMEM;

        if (r < 0)
                free(chain.name);
        return r;
}

static int add_dispatch(struct nfw_plan_chain *chain,
                        enum nfw_learning_set set,
                        enum nfw_verdict verdict,
                        enum chain target) {
        struct nfw_plan_rule rule = { .verdict = verdict, .block = target };
        int r = push_set(&rule, set, false);

        if (r == 0)
                r = nfw_vec_push(&chain->rules, rule);
        if (r < 0)
                nfw_plan_rule_deinit(&rule);
        return r;
}

static int make_dispatch(struct nfw_plan_chain *chain,
                         enum nfw_filter_layer layer,
                         enum nfw_direction direction) {
        bool is_link = layer == NFW_FILTER_LINK;
        enum nfw_verdict verdict = is_link ? NFW_VERDICT_GOTO : NFW_VERDICT_ACCEPT;
        enum chain waits = direction == NFW_EGRESS ? LEARNING_EGRESS : LEARNING_INGRESS;
        int r;

        r = add_dispatch(chain, NFW_LEARNING_WAITS, verdict, waits);
        if (r == 0)
                r = add_dispatch(chain, NFW_LEARNING_TYPES, verdict, waits);
        if (r == 0 && is_link)
                r = add_dispatch(chain, NFW_LEARNING_PORTS, NFW_VERDICT_JUMP,
                                 direction == NFW_EGRESS ? LEARNED_EGRESS : LEARNED_INGRESS);
        return r;
}

struct nfw_learning_plan *nfw_learning_plan_free(struct nfw_learning_plan *plan) {
        if (!plan)
                return NULL;
        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                        nfw_plan_chain_deinit(&plan->dispatch[layer][direction]);
        nfw_plan_free(plan->plan);
        free(plan);
        return NULL;
}

int nfw_learning_plan_new(const char *const base_chains[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS],
                          uint16_t nflog_group,
                          struct nfw_learning_plan **ret_plan) {
        nfw_cleanup(nfw_learning_plan_freep) struct nfw_learning_plan *learning =
                calloc(1, sizeof(*learning));
        struct nfw_plan *plan;
        int r = 0;

        if (!learning || !(plan = learning->plan = calloc(1, sizeof(*plan))))
                return -ENOMEM;
        plan->policy = strdup("learning");
        plan->id = strdup("guest");
        if (!plan->policy || !plan->id)
                return -ENOMEM;
        plan->table = NFW_TABLE_BRIDGE;
        plan->nflog_group = nflog_group;
        for (size_t i = 0; i < NFW_N_LEARNING_SETS && r == 0; i++)
                r = add_set(plan, (enum nfw_learning_set)i);
        for (size_t i = 0; i < N_CHAINS && r == 0; i++)
                r = add_chain(plan, (enum chain)i);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(rows) && r == 0; i++)
                r = add_row(plan, &rows[i]);
        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                        struct nfw_plan_chain *chain = &learning->dispatch[layer][direction];

                        chain->direction = direction;
                        chain->name = strdup(base_chains[layer][direction]);
                        r = chain->name ? make_dispatch(chain, layer, direction) : -ENOMEM;
                }
        if (r == 0)
                *ret_plan = nfw_steal(learning);
        return r;
}
