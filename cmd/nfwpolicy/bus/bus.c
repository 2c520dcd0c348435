/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/bus/bus.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nfwpolicy/bus/call.h"
#include "nfwpolicy/bus/value.h"
#include "shared/cleanup.h"
#include "shared/text.h"
#include "shared/world.h"

json_t *bus_diagnostics(const struct bus *bus) {
        return bus->answer.diagnostics;
}

bool bus_has_done_nothing(const struct bus *bus) {
        return bus->answer.is_undone;
}

const char *bus_sentence(const struct bus *bus) {
        return bus->answer.sentence;
}

static void begin(struct bus *bus) {
        bus_answer_deinit(&bus->answer);
        bus->answer.is_undone = true;
}

int bus_name_file(struct bus *bus, const char *file, char **ret_name) {
        CLEANUP(text) char *name = text_escape(file);

        begin(bus);
        if (!name)
                return -ENOMEM;
        if (bus->daemon && strcmp(name, file) != 0)
                return -EILSEQ;
        *ret_name = name;
        name = NULL;
        return 0;
}

int bus_new_call(struct bus *bus, const char *member, sd_bus_message **ret_call) {
        int r;

        begin(bus);
        r = sd_bus_message_new_method_call(bus->connection, ret_call, bus->daemon ? bus->daemon : BUS_NAME,
                                           BUS_PATH, BUS_MANAGER, member);
        if (r < 0)
                return r;
        /* Who was found and is gone is not called again, and who can do it himself asks nobody for leave. */
        if (bus->daemon)
                return sd_bus_message_set_auto_start(*ret_call, false);
        /* Where nobody sits, nobody can answer polkit's question. */
        return sd_bus_message_set_allow_interactive_authorization(*ret_call, isatty(STDIN_FILENO));
}

/* As long as it takes, as everything that waits for its turn. */
int bus_call(struct bus *bus, sd_bus_message *call, sd_bus_message **ret_reply) {
        CLEANUP_ERROR sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        bus->answer.is_undone = false;
        r = bus_wait_for(bus->connection, call, UINT64_MAX, &error, ret_reply);
        return r < 0 ? bus_answer_read_error(&bus->answer, &error, r) : 0;
}

static int call_and_read(struct bus *bus, sd_bus_message *call) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        int r;

        r = bus_call(bus, call, &reply);
        return r != 0 ? r : bus_answer_read_report(&bus->answer, reply);
}

static int append_strings(sd_bus_message *call, const struct string_list *strings) {
        int r;

        r = sd_bus_message_open_container(call, 'a', "s");
        for (size_t i = 0; r >= 0 && i < strings->n_items; i++)
                r = sd_bus_message_append(call, "s", strings->items[i]);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

/* The daemon refuses more. In several calls it would not be one transaction, so who can do without it does it alone. */
static int check_ports(struct bus *bus, const struct string_list *ports) {
        begin(bus);
        return bus->daemon && ports->n_items > WORLD_MAX_PORTS ? -E2BIG : 0;
}

int bus_attach(struct bus *bus, const char *policy, const struct string_list *ports, bool persistent) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        int r;

        r = check_ports(bus, ports);
        if (r == 0)
                r = bus_new_call(bus, "Attach", &call);
        if (r >= 0)
                r = append_strings(call, ports);
        if (r >= 0)
                r = persistent ? sd_bus_message_append(call, "sa{sv}", policy, 1, "persistent", "b", true)
                               : sd_bus_message_append(call, "sa{sv}", policy, 0);
        return r < 0 ? r : call_and_read(bus, call);
}

int bus_detach(struct bus *bus, const struct string_list *ports) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        int r;

        r = check_ports(bus, ports);
        if (r == 0)
                r = bus_new_call(bus, "Detach", &call);
        if (r >= 0)
                r = append_strings(call, ports);
        return r < 0 ? r : call_and_read(bus, call);
}

static int append_option(sd_bus_message *call, const char *key, const char *value) {
        return value ? sd_bus_message_append(call, "{sv}", key, "s", value) : 0;
}

int bus_add_to_set(struct bus *bus,
                   const char *name,
                   const char *type,
                   const char *family,
                   const char *const *elements,
                   size_t n_elements) {
        const struct string_list list = { (const char **)elements, n_elements };
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        int r;

        r = bus_new_call(bus, "AddToSet", &call);
        if (r >= 0)
                r = sd_bus_message_append(call, "s", name);
        if (r >= 0)
                r = append_strings(call, &list);
        if (r >= 0)
                r = sd_bus_message_open_container(call, 'a', "{sv}");
        if (r >= 0)
                r = append_option(call, "type", type);
        if (r >= 0)
                r = append_option(call, "family", family);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        return r < 0 ? r : call_and_read(bus, call);
}

int bus_delete_from_set(struct bus *bus, const char *name, const char *const *elements, size_t n_elements) {
        const struct string_list list = { (const char **)elements, n_elements };
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        int r;

        r = bus_new_call(bus, "DeleteFromSet", &call);
        if (r >= 0)
                r = sd_bus_message_append(call, "s", name);
        if (r >= 0)
                r = append_strings(call, &list);
        return r < 0 ? r : call_and_read(bus, call);
}

