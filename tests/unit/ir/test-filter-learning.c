/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is there so that addresses of guests can be learned, whatever the filters say. */
#include "cmocka_all.h"
#include "ir/filter/learning.h"

static const char *const base_chains[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS] = {
        [NFW_FILTER_LINK] = { [NFW_EGRESS] = "link-egress", [NFW_INGRESS] = "link-ingress" },
        [NFW_FILTER_NETWORK] = { [NFW_EGRESS] = "network-egress", [NFW_INGRESS] = "network-ingress" },
};

static int setup(void **state) {
        struct nfw_learning_plan *plan;

        if (nfw_learning_plan_new(base_chains, 5, &plan) < 0)
                return -1;
        *state = plan;
        return 0;
}

static int teardown(void **state) {
        assert_null(nfw_learning_plan_free(*state));
        return 0;
}

static const struct nfw_plan_chain *chain_of(const struct nfw_learning_plan *plan, const char *name) {
        nfw_vec_foreach (block, &plan->plan->blocks)
                if (strcmp(block->name, name) == 0)
                        return block;
        fail_msg("no chain %s", name);
        return NULL;
}

static bool is_last_word(const struct nfw_plan_chain *chain) {
        const struct nfw_plan_rule *last = &chain->rules.items[chain->rules.n - 1];

        return last->matches.n == 0 && last->verdict == NFW_VERDICT_DROP;
}

static void test_sets_are_where_they_are_looked_for(void **state) {
        const struct nfw_learning_plan *plan = *state;

        assert_true(plan->plan->sets.n >= NFW_N_LEARNING_SETS);
        for (int i = 0; i < NFW_N_LEARNING_SETS; i++) {
                const struct nfw_plan_set *set = &plan->plan->sets.items[i];
                bool is_lease = i == NFW_LEARNING_LEASES4 || i == NFW_LEARNING_LEASES6;
                bool is_rate = i >= NFW_LEARNING_RATE_DHCP_EGRESS;

                assert_string_equal(set->name, nfw_learning_set_name((enum nfw_learning_set)i));
                assert_int_equal(set->has_timeout, is_lease);
                assert_int_equal(set->meter, is_rate);
                assert_int_equal(set->per_port, !is_rate);
                assert_true(is_rate == (set->n_fields == 0) || i == NFW_LEARNING_PORTS ||
                            i == NFW_LEARNING_WAITS);
        }
        assert_int_equal(plan->plan->sets.items[NFW_LEARNING_LEASES4].fields[0], NFW_FIELD_IP_SADDR);
        assert_int_equal(plan->plan->sets.items[NFW_LEARNING_LEASES6].fields[0], NFW_FIELD_IP6_SADDR);
        assert_int_equal(plan->plan->sets.items[NFW_LEARNING_MACS].fields[0], NFW_FIELD_ETHER_SADDR);
        /* Those behind them belong to rules and have no names. */
        for (size_t i = NFW_N_LEARNING_SETS; i < plan->plan->sets.n; i++) {
                assert_null(plan->plan->sets.items[i].name);
                assert_true(plan->plan->sets.items[i].elements.n > 1);
        }
}

static void test_the_group_is_told(void **state) {
        const struct nfw_learning_plan *plan = *state;

        assert_int_equal(plan->plan->nflog_group, 5);
        assert_string_equal(plan->plan->sets.items[NFW_LEARNING_PORTS].comment, NFW_LEARNING_COMMENT "5");
}

/* Of a guest that waits nothing gets to the filters, and nothing past the end of its chains. */
static void test_who_waits_is_held(void **state) {
        static const char *const names[] = { "learning-egress", "learning-ingress", "learning-dhcp-egress",
                                             "learning-dhcp-ingress" };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++) {
                const struct nfw_plan_chain *chain = chain_of(*state, names[i]);

                assert_true(is_last_word(chain));
                nfw_vec_foreach (rule, &chain->rules)
                        assert_true(rule->verdict == NFW_VERDICT_ACCEPT ||
                                    rule->verdict == NFW_VERDICT_DROP || rule->verdict == NFW_VERDICT_GOTO);
        }
}

