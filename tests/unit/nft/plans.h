/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Plans made by hand, with every kind of set and match in them. To be included behind cmocka.h; what goes wrong
 * here fails the test.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan/plan.h"
#include "nft/field.h"

#define PLAN_ID "0123456789abcdef"

static inline void plan_value(enum nfw_field field, const char *text, uint8_t value[static NFW_VALUE_MAX]) {
        size_t size = nfw_nft_field(field)->size;
        unsigned long number;

        memset(value, 0, NFW_VALUE_MAX);
        if (inet_pton(AF_INET, text, value) == 1 || inet_pton(AF_INET6, text, value) == 1)
                return;
        number = strtoul(text, NULL, 0);
        for (size_t i = 0; i < size && i < sizeof(number); i++)
                value[size - 1 - i] = (uint8_t)(number >> 8 * i);
}

/* "443", "10.0.0.1", "1-7", "2001:db8::/32". */
static inline struct nfw_range plan_range(enum nfw_field field, const char *text) {
        size_t size = nfw_nft_field(field)->size;
        struct nfw_range range;
        char buffer[128], *rest;

        snprintf(buffer, sizeof(buffer), "%s", text);
        rest = strpbrk(buffer, "-/");
        if (!rest) {
                plan_value(field, buffer, range.first);
                range.last[0] = 0;
                memcpy(range.last, range.first, sizeof(range.last));
                return range;
        }
        if (*rest == '-') {
                *rest = '\0';
                plan_value(field, buffer, range.first);
                plan_value(field, rest + 1, range.last);
                return range;
        }
        *rest = '\0';
        plan_value(field, buffer, range.first);
        memcpy(range.last, range.first, sizeof(range.last));
        for (size_t bit = strtoul(rest + 1, NULL, 10); bit < 8 * size; bit++)
                range.last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        return range;
}

static inline struct nfw_plan *plan_begin(const char *policy, enum nfw_table table) {
        static const char *const words[] = { "egress", "ingress" };
        struct nfw_plan *plan = calloc(1, sizeof(*plan));

        assert_non_null(plan);
        plan->policy = strdup(policy);
        plan->id = strdup(PLAN_ID);
        plan->table = table;
        plan->nflog_group = 28262;
        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++) {
                plan->chains[i].direction = (enum nfw_direction)i;
                assert_true(asprintf(&plan->chains[i].name, "%s-%s", policy, words[i]) > 0);
                assert_true(asprintf(&plan->chains[i].comment, "policy %s", policy) > 0);
        }
        return plan;
}

/* A set, NULL for an anonymous one; the elements are separated by spaces, the fields of one by dots in spaces. */
static inline size_t plan_set(struct nfw_plan *plan,
                              const char *name,
                              bool interval,
                              size_t n_fields,
                              const enum nfw_field *fields,
                              const char *elements) {
        struct nfw_plan_set set = { .name = name ? strdup(name) : NULL,
                                    .interval = interval,
                                    .n_fields = n_fields,
                                    .learned = SIZE_MAX };
        char *copy = strdup(elements), *rest = copy, *word;
        size_t i = 0;

        memcpy(set.fields, fields, n_fields * sizeof(*fields));
        while ((word = strsep(&rest, " ")) && *word != '\0')
                if (strcmp(word, ".") != 0)
                        assert_int_equal(
                                nfw_vec_push(&set.elements, plan_range(fields[i++ % n_fields], word)), 0);
        free(copy);
        assert_int_equal(nfw_vec_push(&plan->sets, set), 0);
        return plan->sets.n - 1;
}

static inline size_t plan_learned_set(struct nfw_plan *plan,
                                      const char *name,
                                      enum nfw_field field,
                                      const char *comment) {
        size_t index = plan_set(plan, name, false, 1, &field, "");

        plan->sets.items[index].learned = 0;
        plan->sets.items[index].comment = strdup(comment);
        return index;
}