static int append_arguments(sd_bus_message *call, const char *types, va_list arguments) {
        int r = *types ? sd_bus_message_appendv(call, types, arguments) : 0;

        /* What is not UTF-8 is all that can be wrong with a text. */
        return r == -EINVAL ? -EILSEQ : r;
}

int bus_do(struct bus *bus, const char *member, const char *types, ...) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        va_list arguments;
        int r;

        r = bus_new_call(bus, member, &call);
        if (r < 0)
                return r;
        va_start(arguments, types);
        r = append_arguments(call, types, arguments);
        va_end(arguments);
        return r < 0 ? r : call_and_read(bus, call);
}

static int ask(
        struct bus *bus, json_t **ret_value, const char *member, const char *types, va_list arguments) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        CLEANUP(json) json_t *value = NULL;
        int r;

        r = bus_new_call(bus, member, &call);
        if (r >= 0)
                r = append_arguments(call, types, arguments);
        if (r < 0)
                return r;
        r = bus_call(bus, call, &reply);
        if (r != 0)
                return r;
        r = bus_value_read(reply, &value);
        if (r == 0)
                r = bus_answer_read_report(&bus->answer, reply);
        if (r < 0)
                return r;
        *ret_value = json_incref(value);
        return 0;
}

int bus_ask(struct bus *bus, json_t **ret_value, const char *member, const char *types, ...) {
        va_list arguments;
        int r;

        va_start(arguments, types);
        r = ask(bus, ret_value, member, types, arguments);
        va_end(arguments);
        return r;
}

int bus_ask_text(struct bus *bus, char **ret_text, const char *member, const char *types, ...) {
        CLEANUP(json) json_t *value = NULL;
        va_list arguments;
        int r;

        va_start(arguments, types);
        r = ask(bus, &value, member, types, arguments);
        va_end(arguments);
        if (r != 0)
                return r;
        if (!json_is_string(value))
                return -EBADMSG;
        *ret_text = strdup(json_string_value(value));
        return *ret_text ? 0 : -ENOMEM;
}

/* --- loading ------------------------------------------------------------------------------------------------ */

/* In a message the bus would copy all of it several times. */
static int put_into_memory(const struct load_source *source) {
        int fd, r = 0;

        fd = memfd_create("policy", MFD_CLOEXEC);
        if (fd < 0)
                return -errno;
        for (size_t done = 0; r == 0 && done < source->size;) {
                ssize_t n = write(fd, source->text + done, source->size - done);

                if (n > 0)
                        done += (size_t)n;
                else if (n < 0 && errno != EINTR)
                        r = -errno;
        }
        if (r < 0) {
                (void)close(fd);
                return r;
        }
        return fd;
}

static int append_list(sd_bus_message *call, const char *key, const struct string_list *strings) {
        int r;

        r = sd_bus_message_open_container(call, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(call, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(call, 'v', "as");
        if (r >= 0)
                r = append_strings(call, strings);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

/* What is not given is for the daemon to say. */
static int append_number(sd_bus_message *call, const char *key, uint32_t number) {
        return number > 0 ? sd_bus_message_append(call, "{sv}", key, "u", number) : 0;
}

static int append_options(sd_bus_message *call, const struct load_arguments *arguments, const char *file) {
        int r;

        r = sd_bus_message_open_container(call, 'a', "{sv}");
        if (r >= 0)
                r = append_list(call, "ports", &arguments->ports);
        if (r >= 0 && load_trusts_any(arguments))
                r = sd_bus_message_append(call, "{sv}", "any-resolver", "b", 1);
        else if (r >= 0)
                r = append_list(call, "resolvers", &arguments->resolvers);
        if (r >= 0)
                r = append_number(call, "min-ttl", arguments->min_ttl);
        if (r >= 0)
                r = append_number(call, "max-ttl", arguments->max_ttl);
        if (r >= 0)
                r = append_number(call, "max-names", arguments->max_names);
        if (r >= 0)
                r = sd_bus_message_append(call, "{sv}", "dry-run", "b", arguments->dry_run);
        if (r >= 0 && arguments->log_denied)
                r = sd_bus_message_append(call, "{sv}", "log-denied", "b", 1);
        if (r >= 0)
                r = sd_bus_message_append(call, "{sv}", "file", "s", file);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

int bus_load(struct bus *bus, const struct load_arguments *arguments, const struct load_source *source) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        CLEANUP(text) char *file = NULL;
        int r, fd;

        r = check_ports(bus, &arguments->ports);
        if (r == 0)
                r = bus_name_file(bus, source->file, &file);
        if (r == 0)
                r = bus_new_call(bus, "LoadPolicyFd", &call);
        if (r < 0)
                return r;
        fd = put_into_memory(source);
        if (fd < 0)
                return fd;
        r = sd_bus_message_append(call, "sh", source->name, fd);
        if (r >= 0)
                r = append_options(call, arguments, file);
        /* The message has a copy of it. */
        (void)close(fd);
        return r < 0 ? r : call_and_read(bus, call);
}
