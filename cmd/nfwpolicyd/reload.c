/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "nfwpolicyd/daemon.h"
#include "nfwpolicyd/settings.h"
#include "shared/cleanup.h"
#include "shared/world.h"

/* What everything that is in force, or open, rests on. */
static const enum nfw_setting fixed[] = {
        NFW_SETTING_TABLE_NAME,      NFW_SETTING_NFLOG_GROUP,        NFW_SETTING_STATE_DIRECTORY,
        NFW_SETTING_STORE_DIRECTORY, NFW_SETTING_POLICIES_DIRECTORY, NFW_SETTING_BUS,
};

static bool differs(const char *a, const char *b) {
        return strcmp(a ? a : "", b ? b : "") != 0;
}

static void tell_fixed(const struct daemon *daemon, const struct nfw_config *config) {
        for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
                if (differs(nfw_config_get(config, fixed[i]), nfw_config_get(daemon->config, fixed[i])))
                        cli_error(daemon->cli, "%s= has changed, which counts from the next start on",
                                  nfw_setting_name(fixed[i]));
}

int settings_reload(struct daemon *daemon, struct nfw_report *report, char **ret_group) {
        CLEANUP(config) struct nfw_config *config = NULL;
        struct daemon_arguments resolved;
        int r;

        r = nfw_config_new(daemon->cli->config, report, &config);
        if (r != 0)
                return r;
        resolved = settings_resolve(daemon->cli, daemon->given, config);
        r = access_set_group(&daemon->access, resolved.group);
        if (r == -ENOENT) {
                *ret_group = strdup(resolved.group);
                return *ret_group ? r : -ENOMEM;
        }
        if (r == 0)
                r = nfw_context_configure_loads(daemon->context, config);
        if (r == 0)
                r = world_update_settings(daemon->settings, config);
        if (r < 0)
                return r;

        daemon->verbose = resolved.verbose;
        tell_fixed(daemon, config);
        return 0;
}