static inline struct nfw_plan_rule *plan_rule(struct nfw_plan *plan,
                                              enum nfw_direction direction,
                                              enum nfw_verdict verdict,
                                              const char *comment) {
        struct nfw_plan_rule rule = { .verdict = verdict, .counter = verdict != NFW_VERDICT_CONTINUE };
        struct nfw_plan_chain *chain = &plan->chains[direction];

        rule.comment = comment ? strdup(comment) : NULL;
        rule.pos = (struct nfw_pos){ .file = "policy.yaml",
                                     .line = (unsigned int)chain->rules.n + 1,
                                     .column = 3 };
        assert_int_equal(nfw_vec_push(&chain->rules, rule), 0);
        return &chain->rules.items[chain->rules.n - 1];
}

static inline void plan_push(struct nfw_plan_rule *rule, struct nfw_plan_match match) {
        assert_int_equal(nfw_vec_push(&rule->matches, match), 0);
}

static inline void plan_is(struct nfw_plan_rule *rule, enum nfw_field field, bool negate, const char *text) {
        plan_push(rule, (struct nfw_plan_match){ .kind = NFW_PLAN_RANGE,
                                                 .negate = negate,
                                                 .fields = { field },
                                                 .n_fields = 1,
                                                 .range = plan_range(field, text) });
}

static inline void plan_in(struct nfw_plan *plan, struct nfw_plan_rule *rule, size_t set, bool negate) {
        const struct nfw_plan_set *plan_set = &plan->sets.items[set];
        struct nfw_plan_match match = {
                .kind = NFW_PLAN_SET, .negate = negate, .n_fields = plan_set->n_fields, .set = set
        };

        memcpy(match.fields, plan_set->fields, sizeof(match.fields));
        plan_push(rule, match);
}

static inline void plan_one_of(struct nfw_plan *plan,
                               struct nfw_plan_rule *rule,
                               enum nfw_field field,
                               bool interval,
                               bool negate,
                               const char *elements) {
        plan_in(plan, rule, plan_set(plan, NULL, interval, 1, &field, elements), negate);
}

static inline void plan_parameter(struct nfw_plan_rule *rule,
                                  enum nfw_field field,
                                  enum nfw_parameter parameter,
                                  bool negate) {
        plan_push(rule, (struct nfw_plan_match){ .kind = NFW_PLAN_PARAMETER,
                                                 .negate = negate,
                                                 .fields = { field },
                                                 .n_fields = 1,
                                                 .parameter = parameter });
}

static inline void plan_state(struct nfw_plan_rule *rule, bool negate, uint32_t states) {
        plan_push(rule, (struct nfw_plan_match){ .kind = NFW_PLAN_FLAGS,
                                                 .negate = negate,
                                                 .fields = { NFW_FIELD_CT_STATE },
                                                 .n_fields = 1,
                                                 .flags = states });
}

/* What a policy with names and addresses looks like. Bridges have no connection states here. */
static inline struct nfw_plan *plan_typical(const char *policy, enum nfw_table table) {
        static const enum nfw_field triple[] = { NFW_FIELD_IP_DADDR, NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT };
        struct nfw_plan *plan = plan_begin(policy, table);
        struct nfw_plan_rule *rule;
        size_t learned4, learned6, boxes;
        char name[64];

        snprintf(name, sizeof(name), "%s-allow1-learned4", policy);
        learned4 = plan_learned_set(plan, name, NFW_FIELD_IP_DADDR, "github.com, *.github.com");
        snprintf(name, sizeof(name), "%s-allow1-learned6", policy);
        learned6 = plan_learned_set(plan, name, NFW_FIELD_IP6_DADDR, "github.com, *.github.com");
        snprintf(name, sizeof(name), "%s-allow2-ip-proto-port", policy);
        boxes = plan_set(plan, name, true, 3, triple,
                         "192.0.2.0/24 . 6 . 443 198.51.100.1-198.51.100.3 . 17 . 1000-2000");

        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_CONTINUE, NULL);
        plan_one_of(plan, rule, NFW_FIELD_L4PROTO, false, false, "6 17");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "53");
        rule->mirror = NFW_MIRROR_QUERY;
        if (table == NFW_TABLE_BRIDGE) {
                rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_DROP, "other protocols");
                plan_one_of(plan, rule, NFW_FIELD_ETHER_TYPE, false, true, "0x0800 0x0806 0x86dd");
                rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "ARP");
                plan_is(rule, NFW_FIELD_ETHER_TYPE, false, "0x0806");
        } else {
                rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "replies");
                plan_state(rule, false, NFW_CT_ESTABLISHED | NFW_CT_RELATED);
        }
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "neighbour discovery");
        plan_is(rule, NFW_FIELD_IP6_HOPLIMIT, false, "255");
        plan_one_of(plan, rule, NFW_FIELD_ICMPV6_TYPE, false, false, "133 135 136");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "DNS");
        plan_parameter(rule, NFW_FIELD_IP_DADDR, NFW_PARAMETER_RESOLVERS, false);
        plan_one_of(plan, rule, NFW_FIELD_L4PROTO, false, false, "6 17");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "53");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "allow-github");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "6");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "443");
        plan_in(plan, rule, learned4, false);
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "allow-github");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "6");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "443");
        plan_in(plan, rule, learned6, false);
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "allow-networks");
        plan_in(plan, rule, boxes, false);
        plan_rule(plan, NFW_EGRESS, NFW_VERDICT_DROP, "everything else");

        rule = plan_rule(plan, NFW_INGRESS, NFW_VERDICT_CONTINUE, NULL);
        plan_one_of(plan, rule, NFW_FIELD_L4PROTO, false, false, "6 17");
        plan_is(rule, NFW_FIELD_TH_SPORT, false, "53");
        plan_parameter(rule, NFW_FIELD_IP_SADDR, NFW_PARAMETER_RESOLVERS, false);
        rule->mirror = NFW_MIRROR_REPLY;
        plan_rule(plan, NFW_INGRESS, NFW_VERDICT_ACCEPT, "everything else");
        return plan;
}

