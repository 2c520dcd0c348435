/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "nfwpolicyd/bus/errors.h"
#include "nfwpolicyd/bus/lists.h"
#include "nfwpolicyd/calls/begin.h"
#include "nfwpolicyd/calls/manager.h"
#include "nfwpolicyd/calls/ports.h"
#include "nfwpolicyd/calls/read_fd.h"
#include "nfwpolicyd/daemon.h"
#include "shared/cleanup.h"

/* The options of a call; the texts are the message's. */
struct load_call {
        const char *name;
        const char *file;
        char **ports;
        char **resolvers;
        int any_resolver;
        int log_denied;
        int dry_run;
        uint32_t min_ttl; /* 0: not given */
        uint32_t max_ttl;
        uint32_t max_names;
};

#define FIELD(field_) offsetof(struct load_call, field_)

static const struct call_option options[] = {
        { "ports", "as", FIELD(ports), 0 },
        { "resolvers", "as", FIELD(resolvers), 0 },
        { "any-resolver", "b", FIELD(any_resolver), 0 },
        { "min-ttl", "u", FIELD(min_ttl), 24 * 60 * 60 },
        { "max-ttl", "u", FIELD(max_ttl), 7 * 24 * 60 * 60 },
        { "max-names", "u", FIELD(max_names), 1000000 },
        { "log-denied", "b", FIELD(log_denied), 0 },
        { "dry-run", "b", FIELD(dry_run), 0 },
        { "file", "s", FIELD(file), CALL_MAX_FILE },
};

static void cleanup_load_call(struct load_call *load) {
        list_free(load->ports);
        list_free(load->resolvers);
}

static int describe(const struct load_call *call, struct nfw_load *load, struct nfw_report *report) {
        int r = 0, s;

        for (char **port = call->ports; r == 0 && port && *port; port++)
                r = nfw_load_add_port(load, *port);
        if (r == 0 && call->min_ttl > 0)
                r = nfw_load_set_min_ttl(load, call->min_ttl);
        if (r == 0 && call->max_ttl > 0)
                r = nfw_load_set_max_ttl(load, call->max_ttl);
        if (r == 0 && call->max_names > 0)
                r = nfw_load_set_max_names(load, call->max_names);
        if (r != 0)
                return r;
        nfw_load_set_any_resolver(load, call->any_resolver);
        nfw_load_set_log_denied(load, call->log_denied);
        nfw_load_set_dry_run(load, call->dry_run);
        /* All that is wrong is told at once. */
        for (char **resolver = call->resolvers; r >= 0 && resolver && *resolver; resolver++) {
                s = nfw_load_add_resolver(load, *resolver, report);
                r = s != 0 ? s : r;
        }
        return r;
}

/* Whether a name is one is seen once the policy has been read, and until then it may be what messages call the file. */
static int check(sd_bus_message *message, const struct load_call *call) {
        if (strlen(call->name) > CALL_MAX_FILE)
                return error_refuse(message, NFW_E_INVALID, "bus/out-of-range", NULL,
                                    "the name is longer than %d octets", CALL_MAX_FILE);
        return call_check_ports(message, call->ports, false);
}

static int commit(struct daemon *daemon,
                  const struct load_call *call,
                  const char *text,
                  size_t size,
                  struct nfw_report *report) {
        CLEANUP(policy) struct nfw_policy *policy = NULL;
        CLEANUP(load) struct nfw_load *load = NULL;
        int r;

        r = nfw_policy_read_buffer(call->file ? call->file : call->name, text, size, report, &policy);
        if (r == 0)
                r = nfw_load_new(policy, call->name, &load);
        if (r == 0)
                r = describe(call, load, report);
        if (r == 0)
                r = nfw_load_commit(daemon->context, load, report);
        if (r == 0 && !call->dry_run)
                keep_changed(daemon);
        return r;
}

int load_call_text(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        __attribute__((cleanup(cleanup_load_call))) struct load_call call = { 0 };
        CLEANUP(report) struct nfw_report *report = NULL;
        const char *text;
        int r;

        (void)error;
        r = call_begin(message, &report, CALL_OPTIONS(options, &call), "ss", &call.name, &text);
        if (r == 0)
                r = check(message, &call);
        if (r != 0)
                return r;
        r = commit(userdata, &call, text, strlen(text), report);
        return error_reply(message, r, report, call.name);
}

int load_call_fd(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        __attribute__((cleanup(cleanup_load_call))) struct load_call call = { 0 };
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(text) char *text = NULL;
        size_t size;
        int r, fd;

        (void)error;
        r = call_begin(message, &report, CALL_OPTIONS(options, &call), "sh", &call.name, &fd);
        if (r == 0)
                r = check(message, &call);
        if (r != 0)
                return r;
        r = read_fd(fd, &text, &size);
        if (r == READ_FD_NO_FILE)
                return error_refuse(message, NFW_E_INVALID, "bus/no-file",
                                    "write the policy into a file or a memfd, and open it for reading",
                                    "what was passed is no regular file that can be read at once");
        if (r < 0)
                return error_reply(message, r, NULL, call.file ? call.file : call.name);
        r = commit(userdata, &call, text, size, report);
        return error_reply(message, r, report, call.name);
}
