/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/setting.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/suggest.h"
#include "config/limits.h"

const struct nfw_setting_spec nfw_setting_specs[NFW_N_SETTINGS] = {
        [NFW_SETTING_RESOLVERS] = { "Defaults", "Resolvers", NFW_KIND_ADDRESSES, 0, 0 },
        [NFW_SETTING_MIN_TTL] = { "Defaults", "MinTTL", NFW_KIND_NUMBER, 1, NFW_MIN_TTL_LIMIT },
        [NFW_SETTING_MAX_TTL] = { "Defaults", "MaxTTL", NFW_KIND_NUMBER, 1, NFW_MAX_TTL_LIMIT },
        [NFW_SETTING_MAX_NAMES] = { "Defaults", "MaxNames", NFW_KIND_NUMBER, 1, NFW_MAX_NAMES_LIMIT },
        [NFW_SETTING_LOG_DENIED] = { "Defaults", "LogDenied", NFW_KIND_BOOLEAN, 0, 0 },
        [NFW_SETTING_TABLE_NAME] = { "Kernel", "TableName", NFW_KIND_TABLE, 0, 0 },
        [NFW_SETTING_NFLOG_GROUP] = { "Kernel", "NflogGroup", NFW_KIND_NUMBER, 1, UINT16_MAX },
        [NFW_SETTING_STATE_DIRECTORY] = { "Daemon", "StateDirectory", NFW_KIND_DIRECTORY, 0, 0 },
        [NFW_SETTING_STORE_DIRECTORY] = { "Daemon", "StoreDirectory", NFW_KIND_DIRECTORY, 0, 0 },
        [NFW_SETTING_POLICIES_DIRECTORY] = { "Daemon", "PoliciesDirectory", NFW_KIND_DIRECTORY, 0, 0 },
        [NFW_SETTING_GROUP] = { "Daemon", "Group", NFW_KIND_WORD, 0, 0 },
        [NFW_SETTING_BUS] = { "Daemon", "Bus", NFW_KIND_BOOLEAN, 0, 0 },
        [NFW_SETTING_VERBOSE] = { "Daemon", "Verbose", NFW_KIND_BOOLEAN, 0, 0 },
};

size_t nfw_setting_sections(const char *ret_sections[static NFW_MAX_SECTIONS]) {
        size_t n = 0;

        for (int i = 0; i < NFW_N_SETTINGS; i++)
                if (n == 0 || strcmp(ret_sections[n - 1], nfw_setting_specs[i].section) != 0)
                        ret_sections[n++] = nfw_setting_specs[i].section;
        return n;
}

enum nfw_setting nfw_setting_find(const char *section, const char *key) {
        int i = 0;

        while (i < NFW_N_SETTINGS && (strcmp(nfw_setting_specs[i].key, key) != 0 ||
                                      (section && strcmp(nfw_setting_specs[i].section, section) != 0)))
                i++;
        return (enum nfw_setting)i;
}

/* Capitals count, and are what is written wrong most; next comes half of a name. */
static const char *nearest(const char *written, const char *const *candidates, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (strcasecmp(written, candidates[i]) == 0)
                        return candidates[i];
        for (size_t i = 0; i < n; i++)
                if (strlen(written) > 2 && strncasecmp(written, candidates[i], strlen(written)) == 0)
                        return candidates[i];
        return nfw_suggest(written, candidates, n);
}

const char *nfw_setting_suggest(const char *section, const char *key) {
        const char *keys[NFW_N_SETTINGS];
        size_t n = 0;

        for (int i = 0; i < NFW_N_SETTINGS; i++)
                if (!section || strcmp(nfw_setting_specs[i].section, section) == 0)
                        keys[n++] = nfw_setting_specs[i].key;
        return nearest(key, keys, n);
}

const char *nfw_setting_suggest_section(const char *section) {
        const char *sections[NFW_MAX_SECTIONS];
        size_t n = nfw_setting_sections(sections);

        return nearest(section, sections, n);
}

/**
 * nfw_setting_name() - what a setting is called
 * @setting: the setting
 *
 * Return: the key that it has in nfwpolicyd.conf(5), such as "MinTTL".
 */
nfw_public const char *nfw_setting_name(enum nfw_setting setting) {
        return nfw_setting_specs[setting].key;
}
