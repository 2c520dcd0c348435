/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A store, what it is made from, and what comes of it after a reboot. */

#include <errno.h>

#include "engine/store/store.h"
#include "kernel.h"

#define ANY "{name: any, action: allow, priority: 1}"
#define ONE "{name: one, action: allow, priority: 1, egress: {ips: [192.0.2.1]}}"

static inline const char *store_path(const struct kernel *kernel, const char *name) {
        static char path[512];

        snprintf(path, sizeof(path), "%s/store%s%s", kernel->place->directory, *name ? "/" : "", name);
        return path;
}

static inline bool has_file(const struct kernel *kernel, const char *name) {
        struct stat st;

        return lstat(store_path(kernel, name), &st) == 0;
}

static inline struct nfw_store *open_store(struct kernel *kernel) {
        struct nfw_store *store;

        assert_int_equal(nfw_store_new(kernel->context, store_path(kernel, ""), kernel->report, &store), 0);
        return store;
}

static inline void save(struct kernel *kernel) {
        struct nfw_store *store = open_store(kernel);

        assert_int_equal(nfw_store_save(store, kernel->report), 0);
        nfw_store_free(store);
}

/* Of the tests' own: what the next program finds. */
static inline void start_again(struct kernel *kernel) {
        nfw_context_free(kernel->context);
        assert_int_equal(nfw_context_new(&kernel->context), 0);
        assert_int_equal(nfw_context_set_state_directory(kernel->context, kernel->place->directory), 0);
        nfw_report_clear(kernel->report);
}

/* Neither rules nor what was in /run. */
static inline void reboot(struct kernel *kernel) {
        char command[128];

        snprintf(command, sizeof(command), "nft flush ruleset && rm -rf '%s'/net-*",
                 kernel->place->directory);
        assert_int_equal(system(command), 0);
        start_again(kernel);
}

static inline int restore(struct kernel *kernel) {
        struct nfw_store *store = open_store(kernel);
        int r = nfw_store_restore(store, kernel->report);

        nfw_store_free(store);
        return r;
}

static inline const char *policy_of(struct kernel *kernel, const char *port) {
        const struct nfw_shadow_port *held;

        assert_int_equal(nfw_shadow_refresh(&kernel->context->shadow, kernel->context->nft), 0);
        held = nfw_shadow_port(&kernel->context->shadow, port);
        return held ? held->policy : "none";
}

static inline void assert_in_force(struct kernel *kernel,
                                   const char *policies,
                                   const char *lo,
                                   const char *veth0) {
        char names[256] = "";

        nfw_shadow_invalidate(&kernel->context->shadow);
        assert_string_equal(policy_of(kernel, "lo"), lo);
        assert_string_equal(policy_of(kernel, "veth0"), veth0);
        nfw_vec_foreach (policy, &kernel->context->shadow.policies) {
                assert_true(strlen(names) + strlen(policy->name) + 2 < sizeof(names));
                strcat(strcat(names, *names ? " " : ""), policy->name);
        }
        assert_string_equal(names, policies);
        assert_int_equal(nfw_verify(kernel->context, NULL, kernel->report), 0);
}

static inline const struct nfw_diagnostic *find_diagnostic(const struct kernel *kernel, const char *code) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(kernel->report); i++) {
                const struct nfw_diagnostic *each = nfw_report_diagnostic(kernel->report, i);

                if (strcmp(nfw_diagnostic_code(each), code) == 0)
                        return each;
        }
        return NULL;
}

static inline void load_two(struct kernel *kernel) {
        assert_int_equal(load(kernel, "any", ANY, "lo"), 0);
        assert_int_equal(load(kernel, "one", ONE, "veth0"), 0);
}
