/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft makes of its own listing is, expression by expression, what we have loaded: for every policy of the
 * golden tests, every example, and random ones. NFW_SEED repeats a run, NFW_POLICIES makes it longer.
 */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

#include "ir/lower.h"
#include "nft-common.h"
#include "nft/probe.h"
#include "property/world.h"

#define N_POLICIES 40
/* Loaded and listed together: it is starting nft that takes the time. */
#define N_TOGETHER  20

#define NFLOG_GROUP 100

/* A policy in both tables. */
struct sample {
        struct nfw_policy *policy;
        struct nfw_plan *plans[NFW_N_TABLES];
};

struct samples {
        NFW_VEC(struct sample) vec;
};

static void samples_deinit(struct samples *samples) {
        nfw_vec_foreach (sample, &samples->vec) {
                for (int table = 0; table < NFW_N_TABLES; table++)
                        nfw_plan_free(sample->plans[table]);
                nfw_policy_free(sample->policy);
        }
        nfw_vec_deinit(&samples->vec);
}

/* A kernel without connection tracking on bridges takes all the rest of the rules. */
static void drop_ct_matches(struct nfw_plan *plan) {
        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                nfw_vec_foreach (rule, &plan->chains[direction].rules) {
                        size_t n = 0;

                        nfw_vec_foreach (match, &rule->matches)
                                if (match->kind != NFW_PLAN_FLAGS)
                                        rule->matches.items[n++] = *match;
                        rule->matches.n = n;
                }
}

static struct nfw_plan *compile(struct fixture *fixture,
                                const struct nfw_policy *policy,
                                const char *name,
                                enum nfw_table table) {
        const struct nfw_lower_options lower = { .table = table,
                                                 .any_resolver = strstr(name, "any-resolver") };
        const struct nfw_plan_options options = {
                .policy = name,
                .id = PLAN_ID,
                .nflog_group = NFLOG_GROUP,
                .block_size = nfw_policy_n_rules(policy) %
                              3, /* blocks of few rules are made of small policies too */
        };
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        struct nfw_plan *plan = NULL;
        bool has_conntrack = true;

        assert_int_equal(nfw_lower(policy, &lower, &ir), 0);
        assert_int_equal(nfw_plan_new(ir, &options, &plan), 0);
        if (table == NFW_TABLE_BRIDGE)
                assert_int_equal(nfw_nft_probe_bridge_conntrack(fixture->nft, &has_conntrack), 0);
        if (!has_conntrack)
                drop_ct_matches(plan);
        return plan;
}

static void print_report(const struct nfw_report *report) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++)
                print_error("%s\n", nfw_diagnostic_text(nfw_report_diagnostic(report, i)));
}

static void add_sample(struct fixture *fixture, struct samples *samples, const char *name, const char *text) {
        struct sample sample = { 0 };

        if (nfw_policy_read_buffer(name, text, strlen(text), fixture->report, &sample.policy) != 0) {
                print_report(fixture->report);
                fail_msg("%s is refused:\n%s", name, text);
        }
        for (int table = 0; table < NFW_N_TABLES; table++)
                sample.plans[table] = compile(fixture, sample.policy, name, table);
        assert_int_equal(nfw_vec_push(&samples->vec, sample), 0);
}

/* As the learner does. */
static void put_grants(struct fixture *fixture, const struct nfw_plan *plan) {
        const struct nfw_nft_grant_note note = { .name = "www.example", .resolver = address("192.0.2.53") };
        const struct nfw_addr addrs[] = { address("192.0.2.1"), address("2001:db8::1") };

        nfw_vec_foreach (learned, &plan->learned) {
                const size_t sets[] = { learned->set4, learned->set6 };

                for (size_t i = 0; i < NFW_ARRAY_SIZE(sets); i++)
                        assert_int_equal(nfw_nft_put_grant(fixture->batch, NFW_NFT_ADD, plan->table,
                                                           plan->sets.items[sets[i]].name, "vnet0", &addrs[i],
                                                           3600 * 1000, &note),
                                         0);
        }
}

static void put_port(struct fixture *fixture, const struct nfw_plan *plan, const char *interface) {
        static const struct {
                const char *addr;
                uint8_t whole, network;
        } values[] = { { "192.0.2.0", 32, 24 }, { "2001:db8::", 128, 64 } };

        char chain[NFW_NFT_NAME_MAX];

        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                nfw_nft_chain_name(plan->policy, direction, chain);
                assert_int_equal(nfw_nft_put_dispatch(fixture->batch, NFW_NFT_ADD, plan->table, direction,
                                                      interface, chain, "fedcba9876543210"),
                                 0);
        }
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                for (size_t i = 0; i < NFW_ARRAY_SIZE(values); i++) {
                        const struct nfw_prefix value = {
                                .addr = address(values[i].addr),
                                .length = parameter == NFW_PARAMETER_SUBNETS ? values[i].network
                                                                             : values[i].whole,
                        };

                        assert_int_equal(nfw_nft_put_parameter(fixture->batch, NFW_NFT_ADD, plan->table,
                                                               parameter, interface, &value),
                                         0);
                }
}

