/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A network namespace of the test program's own, which ends with it: for what cannot be tested without rules in a
 * kernel. Whoever may not make network namespaces may make them within a user namespace on most systems.
 */

#include <sched.h>

#include "engine/shadow.h"
#include "nft/element.h"
#include "place.h"

static inline void write_text(const char *path, const char *text) {
        FILE *stream = fopen(path, "we");

        if (stream) {
                fputs(text, stream);
                fclose(stream);
        }
}

/* Call it first in main(). Where there is no way, no test runs, and that is said. */
static inline void enter_namespace(void) {
        unsigned int uid = getuid();
        char map[64];

        if (unshare(CLONE_NEWNET) < 0) {
                /* root in there, or the commands that are run would lose the privilege */
                snprintf(map, sizeof(map), "0 %u 1\n", uid);
                if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
                        printf("1..0 # SKIP no network namespace can be made\n");
                        exit(0);
                }
                write_text("/proc/self/setgroups", "deny\n");
                write_text("/proc/self/uid_map", map);
        }
        if (system("ip link set lo up && ip link add veth0 type veth peer name veth1") != 0) {
                printf("1..0 # SKIP no interfaces can be made\n");
                exit(0);
        }
}

struct kernel {
        struct place *place; /* its state directory is used, its context is not */
        struct nfw_context *context;
        struct nfw_report *report;
};

static inline int kernel_setup(void **state) {
        struct kernel *kernel = calloc(1, sizeof(*kernel));

        if (!kernel || place_setup((void **)&kernel->place) < 0 || nfw_context_new(&kernel->context) < 0 ||
            nfw_context_set_state_directory(kernel->context, kernel->place->directory) < 0 ||
            nfw_report_new(&kernel->report) < 0)
                return -1;
        *state = kernel;
        return 0;
}

static inline int kernel_teardown(void **state) {
        struct kernel *kernel = *state;
        int r;

        nfw_context_free(kernel->context);
        nfw_report_free(kernel->report);
        r = place_teardown((void **)&kernel->place);
        free(kernel);
        return system("nft flush ruleset") == 0 ? r : -1;
}

/* Loads a policy with its rules in YAML's short form; what nfw_load_commit() says. */
static inline int load(struct kernel *kernel, const char *name, const char *rules, const char *port) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct nfw_policy *policy = NULL;
        struct nfw_load *load = NULL;
        int r;

        assert_true(asprintf(&text, "{version: \"1.0\", rules: [%s]}", rules) > 0);
        assert_int_equal(nfw_policy_read_buffer("test.yaml", text, strlen(text), kernel->report, &policy), 0);
        assert_int_equal(nfw_load_new(policy, name, &load), 0);
        if (port)
                assert_int_equal(nfw_load_add_port(load, port), 0);
        nfw_load_set_require_learner(load, false);
        r = nfw_load_commit(kernel->context, load, kernel->report);
        nfw_load_free(load);
        nfw_policy_free(policy);
        return r;
}

static inline struct nfw_status *look(struct kernel *kernel) {
        struct nfw_status *status;

        assert_int_equal(nfw_status_new(kernel->context, kernel->report, &status), 0);
        return status;
}

#define kernel_test(test_) cmocka_unit_test_setup_teardown(test_, kernel_setup, kernel_teardown)
