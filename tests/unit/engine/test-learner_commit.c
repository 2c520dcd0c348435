/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations of a learner that go to the kernel together, and what is to come out of them there. */
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "learner_lab.h"

static void begin_ops(struct lab *lab) {
        load_policy(lab, lab->kernel->context, "web");
        attach(lab->kernel->context, "web", "p0");
        dispatch(lab);
}

/* On the element of name n, to end in so many seconds. */
static void queue(struct lab *lab, enum nfw_grant_change change, unsigned int n, int seconds) {
        struct nfw_grant_op op = { .change = change, .name = "a.example", .resolver = address(RESOLVER) };
        struct nfw_grant_ops ops = { 0 };
        struct learner_port *port;
        char text[32];

        HASH_FIND_STR(lab->learner->ports, "p0", port);
        assert_non_null(port);
        snprintf(text, sizeof(text), "192.0.2.%u", n);
        op.addr = address(text);
        op.expires_ms = (uint64_t)((int64_t)nfw_learner_now() + (int64_t)seconds * 1000);
        assert_int_equal(nfw_vec_push(&ops.vec, op), 0);
        assert_int_equal(nfw_learner_queue(lab->learner, port, &ops), 0);
        nfw_vec_deinit(&ops.vec);
}

static void commit(struct lab *lab) {
        assert_int_equal(nfw_learner_commit(lab->learner), 0);
        assert_int_equal(lab->learner->ops.n, 0);
}

static bool is_there(struct lab *lab, unsigned int n) {
        return knows(lab, "p0", n);
}

/* Messages of that type in the last commit. */
static size_t n_sent(const struct lab *lab, uint16_t type) {
        const struct nlmsghdr *message = nfw_nft_batch_data(lab->learner->batch);
        int left = (int)nfw_nft_batch_size(lab->learner->batch);
        size_t n = 0;

        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
                n += NFNL_MSG_TYPE(message->nlmsg_type) == type;
        return n;
}

/* It waited for its commit until its time was over. */
static void test_what_has_ended_is_not_put(void **state) {
        struct lab *lab = *state;
        uint32_t generation;

        begin_ops(lab);
        generation = look_at_kernel(lab)->generation;
        queue(lab, NFW_GRANT_ADD, 1, 0);
        queue(lab, NFW_GRANT_EXTEND, 2, -1);
        commit(lab);
        assert_int_equal(look_at_kernel(lab)->generation, generation);
        assert_int_equal(lab->learner->followed, generation);

        queue(lab, NFW_GRANT_ADD, 3, 3600);
        commit(lab);
        queue(lab, NFW_GRANT_REPLACE, 3, 0);
        commit(lab);
        assert_int_equal(n_sent(lab, NFT_MSG_NEWSETELEM), 0);
        assert_false(is_there(lab, 3));
        assert_int_equal(look_at_kernel(lab)->generation, generation + 2);
}

/* What an operation finds that is not the first on its element, those before it say and not the kernel. */
static void test_expired_beside_others(void **state) {
        struct lab *lab = *state;

        begin_ops(lab);
        lab->learner->extend = LEARNER_EXTEND_BY_REPLACE;
        queue(lab, NFW_GRANT_REMOVE, 1, 0);
        queue(lab, NFW_GRANT_ADD, 2, 3600);
        queue(lab, NFW_GRANT_REMOVE, 2, 0);
        commit(lab);
        assert_false(is_there(lab, 1) || is_there(lab, 2));

        /* A second addition would be nothing to kernels before 6.12. */
        queue(lab, NFW_GRANT_ADD, 2, 60);
        queue(lab, NFW_GRANT_EXTEND, 2, 3600);
        queue(lab, NFW_GRANT_REMOVE, 1, 0);
        commit(lab);
        assert_true(is_there(lab, 2));
        assert_int_equal(n_sent(lab, NFT_MSG_DELSETELEM), 1);

        queue(lab, NFW_GRANT_REPLACE, 1, 3600);
        queue(lab, NFW_GRANT_REMOVE, 1, 0);
        queue(lab, NFW_GRANT_REMOVE, 2, 0);
        queue(lab, NFW_GRANT_REMOVE, 3, 0);
        commit(lab);
        assert_false(is_there(lab, 1) || is_there(lab, 2));

        lab->learner->extend = LEARNER_EXTEND_BY_ADD;
        queue(lab, NFW_GRANT_EXTEND, 2, 3600);
        queue(lab, NFW_GRANT_REMOVE, 2, 0);
        queue(lab, NFW_GRANT_REMOVE, 1, 0);
        commit(lab);
        assert_false(is_there(lab, 1) || is_there(lab, 2));
}

