/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records that nothing in force refers to: what somebody who died has left is removed, what somebody else took out of
 * the kernel is told.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/record/record.h"

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

/* Whether the kernel ought to have the policy. In another namespace with the same number it never had. */
static bool is_missing(const struct nfw_context *context, const struct file_name *parts) {
        return parts->is_whole && !nfw_shadow_any_policy(&context->shadow, parts->name) &&
               nfw_record_is_of_namespace(context, parts->name, parts->id);
}

/* The next entry that is a record, or NULL. */
static const struct dirent *next_record(DIR *directory, struct file_name *ret_parts) {
        const struct dirent *entry;

        /* In glibc every stream has a state of its own, and readdir_r() is deprecated. */
        /* cppcheck-suppress readdirCalled */
        while ((entry = readdir(directory))) /* NOLINT(concurrency-mt-unsafe) */
                if (parse_file_name(entry->d_name, ret_parts))
                        return entry;
        return NULL;
}

void nfw_record_remove_orphans(const struct nfw_context *context, const char *name, const char *id) {
        DIR *directory = opendir(context->directory);
        const struct dirent *entry;
        struct file_name parts;

        if (!directory)
                return;

        while ((entry = next_record(directory, &parts))) {
                bool wanted;

                if (strcmp(parts.name, name) == 0)
                        wanted = parts.is_whole && id && strcmp(parts.id, id) == 0;
                else
                        wanted = (parts.is_whole && is_in_force(&context->shadow, parts.name, parts.id)) ||
                                 is_missing(context, &parts);
                if (!wanted)
                        unlinkat(dirfd(directory), entry->d_name, 0);
        }
        closedir(directory);
}

struct missing {
        NFW_VEC(struct file_name) vec;
};

static void missing_deinit(struct missing *missing) {
        nfw_vec_deinit(&missing->vec);
}

static int compare(const void *a, const void *b) {
        const struct file_name *x = a, *y = b;
        int c = strcmp(x->name, y->name);

        return c ? c : strcmp(x->id, y->id);
}

static int find_missing(const struct nfw_context *context, const char *name, struct missing *missing) {
        DIR *directory = opendir(context->directory);
        struct file_name parts;
        int r = 0;

        if (!directory)
                return -errno;

        while (r == 0 && next_record(directory, &parts))
                if ((!name || strcmp(parts.name, name) == 0) && is_missing(context, &parts))
                        r = nfw_vec_push(&missing->vec, parts);
        closedir(directory);
        if (missing->vec.n > 0)
                qsort(missing->vec.items, missing->vec.n, sizeof(*missing->vec.items), compare);
        return r;
}

int nfw_record_foreach_missing(const struct nfw_context *context,
                               const char *name,
                               int (*callback)(const struct nfw_record *record, void *userdata),
                               void *userdata) {
        nfw_cleanup(missing_deinit) struct missing missing = { 0 };
        const char *last = "";
        int r;

        r = find_missing(context, name, &missing);
        nfw_vec_foreach (parts, &missing.vec) {
                struct nfw_record record;

                if (r < 0)
                        return r;
                /* Whoever died while replacing it has left two. */
                if (strcmp(parts->name, last) == 0)
                        continue;
                r = nfw_record_read(context, parts->name, parts->id, &record);
                if (r == NFW_E_NOT_FOUND) {
                        r = 0;
                        continue;
                }
                if (r < 0)
                        return r;
                last = parts->name;
                r = callback(&record, userdata);
                nfw_record_deinit(&record);
                if (r != 0)
                        return r;
        }
        return r;
}
