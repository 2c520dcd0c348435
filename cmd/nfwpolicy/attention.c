/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/attention.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

static void find_missing_learner(json_t **array, const struct picture *picture) {
        if (picture->learner_running)
                return;
        for (size_t i = 0; i < picture->n_policies; i++) {
                if (picture->policies[i].has_domains)
                        add(array, NFW_SEVERITY_ERROR, "learner/not-running",
                            "start nfwpolicyd: `systemctl start nfwpolicyd`, or by itself",
                            "nothing learns from DNS, so the domains of policy `%s` open nothing",
                            picture->policies[i].name);
        }
}

static void find_foreign_tables(json_t **array, const struct picture *picture) {
        for (size_t i = 0; i < PICTURE_N_TABLES; i++)
                if (picture->has_foreign_table[i])
                        add(array, NFW_SEVERITY_ERROR, "kernel/foreign-table",
                            "rename it where it is made, or delete it if nothing needs it",
                            "a table `%s %s` exists that is not nfwpolicy's, which needs that name",
                            picture_tables[i], picture->table_name);
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

static void find_losses(json_t **array, const struct picture *picture) {
        for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
                uint64_t n = picture->counters[losses[i].counter];

                if (n > 0)
                        add(array, NFW_SEVERITY_WARNING, losses[i].code, losses[i].hint,
                            "%s (%" PRIu64 " %s)", losses[i].what, n, n == 1 ? "time" : "times");
        }
}

static void find_missing_interfaces(json_t **array, const struct picture *picture) {
        for (size_t i = 0; i < picture->n_ports; i++) {
                const struct picture_port *port = &picture->ports[i];
                CLEANUP(text) char *hint = NULL;

                if (port->exists || picture_port_waits(port))
                        continue;
                if (asprintf(&hint, "`nfwpolicy detach --port %s` if it does not come back", port->name) < 0)
                        hint = NULL;
                add(array, NFW_SEVERITY_WARNING, "port/no-interface", hint,
                    "policy `%s` is on port `%s`, and there is no such interface", port->policy, port->name);
        }
}

static void find_dropped(json_t **array, const struct picture *picture) {
        for (size_t i = 0; i < picture->n_ports; i++)
                if (picture->ports[i].drops)
                        add(array, NFW_SEVERITY_ERROR, "kernel/no-bridge-conntrack",
                            "load the module nf_conntrack_bridge (Linux 5.3) and attach it again, or take it out of the bridge",
                            "port `%s` is in a bridge, where this kernel cannot track connections: everything is "
                            "dropped there",
                            picture->ports[i].name);
}

static void find_unstored(json_t **array, const struct picture *picture) {
        if (picture->store_error)
                add(array, NFW_SEVERITY_ERROR, "state/not-stored",
                    "make room there, or see that it can be written to: nfwpolicyd tries again all the time",
                    "what is loaded cannot be stored in `%s`, and some of it would not come back after a reboot: %s",
                    picture->store, picture->store_error);
}

#define ASIDE      ".damaged"
#define TWIN_ASIDE "~" ASIDE

static bool ends_with(const char *text, const char *end) {
        size_t n = strlen(text), n_end = strlen(end);

        return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

static bool has_twin(char *const *files, const char *file) {
        size_t n = ends_with(file, ASIDE) ? strlen(file) - strlen(ASIDE) : 0;

        for (size_t i = 0; files[i]; i++)
                if (strncmp(files[i], file, n) == 0 && strcmp(files[i] + n, TWIN_ASIDE) == 0)
                        return true;
        return false;
}

/* What is stored is there twice. */
static void find_lost(json_t **array, const struct picture *picture) {
        for (size_t i = 0; picture->set_aside && picture->set_aside[i]; i++)
                if (ends_with(picture->set_aside[i], TWIN_ASIDE))
                        add(array, NFW_SEVERITY_ERROR, "state/set-aside",
                            "load, attach, bind or start again what was in it, then delete the files",
                            "`%s` and the file that it is the second one of were damaged: what was in them is "
                            "lost, and is not in force",
                            picture->set_aside[i]);
}

static void find_set_aside(json_t **array, const struct picture *picture) {
        for (size_t i = 0; picture->set_aside && picture->set_aside[i]; i++)
                if (!ends_with(picture->set_aside[i], TWIN_ASIDE) &&
                    !has_twin(picture->set_aside, picture->set_aside[i]))
                        add(array, NFW_SEVERITY_WARNING, "state/set-aside",
                            "find out what has damaged it, then delete the file",
                            "`%s` was set aside: it was written by something else or only in part",
                            picture->set_aside[i]);
}

json_t *attention_find(const struct picture *picture, json_t *differences) {
        json_t *array = differences;

        find_foreign_tables(&array, picture);
        find_lost(&array, picture);
        find_unstored(&array, picture);
        find_dropped(&array, picture);
        find_missing_learner(&array, picture);
        find_losses(&array, picture);
        find_missing_interfaces(&array, picture);
        find_set_aside(&array, picture);
        return array;
}