/* How the kernel extends is told by an extension alone, and by that one. */
static void test_trial_beside_others(void **state) {
        struct lab *lab = *state;
        typeof(lab->learner->extend) extend;

        begin_ops(lab);
        queue(lab, NFW_GRANT_ADD, 1, 60);
        queue(lab, NFW_GRANT_ADD, 2, 60);
        commit(lab);
        queue(lab, NFW_GRANT_EXTEND, 1, 3600);
        queue(lab, NFW_GRANT_REMOVE, 1, 0);
        commit(lab);
        assert_false(is_there(lab, 1));
        assert_int_equal(lab->learner->extend, LEARNER_EXTEND_UNKNOWN);

        queue(lab, NFW_GRANT_EXTEND, 2, 3600);
        commit(lab);
        extend = lab->learner->extend;
        assert_int_not_equal(extend, LEARNER_EXTEND_UNKNOWN);

        lab->learner->extend = LEARNER_EXTEND_UNKNOWN;
        queue(lab, NFW_GRANT_REMOVE, 1, 0);
        queue(lab, NFW_GRANT_EXTEND, 2, 7200);
        queue(lab, NFW_GRANT_ADD, 3, 3600);
        queue(lab, NFW_GRANT_REPLACE, 3, 10);
        commit(lab);
        assert_int_equal(lab->learner->extend, extend);
        assert_true(is_there(lab, 2) && is_there(lab, 3) && !is_there(lab, 1));
}

/* By somebody else's hand, as that name's; a name that is cut off is known to nobody who has not learned it himself. */
static void put_by_hand(struct lab *lab, unsigned int n, const char *timeout, const char *name) {
        const char *set = NULL;
        char command[256];

        nfw_vec_foreach (each, &nfw_shadow_any_policy(look_at_kernel(lab), "web")->sets)
                if (strstr(*each, "learned4"))
                        set = *each;
        assert_non_null(set);
        snprintf(command, sizeof(command),
                 "nft 'add element inet nfwpolicy %s { p0 . 192.0.2.%u %s comment \"%s via " RESOLVER "\" }'",
                 set, n, timeout, name);
        assert_int_equal(system(command), 0);
        assert_true(is_there(lab, n));
}

/* An element that never ends is no learner's, whatever its note says. */
static void test_element_for_ever_is_taken_out(void **state) {
        struct lab *lab = *state;

        begin_ops(lab);
        look_up_now(lab, "p0", 1);
        lab->learner = nfw_learner_free(lab->learner);
        put_by_hand(lab, 2, "", "n2.example");
        put_by_hand(lab, 3, "timeout 1h", "n3.exa...");
        put_by_hand(lab, 4, "", "n4.exa...");

        assert_int_equal(nfw_learner_new(lab->kernel->context, lab->kernel->report, &lab->learner), 0);
        assert_true(is_there(lab, 1) && is_there(lab, 3));
        assert_false(is_there(lab, 2) || is_there(lab, 4));

        put_by_hand(lab, 4, "", "n4.exa...");
        lab->kernel->context->learned_edits.n++;
        assert_int_equal(nfw_learner_check_edits(lab->learner), 0);
        assert_true(is_there(lab, 1) && is_there(lab, 3));
        assert_false(is_there(lab, 4));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                lab_test(test_what_has_ended_is_not_put),
                lab_test(test_expired_beside_others),
                lab_test(test_trial_beside_others),
                lab_test(test_element_for_ever_is_taken_out),
        };

        enter_namespace_with_ports();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
