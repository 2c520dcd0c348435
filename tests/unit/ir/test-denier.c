/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dropped a packet, against what the evaluator says. What is unknown may leave it open, and never makes it wrong.
 * NFW_TEST_SEED=number repeats the one run that a failure names.
 */
#include <time.h>

#include "ir/denier.h"
#include "model.h"

#define N_ROUNDS  400
#define N_PACKETS 200

static unsigned long long current_seed;

/* The model's port, of which some answers are not known. */
struct forgetful {
        struct model model;
        size_t learned[128];
        struct random *random;
        unsigned int percent;
};

static enum nfw_truth truth_of(struct forgetful *forgetful, bool truth) {
        if (random_chance(forgetful->random, forgetful->percent))
                return NFW_UNKNOWN;
        return truth ? NFW_TRUE : NFW_FALSE;
}

static enum nfw_truth ask_parameter(void *userdata,
                                    enum nfw_parameter parameter,
                                    const struct nfw_addr *addr) {
        struct forgetful *forgetful = userdata;

        return truth_of(forgetful, model_parameter(&forgetful->model, parameter, addr));
}

static enum nfw_truth ask_learned(void *userdata, size_t learned, const struct nfw_addr *addr) {
        struct forgetful *forgetful = userdata;

        return truth_of(forgetful, model_learned(&forgetful->model, learned, addr));
}

static bool all_learned(void *userdata,
                        const struct nfw_addr *addr,
                        const size_t **ret_learned,
                        size_t *ret_n) {
        struct forgetful *forgetful = userdata;
        const struct nfw_ir *ir = forgetful->model.ir;
        size_t n = 0;

        if (random_chance(forgetful->random, forgetful->percent / 2) ||
            ir->learned.n > NFW_ARRAY_SIZE(forgetful->learned))
                return false;
        for (size_t i = ir->learned.n; i > 0; i--) {
                if (ask_learned(forgetful, i - 1, addr) != NFW_FALSE)
                        forgetful->learned[n++] = i - 1;
        }
        *ret_learned = forgetful->learned;
        *ret_n = n;
        return true;
}

static bool asks_connection(const struct nfw_ir_chain *chain) {
        nfw_vec_foreach (rule, &chain->rules) {
                nfw_vec_foreach (match, &rule->matches) {
                        if (rule->verdict == NFW_VERDICT_DROP && match->field == NFW_FIELD_CT_STATE)
                                return true;
                }
        }
        return false;
}

struct count {
        size_t n_dropped, n_found;
};

static void compare(struct forgetful *forgetful, struct count *count) {
        nfw_cleanup(nfw_denier_freep) struct nfw_denier *denier = NULL;
        const struct nfw_ir *ir = forgetful->model.ir;
        const struct nfw_evaluate_port truth = {
                .is_parameter = model_parameter,
                .is_learned = model_learned,
                .userdata = &forgetful->model,
        };
        const struct nfw_denier_port port = {
                .is_parameter = ask_parameter,
                .is_learned = ask_learned,
                .learned = all_learned,
                .userdata = forgetful,
        };

        assert_int_equal(nfw_denier_new(ir, &denier), 0);
        for (unsigned int i = 0; i < N_PACKETS; i++) {
                struct nfw_evaluate_packet packet = random_packet(forgetful->random);
                enum nfw_direction direction =
                        random_chance(forgetful->random, 80) ? NFW_EGRESS : NFW_INGRESS;
                const struct nfw_denier_rule *found;
                const struct nfw_ir_rule *expected;
                int r;

                if (nfw_evaluate(ir, direction, &packet, &truth, &expected) != NFW_VERDICT_DROP)
                        continue;
                count->n_dropped++;
                r = nfw_denier_find(denier, direction, &packet, &port, &found);
                if (r != 0) {
                        assert_int_equal(r, NFW_E_NOT_FOUND);
                        assert_true(forgetful->percent > 0 || asks_connection(&ir->chains[direction]));
                        continue;
                }
                assert_string_equal(found->name, expected->name);
                assert_int_equal(found->line, expected->pos.line);
                count->n_found++;
        }
}

