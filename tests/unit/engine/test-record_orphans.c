/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "records.h"

#define OTHER_ID "fedcba9876543210"

static void load(struct place *place, const char *name, const char *id) {
        struct nfw_nft_policy policy = { .name = strdup(name), .id = strdup(id) };

        assert_non_null(policy.name);
        assert_non_null(policy.id);
        assert_int_equal(nfw_vec_push(&place->context.shadow.policies, policy), 0);
}

static void make(const struct place *place, const char *name) {
        write_file(place_path(place, name), "x", 1);
}

static void test_what_is_in_force_stays(void **state) {
        struct place *place = *state;

        load(place, "other", OTHER_ID);
        make(place, "web-" ID ".policy");
        make(place, "web-" OTHER_ID ".policy");
        make(place, "other-" ID ".policy");
        make(place, "other-" OTHER_ID ".policy");
        make(place, "gone-" ID ".policy");
        nfw_record_remove_orphans(&place->context, "web", ID);
        assert_true(place_has(place, "web-" ID ".policy"));
        assert_false(place_has(place, "web-" OTHER_ID ".policy"));
        assert_false(place_has(place, "other-" ID ".policy"));
        assert_true(place_has(place, "other-" OTHER_ID ".policy"));
        assert_false(place_has(place, "gone-" ID ".policy"));
}

static bool is_of_another_policy_or_this(const char *name, const char *id, void *userdata) {
        return strcmp(name, userdata) != 0 || (id && strcmp(id, ID) == 0);
}

static void test_versions_of_one_policy(void **state) {
        struct place *place = *state;

        make(place, "web-" ID ".policy");
        make(place, "web-" OTHER_ID ".policy");
        make(place, "web-" OTHER_ID ".policy.new");
        make(place, "other-" ID ".policy");
        nfw_record_remove_unwanted(&place->context, is_of_another_policy_or_this, (char[]){ "web" });
        assert_true(place_has(place, "web-" ID ".policy"));
        assert_false(place_has(place, "web-" OTHER_ID ".policy"));
        assert_false(place_has(place, "web-" OTHER_ID ".policy.new"));
        assert_true(place_has(place, "other-" ID ".policy"));
}

/* The shadow is from before the commit: of what the command was about it must not be asked. */
static void test_what_the_command_says_counts_more_than_the_shadow(void **state) {
        struct place *place = *state;

        load(place, "web", OTHER_ID);
        make(place, "web-" ID ".policy");
        make(place, "web-" OTHER_ID ".policy");
        nfw_record_remove_orphans(&place->context, "web", ID);
        assert_true(place_has(place, "web-" ID ".policy"));
        assert_false(place_has(place, "web-" OTHER_ID ".policy"));

        nfw_record_remove_orphans(&place->context, "web", NULL);
        assert_false(place_has(place, "web-" ID ".policy"));
}

static void test_what_was_not_written_to_the_end_goes(void **state) {
        struct place *place = *state;

        load(place, "other", OTHER_ID);
        make(place, "other-" OTHER_ID ".policy.new");
        make(place, "gone-" ID ".policy.new");
        nfw_record_remove_orphans(&place->context, "web", ID);
        assert_false(place_has(place, "other-" OTHER_ID ".policy.new"));
        assert_false(place_has(place, "gone-" ID ".policy.new"));
}

static void test_names_that_contain_ids(void **state) {
        struct place *place = *state;

        load(place, "a-" ID, OTHER_ID);
        make(place, "a-" ID "-" OTHER_ID ".policy");
        make(place, "a-" ID ".policy");
        nfw_record_remove_orphans(&place->context, "web", NULL);
        assert_true(place_has(place, "a-" ID "-" OTHER_ID ".policy"));
        assert_false(place_has(place, "a-" ID ".policy"));
}

static void test_other_files_are_not_touched(void **state) {
        static const char *const files[] = {
                "lock",
                "learner",
                ".policy",
                "-" ID ".policy",
                ID ".policy",
                "web.policy",
                "web" ID ".policy",
                "web-" ID,
                "web-" ID ".new",
                "web-" ID ".policy.new.new",
                "web-" ID ".policy~",
                "web-0123456789ABCDEF.policy",
                "web-0123456789abcde.policy",
                "web-0123456789abcdeg.policy",
                "9web-" ID ".policy",
                "we b-" ID ".policy",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-" ID ".policy",
        };
        struct place *place = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(files); i++)
                make(place, files[i]);
        nfw_record_remove_orphans(&place->context, "web", NULL);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(files); i++)
                if (!place_has(place, files[i]))
                        fail_msg("%s is gone", files[i]);
}

static void test_a_link_goes_and_not_what_it_points_to(void **state) {
        struct place *place = *state;

        make(place, "victim");
        assert_int_equal(symlink("victim", place_path(place, "gone-" ID ".policy")), 0);
        nfw_record_remove_orphans(&place->context, "web", NULL);
        assert_false(place_has(place, "gone-" ID ".policy"));
        assert_true(place_has(place, "victim"));
}

#define place_test(test_) cmocka_unit_test_setup_teardown(test_, place_setup, place_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                place_test(test_what_is_in_force_stays),
                place_test(test_versions_of_one_policy),
                place_test(test_what_the_command_says_counts_more_than_the_shadow),
                place_test(test_what_was_not_written_to_the_end_goes),
                place_test(test_names_that_contain_ids),
                place_test(test_other_files_are_not_touched),
                place_test(test_a_link_goes_and_not_what_it_points_to),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
