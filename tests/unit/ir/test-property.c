/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies and random packets: the rules must say what the policy says, and the plan what the rules say.
 * NFW_TEST_SEED=number repeats the one run that a failure names; NFW_TEST_ROUNDS makes it longer.
 */
#include <time.h>

#include "model.h"

#define N_ROUNDS  400
#define N_PACKETS 100

static unsigned long long current_seed;

static unsigned long long from_environment(const char *name, unsigned long long otherwise) {
        const char *text = getenv(name);

        return text ? strtoull(text, NULL, 0) : otherwise;
}

static void assert_set(const struct nfw_plan *plan, size_t index) {
        const struct nfw_plan_set *set = &plan->sets.items[index];

        assert_true(set->n_fields >= 1 && set->n_fields <= NFW_PLAN_MAX_FIELDS);
        if (set->learned != SIZE_MAX) {
                assert_true(set->learned < plan->learned.n);
                assert_int_equal(set->elements.n, 0);
                assert_non_null(set->name);
                return;
        }
        assert_true(set->elements.n > 0);
        assert_int_equal(set->elements.n % set->n_fields, 0);
        assert_true(set->n_fields == 1 || set->name);

        for (size_t i = 0; i < set->elements.n; i += set->n_fields) {
                for (size_t j = 0; j < set->n_fields; j++) {
                        const struct nfw_range *range = &set->elements.items[i + j];

                        assert_true(memcmp(range->first, range->last, NFW_VALUE_MAX) <= 0);
                        assert_true(set->interval || memcmp(range->first, range->last, NFW_VALUE_MAX) == 0);
                }
                for (size_t k = i + set->n_fields; k < set->elements.n; k += set->n_fields) {
                        bool overlap = true;

                        for (size_t j = 0; j < set->n_fields; j++) {
                                const struct nfw_range *a = &set->elements.items[i + j],
                                                       *b = &set->elements.items[k + j];

                                overlap = overlap && memcmp(a->first, b->last, NFW_VALUE_MAX) <= 0 &&
                                          memcmp(b->first, a->last, NFW_VALUE_MAX) <= 0;
                        }
                        assert_false(overlap);
                }
        }
}

static void assert_chain(const struct nfw_plan *plan,
                         const struct nfw_plan_chain *chain,
                         size_t n_blocks,
                         size_t *n_uses) {
        nfw_vec_foreach (rule, &chain->rules) {
                bool protocol_known = false;

                assert_true(strlen(rule->comment) <= 127);
                assert_int_equal(rule->counter,
                                 rule->verdict == NFW_VERDICT_ACCEPT || rule->verdict == NFW_VERDICT_DROP);
                assert_true((rule->verdict != NFW_VERDICT_JUMP && rule->verdict != NFW_VERDICT_GOTO) ||
                            rule->block < n_blocks);
                nfw_vec_foreach (match, &rule->matches) {
                        if (match->kind == NFW_PLAN_SET) {
                                assert_true(match->set < plan->sets.n);
                                assert_int_equal(match->n_fields, plan->sets.items[match->set].n_fields);
                                assert_memory_equal(match->fields, plan->sets.items[match->set].fields,
                                                    match->n_fields * sizeof(match->fields[0]));
                                n_uses[match->set]++;
                        }
                        for (size_t i = 0; i < match->n_fields; i++) {
                                protocol_known = protocol_known || match->fields[i] == NFW_FIELD_L4PROTO;
                                if (match->fields[i] == NFW_FIELD_TH_SPORT ||
                                    match->fields[i] == NFW_FIELD_TH_DPORT)
                                        assert_true(protocol_known);
                        }
                }
        }
}

