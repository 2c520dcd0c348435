/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/port.h"
#include "kernel.h"

#define HOUR                 ((uint64_t)60 * 60 * 1000)

#define RULE(name_, egress_) "{name: " name_ ", action: allow, priority: 1, egress: {" egress_ "}}"

/* Puts a grant into the first learned set of its family, as a learner does. */
static void grant(struct kernel *kernel,
                  const char *port,
                  const char *name,
                  const char *addr_text,
                  uint64_t timeout_ms) {
        struct nfw_nft_grant_note note = { .resolver = address("192.0.2.53") };
        struct nfw_context *context = kernel->context;
        struct nfw_addr addr = address(addr_text);
        const struct nfw_nft_policy *policy;
        const char *set = NULL;

        strcpy(note.name, name);
        assert_int_equal(nfw_shadow_refresh(&context->shadow, context->nft), 0);
        policy = nfw_shadow_policy(&context->shadow, "web", NFW_TABLE_INET);
        assert_non_null(policy);
        nfw_vec_foreach (each, &policy->sets)
                if (!set && nfw_set_is_learned(*each) &&
                    strstr(*each, addr.family == AF_INET ? "-learned4" : "-learned6"))
                        set = *each;
        assert_non_null(set);

        nfw_nft_batch_reset(context->batch);
        assert_int_equal(nfw_nft_put_grant(context->batch, NFW_NFT_ADD, NFW_TABLE_INET, set, port, &addr,
                                           timeout_ms, *name ? &note : NULL),
                         0);
        assert_int_equal(nfw_nft_commit(context->nft, context->batch, 0, false, NULL), 0);
        nfw_shadow_invalidate(&context->shadow);
}

/* How often that grant is told, with at least that much time left and never more than its full time. */
static size_t n_granted(
        struct kernel *kernel, const char *port, const char *name, const char *addr, uint64_t timeout_ms) {
        struct nfw_status *status = look(kernel);
        size_t n = 0;

        for (size_t i = 0; i < nfw_status_n_grants(status); i++) {
                const struct nfw_grant *each = nfw_status_grant(status, i);

                if (strcmp(nfw_grant_port(each), port) != 0 || strcmp(nfw_grant_name(each), name) != 0 ||
                    strcmp(nfw_grant_address(each), addr) != 0)
                        continue;
                assert_true(nfw_grant_expires_ms(each) <= timeout_ms);
                assert_true(nfw_grant_expires_ms(each) > timeout_ms / 2);
                assert_string_equal(nfw_grant_resolver(each), "192.0.2.53");
                n++;
        }
        nfw_status_free(status);
        return n;
}

static size_t n_grants(struct kernel *kernel) {
        struct nfw_status *status = look(kernel);
        size_t n = nfw_status_n_grants(status);

        nfw_status_free(status);
        return n;
}

static int count_grant(const struct nfw_nft_grant *each nfw_unused, void *userdata) {
        (*(size_t *)userdata)++;
        return 0;
}

/* How many elements of learned sets there are in the kernel. */
static size_t n_elements(struct kernel *kernel) {
        struct nfw_context *context = kernel->context;
        size_t n = 0;

        assert_int_equal(nfw_shadow_refresh(&context->shadow, context->nft), 0);
        nfw_vec_foreach (policy, &context->shadow.policies)
                nfw_vec_foreach (set, &policy->sets)
                        if (nfw_set_is_learned(*set))
                                assert_int_equal(nfw_nft_dump_grants(context->nft, policy->table, *set,
                                                                     count_grant, &n),
                                                 0);
        return n;
}

