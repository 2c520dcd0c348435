/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sys/wait.h>

#include "engine/statistics.h"
#include "place.h"

/* Opens it or fails the test. */
static struct nfw_statistics *become_learner(const struct place *place, int *ret_fd) {
        struct nfw_statistics *statistics = NULL;

        assert_int_equal(nfw_statistics_open(&place->context, &statistics, ret_fd), 0);
        assert_non_null(statistics);
        return statistics;
}

/* A copy on the heap: it is large. */
static struct nfw_statistics *look(const struct place *place, bool expected_running) {
        struct nfw_statistics *statistics = malloc(sizeof(*statistics));
        bool running = !expected_running;

        assert_non_null(statistics);
        assert_int_equal(nfw_statistics_read(&place->context, statistics, &running), 0);
        assert_int_equal(running, expected_running);
        running = !expected_running;
        assert_int_equal(nfw_statistics_is_running(&place->context, &running), 0);
        assert_int_equal(running, expected_running);
        return statistics;
}

static void assert_zero(struct nfw_statistics *statistics) {
        for (int i = 0; i < NFW_N_COUNTERS; i++)
                assert_int_equal(statistics->counters[i], 0);
        assert_int_equal(statistics->n_ignored, 0);
        free(statistics);
}

static void test_no_learner_ever(void **state) {
        assert_zero(look(*state, false));
}

static void test_counters_are_seen_while_they_count(void **state) {
        const struct place *place = *state;
        struct nfw_statistics *mine, *seen;
        int fd;

        mine = become_learner(place, &fd);
        assert_zero(look(place, true));
        mine->counters[NFW_COUNTER_LEARNED] = 42;
        mine->counters[NFW_COUNTER_FAILED] = UINT64_MAX;
        seen = look(place, true);
        assert_int_equal(seen->counters[NFW_COUNTER_LEARNED], 42);
        assert_true(seen->counters[NFW_COUNTER_FAILED] == UINT64_MAX);
        free(seen);
        nfw_statistics_close(mine, fd);
        seen = look(place, false);
        assert_int_equal(seen->counters[NFW_COUNTER_LEARNED], 42);
        free(seen);
}

static void test_one_learner_only(void **state) {
        const struct place *place = *state;
        struct nfw_statistics *first, *second = NULL;
        int fd, fd2 = -7;

        first = become_learner(place, &fd);
        first->counters[NFW_COUNTER_QUERIES] = 3;
        assert_int_equal(nfw_statistics_open(&place->context, &second, &fd2), NFW_E_IN_USE);
        assert_null(second);
        assert_int_equal(fd2, -7);
        /* nor has the attempt changed what the first one counts */
        assert_int_equal(first->counters[NFW_COUNTER_QUERIES], 3);
        nfw_statistics_close(first, fd);

        second = become_learner(place, &fd2);
        assert_zero(look(place, true));
        nfw_statistics_close(second, fd2);
}

