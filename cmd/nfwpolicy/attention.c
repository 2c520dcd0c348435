/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/attention.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>

#include "shared/cleanup.h"
#include "shared/diagnostics.h"

/* The array is NULL from the first failure on. */
__attribute__((format(printf, 5, 6))) static void add(json_t **array,
                                                      enum nfw_severity severity,
                                                      const char *code,
                                                      const char *hint,
                                                      const char *format,
                                                      ...) {
        CLEANUP(text) char *text = NULL;
        va_list arguments;

        if (!*array)
                return;
        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        if (!text || json_array_append_new(*array, diagnostics_make(severity, code, text, hint)) < 0) {
                json_decref(*array);
                *array = NULL;
        }
}

static void find_missing_learner(json_t **array, const struct nfw_status *status) {
        if (nfw_status_learner_running(status))
                return;
        for (size_t i = 0; i < nfw_status_n_loaded(status); i++) {
                const struct nfw_loaded *loaded = nfw_status_loaded(status, i);

                if (nfw_loaded_has_domains(loaded))
                        add(array, NFW_SEVERITY_ERROR, "learner/not-running",
                            "start nfwpolicyd: `systemctl start nfwpolicyd`, or by itself",
                            "nothing learns from DNS, so the domains of policy `%s` open nothing",
                            nfw_loaded_name(loaded));
        }
}

static void find_foreign_tables(json_t **array, const struct nfw_status *status) {
        static const char *const families[] = { "inet", "bridge" };

        for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
                if (nfw_status_has_foreign_table(status, families[i]))
                        add(array, NFW_SEVERITY_ERROR, "kernel/foreign-table",
                            "rename it where it is made, or delete it if nothing needs it",
                            "a table `%s nfwpolicy` exists that is not nfwpolicy's, which needs that name",
                            families[i]);
}

static const struct {
        enum nfw_counter counter;
        const char *code;
        const char *what; /* and what comes of it */
        const char *hint;
} losses[] = {
        { NFW_COUNTER_LOST, "learner/lost",
          "mirrored packets were lost, and names that were answered in them stay closed until they are asked again",
          "see that the learner gets its processor and no guest floods it; restart it to count anew" },
        { NFW_COUNTER_FAILED, "learner/failed",
          "the kernel refused a transaction of the learner, and what that would have opened stays closed",
          "its log says why: `journalctl -u nfwpolicyd`; restart it to count anew" },
};

static void find_losses(json_t **array, const struct nfw_status *status) {
        for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
                uint64_t n = nfw_status_counter(status, losses[i].counter);

                if (n > 0)
                        add(array, NFW_SEVERITY_WARNING, losses[i].code, losses[i].hint,
                            "%s (%" PRIu64 " %s)", losses[i].what, n, n == 1 ? "time" : "times");
        }
}

static void find_missing_interfaces(json_t **array, const struct nfw_status *status) {
        for (size_t i = 0; i < nfw_status_n_bindings(status); i++) {
                const struct nfw_binding *binding = nfw_status_binding(status, i);
                CLEANUP(text) char *hint = NULL;

                if (if_nametoindex(nfw_binding_port(binding)) != 0 || errno != ENODEV)
                        continue;
                if (asprintf(&hint, "`nfwpolicy detach --port %s` if it does not come back",
                             nfw_binding_port(binding)) < 0)
                        hint = NULL;
                add(array, NFW_SEVERITY_WARNING, "port/no-interface", hint,
                    "policy `%s` is on port `%s`, and there is no such interface",
                    nfw_binding_policy(binding), nfw_binding_port(binding));
        }
}

json_t *attention_find(const struct nfw_status *status, const struct nfw_report *report) {
        json_t *array = diagnostics_json(report);

        find_foreign_tables(&array, status);
        find_missing_learner(&array, status);
        find_losses(&array, status);
        find_missing_interfaces(&array, status);
        return array;
}