static void run_rounds(bool of_policies, unsigned int percent_unknown, struct count *count) {
        const char *seed = getenv("NFW_TEST_SEED");
        struct timespec now;

        assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
        for (unsigned long long i = 0; i < (seed ? 1 : N_ROUNDS); i++) {
                struct random random;
                nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
                nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
                struct forgetful forgetful = { .random = &random, .percent = percent_unknown };

                current_seed = seed ? strtoull(seed, NULL, 0) : ((unsigned long long)now.tv_sec << 20) + i;
                random.state = current_seed;
                if (of_policies) {
                        policy = random_policy(&random);
                        ir = ir_of(policy, random_chance(&random, 50) ? NFW_TABLE_INET : NFW_TABLE_BRIDGE,
                                   random_chance(&random, 20));
                } else {
                        ir = random_ir(&random);
                }
                forgetful.model = (struct model){ .seed = current_seed, .ir = ir };
                compare(&forgetful, count);
        }
}

static int print_seed(void **state nfw_unused) {
        print_message("# the last run was NFW_TEST_SEED=%llu\n", current_seed);
        return 0;
}

static void test_policies(void **state nfw_unused) {
        struct count count = { 0 };

        run_rounds(true, 0, &count);
        assert_true(count.n_dropped > 0);
        assert_int_equal(count.n_found, count.n_dropped);
}

static void test_rules(void **state nfw_unused) {
        struct count count = { 0 };

        run_rounds(false, 0, &count);
        assert_true(count.n_found > 0);
}

static void test_unknown(void **state nfw_unused) {
        struct count count = { 0 };

        run_rounds(true, 50, &count);
        run_rounds(false, 50, &count);
        assert_true(count.n_found > 0);
        assert_true(getenv("NFW_TEST_SEED") || count.n_found < count.n_dropped);
}

/* --- by hand ----------------------------------------------------------------------------------------------- */

static enum nfw_truth unknown_parameter(void *userdata nfw_unused,
                                        enum nfw_parameter parameter nfw_unused,
                                        const struct nfw_addr *addr nfw_unused) {
        return NFW_UNKNOWN;
}

static enum nfw_truth unknown_learned(void *userdata nfw_unused,
                                      size_t learned nfw_unused,
                                      const struct nfw_addr *addr nfw_unused) {
        return NFW_UNKNOWN;
}

static bool learned_anything(void *userdata nfw_unused,
                             const struct nfw_addr *addr nfw_unused,
                             const size_t **ret_learned nfw_unused,
                             size_t *ret_n nfw_unused) {
        return false;
}

static const struct nfw_denier_port unknown = {
        .is_parameter = unknown_parameter,
        .is_learned = unknown_learned,
        .learned = learned_anything,
};

static void to(struct nfw_evaluate_packet *packet, const char *address, uint16_t port) {
        *packet = (struct nfw_evaluate_packet){
                .l4proto = IPPROTO_TCP, .has_ports = true, .source_port = 1024, .destination_port = port
        };
        assert_int_equal(nfw_addr_parse(address, &packet->destination), 0);
        packet->source = packet->destination;
        packet->ether_type = packet->destination.family == AF_INET ? 0x0800 : 0x86dd;
}

/* The rule's name, or NULL. */
static const char *found(const struct nfw_denier *denier, const char *address, uint16_t port) {
        const struct nfw_denier_rule *rule;
        struct nfw_evaluate_packet packet;

        to(&packet, address, port);
        return nfw_denier_find(denier, NFW_EGRESS, &packet, &unknown, &rule) == 0 ? rule->name : NULL;
}

static struct nfw_denier *denier_of(const char *text) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(text);
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, false);
        struct nfw_denier *denier = NULL;

        assert_int_equal(nfw_denier_new(ir, &denier), 0);
        return denier;
}