/* What the nft layer and the kernel rely on. */
static void assert_plan(const struct nfw_plan *plan) {
        nfw_cleanup(nfw_freep) size_t *n_uses = calloc(plan->sets.n + 1, sizeof(*n_uses));

        for (size_t i = 0; i < plan->sets.n; i++) {
                const struct nfw_plan_set *set = &plan->sets.items[i];

                assert_set(plan, i);
                assert_true(!set->comment || strlen(set->comment) <= 127);
                for (size_t j = i + 1; set->name && j < plan->sets.n; j++)
                        assert_true(!plan->sets.items[j].name ||
                                    strcmp(set->name, plan->sets.items[j].name) != 0);
        }
        for (size_t i = 0; i < plan->learned.n; i++) {
                assert_int_equal(plan->sets.items[plan->learned.items[i].set4].learned, i);
                assert_int_equal(plan->sets.items[plan->learned.items[i].set6].learned, i);
        }

        for (size_t direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                assert_chain(plan, &plan->chains[direction], plan->blocks.n, n_uses);
        for (size_t i = 0; i < plan->blocks.n; i++) {
                assert_true(plan->blocks.items[i].rules.n > 0);
                assert_chain(plan, &plan->blocks.items[i], i, n_uses);
        }
        for (size_t i = 0; i < plan->sets.n; i++)
                assert_true(plan->sets.items[i].name || n_uses[i] == 1);
}

static void report(const struct nfw_ir *ir,
                   const struct nfw_evaluate_packet *packet,
                   enum nfw_verdict expected,
                   enum nfw_verdict got) {
        char source[NFW_ADDR_TEXT_MAX], destination[NFW_ADDR_TEXT_MAX];

        if (packet->destination.family)
                print_message("# packet %s -> %s\n", nfw_addr_format(&packet->source, source),
                              nfw_addr_format(&packet->destination, destination));
        print_message(
                "# ether type 0x%04x, protocol %u, ports %u -> %u, hop limit %u, icmp type %u, ct %u: expected %d, got %d\n",
                packet->ether_type, packet->l4proto, packet->source_port, packet->destination_port,
                packet->hop_limit, packet->icmp_type, packet->ct_state, (int)expected, (int)got);
        (void)nfw_ir_print(ir, stderr);
        fail();
}

static void compare(struct model *model, struct random *random) {
        const struct nfw_evaluate_port port = {
                .is_parameter = model_parameter,
                .is_learned = model_learned,
                .userdata = model,
        };

        assert_plan(model->plan);
        for (unsigned int i = 0; i < N_PACKETS; i++) {
                struct nfw_evaluate_packet packet = random_packet(random);

                for (size_t direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                        enum nfw_verdict expected =
                                nfw_evaluate(model->ir, (enum nfw_direction)direction, &packet, &port, NULL);
                        enum nfw_verdict got = model_plan(model, (enum nfw_direction)direction, &packet);

                        if (expected != got)
                                report(model->ir, &packet, expected, got);
                }
        }
}

/* Nor are packets compared that nobody sends: ICMP over the other IP version. */
static bool concerns_implicit_rules(const struct nfw_evaluate_packet *packet) {
        return packet->destination.family == 0 || packet->l4proto == IPPROTO_ICMPV6 ||
               packet->l4proto == IPPROTO_AH ||
               (packet->l4proto == IPPROTO_ICMP && packet->destination.family == AF_INET6) ||
               packet->ct_state & (NFW_CT_ESTABLISHED | NFW_CT_RELATED) ||
               (packet->has_ports && (packet->destination_port == 53 || packet->destination_port == 67 ||
                                      packet->destination_port == 547));
}

static void compare_with_policy(struct model *model, const struct nfw_policy *policy, struct random *random) {
        const struct nfw_evaluate_port port = {
                .is_parameter = model_parameter,
                .is_learned = model_learned,
                .userdata = model,
        };

        for (unsigned int i = 0; i < N_PACKETS; i++) {
                struct nfw_evaluate_packet packet = random_packet(random);
                enum nfw_verdict expected, got;

                if (concerns_implicit_rules(&packet))
                        continue;
                expected = model_policy(model, policy, &packet);
                got = nfw_evaluate(model->ir, NFW_EGRESS, &packet, &port, NULL);
                if (expected != got)
                        report(model->ir, &packet, expected, got);
        }
}

static void run_policy(unsigned long long seed) {
        struct random random = { .state = seed };
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = random_policy(&random);
        enum nfw_table table = random_chance(&random, 50) ? NFW_TABLE_INET : NFW_TABLE_BRIDGE;
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, table, random_chance(&random, 20));
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_in_blocks(ir, random_below(&random, 4));
        struct model model = { .seed = seed, .ir = ir, .plan = plan };

        compare(&model, &random);
        compare_with_policy(&model, policy, &random);
}

static void run_ir(unsigned long long seed) {
        struct random random = { .state = seed };
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = random_ir(&random);
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_in_blocks(ir, random_below(&random, 4));
        struct model model = { .seed = seed, .ir = ir, .plan = plan };

        compare(&model, &random);
}

static void run_rounds(void (*run)(unsigned long long seed)) {
        unsigned long long n_rounds = from_environment("NFW_TEST_ROUNDS", N_ROUNDS);
        struct timespec now;

        if (getenv("NFW_TEST_SEED")) {
                current_seed = from_environment("NFW_TEST_SEED", 0);
                run(current_seed);
                return;
        }
        assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
        for (unsigned long long i = 0; i < n_rounds; i++)
                run(current_seed = ((unsigned long long)now.tv_sec << 20) + i);
}

/* Runs after a failure, too. */
static int print_seed(void **state nfw_unused) {
        print_message("# the last run was NFW_TEST_SEED=%llu\n", current_seed);
        return 0;
}

static void test_policies(void **state nfw_unused) {
        run_rounds(run_policy);
}

static void test_rules(void **state nfw_unused) {
        run_rounds(run_ir);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(test_policies, print_seed),
                cmocka_unit_test_teardown(test_rules, print_seed),
        };

        return cmocka_run_group_tests_name("ir/property", tests, NULL, NULL);
}