static inline void plan_all_sets(struct nfw_plan *plan) {
        static const struct {
                const char *name;
                bool interval;
                size_t n_fields;
                enum nfw_field fields[NFW_PLAN_MAX_FIELDS];
                const char *elements;
        } sets[] = {
                { "-a",
                  false,
                  1,
                  { NFW_FIELD_IP_DADDR },
                  "192.168.123.112 10.0.0.1 11.0.0.1 9.9.9.9 255.255.255.255 0.0.0.1" },
                { "-b",
                  true,
                  1,
                  { NFW_FIELD_IP_DADDR },
                  "0.0.0.0/8 11.0.0.1 12.0.0.3-12.0.0.9 192.168.4.5-192.168.4.7 240.0.0.0/4" },
                { "-c", true, 1, { NFW_FIELD_IP_SADDR }, "12.0.0.3-12.0.0.9 10.0.0.0/8 11.0.0.1" },
                { "-d", true, 1, { NFW_FIELD_IP_DADDR }, "0.0.0.0/0" },
                { "-e",
                  false,
                  1,
                  { NFW_FIELD_IP6_DADDR },
                  "2001:db8::1 ::ffff:1.2.3.4 ::1 2001:db8:1:1:1:1:1:0" },
                { "-f",
                  true,
                  1,
                  { NFW_FIELD_IP6_DADDR },
                  "2001:db8::/64 2001:db9::/128 2001:db9::2-2001:db9::7 fe80::/10" },
                { "-g", false, 1, { NFW_FIELD_TH_DPORT }, "443 1 2 3 4 5 65535 8080 80 22 53" },
                { "-h", true, 1, { NFW_FIELD_TH_SPORT }, "22 80-90 1024-2047 65000-65535" },
                { "-i", false, 1, { NFW_FIELD_L4PROTO }, "17 6 1 58 132 253 50 99" },
                { "-j", true, 1, { NFW_FIELD_L4PROTO }, "0-5 17 128-255" },
                { "-k", false, 1, { NFW_FIELD_ICMPV6_TYPE }, "135 1 200 128 143" },
                { "-l", true, 1, { NFW_FIELD_ICMPV6_TYPE }, "1-4 128 130-255" },
                { "-m",
                  false,
                  2,
                  { NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT },
                  "6 . 443 17 . 53 6 . 22 132 . 300 17 . 443" },
                { "-n",
                  true,
                  2,
                  { NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT },
                  "17 . 53 6 . 80-90 6-16 . 99 253 . 0-65535" },
                { "-o",
                  false,
                  3,
                  { NFW_FIELD_IP_DADDR, NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT },
                  "1.1.1.1 . 6 . 443 1.1.1.1 . 17 . 53 2.1.1.1 . 6 . 443" },
                { "-p",
                  true,
                  3,
                  { NFW_FIELD_IP6_DADDR, NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT },
                  "2001:db8::/32 . 6 . 443 ::/0 . 17 . 53 ::1-::9 . 6 . 1-9" },
                { "-q",
                  true,
                  4,
                  { NFW_FIELD_IP_SADDR, NFW_FIELD_IP_DADDR, NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT },
                  "10.0.0.0/9 . 1.2.3.4 . 6 . 443 10.128.0.1 . 1.2.3.0/31 . 17 . 5-7" },
                { "-r",
                  true,
                  2,
                  { NFW_FIELD_IP6_SADDR, NFW_FIELD_ICMPV6_TYPE },
                  "fe80::/10 . 133-136 ::/128 . 135" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(sets); i++) {
                struct nfw_plan_rule *rule;
                char name[64];
                size_t set;

                snprintf(name, sizeof(name), "%s%s", plan->policy, sets[i].name);
                set = plan_set(plan, name, sets[i].interval, sets[i].n_fields, sets[i].fields,
                               sets[i].elements);
                rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, name);
                plan_in(plan, rule, set, i % 3 == 2);
                if (!strchr(sets[i].elements,
                            ' ')) /* no planner makes that, and nft would not keep it a set */
                        continue;
                set = plan_set(plan, NULL, sets[i].interval, sets[i].n_fields, sets[i].fields,
                               sets[i].elements);
                rule = plan_rule(plan, NFW_INGRESS, NFW_VERDICT_DROP, name);
                plan_in(plan, rule, set, i % 3 == 1);
        }
        if (plan->table == NFW_TABLE_BRIDGE) {
                enum nfw_field field = NFW_FIELD_ETHER_TYPE;

                plan_in(plan, plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, NULL),
                        plan_set(plan, "all-frames", false, 1, &field,
                                 "0x88a8 0x0800 0x0806 0x86dd 0x8100 0x88cc"),
                        false);
                plan_one_of(plan, plan_rule(plan, NFW_EGRESS, NFW_VERDICT_DROP, NULL), field, true, false,
                            "0x0000-0x05ff 0x8100");
        }
}

