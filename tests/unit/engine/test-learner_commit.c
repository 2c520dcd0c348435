/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations of a learner that go to the kernel together, and what is to come out of them there. */
#include "learner_lab.h"

static void begin_ops(struct lab *lab) {
        load_policy(lab, lab->kernel->context, "web");
        attach(lab->kernel->context, "web", "p0");
        dispatch(lab);
}

/* An element that never ends is no learner's, whatever its note says. */
static void test_element_for_ever_is_taken_out(void **state) {
        struct lab *lab = *state;
        const char *set = NULL;
        char command[256];

        begin_ops(lab);
        look_up_now(lab, "p0", 1);
        lab->learner = nfw_learner_free(lab->learner);
        nfw_vec_foreach (name, &nfw_shadow_any_policy(look_at_kernel(lab), "web")->sets)
                if (strstr(*name, "learned4"))
                        set = *name;
        assert_non_null(set);
        snprintf(command, sizeof(command),
                 "nft 'add element inet nfwpolicy %s { p0 . 192.0.2.2 comment \"n2.example via %s\" }'", set,
                 RESOLVER);
        assert_int_equal(system(command), 0);
        assert_true(knows(lab, "p0", 1) && knows(lab, "p0", 2));

        assert_int_equal(nfw_learner_new(lab->kernel->context, lab->kernel->report, &lab->learner), 0);
        assert_true(knows(lab, "p0", 1));
        assert_false(knows(lab, "p0", 2));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                lab_test(test_element_for_ever_is_taken_out),
        };

        enter_namespace_with_ports();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
