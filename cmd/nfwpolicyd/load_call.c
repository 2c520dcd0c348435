/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "nfwpolicyd/daemon.h"
#include "nfwpolicyd/errors.h"
#include "nfwpolicyd/lists.h"
#include "nfwpolicyd/manager.h"
#include "nfwpolicyd/read_fd.h"
#include "shared/cleanup.h"
#include "shared/suggest.h"

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

struct option {
        const char *key;
        const char *type;
        size_t offset;
        uint32_t max; /* of numbers, which begin with 1 */
};

#define FIELD(field_) offsetof(struct load_call, field_)

static const struct option options[] = {
        { "ports", "as", FIELD(ports), 0 },
        { "resolvers", "as", FIELD(resolvers), 0 },
        { "any-resolver", "b", FIELD(any_resolver), 0 },
        { "min-ttl", "u", FIELD(min_ttl), 24 * 60 * 60 },
        { "max-ttl", "u", FIELD(max_ttl), 7 * 24 * 60 * 60 },
        { "max-names", "u", FIELD(max_names), 1000000 },
        { "log-denied", "b", FIELD(log_denied), 0 },
        { "dry-run", "b", FIELD(dry_run), 0 },
        { "file", "s", FIELD(file), 0 },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

static void cleanup_load_call(struct load_call *load) {
        list_free(load->ports);
        list_free(load->resolvers);
}

static const struct option *find_option(const char *key) {
        for (size_t i = 0; i < N_OPTIONS; i++)
                if (strcmp(options[i].key, key) == 0)
                        return &options[i];
        return NULL;
}

static int refuse_unknown(sd_bus_message *call, const char *key) {
        CLEANUP(text) char *hint = NULL;
        const char *keys[N_OPTIONS], *nearest;

        for (size_t i = 0; i < N_OPTIONS; i++)
                keys[i] = options[i].key;
        nearest = suggest(key, keys, N_OPTIONS);
        if (nearest && asprintf(&hint, "did you mean `%s`?", nearest) < 0)
                hint = NULL;
        return error_refuse(call, NFW_E_INVALID, "bus/unknown-option", hint, "there is no option `%s`", key);
}

/* 0, or what the handler is to return. */
static int read_number(sd_bus_message *call, const struct option *option, uint32_t *field) {
        uint32_t number;
        int r;

        r = sd_bus_message_read(call, "u", &number);
        if (r < 0)
                return r;
        if (number < 1 || number > option->max)
                return error_refuse(call, NFW_E_INVALID, "bus/out-of-range", NULL,
                                    "`%s` must be from 1 to %u", option->key, option->max);
        *field = number;
        return 0;
}

static int read_value(sd_bus_message *call, const struct option *option, struct load_call *load) {
        void *field = (char *)load + option->offset;
        char ***list = field;
        int r;

        switch (option->type[0]) {
        case 'u':
                return read_number(call, option, field);
        case 'a':
                list_free(*list);
                *list = NULL;
                r = sd_bus_message_read_strv(call, list);
                break;
        default:
                r = sd_bus_message_read(call, option->type, field);
                break;
        }
        return r < 0 ? r : 0;
}

static int read_option(sd_bus_message *call, struct load_call *load) {
        const struct option *option;
        const char *key, *type;
        int r;

        r = sd_bus_message_read(call, "s", &key);
        if (r < 0)
                return r;
        option = find_option(key);
        if (!option)
                return refuse_unknown(call, key);
        r = sd_bus_message_peek_type(call, NULL, &type);
        if (r < 0)
                return r;
        if (strcmp(type, option->type) != 0)
                return error_refuse(call, NFW_E_INVALID, "bus/wrong-type", NULL,
                                    "option `%s` is of type `%s`, not `%s`", key, option->type, type);
        r = sd_bus_message_enter_container(call, 'v', option->type);
        if (r >= 0)
                r = read_value(call, option, load);
        if (r != 0)
                return r;
        r = sd_bus_message_exit_container(call);
        return r < 0 ? r : 0;
}

/* 0, or what the handler is to return. */
static int read_options(sd_bus_message *call, struct load_call *load) {
        int r;

        r = sd_bus_message_enter_container(call, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
                r = read_option(call, load);
                if (r != 0)
                        return r;
                r = sd_bus_message_exit_container(call);
                if (r < 0)
                        return r;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(call);
        return r < 0 ? r : 0;
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

static int load_and_reply(sd_bus_message *message,
                          struct daemon *daemon,
                          const struct load_call *call,
                          const char *text,
                          size_t size) {
        CLEANUP(report) struct nfw_report *report = NULL;
        int r;

        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = commit(daemon, call, text, size, report);
        return error_reply(message, r, report, call->name);
}

int load_call_text(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        __attribute__((cleanup(cleanup_load_call))) struct load_call call = { 0 };
        const char *text;
        int r;

        (void)error;
        r = sd_bus_message_read(message, "ss", &call.name, &text);
        if (r < 0)
                return r;
        r = read_options(message, &call);
        if (r != 0)
                return r;
        return load_and_reply(message, userdata, &call, text, strlen(text));
}

int load_call_fd(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        __attribute__((cleanup(cleanup_load_call))) struct load_call call = { 0 };
        CLEANUP(text) char *text = NULL;
        size_t size;
        int r, fd;

        (void)error;
        r = sd_bus_message_read(message, "sh", &call.name, &fd);
        if (r < 0)
                return r;
        r = read_options(message, &call);
        if (r != 0)
                return r;
        r = read_fd(fd, &text, &size);
        if (r == READ_FD_NO_FILE)
                return error_refuse(message, NFW_E_INVALID, "bus/no-file",
                                    "write the policy into a file or a memfd, and open it for reading",
                                    "what was passed is no regular file that can be read at once");
        if (r < 0)
                return error_reply(message, r, NULL, call.file ? call.file : call.name);
        return load_and_reply(message, userdata, &call, text, size);
}
