/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/defaults.h"

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "engine/record/record.h"

void nfw_load_defaults_deinit(struct nfw_load_defaults *defaults) {
        nfw_vec_deinit(&defaults->resolvers);
}

void nfw_load_defaults_apply(const struct nfw_load_defaults *defaults, struct nfw_record *record) {
        if (record->resolvers.n == 0 && !record->any_resolver) {
                memcpy(&record->resolvers, &defaults->resolvers, sizeof(record->resolvers));
                record->any_resolver = defaults->any_resolver;
        }
        if (record->min_ttl == 0)
                record->min_ttl = defaults->min_ttl;
        if (record->max_ttl == 0)
                record->max_ttl = defaults->max_ttl;
        if (record->max_names == 0)
                record->max_names = defaults->max_names;
        record->log_denied |= defaults->log_denied;
}

/**
 * nfw_context_configure_loads() - load policies from now on as a configuration says
 * @context: the context
 * @config:  the configuration; what is needed of it is copied
 *
 * Name servers, lifetimes, how many names a port can hold and whether drops are told of, of loads that do not say so
 * themselves. What it does not set is as in a new context. What has been loaded already stays as it is.
 *
 * Return: 0 or -ENOMEM.
 */
nfw_public int nfw_context_configure_loads(struct nfw_context *context, const struct nfw_config *config) {
        struct nfw_load_defaults defaults = {
                .any_resolver = config->any_resolver,
                .min_ttl = nfw_config_number(config, NFW_SETTING_MIN_TTL, NFW_MIN_TTL_DEFAULT),
                .max_ttl = nfw_config_number(config, NFW_SETTING_MAX_TTL, NFW_MAX_TTL_DEFAULT),
                .max_names = nfw_config_number(config, NFW_SETTING_MAX_NAMES, NFW_MAX_NAMES_DEFAULT),
                .log_denied = nfw_config_number(config, NFW_SETTING_LOG_DENIED, false),
        };

        if (nfw_vec_reserve(&defaults.resolvers, config->resolvers.n) < 0)
                return -ENOMEM;
        nfw_vec_foreach (resolver, &config->resolvers)
                defaults.resolvers.items[defaults.resolvers.n++] = *resolver;

        nfw_load_defaults_deinit(&context->defaults);
        context->defaults = defaults;
        return 0;
}

/**
 * nfw_context_configure() - do everything as a configuration says
 * @context: the context, with which nothing has been done yet
 * @config:  the configuration; what is needed of it is copied
 *
 * The name of the tables, the nflog group, the state directory, and what nfw_context_configure_loads() sets. What is set
 * by calls after this one counts more. A context that is not configured does not read any file.
 *
 * Return: 0 or -ENOMEM.
 */
nfw_public int nfw_context_configure(struct nfw_context *context, const struct nfw_config *config) {
        const char *table_name = nfw_config_get(config, NFW_SETTING_TABLE_NAME);
        const char *state_directory = nfw_config_get(config, NFW_SETTING_STATE_DIRECTORY);
        uint16_t group =
                (uint16_t)nfw_config_number(config, NFW_SETTING_NFLOG_GROUP, NFW_NFLOG_GROUP_DEFAULT);
        int r;

        r = nfw_context_set_table_name(context, table_name ? table_name : NFW_NFT_TABLE_DEFAULT);
        if (r == 0)
                r = nfw_context_set_state_directory(context,
                                                    state_directory ? state_directory : NFW_STATE_DIRECTORY);
        if (r == 0)
                r = nfw_context_set_nflog_group(context, group);
        return r < 0 ? r : nfw_context_configure_loads(context, config);
}