static inline void plan_all_ranges(struct nfw_plan *plan) {
        static const struct {
                enum nfw_field field;
                const char *text;
        } ranges[] = {
                { NFW_FIELD_IP_DADDR, "192.0.2.1" },
                { NFW_FIELD_IP_DADDR, "10.0.0.0/8" },
                { NFW_FIELD_IP_SADDR, "10.128.0.0/9" },
                { NFW_FIELD_IP_SADDR, "10.0.0.0/24" },
                { NFW_FIELD_IP_DADDR, "0.0.0.0/0" },
                { NFW_FIELD_IP_DADDR, "10.0.0.3-10.0.0.9" },
                { NFW_FIELD_IP6_DADDR, "2001:db8::1" },
                { NFW_FIELD_IP6_DADDR, "fe80::/10" },
                { NFW_FIELD_IP6_SADDR, "2001:db8::/64" },
                { NFW_FIELD_IP6_SADDR, "::/0" },
                { NFW_FIELD_IP6_DADDR, "ff02::1-ff02::9" },
                { NFW_FIELD_IP6_HOPLIMIT, "255" },
                { NFW_FIELD_IP6_HOPLIMIT, "1-4" },
                { NFW_FIELD_L4PROTO, "6" },
                { NFW_FIELD_L4PROTO, "58" },
                { NFW_FIELD_L4PROTO, "253" },
                { NFW_FIELD_L4PROTO, "6-17" },
                { NFW_FIELD_TH_DPORT, "53" },
                { NFW_FIELD_TH_SPORT, "0-1023" },
                { NFW_FIELD_TH_DPORT, "65000-65535" },
                { NFW_FIELD_ICMPV6_TYPE, "135" },
                { NFW_FIELD_ICMPV6_TYPE, "133-137" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(ranges); i++) {
                plan_is(plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, NULL), ranges[i].field, false,
                        ranges[i].text);
                plan_is(plan_rule(plan, NFW_INGRESS, NFW_VERDICT_DROP, NULL), ranges[i].field, true,
                        ranges[i].text);
        }
        if (plan->table == NFW_TABLE_BRIDGE) {
                plan_is(plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, NULL), NFW_FIELD_ETHER_TYPE, false,
                        "0x8100");
                plan_is(plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, NULL), NFW_FIELD_ETHER_TYPE, true,
                        "0x0806");
        } else {
                static const uint32_t states[] = { NFW_CT_NEW, NFW_CT_ESTABLISHED,
                                                   NFW_CT_INVALID | NFW_CT_UNTRACKED,
                                                   NFW_CT_ESTABLISHED | NFW_CT_NEW | NFW_CT_RELATED };

                for (size_t i = 0; i < NFW_ARRAY_SIZE(states); i++) {
                        plan_state(plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, NULL), false, states[i]);
                        plan_state(plan_rule(plan, NFW_INGRESS, NFW_VERDICT_DROP, NULL), true, states[i]);
                }
        }
}

