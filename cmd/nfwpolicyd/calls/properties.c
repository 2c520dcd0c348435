/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/properties.h"

#include <errno.h>
#include <string.h>

#include "nfwpolicyd/daemon.h"
#include "shared/cleanup.h"
#include "shared/world.h"

static int append_version(sd_bus_message *reply, const struct daemon *daemon) {
        (void)daemon;
        return sd_bus_message_append(reply, "s", NFW_VERSION);
}

static int append_learner_running(sd_bus_message *reply, const struct daemon *daemon) {
        return sd_bus_message_append(reply, "b", daemon->learner != NULL);
}

static int append_counters(sd_bus_message *reply, const struct daemon *daemon) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{st}");
        for (int i = 0; r >= 0 && i < NFW_N_COUNTERS; i++)
                r = sd_bus_message_append(reply, "{st}", nfw_counter_name((enum nfw_counter)i),
                                          nfw_learner_counter(daemon->learner, (enum nfw_counter)i));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Where the daemon is at work, and with what. */

static int append_namespace(sd_bus_message *reply, const struct daemon *daemon) {
        (void)daemon;
        return sd_bus_message_append(reply, "t", world_network_namespace());
}

static int append_directory(sd_bus_message *reply, const json_t *entry) {
        const json_t *directory = json_array_get(entry, 1);

        return sd_bus_message_append(reply, "{s(stt)}", json_string_value(json_array_get(entry, 0)),
                                     json_string_value(json_array_get(directory, 0)),
                                     (uint64_t)json_integer_value(json_array_get(directory, 1)),
                                     (uint64_t)json_integer_value(json_array_get(directory, 2)));
}

static int append_directories(sd_bus_message *reply, const struct daemon *daemon) {
        CLEANUP(json) json_t *directories = NULL;
        int r;

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

static int append_settings(sd_bus_message *reply, const struct daemon *daemon) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{ss}");
        for (size_t i = 0; r >= 0 && i < json_array_size(daemon->settings); i++) {
                const json_t *entry = json_array_get(daemon->settings, i);

                r = sd_bus_message_append(reply, "{ss}", json_string_value(json_array_get(entry, 0)),
                                          json_string_value(json_array_get(entry, 1)));
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static const struct {
        const char *name;
        int (*append)(sd_bus_message *reply, const struct daemon *daemon);
} properties[] = {
        { "Version", append_version },
        { "NetworkNamespace", append_namespace },
        { "Directories", append_directories },
        { "Settings", append_settings },
        { "LearnerRunning", append_learner_running },
        { "Counters", append_counters },
};

int properties_get(sd_bus *bus,
                   const char *path,
                   const char *interface,
                   const char *property,
                   sd_bus_message *reply,
                   void *userdata,
                   sd_bus_error *error) {
        (void)bus;
        (void)path;
        (void)interface;
        (void)error;
        for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
                if (strcmp(properties[i].name, property) == 0)
                        return properties[i].append(reply, userdata);
        return -ENOENT;
}
