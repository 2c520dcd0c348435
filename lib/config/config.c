/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/limits.h"
#include "config/setting.h"
#include "policy/source.h"

#define DROP_IN_SUFFIX ".conf"

/* Nobody needs as much. */
#define SIZE_MAX_CONFIG 65536

uint32_t nfw_config_number(const struct nfw_config *config, enum nfw_setting setting, uint32_t otherwise) {
        return config->values[setting].text ? config->values[setting].number : otherwise;
}

static int report_unreadable(struct nfw_report *report, const char *path, const char *why) {
        int r;

        r = nfw_report_error(report, "config/file", &(struct nfw_pos){ .file = path }, NULL,
                             "cannot be read: %s", why);
        return r < 0 ? r : NFW_E_INVALID;
}

static int read_file(struct nfw_config *config,
                     const char *path,
                     bool must_exist,
                     struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *data = NULL;
        size_t size;
        int r;

        r = nfw_source_read(path, SIZE_MAX_CONFIG, &data, &size);
        if (r == NFW_E_REFUSED)
                return report_unreadable(report, path, "it is longer than 64 KiB");
        if (r == -ENOENT && !must_exist)
                return 0;
        if (r < 0)
                return r == -ENOMEM ? r : report_unreadable(report, path, nfw_strerror(r));
        return nfw_config_read_buffer(config, path, data, size, report);
}

static int is_drop_in(const struct dirent *entry) {
        size_t n = strlen(entry->d_name), n_suffix = strlen(DROP_IN_SUFFIX);

        return entry->d_name[0] != '.' && n > n_suffix &&
               strcmp(entry->d_name + n - n_suffix, DROP_IN_SUFFIX) == 0;
}

/* By the octets of their names, and not as a language has it. */
static int compare_names(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_drop_in(struct nfw_config *config,
                        const char *directory,
                        const char *name,
                        struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (asprintf(&path, "%s/%s", directory, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return read_file(config, path, false, report);
}

static int read_drop_ins(struct nfw_config *config, const char *path, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) struct dirent **entries = NULL;
        nfw_cleanup(nfw_freep) char *directory = NULL;
        int n, r = 0, result = 0;

        if (asprintf(&directory, "%s.d", path) < 0) {
                directory = NULL;
                return -ENOMEM;
        }
        n = scandir(directory, &entries, is_drop_in, compare_names);
        if (n < 0) {
                entries = NULL;
                if (errno == ENOENT || errno == ENOTDIR)
                        return 0;
                return errno == ENOMEM ? -ENOMEM : report_unreadable(report, directory, nfw_strerror(errno));
        }
        for (int i = 0; i < n; i++) {
                if (r >= 0)
                        r = read_drop_in(config, directory, entries[i]->d_name, report);
                result = r != 0 ? r : result;
                free(entries[i]);
        }
        return result;
}

int nfw_config_check(const struct nfw_config *config, struct nfw_report *report) {
        const struct nfw_config_value *min = &config->values[NFW_SETTING_MIN_TTL];
        const struct nfw_config_value *max = &config->values[NFW_SETTING_MAX_TTL];
        uint32_t min_ttl = nfw_config_number(config, NFW_SETTING_MIN_TTL, NFW_MIN_TTL_DEFAULT);
        uint32_t max_ttl = nfw_config_number(config, NFW_SETTING_MAX_TTL, NFW_MAX_TTL_DEFAULT);
        int r;

        if (min_ttl <= max_ttl)
                return 0;
        r = nfw_report_error(report, "config/bad-lifetime", min->text ? &min->pos : &max->pos, NULL,
                             "MinTTL, %u seconds, is above MaxTTL, %u seconds", min_ttl, max_ttl);
        return r < 0 ? r : NFW_E_INVALID;
}

/**
 * nfw_config_new() - read nfwpolicyd.conf
 * @path:       the file, which must exist then; NULL: the usual one, /etc/nfwpolicy/nfwpolicyd.conf, if there is one
 * @report:     what is wrong is added here, all of it, with file, line and column; may be NULL
 * @ret_config: the configuration; nfw_config_free() frees it
 *
 * What has a name that ends in .conf in the directory PATH.d is read after it, in the order of their names, and what
 * comes later counts more. nfwpolicyd.conf(5) has the format.
 *
 * Return: 0; NFW_E_INVALID where something is wrong; or a negative errno.
 */
nfw_public int nfw_config_new(const char *path, struct nfw_report *report, struct nfw_config **ret_config) {
        nfw_cleanup(nfw_config_freep) struct nfw_config *config = calloc(1, sizeof(*config));
        const char *file = path ? path : NFW_CONFIG_FILE;
        int r, s;

        if (!config)
                return -ENOMEM;
        r = read_file(config, file, path != NULL, report);
        if (r < 0)
                return r;
        s = read_drop_ins(config, file, report);
        if (s == 0 && r == 0)
                r = nfw_config_check(config, report);
        if (s != 0)
                r = s;
        if (r != 0)
                return r;

        *ret_config = nfw_steal(config);
        return 0;
}

/**
 * nfw_config_free() - forget a configuration
 * @config: the configuration, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_config *nfw_config_free(struct nfw_config *config) {
        if (!config)
                return NULL;

        for (int i = 0; i < NFW_N_SETTINGS; i++)
                free(config->values[i].text);
        nfw_vec_foreach (file, &config->files)
                free(*file);
        nfw_vec_deinit(&config->files);
        nfw_vec_deinit(&config->resolvers);
        free(config);
        return NULL;
}

/**
 * nfw_config_get() - what a setting is set to
 * @config:  the configuration, which keeps the text
 * @setting: the setting
 *
 * Numbers are decimal, booleans "yes" or "no", and a list has one space between its parts.
 *
 * Return: the value, or NULL where it is not set.
 */
nfw_public const char *nfw_config_get(const struct nfw_config *config, enum nfw_setting setting) {
        return config->values[setting].text;
}