static void test_grants_that_still_apply_are_kept(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example, b.example]"), "lo"), 0);
        grant(kernel, "lo", "a.example", "192.0.2.1", HOUR);
        grant(kernel, "lo", "a.example", "2001:db8::1", 2 * HOUR);
        grant(kernel, "lo", "b.example", "192.0.2.2", 3 * HOUR);
        assert_int_equal(n_grants(kernel), 3);

        assert_int_equal(load(kernel, "web", RULE("other", "domains: [a.example], ports: [443]"), NULL), 0);
        assert_int_equal(n_granted(kernel, "lo", "a.example", "192.0.2.1", HOUR), 1);
        assert_int_equal(n_granted(kernel, "lo", "a.example", "2001:db8::1", 2 * HOUR), 1);
        /* nothing says that this one may be reached any more */
        assert_int_equal(n_granted(kernel, "lo", "b.example", "192.0.2.2", 3 * HOUR), 0);
        assert_int_equal(n_grants(kernel), 2);
}

static void test_again_and_again(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), "lo"), 0);
        grant(kernel, "lo", "a.example", "192.0.2.1", HOUR);
        for (int i = 0; i < 5; i++)
                assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), "lo"), 0);
        assert_int_equal(n_granted(kernel, "lo", "a.example", "192.0.2.1", HOUR), 1);
        assert_int_equal(n_grants(kernel), 1);
}

static void test_wildcards(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [\"*\"]"), "lo"), 0);
        grant(kernel, "lo", "example", "192.0.2.1", HOUR);
        grant(kernel, "lo", "a.example", "192.0.2.2", HOUR);
        grant(kernel, "lo", "b.a.example", "192.0.2.3", HOUR);
        grant(kernel, "lo", "a.test", "192.0.2.4", HOUR);
        assert_int_equal(load(kernel, "web", RULE("r", "domains: [\"*.example\"]"), NULL), 0);
        assert_int_equal(n_granted(kernel, "lo", "a.example", "192.0.2.2", HOUR), 1);
        assert_int_equal(n_granted(kernel, "lo", "b.a.example", "192.0.2.3", HOUR), 1);
        assert_int_equal(n_grants(kernel), 2);
}

/* Rules with other ports have sets of their own; a name that both mean is in both. */
static void test_one_set_becomes_two(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), "lo"), 0);
        grant(kernel, "lo", "a.example", "192.0.2.1", HOUR);
        assert_int_equal(load(kernel, "web",
                              RULE("one", "domains: [a.example], ports: [443]") ", " RULE(
                                      "two", "domains: [\"*.example\"], ports: [80]"),
                              NULL),
                         0);
        assert_int_equal(n_elements(kernel), 2);
        assert_int_equal(n_granted(kernel, "lo", "a.example", "192.0.2.1", HOUR), 1);
}

/* Two names for one address in one set: the address stays as long as the longer of them. */
static void test_two_sets_become_one(void **state) {
        struct kernel *kernel = *state;
        struct nfw_context *context = kernel->context;
        struct nfw_addr addr = address("192.0.2.1");
        const struct nfw_nft_policy *policy;
        size_t n = 0;

        assert_int_equal(load(kernel, "web",
                              RULE("one", "domains: [a.example], ports: [443]") ", " RULE(
                                      "two", "domains: [b.example], ports: [80]"),
                              "lo"),
                         0);
        assert_int_equal(nfw_shadow_refresh(&context->shadow, context->nft), 0);
        policy = nfw_shadow_policy(&context->shadow, "web", NFW_TABLE_INET);
        nfw_nft_batch_reset(context->batch);
        nfw_vec_foreach (set, &policy->sets) {
                struct nfw_nft_grant_note note = { .resolver = address("192.0.2.53") };

                if (!nfw_set_is_learned(*set) || !strstr(*set, "-learned4"))
                        continue;
                strcpy(note.name, n == 0 ? "a.example" : "b.example");
                assert_int_equal(nfw_nft_put_grant(context->batch, NFW_NFT_ADD, NFW_TABLE_INET, *set, "lo",
                                                   &addr, (n + 1) * HOUR, &note),
                                 0);
                n++;
        }
        assert_int_equal(n, 2);
        assert_int_equal(nfw_nft_commit(context->nft, context->batch, 0, false, NULL), 0);
        nfw_shadow_invalidate(&context->shadow);

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example, b.example]"), NULL), 0);
        assert_int_equal(n_grants(kernel), 1);
        assert_int_equal(n_granted(kernel, "lo", "b.example", "192.0.2.1", 2 * HOUR), 1);
}

