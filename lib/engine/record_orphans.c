/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "engine/record.h"

/* The parts of "NAME-ID.policy" or, where its writer did not come to the end, "NAME-ID.policy.new". */
struct file_name {
        char name[NFW_POLICY_NAME_MAX + 1];
        char id[NFW_ID_MAX];
        bool is_whole;
};

static bool ends_with(const char *text, size_t n, const char *end) {
        return n >= strlen(end) && memcmp(text + n - strlen(end), end, strlen(end)) == 0;
}

static bool parse_file_name(const char *text, struct file_name *ret_parts) {
        struct file_name parts = { .is_whole = true };
        size_t n = strlen(text), n_name;

        if (ends_with(text, n, ".new")) {
                parts.is_whole = false;
                n -= strlen(".new");
        }
        if (!ends_with(text, n, ".policy"))
                return false;
        n -= strlen(".policy");

        if (n < NFW_ID_MAX + 1)
                return false;
        n_name = n - NFW_ID_MAX;
        if (n_name > NFW_POLICY_NAME_MAX || text[n_name] != '-')
                return false;
        memcpy(parts.name, text, n_name);
        memcpy(parts.id, text + n_name + 1, NFW_ID_MAX - 1);
        if (!nfw_record_name_is_valid(parts.name) || !nfw_record_id_is_valid(parts.id))
                return false;

        *ret_parts = parts;
        return true;
}

static bool is_in_force(const struct nfw_shadow *shadow, const char *name, const char *id) {
        nfw_vec_foreach (policy, &shadow->policies)
                if (strcmp(policy->name, name) == 0 && strcmp(policy->id, id) == 0)
                        return true;
        return false;
}

void nfw_record_remove_orphans(const struct nfw_context *context, const char *name, const char *id) {
        DIR *directory = opendir(context->directory);
        struct dirent *entry;

        if (!directory)
                return;

        /* In glibc every stream has a state of its own, and readdir_r() is deprecated. */
        /* cppcheck-suppress readdirCalled */
        while ((entry = readdir(directory))) { /* NOLINT(concurrency-mt-unsafe) */
                struct file_name parts;
                bool wanted;

                if (!parse_file_name(entry->d_name, &parts))
                        continue;
                if (strcmp(parts.name, name) == 0)
                        wanted = id && strcmp(parts.id, id) == 0;
                else
                        wanted = is_in_force(&context->shadow, parts.name, parts.id);
                if (!wanted || !parts.is_whole)
                        unlinkat(dirfd(directory), entry->d_name, 0);
        }
        closedir(directory);
}