static void load_samples(struct fixture *fixture, const struct samples *samples) {
        run("nft flush ruleset");
        for (int table = 0; table < NFW_N_TABLES; table++) {
                size_t n_ports = 0;

                assert_int_equal(nfw_nft_put_table(fixture->batch, table), 0);
                nfw_vec_foreach (sample, &samples->vec) {
                        char interface[16];

                        (void)snprintf(interface, sizeof(interface), "vnet%zu", n_ports++);
                        assert_int_equal(nfw_nft_put_plan(fixture->batch, sample->plans[table], true), 0);
                        put_grants(fixture, sample->plans[table]);
                        put_port(fixture, sample->plans[table], interface);
                }
        }
        commit(fixture);
}

static void verify_samples(struct fixture *fixture, const struct samples *samples, const char *when) {
        for (int table = 0; table < NFW_N_TABLES; table++)
                assert_int_equal(nfw_nft_verify_table(fixture->nft, table, NULL), 0);
        nfw_vec_foreach (sample, &samples->vec)
                for (int table = 0; table < NFW_N_TABLES; table++) {
                        const struct nfw_plan *plan = sample->plans[table];

                        nfw_report_clear(fixture->report);
                        if (nfw_nft_verify_plan(fixture->nft, plan, fixture->report) == 0)
                                continue;
                        print_report(fixture->report);
                        fail_msg("%s %s %s:\n%s", nfw_nft_family_name(table), plan->policy, when,
                                 sample->policy->source);
                }
}

static void check_round_trip(struct fixture *fixture, const struct samples *samples) {
        nfw_cleanup(nfw_freep) char *listed = NULL, *before = NULL, *after = NULL;
        FILE *pipe;

        load_samples(fixture, samples);
        verify_samples(fixture, samples, "as loaded");

        before = output_of("nft -s list ruleset");
        listed = output_of("nft list ruleset");
        pipe = popen("nft -f -", "w");
        assert_non_null(pipe);
        (void)fprintf(pipe, "flush ruleset\n%s", listed);
        assert_int_equal(pclose(pipe), 0);

        verify_samples(fixture, samples, "as nft has put it back");
        after = output_of("nft -s list ruleset");
        assert_string_equal(before, after);
}

static void check_files(struct fixture *fixture, const char *pattern) {
        nfw_cleanup(samples_deinit) struct samples samples = { 0 };
        glob_t files;

        assert_int_equal(glob(pattern, 0, NULL, &files), 0);
        for (size_t i = 0; i < files.gl_pathc; i++) {
                nfw_cleanup(nfw_freep) char *text = NULL;
                char name[64];
                size_t size = 0;
                FILE *stream = fopen(files.gl_pathv[i], "re");

                assert_non_null(stream);
                assert_true(getdelim(&text, &size, '\0', stream) > 0);
                (void)fclose(stream);
                assert_int_equal(sscanf(strrchr(files.gl_pathv[i], '/'), "/%63[^.]", name), 1);
                add_sample(fixture, &samples, name, text);
        }
        globfree(&files);
        check_round_trip(fixture, &samples);
}

static void test_golden_cases(void **state) {
        check_files(*state, NFW_TEST_SOURCE "/tests/golden/cases/*.yaml");
}

static void test_examples(void **state) {
        check_files(*state, NFW_TEST_SOURCE "/data/examples/*.yaml");
}

static uint64_t get_seed(void) {
        const char *text = getenv("NFW_SEED");
        uint32_t random;

        if (text)
                return strtoull(text, NULL, 0);
        assert_int_equal(getrandom(&random, sizeof(random), 0), sizeof(random));
        return random;
}

static void test_random_policies(void **state) {
        const char *wanted = getenv("NFW_POLICIES");
        unsigned long n = wanted ? strtoul(wanted, NULL, 0) : N_POLICIES;
        struct world world = { .random.state = get_seed() };
        struct fixture *fixture = *state;

        while (n > 0) {
                unsigned long n_together = NFW_MIN(n, (unsigned long)N_TOGETHER);
                nfw_cleanup(samples_deinit) struct samples samples = { 0 };

                /* Printed before, so that it is there whatever happens. */
                print_message("NFW_SEED=%llu NFW_POLICIES=%lu\n", (unsigned long long)world.random.state,
                              n_together);
                for (unsigned long i = 0; i < n_together; i++) {
                        nfw_cleanup(nfw_freep) char *text = world_policy(&world);
                        char name[32];

                        assert_non_null(text);
                        (void)snprintf(name, sizeof(name), "random%lu", i);
                        add_sample(fixture, &samples, name, text);
                }
                check_round_trip(fixture, &samples);
                n -= n_together;
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_golden_cases, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_examples, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_random_policies, fixture_setup, fixture_teardown),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("nft-roundtrip", tests, NULL, NULL);
}
