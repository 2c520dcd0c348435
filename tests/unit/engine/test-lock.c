/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>

#include "engine/lock.h"
#include "place.h"

/*
 * Another process, made before anybody has the lock, because a child shares the locks of its parent. Once told to, it
 * takes the lock, writes a letter when it has it, and lets go when its input ends.
 */
struct other {
        pid_t pid;
        int output;
        int input;
};

static struct other start_other(const struct place *place) {
        int to[2], from[2];
        struct other other;

        assert_int_equal(pipe(to), 0);
        assert_int_equal(pipe(from), 0);
        other.pid = fork();
        assert_true(other.pid >= 0);
        if (other.pid == 0) {
                struct nfw_lock lock = NFW_LOCK_INIT;
                char c;

                close(to[1]);
                close(from[0]);
                if (read(to[0], &c, 1) != 1 || nfw_lock_acquire(&lock, &place->context) != 0 ||
                    write(from[1], "x", 1) != 1 || read(to[0], &c, 1) != 0)
                        _exit(1);
                nfw_lock_release(&lock);
                _exit(0);
        }
        close(to[0]);
        close(from[1]);
        other.output = from[0];
        other.input = to[1];
        return other;
}

static void go(const struct other *other) {
        assert_int_equal(write(other->input, "g", 1), 1);
}

static void wait_until_locked(const struct other *other) {
        char c;

        assert_int_equal(read(other->output, &c, 1), 1);
}

static void end_other(struct other *other, bool killed) {
        int status;

        if (killed)
                assert_int_equal(kill(other->pid, SIGKILL), 0);
        close(other->input);
        assert_int_equal(waitpid(other->pid, &status, 0), other->pid);
        assert_true(killed ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0);
        close(other->output);
}

/* The kernel's own word for it: a process that waits for a file lock is in that list. */
static void wait_until_it_waits(const struct other *other) {
        char wanted[32];

        snprintf(wanted, sizeof(wanted), " %d ", (int)other->pid);
        for (;;) {
                FILE *stream = fopen("/proc/locks", "re");
                char line[256];
                bool found = false;

                assert_non_null(stream);
                while (fgets(line, sizeof(line), stream))
                        found |= strstr(line, "-> FLOCK") && strstr(line, wanted);
                fclose(stream);
                if (found)
                        return;
                usleep(1000);
        }
}

static bool has_the_lock(const struct other *other) {
        struct pollfd fd = { .fd = other->output, .events = POLLIN };

        return poll(&fd, 1, 0) > 0;
}

static void test_second_waits(void **state) {
        const struct place *place = *state;
        struct nfw_lock lock = NFW_LOCK_INIT;
        struct other other;

        other = start_other(place);
        assert_int_equal(nfw_lock_acquire(&lock, &place->context), 0);
        go(&other);
        wait_until_it_waits(&other);
        assert_false(has_the_lock(&other));
        nfw_lock_release(&lock);
        wait_until_locked(&other);
        end_other(&other, false);
}

static void test_lock_ends_with_the_process(void **state) {
        const struct place *place = *state;
        struct nfw_lock lock = NFW_LOCK_INIT;
        struct other first, second;

        first = start_other(place);
        second = start_other(place);
        go(&first);
        wait_until_locked(&first);
        go(&second);
        wait_until_it_waits(&second);
        end_other(&first, true);
        wait_until_locked(&second);
        end_other(&second, true);
        assert_int_equal(nfw_lock_acquire(&lock, &place->context), 0);
        nfw_lock_release(&lock);
}

static void ignore_signal(int number nfw_unused) {
}

static void test_signals_do_not_end_the_wait(void **state) {
        const struct place *place = *state;
        struct nfw_lock lock = NFW_LOCK_INIT;
        struct sigaction action = { .sa_handler = ignore_signal }; /* without SA_RESTART */
        struct other other;

        assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
        other = start_other(place);
        assert_int_equal(nfw_lock_acquire(&lock, &place->context), 0);
        go(&other);
        for (int i = 0; i < 20; i++) {
                wait_until_it_waits(&other);
                assert_int_equal(kill(other.pid, SIGUSR1), 0);
        }
        wait_until_it_waits(&other);
        assert_false(has_the_lock(&other));
        nfw_lock_release(&lock);
        wait_until_locked(&other);
        end_other(&other, false);
}

static void test_release_is_what_wakes_a_learner(void **state) {
        const struct place *place = *state;
        struct nfw_lock lock = NFW_LOCK_INIT;
        nfw_cleanup(nfw_freep) char *path = NULL;
        char events[4096];
        int fd;

        assert_int_equal(nfw_lock_path(&place->context, &path), 0);
        assert_int_equal(nfw_lock_acquire(&lock, &place->context), 0);
        fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        assert_true(fd >= 0);
        assert_true(inotify_add_watch(fd, path, IN_CLOSE_WRITE) >= 0);

        assert_int_equal(read(fd, events, sizeof(events)), -1);
        assert_int_equal(errno, EAGAIN);
        nfw_lock_release(&lock);
        assert_true(read(fd, events, sizeof(events)) > 0);
        close(fd);
}

/* Also when the process that changed something died right after it. */
static void test_death_wakes_a_learner(void **state) {
        const struct place *place = *state;
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct other other;
        char events[4096];
        int fd;

        assert_int_equal(nfw_lock_path(&place->context, &path), 0);
        other = start_other(place);
        go(&other);
        wait_until_locked(&other);
        fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        assert_true(fd >= 0);
        assert_true(inotify_add_watch(fd, path, IN_CLOSE_WRITE) >= 0);
        end_other(&other, true);
        assert_true(read(fd, events, sizeof(events)) > 0);
        close(fd);
}

static void test_file(void **state) {
        const struct place *place = *state;
        struct nfw_lock lock = NFW_LOCK_INIT;
        struct stat st;

        assert_int_equal(nfw_lock_acquire(&lock, &place->context), 0);
        assert_int_equal(stat(place_path(place, "lock"), &st), 0);
        /* who may not open it cannot hold everybody up */
        assert_int_equal(st.st_mode & 07777, 0600);
        nfw_lock_release(&lock);
        nfw_lock_release(&lock);
        assert_int_equal(lock.fd, -1);

        assert_int_equal(unlink(place_path(place, "lock")), 0);
        assert_int_equal(symlink("victim", place_path(place, "lock")), 0);
        assert_int_equal(nfw_lock_acquire(&lock, &place->context), -ELOOP);
        assert_int_equal(lock.fd, -1);
        assert_false(place_has(place, "victim"));
}

#define place_test(test_) cmocka_unit_test_setup_teardown(test_, place_setup, place_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                place_test(test_second_waits),
                place_test(test_lock_ends_with_the_process),
                place_test(test_signals_do_not_end_the_wait),
                place_test(test_release_is_what_wakes_a_learner),
                place_test(test_death_wakes_a_learner),
                place_test(test_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