static void test_the_only_one_left(void **state nfw_unused) {
        nfw_cleanup(nfw_denier_freep) struct nfw_denier *denier = denier_of(
                "version: '1.0'\n"
                "rules:\n"
                "- {name: lan, action: deny, priority: 1, egress: {domains: [subnet.lima.internal]}}\n"
                "- {name: web, action: allow, priority: 2, egress: {ports: [80]}}\n"
                "- {name: bad, action: deny, priority: 3, egress: {domains: [a.example], ports: [81]}}\n"
                "- {name: six, action: deny, priority: 4, egress: {ips: ['2001:db8::/32']}}\n"
                "- {name: low, action: deny, priority: 5, egress: {ips: [10.0.0.0/8]}}\n");

        /* Had it not been the network, the packet would have passed. */
        assert_string_equal(found(denier, "192.0.2.1", 80), "lan");
        /* It was the network, the name or that nothing matched. */
        assert_null(found(denier, "192.0.2.1", 81));
        assert_null(found(denier, "10.0.0.1", 82));
        assert_true(nfw_denier_asks_learned(denier, 0));
        assert_false(nfw_denier_asks_learned(denier, 1));
}

static void test_names_and_lines(void **state nfw_unused) {
        nfw_cleanup(nfw_denier_freep) struct nfw_denier *denier = denier_of(
                "version: '1.0'\n"
                "rules:\n"
                "- {name: open, action: allow, priority: 9, egress: {domains: [a.example]}}\n"
                "- {name: six, action: deny, priority: 4, egress: {ips: ['2001:db8::/32', 10.1.0.0/16]}}\n"
                "- {name: low, action: deny, priority: 5, egress: {ips: [10.0.0.0/8, 10.1.2.3]}}\n"
                "- {name: nothing matched, action: deny, priority: 6, egress: {ports: [22]}}\n");
        const struct nfw_denier_rule *rule;
        struct nfw_evaluate_packet packet;

        assert_string_equal(found(denier, "2001:db8::1", 80), "six");
        assert_string_equal(found(denier, "10.1.2.3", 80), "six");
        assert_string_equal(found(denier, "10.2.2.3", 80), "low");
        assert_string_equal(found(denier, "9.255.255.255", 80), "nothing matched");
        to(&packet, "2001:db9::1", 22);
        assert_int_equal(nfw_denier_find(denier, NFW_EGRESS, &packet, &unknown, &rule), 0);
        assert_int_equal(rule->line, 6);
        to(&packet, "2001:db9::1", 23);
        assert_int_equal(nfw_denier_find(denier, NFW_EGRESS, &packet, &unknown, &rule), 0);
        assert_string_equal(rule->name, "nothing matched");
        assert_int_equal(rule->line, 0);
        /* Nothing drops what is to the guest. */
        assert_int_equal(nfw_denier_find(denier, NFW_INGRESS, &packet, &unknown, &rule), NFW_E_NOT_FOUND);
}

/* Bounded: where thousands of rules have to be looked at, none is told. */
static void test_too_many(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        nfw_cleanup(nfw_denier_freep) struct nfw_denier *denier = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        fputs("version: '1.0'\nrules:\n", stream);
        for (unsigned int i = 0; i < 20000; i++)
                fprintf(stream,
                        "- {name: r%u, action: deny, priority: %u, egress: {ips: [%u.0.0.0/8], ports: [%u]}}\n",
                        i, i, i % 2 ? 10 : 11 + i % 80, 1 + i);
        fclose(stream);
        denier = denier_of(text);
        assert_null(found(denier, "10.0.0.1", 1));
        assert_string_equal(found(denier, "11.0.0.1", 1), "r0");
        assert_string_equal(found(denier, "12.0.0.1", 1), "nothing matched");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(test_policies, print_seed),
                cmocka_unit_test_teardown(test_rules, print_seed),
                cmocka_unit_test_teardown(test_unknown, print_seed),
                cmocka_unit_test(test_the_only_one_left),
                cmocka_unit_test(test_names_and_lines),
                cmocka_unit_test(test_too_many),
        };

        return cmocka_run_group_tests_name("ir/denier", tests, NULL, NULL);
}