/* Of one that is known everything goes on, but for DHCP that nobody is told of. */
static void test_who_is_known_goes_on(void **state) {
        static const char *const names[] = { "learned-egress", "learned-ingress" };
        static const char *const dhcp[] = { "learned-dhcp-egress", "learned-dhcp-ingress" };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++)
                nfw_vec_foreach (rule, &chain_of(*state, names[i])->rules)
                        assert_true(rule->verdict != NFW_VERDICT_DROP && rule->verdict != NFW_VERDICT_ACCEPT);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(dhcp); i++) {
                const struct nfw_plan_chain *chain = chain_of(*state, dhcp[i]);

                assert_int_equal(chain->rules.n, 2);
                assert_int_equal(chain->rules.items[0].verdict, NFW_VERDICT_RETURN);
                assert_int_equal(chain->rules.items[0].mirror, NFW_MIRROR_ADDRESS);
                assert_true(is_last_word(chain));
        }
}

/* The kernel has no loops, and a batch makes chains in this order. */
static void test_jumps_lead_back(void **state) {
        const struct nfw_learning_plan *plan = *state;

        for (size_t i = 0; i < plan->plan->blocks.n; i++)
                nfw_vec_foreach (rule, &plan->plan->blocks.items[i].rules)
                        if (rule->verdict == NFW_VERDICT_GOTO || rule->verdict == NFW_VERDICT_JUMP) {
                                assert_true(rule->block < i);
                                assert_int_equal(plan->plan->blocks.items[rule->block].direction,
                                                 plan->plan->blocks.items[i].direction);
                        }
}

/* A copy for everything would let one guest have all of the learner's time. */
static void test_every_copy_has_a_rate(void **state) {
        const struct nfw_learning_plan *plan = *state;
        size_t n = 0;

        nfw_vec_foreach (block, &plan->plan->blocks)
                nfw_vec_foreach (rule, &block->rules) {
                        if (rule->mirror != NFW_MIRROR_ADDRESS)
                                continue;
                        assert_true(rule->meter >= NFW_LEARNING_RATE_DHCP_EGRESS &&
                                    rule->meter < NFW_N_LEARNING_SETS);
                        n++;
                }
        assert_int_equal(n, 4 + 1 + 5);
}

static void test_base_chains(void **state) {
        const struct nfw_learning_plan *plan = *state;

        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                        const struct nfw_plan_chain *chain = &plan->dispatch[layer][direction];
                        const char *waits = direction == NFW_EGRESS ? "learning-egress" : "learning-ingress";
                        const struct nfw_plan_rule *rules = chain->rules.items;

                        assert_string_equal(chain->name, base_chains[layer][direction]);
                        assert_int_equal(chain->rules.n, layer == NFW_FILTER_LINK ? 3 : 2);
                        assert_int_equal(rules[0].matches.items[0].set, NFW_LEARNING_WAITS);
                        assert_int_equal(rules[1].matches.items[0].set, NFW_LEARNING_TYPES);
                        for (size_t i = 0; i < 2; i++) {
                                assert_int_equal(rules[i].matches.n, 1);
                                /* What the link layer has let pass of it is not for the network layer. */
                                assert_int_equal(rules[i].verdict, layer == NFW_FILTER_LINK
                                                                           ? NFW_VERDICT_GOTO
                                                                           : NFW_VERDICT_ACCEPT);
                                if (layer == NFW_FILTER_LINK)
                                        assert_string_equal(plan->plan->blocks.items[rules[i].block].name,
                                                            waits);
                        }
                        if (layer == NFW_FILTER_LINK) {
                                assert_int_equal(rules[2].matches.items[0].set, NFW_LEARNING_PORTS);
                                assert_int_equal(rules[2].verdict, NFW_VERDICT_JUMP);
                        }
                }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_sets_are_where_they_are_looked_for, setup, teardown),
                cmocka_unit_test_setup_teardown(test_the_group_is_told, setup, teardown),
                cmocka_unit_test_setup_teardown(test_who_waits_is_held, setup, teardown),
                cmocka_unit_test_setup_teardown(test_who_is_known_goes_on, setup, teardown),
                cmocka_unit_test_setup_teardown(test_jumps_lead_back, setup, teardown),
                cmocka_unit_test_setup_teardown(test_every_copy_has_a_rate, setup, teardown),
                cmocka_unit_test_setup_teardown(test_base_chains, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