static void test_grants_without_a_name_go(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [\"*\"]"), "lo"), 0);
        grant(kernel, "lo", "", "192.0.2.1", HOUR);
        assert_int_equal(n_grants(kernel), 1);
        assert_int_equal(load(kernel, "web", RULE("r", "domains: [\"*\"]"), NULL), 0);
        assert_int_equal(n_grants(kernel), 0);
}

/* An element for an interface that is under no policy, or under another one, is nobody's grant. */
static void test_grants_of_other_ports_go(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), "lo"), 0);
        assert_int_equal(load(kernel, "other", RULE("r", "domains: [a.example]"), "veth0"), 0);
        grant(kernel, "lo", "a.example", "192.0.2.1", HOUR);
        grant(kernel, "veth0", "a.example", "192.0.2.2", HOUR);
        grant(kernel, "veth1", "a.example", "192.0.2.3", HOUR);
        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), NULL), 0);
        assert_int_equal(n_grants(kernel), 1);
        assert_int_equal(n_granted(kernel, "lo", "a.example", "192.0.2.1", HOUR), 1);
}

static void test_domain_rules_that_go_altogether(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), "lo"), 0);
        grant(kernel, "lo", "a.example", "192.0.2.1", HOUR);
        assert_int_equal(load(kernel, "web", RULE("r", "ips: [192.0.2.7]"), NULL), 0);
        assert_int_equal(n_grants(kernel), 0);
        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), NULL), 0);
        assert_int_equal(n_grants(kernel), 0);
}

static void make_link_again(void) {
        assert_int_equal(system("{ ip link del gone0; ip link add gone0 type veth peer name gone1; } 2>&-"),
                         0);
}

/* The link of that name is another one now: nothing that the first guest has learned is for the second. */
static void test_a_port_that_is_another_one(void **state) {
        const char *const port = "gone0";
        struct kernel *kernel = *state;

        make_link_again();
        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), "lo"), 0);
        assert_int_equal(nfw_attach(kernel->context, "web", &port, 1, kernel->report), 0);
        for (int i = 0; i < 2; i++) {
                grant(kernel, "lo", "a.example", "192.0.2.1", HOUR);
                grant(kernel, "gone0", "a.example", "192.0.2.2", HOUR);
                make_link_again();
                /* The new version has the learned sets, or has none. */
                assert_int_equal(load(kernel, "web",
                                      i == 0 ? RULE("r", "domains: [a.example, b.example]")
                                             : RULE("r", "ips: [192.0.2.7]"),
                                      NULL),
                                 0);
                assert_int_equal(n_granted(kernel, "lo", "a.example", "192.0.2.1", HOUR), i == 0);
                assert_int_equal(n_elements(kernel), i == 0);
        }
        assert_int_equal(system("ip link del gone0"), 0);
}

