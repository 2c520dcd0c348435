/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/settings.h"

#include <string.h>

static bool is_set_to(const struct nfw_config *config, enum nfw_setting setting, const char *value) {
        const char *text = nfw_config_get(config, setting);

        return text && strcmp(text, value) == 0;
}

struct daemon_arguments settings_resolve(const struct cli *cli,
                                         const struct daemon_arguments *arguments,
                                         const struct nfw_config *config) {
        struct daemon_arguments resolved = *arguments;

        resolved.state = cli->state_directory ? cli->state_directory
                                              : nfw_config_get(config, NFW_SETTING_STATE_DIRECTORY);
        if (!resolved.store)
                resolved.store = nfw_config_get(config, NFW_SETTING_STORE_DIRECTORY);
        if (!resolved.policies)
                resolved.policies = nfw_config_get(config, NFW_SETTING_POLICIES_DIRECTORY);
        if (!resolved.group)
                resolved.group = nfw_config_get(config, NFW_SETTING_GROUP);
        if (!resolved.bus_address && is_set_to(config, NFW_SETTING_BUS, "no"))
                resolved.no_bus = true;
        resolved.verbose = cli->verbose || (!cli->quiet && is_set_to(config, NFW_SETTING_VERBOSE, "yes"));
        return resolved;
}