/* Whoever looks holds nothing that could be taken for a learner. */
static void test_looking_keeps_no_learner_away(void **state) {
        const struct place *place = *state;
        struct nfw_statistics *statistics;
        pid_t child;
        int fd;

        statistics = become_learner(place, &fd);
        nfw_statistics_close(statistics, fd);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
                for (;;) {
                        struct nfw_statistics *seen = malloc(sizeof(*seen));
                        bool running;

                        if (!seen || nfw_statistics_read(&place->context, seen, &running) < 0)
                                _exit(1);
                        free(seen);
                }
        for (int i = 0; i < 300; i++) {
                int r = nfw_statistics_open(&place->context, &statistics, &fd);

                if (r != 0) {
                        kill(child, SIGKILL);
                        waitpid(child, NULL, 0);
                        fail_msg("attempt %d: %d", i, r);
                }
                nfw_statistics_close(statistics, fd);
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_counters_outlive_a_killed_learner(void **state) {
        const struct place *place = *state;
        struct nfw_statistics *statistics;
        int fds[2], status, fd;
        pid_t child;
        char ready;

        assert_int_equal(pipe(fds), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                struct nfw_addr server = address("192.0.2.66");

                if (nfw_statistics_open(&place->context, &statistics, &fd) != 0)
                        _exit(1);
                statistics->counters[NFW_COUNTER_REPLIES] = 1234;
                nfw_statistics_ignore(statistics, "vnet0", &server);
                if (write(fds[1], "r", 1) != 1)
                        _exit(1);
                pause();
                _exit(1);
        }
        assert_int_equal(read(fds[0], &ready, 1), 1);
        free(look(place, true));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        close(fds[0]);
        close(fds[1]);

        statistics = look(place, false);
        assert_int_equal(statistics->counters[NFW_COUNTER_REPLIES], 1234);
        assert_int_equal(statistics->n_ignored, 1);
        assert_string_equal(statistics->ignored[0].server_text, "192.0.2.66");
        free(statistics);

        /* the next one begins at zero */
        statistics = become_learner(place, &fd);
        assert_zero(look(place, true));
        nfw_statistics_close(statistics, fd);
}

static void test_sizes_and_versions_that_are_not_ours(void **state) {
        const struct place *place = *state;
        struct nfw_statistics *statistics;
        size_t size;
        char *data;
        int fd;

        statistics = become_learner(place, &fd);
        statistics->counters[NFW_COUNTER_LEARNED] = 9;
        nfw_statistics_close(statistics, fd);
        data = read_file(place_path(place, "learner"), &size);
        assert_int_equal(size, sizeof(*statistics));

        for (size_t n = 0; n < size; n = n < 300 ? n + 1 : n + 997) {
                write_file(place_path(place, "learner"), data, n);
                assert_zero(look(place, false));
        }
        for (size_t i = 0; i < sizeof(statistics->magic); i++) {
                data[i] ^= 1;
                write_file(place_path(place, "learner"), data, size);
                assert_zero(look(place, false));
                data[i] ^= 1;
        }
        write_file(place_path(place, "learner"), data, size);
        statistics = look(place, false);
        assert_int_equal(statistics->counters[NFW_COUNTER_LEARNED], 9);
        free(statistics);

        /* a file of another version is in nobody's way */
        write_file(place_path(place, "learner"), "something else", 14);
        statistics = become_learner(place, &fd);
        assert_zero(look(place, true));
        nfw_statistics_close(statistics, fd);
        free(data);
}

static void test_a_file_full_of_ones(void **state) {
        const struct place *place = *state;
        struct nfw_statistics *statistics;
        size_t size;
        char *data;
        int fd;

        statistics = become_learner(place, &fd);
        nfw_statistics_close(statistics, fd);
        data = read_file(place_path(place, "learner"), &size);
        memset(data + sizeof(statistics->magic), 0xff, size - sizeof(statistics->magic));
        write_file(place_path(place, "learner"), data, size);
        statistics = look(place, false);
        assert_int_equal(statistics->n_ignored, NFW_MAX_IGNORED);
        for (size_t i = 0; i < NFW_MAX_IGNORED; i++) {
                assert_int_equal(strlen(statistics->ignored[i].port), IFNAMSIZ - 1);
                assert_int_equal(strlen(statistics->ignored[i].server_text), NFW_ADDR_TEXT_MAX - 1);
        }
        free(statistics);
        free(data);
}

static void test_a_link_in_the_way_is_not_followed(void **state) {
        const struct place *place = *state;
        struct nfw_statistics *statistics, seen;
        bool running;
        int fd;

        assert_int_equal(symlink("victim", place_path(place, "learner")), 0);
        assert_true(nfw_statistics_open(&place->context, &statistics, &fd) < 0);
        assert_true(nfw_statistics_read(&place->context, &seen, &running) < 0);
        assert_true(nfw_statistics_is_running(&place->context, &running) < 0);
        assert_false(place_has(place, "victim"));
}

static void test_ignored_servers(void **state) {
        const struct place *place = *state;
        struct nfw_addr a = address("192.0.2.1"), b = address("2001:db8::1");
        struct nfw_statistics *statistics;
        int fd;

        statistics = become_learner(place, &fd);
        nfw_statistics_ignore(statistics, "vnet0", &a);
        nfw_statistics_ignore(statistics, "vnet0", &b);
        nfw_statistics_ignore(statistics, "vnet1", &a);
        nfw_statistics_ignore(statistics, "vnet0", &a);
        nfw_statistics_ignore(statistics, "fifteen-letters", &a);
        assert_int_equal(statistics->n_ignored, 4);
        assert_string_equal(statistics->ignored[0].port, "vnet0");
        assert_string_equal(statistics->ignored[0].server_text, "192.0.2.1");
        assert_int_equal(statistics->ignored[0].n_replies, 2);
        assert_string_equal(statistics->ignored[1].server_text, "2001:db8::1");
        assert_string_equal(statistics->ignored[2].port, "vnet1");
        assert_string_equal(statistics->ignored[3].port, "fifteen-letters");
        nfw_statistics_close(statistics, fd);
}

/* A guest can ask as many servers as it likes. */
static void test_ignored_servers_are_bounded(void **state) {
        const struct place *place = *state;
        const size_t n_servers = 3 * NFW_MAX_IGNORED;
        struct nfw_statistics *statistics;
        uint64_t n_replies = 0;
        int fd;

        statistics = become_learner(place, &fd);
        for (size_t turn = 0; turn < 2; turn++)
                for (size_t i = 0; i < n_servers; i++) {
                        struct nfw_addr server = { AF_INET, { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };

                        nfw_statistics_ignore(statistics, "vnet0", &server);
                }
        assert_int_equal(statistics->n_ignored, NFW_MAX_IGNORED);
        for (size_t i = 0; i < NFW_MAX_IGNORED; i++)
                n_replies += statistics->ignored[i].n_replies;
        assert_int_equal(n_replies, 2 * n_servers);
        for (size_t i = 0; i < NFW_MAX_IGNORED - 1; i++)
                assert_int_equal(statistics->ignored[i].n_replies, 2);
        assert_string_equal(statistics->ignored[NFW_MAX_IGNORED - 1].port, "*");
        assert_string_equal(statistics->ignored[NFW_MAX_IGNORED - 1].server_text, "others");
        nfw_statistics_close(statistics, fd);
}

#define place_test(test_) cmocka_unit_test_setup_teardown(test_, place_setup, place_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                place_test(test_no_learner_ever),
                place_test(test_counters_are_seen_while_they_count),
                place_test(test_one_learner_only),
                place_test(test_looking_keeps_no_learner_away),
                place_test(test_counters_outlive_a_killed_learner),
                place_test(test_sizes_and_versions_that_are_not_ours),
                place_test(test_a_file_full_of_ones),
                place_test(test_a_link_in_the_way_is_not_followed),
                place_test(test_ignored_servers),
                place_test(test_ignored_servers_are_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