/* What ports have learned goes with them, and nothing else does; also what somebody has put there without an end. */
static void test_ports_that_leave(void **state) {
        const char *const ports[] = { "veth0", "veth1" };
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "other", RULE("r", "ips: [192.0.2.7]"), NULL), 0);
        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), "lo"), 0);
        for (int way = 0; way < 3; way++) {
                assert_int_equal(nfw_attach(kernel->context, "web", ports, 2, kernel->report), 0);
                grant(kernel, "lo", "a.example", "192.0.2.1", HOUR);
                for (size_t i = 0; i < NFW_ARRAY_SIZE(ports); i++) {
                        grant(kernel, ports[i], "a.example", "192.0.2.1", HOUR);
                        grant(kernel, ports[i], "a.example", "192.0.2.2", HOUR);
                        grant(kernel, ports[i], "a.example", "2001:db8::1", HOUR);
                }
                assert_int_equal(system("nft 'add element inet nfwpolicy web-allow1-learned4 "
                                        "{ veth0 . 192.0.2.3, veth1 . 192.0.2.3 }'"),
                                 0);
                assert_int_equal(n_elements(kernel), 9);
                if (way == 0)
                        assert_int_equal(nfw_detach(kernel->context, ports, 2, kernel->report), 0);
                else if (way == 1)
                        assert_int_equal(nfw_attach(kernel->context, "other", ports, 2, kernel->report), 0);
                else
                        assert_int_equal(nfw_unload(kernel->context, "web", true, kernel->report), 0);
                assert_int_equal(n_elements(kernel), way < 2);
        }
}

static void test_a_failed_load_keeps_all(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [a.example]"), "lo"), 0);
        grant(kernel, "lo", "a.example", "192.0.2.1", HOUR);
        assert_int_equal(load(kernel, "web", RULE("r", "ips: [192.0.2.7]"), "missing0"), NFW_E_NOT_FOUND);
        assert_int_equal(n_granted(kernel, "lo", "a.example", "192.0.2.1", HOUR), 1);
        assert_int_equal(nfw_verify(kernel->context, "web", kernel->report), 0);
}

static void test_many_grants(void **state) {
        struct kernel *kernel = *state;
        struct nfw_context *context = kernel->context;
        const struct nfw_nft_policy *policy;
        const char *set = NULL;

        assert_int_equal(load(kernel, "web", RULE("r", "domains: [\"*.example\"]"), "lo"), 0);
        assert_int_equal(nfw_shadow_refresh(&context->shadow, context->nft), 0);
        policy = nfw_shadow_policy(&context->shadow, "web", NFW_TABLE_INET);
        nfw_vec_foreach (each, &policy->sets)
                if (strstr(*each, "-learned4"))
                        set = *each;
        assert_non_null(set);
        nfw_nft_batch_reset(context->batch);
        for (unsigned int i = 0; i < 3000; i++) {
                struct nfw_addr addr = { AF_INET, { 198, 18, (uint8_t)(i >> 8), (uint8_t)i } };
                struct nfw_nft_grant_note note = { .resolver = address("192.0.2.53") };

                snprintf(note.name, sizeof(note.name), "n%u.%s", i, i % 2 ? "kept.example" : "gone.example");
                assert_int_equal(nfw_nft_put_grant(context->batch, NFW_NFT_ADD, NFW_TABLE_INET, set, "lo",
                                                   &addr, HOUR, &note),
                                 0);
        }
        assert_int_equal(nfw_nft_commit(context->nft, context->batch, 0, false, NULL), 0);
        nfw_shadow_invalidate(&context->shadow);
        assert_int_equal(n_grants(kernel), 3000);
        assert_int_equal(load(kernel, "web", RULE("r", "domains: [\"*.kept.example\"]"), NULL), 0);
        assert_int_equal(n_grants(kernel), 1500);
        assert_int_equal(n_granted(kernel, "lo", "n7.kept.example", "198.18.0.7", HOUR), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                kernel_test(test_grants_that_still_apply_are_kept),
                kernel_test(test_again_and_again),
                kernel_test(test_wildcards),
                kernel_test(test_one_set_becomes_two),
                kernel_test(test_two_sets_become_one),
                kernel_test(test_grants_without_a_name_go),
                kernel_test(test_grants_of_other_ports_go),
                kernel_test(test_domain_rules_that_go_altogether),
                kernel_test(test_a_port_that_is_another_one),
                kernel_test(test_ports_that_leave),
                kernel_test(test_a_failed_load_keeps_all),
                kernel_test(test_many_grants),
        };

        enter_namespace();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
