/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/world.h"

#include <errno.h>

#include "nfwpolicyd/daemon.h"
#include "shared/cleanup.h"
#include "shared/world.h"

int world_get_namespace(sd_bus *bus,
                        const char *path,
                        const char *interface,
                        const char *property,
                        sd_bus_message *reply,
                        void *userdata,
                        sd_bus_error *error) {
        (void)bus;
        (void)path;
        (void)interface;
        (void)property;
        (void)userdata;
        (void)error;
        return sd_bus_message_append(reply, "t", world_network_namespace());
}

static int append_directory(sd_bus_message *reply, const json_t *entry) {
        const json_t *directory = json_array_get(entry, 1);

        return sd_bus_message_append(reply, "{s(stt)}", json_string_value(json_array_get(entry, 0)),
                                     json_string_value(json_array_get(directory, 0)),
                                     (uint64_t)json_integer_value(json_array_get(directory, 1)),
                                     (uint64_t)json_integer_value(json_array_get(directory, 2)));
}

int world_get_directories(sd_bus *bus,
                          const char *path,
                          const char *interface,
                          const char *property,
                          sd_bus_message *reply,
                          void *userdata,
                          sd_bus_error *error) {
        const struct daemon *daemon = userdata;
        CLEANUP(json) json_t *directories = NULL;
        int r;

        (void)bus;
        (void)path;
        (void)interface;
        (void)property;
        (void)error;
        directories = world_directories(
                &(struct world_places){ daemon->arguments->state, daemon->arguments->filters,
                                        daemon->arguments->builtin, daemon->arguments->networks });
        if (!directories)
                return -ENOMEM;
        r = sd_bus_message_open_container(reply, 'a', "{s(stt)}");
        for (size_t i = 0; r >= 0 && i < json_array_size(directories); i++)
                r = append_directory(reply, json_array_get(directories, i));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int world_get_settings(sd_bus *bus,
                       const char *path,
                       const char *interface,
                       const char *property,
                       sd_bus_message *reply,
                       void *userdata,
                       sd_bus_error *error) {
        const struct daemon *daemon = userdata;
        int r;

        (void)bus;
        (void)path;
        (void)interface;
        (void)property;
        (void)error;
        r = sd_bus_message_open_container(reply, 'a', "{ss}");
        for (size_t i = 0; r >= 0 && i < json_array_size(daemon->settings); i++) {
                const json_t *entry = json_array_get(daemon->settings, i);

                r = sd_bus_message_append(reply, "{ss}", json_string_value(json_array_get(entry, 0)),
                                          json_string_value(json_array_get(entry, 1)));
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}
