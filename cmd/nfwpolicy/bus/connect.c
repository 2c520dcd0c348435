/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nfwpolicy/bus/call.h"
#include "nfwpolicy/bus/value.h"
#include "shared/cleanup.h"

/* Who can do without the daemon does not wait long for a bus that says nothing or a daemon that hangs. */
#define PATIENCE_USEC 2000000

#define PROPERTIES    "org.freedesktop.DBus.Properties"

const bool bus_is_built_in = true;

static int connect_to(const char *address, sd_bus **ret_connection) {
        sd_bus *connection = NULL;
        int r;

        if (!address)
                return sd_bus_open_system(ret_connection);
        r = sd_bus_new(&connection);
        if (r >= 0)
                r = sd_bus_set_address(connection, address);
        if (r >= 0)
                r = sd_bus_set_bus_client(connection, true);
        if (r >= 0)
                r = sd_bus_start(connection);
        if (r < 0) {
                sd_bus_close_unref(connection);
                return r;
        }
        *ret_connection = connection;
        return 0;
}

int bus_open(const struct bus_arguments *arguments, struct bus **ret_bus) {
        struct bus *bus;
        int r;

        bus = calloc(1, sizeof(*bus));
        if (!bus)
                return -ENOMEM;
        r = connect_to(arguments->address, &bus->connection);
        if (r < 0) {
                free(bus);
                return r;
        }
        *ret_bus = bus;
        return 0;
}

/* Every call has had its answer, so there is nothing to flush, which would wait for a bus that says nothing. */
struct bus *bus_close(struct bus *bus) {
        if (!bus)
                return NULL;
        bus_answer_deinit(&bus->answer);
        sd_bus_close_unref(bus->connection);
        free(bus->daemon);
        free(bus);
        return NULL;
}

/* --- waiting ------------------------------------------------------------------------------------------------ */

static uint64_t now_usec(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t left_until(uint64_t deadline) {
        uint64_t now = now_usec();

        if (deadline == UINT64_MAX)
                return UINT64_MAX;
        return now < deadline ? deadline - now : 0;
}

static int take_reply(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        sd_bus_message **reply = userdata;

        (void)error;
        *reply = sd_bus_message_ref(message);
        return 0;
}

/* Whatever there is to do on the connection, or waits for more. */
static int go_on(sd_bus *connection, uint64_t deadline) {
        uint64_t left;
        int r;

        r = sd_bus_process(connection, NULL);
        if (r != 0)
                return r;
        left = left_until(deadline);
        if (left == 0)
                return -ETIMEDOUT;
        r = sd_bus_wait(connection, left);
        return r == -EINTR ? 0 : r;
}

int bus_wait_for(sd_bus *connection,
                 sd_bus_message *call,
                 uint64_t deadline,
                 sd_bus_error *ret_error,
                 sd_bus_message **ret_reply) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        sd_bus_slot *slot = NULL;
        int r;

        r = sd_bus_call_async(connection, &slot, call, take_reply, &reply, UINT64_MAX);
        while (r >= 0 && !reply)
                r = go_on(connection, deadline);
        sd_bus_slot_unref(slot);
        if (!reply)
                return r;
        if (sd_bus_message_is_method_error(reply, NULL)) {
                (void)sd_bus_error_copy(ret_error, sd_bus_message_get_error(reply));
                r = sd_bus_message_get_errno(reply);
                return r > 0 ? -r : -EIO;
        }
        *ret_reply = reply;
        reply = NULL;
        return 0;
}

/* --- whoever is there already ------------------------------------------------------------------------------- */

/* Whoever has told sd-bus how long an answer may take has told us as well. */
static uint64_t patience(sd_bus *connection) {
        uint64_t usec = PATIENCE_USEC;

        if (secure_getenv("SYSTEMD_BUS_TIMEOUT"))
                (void)sd_bus_get_method_call_timeout(connection, &usec);
        return usec;
}

/* Calls without starting anybody. */
static int call_at_once(struct bus *bus, sd_bus_message *call, sd_bus_message **ret_reply) {
        CLEANUP_ERROR sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_message_set_auto_start(call, false);
        if (r < 0)
                return r;
        return bus_wait_for(bus->connection, call, now_usec() + patience(bus->connection), &error, ret_reply);
}

/* Of the properties those that are in the world, too. */
static int read_property(sd_bus_message *reply, const json_t *world, json_t *found) {
        CLEANUP(json) json_t *value = NULL;
        const char *name, *type;
        int r;

        r = sd_bus_message_read(reply, "s", &name);
        if (r < 0)
                return r;
        if (!json_object_get(world, name))
                return sd_bus_message_skip(reply, "v");
        r = sd_bus_message_peek_type(reply, NULL, &type);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'v', type);
        if (r >= 0)
                r = bus_value_read(reply, &value);
        if (r >= 0)
                r = json_object_set(found, name, value) < 0 ? -ENOMEM : 0;
        return r < 0 ? r : sd_bus_message_exit_container(reply);
}

static int read_properties(sd_bus_message *reply, const json_t *world, json_t *found) {
        int r;

        r = sd_bus_message_enter_container(reply, 'a', "{sv}");
        while (r >= 0) {
                r = sd_bus_message_enter_container(reply, 'e', "sv");
                if (r <= 0)
                        return r;
                r = read_property(reply, world, found);
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        return r;
}

/* 1, 0 where the daemon is of another world, or a negative errno where there is none, or none that answers. */
static int is_of_world(struct bus *bus, const json_t *world) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        CLEANUP(json) json_t *found = json_object();
        const char *sender;
        int r;

        if (!found)
                return -ENOMEM;
        r = sd_bus_message_new_method_call(bus->connection, &call, BUS_NAME, BUS_PATH, PROPERTIES, "GetAll");
        if (r >= 0)
                r = sd_bus_message_append(call, "s", BUS_MANAGER);
        if (r >= 0)
                r = call_at_once(bus, call, &reply);
        if (r >= 0)
                r = read_properties(reply, world, found);
        if (r < 0)
                return r;
        sender = sd_bus_message_get_sender(reply);
        if (!sender || !json_equal(found, world))
                return 0;
        bus->daemon = strdup(sender);
        return bus->daemon ? 1 : -ENOMEM;
}

struct bus *bus_find(const struct bus_arguments *arguments, const json_t *world) {
        struct bus *bus = NULL;

        if (bus_open(arguments, &bus) < 0)
                return NULL;
        return is_of_world(bus, world) > 0 ? bus : bus_close(bus);
}

char *bus_daemon_version(const struct bus_arguments *arguments) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const char *version = NULL;
        struct bus *bus = NULL;
        char *copy;
        int r;

        if (arguments->is_off || bus_open(arguments, &bus) < 0)
                return NULL;
        r = sd_bus_message_new_method_call(bus->connection, &call, BUS_NAME, BUS_PATH, PROPERTIES, "Get");
        if (r >= 0)
                r = sd_bus_message_append(call, "ss", BUS_MANAGER, "Version");
        if (r >= 0)
                r = call_at_once(bus, call, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "v", "s", &version);
        copy = r >= 0 ? strdup(version) : NULL;
        bus_close(bus);
        return copy;
}