/* Matches of one rule that nft shows differently because of each other. */
static inline void plan_all_neighbours(struct nfw_plan *plan) {
        static const enum nfw_field pair[] = { NFW_FIELD_IP_DADDR, NFW_FIELD_TH_DPORT };

        static const enum nfw_field pair6[] = { NFW_FIELD_IP6_DADDR, NFW_FIELD_TH_SPORT };
        struct nfw_plan_rule *rule;

        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "1");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "6");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "22");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "2");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "17");
        plan_is(rule, NFW_FIELD_IP_DADDR, false, "192.0.2.1");
        plan_is(rule, NFW_FIELD_TH_DPORT, true, "1-1023");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "3");
        plan_is(rule, NFW_FIELD_IP6_DADDR, false, "2001:db8::1");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "6");
        plan_one_of(plan, rule, NFW_FIELD_TH_DPORT, true, false, "1-5 7");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "4");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "132");
        plan_is(rule, NFW_FIELD_TH_SPORT, false, "9");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "5");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "6");
        plan_in(plan, rule, plan_set(plan, NULL, false, 2, pair, "192.0.2.1 . 80 192.0.2.2 . 81"), false);
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "6");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "17");
        plan_in(plan, rule, plan_set(plan, NULL, true, 2, pair6, "2001:db8::/32 . 80"), false);
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "7");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "58");
        plan_is(rule, NFW_FIELD_ICMPV6_TYPE, false, "135");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "8");
        plan_is(rule, NFW_FIELD_ICMPV6_TYPE, false, "135");
        plan_is(rule, NFW_FIELD_IP6_HOPLIMIT, false, "255");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "9");
        plan_is(rule, NFW_FIELD_IP6_DADDR, false, "ff02::/16");
        plan_is(rule, NFW_FIELD_IP6_HOPLIMIT, false, "255");
        plan_one_of(plan, rule, NFW_FIELD_ICMPV6_TYPE, false, false, "133 135");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "10");
        plan_is(rule, NFW_FIELD_IP_SADDR, false, "192.0.2.1");
        plan_is(rule, NFW_FIELD_IP_DADDR, true, "192.0.2.0/24");
        plan_is(rule, NFW_FIELD_L4PROTO, false, "1");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "11");
        plan_parameter(rule, NFW_FIELD_IP_DADDR, NFW_PARAMETER_SUBNETS, true);
        plan_is(rule, NFW_FIELD_L4PROTO, false, "17");
        plan_is(rule, NFW_FIELD_TH_SPORT, false, "68");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "67");
        rule = plan_rule(plan, NFW_INGRESS, NFW_VERDICT_ACCEPT, "12");
        plan_parameter(rule, NFW_FIELD_IP6_SADDR, NFW_PARAMETER_LOCAL, false);
        plan_is(rule, NFW_FIELD_L4PROTO, false, "6");
        rule = plan_rule(plan, NFW_INGRESS, NFW_VERDICT_ACCEPT, "13");
        plan_is(rule, NFW_FIELD_L4PROTO, true, "6");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "67");
}

static inline struct nfw_plan *plan_everything(enum nfw_table table) {
        struct nfw_plan *plan = plan_typical("all", table);

        plan_all_sets(plan);
        plan_all_ranges(plan);
        plan_all_neighbours(plan);
        return plan;
}
