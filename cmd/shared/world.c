/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/world.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/text.h"

uint64_t world_network_namespace(void) {
        uint64_t cookie = 0;
#ifdef SO_NETNS_COOKIE
        socklen_t size = sizeof(cookie);
        int fd;

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return 0;
        if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0)
                cookie = 0;
        (void)close(fd);
#endif
        return cookie;
}

static json_t *directory_json(const char *path) {
        struct stat st = { 0 };

        if (stat(path, &st) < 0)
                st = (struct stat){ 0 };
        return json_pack("[o, I, I]", text_json(path), (json_int_t)st.st_dev, (json_int_t)st.st_ino);
}

json_t *world_directories(const struct world_places *places) {
        const struct {
                const char *name;
                const char *path;
                const char *usual;
        } directories[] = {
                { "state", places->state, NFW_STATE_DIRECTORY },
                { "filters", places->filters, NFW_NWFILTER_DIRECTORY },
                { "builtin", places->builtin, NFW_NWFILTER_BUILTIN_DIRECTORY },
                { "networks", places->networks, WORLD_NETWORK_DIRECTORY },
        };

        json_t *array = json_array();

        for (size_t i = 0; array && i < sizeof(directories) / sizeof(directories[0]); i++) {
                const char *path = directories[i].path ? directories[i].path : directories[i].usual;

                if (json_array_append_new(
                            array, json_pack("[s, o]", directories[i].name, directory_json(path))) < 0) {
                        json_decref(array);
                        array = NULL;
                }
        }
        return array;
}

static const struct {
        enum nfw_setting setting;
        bool is_fixed; /* from the start on */
} settings[] = {
        { NFW_SETTING_TABLE_NAME, true },  { NFW_SETTING_NFLOG_GROUP, true },
        { NFW_SETTING_RESOLVERS, false },  { NFW_SETTING_MIN_TTL, false },
        { NFW_SETTING_MAX_TTL, false },    { NFW_SETTING_MAX_NAMES, false },
        { NFW_SETTING_LOG_DENIED, false },
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static json_t *setting_json(const struct nfw_config *config, enum nfw_setting setting) {
        const char *value = nfw_config_get(config, setting);

        return json_pack("[s, o]", nfw_setting_name(setting), text_json(value ? value : ""));
}

json_t *world_settings(const struct nfw_config *config) {
        json_t *array = json_array();

        for (size_t i = 0; array && i < N_SETTINGS; i++) {
                if (json_array_append_new(array, setting_json(config, settings[i].setting)) < 0) {
                        json_decref(array);
                        array = NULL;
                }
        }
        return array;
}

int world_update_settings(json_t *array, const struct nfw_config *config) {
        for (size_t i = 0; i < N_SETTINGS; i++)
                if (!settings[i].is_fixed &&
                    json_array_set_new(array, i, setting_json(config, settings[i].setting)) < 0)
                        return -ENOMEM;
        return 0;
}
