/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records that nothing in force refers to: what somebody who died has left is removed, what somebody else took out of
 * the kernel is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/directory.h"
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
static bool is_missing(const struct nfw_context *context, const char *name, const char *id) {
        struct nfw_record record;

        if (nfw_shadow_any_policy(&context->shadow, name) ||
            nfw_record_read_own(context, name, id, &record) != 0)
                return false;
        nfw_record_deinit(&record);
        return true;
}

struct removal {
        const struct nfw_context *context;
        bool (*is_wanted)(const char *name, const char *id, void *userdata);
        void *userdata;
};

static int remove_unwanted(const char *file, void *userdata) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        const struct removal *removal = userdata;
        struct file_name parts;

        if (!parse_file_name(file, &parts) ||
            removal->is_wanted(parts.name, parts.is_whole ? parts.id : NULL, removal->userdata))
                return 0;
        if (asprintf(&path, "%s/%s", removal->context->directory, file) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        (void)unlink(path);
        return 0;
}

void nfw_record_remove_unwanted(const struct nfw_context *context,
                                bool (*is_wanted)(const char *name, const char *id, void *userdata),
                                void *userdata) {
        struct removal removal = { .context = context, .is_wanted = is_wanted, .userdata = userdata };

        (void)nfw_directory_foreach(AT_FDCWD, context->directory, "", remove_unwanted, &removal);
}

struct keeping {
        const struct nfw_context *context;
        const char *name; /* of this policy the record with this id only, or none */
        const char *id;
};

static bool is_no_orphan(const char *name, const char *id, void *userdata) {
        const struct keeping *keeping = userdata;

        if (!id)
                return false;
        if (strcmp(name, keeping->name) == 0)
                return keeping->id && strcmp(id, keeping->id) == 0;
        return is_in_force(&keeping->context->shadow, name, id) || is_missing(keeping->context, name, id);
}

void nfw_record_remove_orphans(const struct nfw_context *context, const char *name, const char *id) {
        struct keeping keeping = { .context = context, .name = name, .id = id };

        nfw_record_remove_unwanted(context, is_no_orphan, &keeping);
}

struct missing {
        const struct nfw_context *context;
        const char *name; /* NULL: of any */
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

static int take_missing(const char *file, void *userdata) {
        struct missing *missing = userdata;
        struct file_name parts;

        if (!parse_file_name(file, &parts) || (missing->name && strcmp(parts.name, missing->name) != 0) ||
            !parts.is_whole || nfw_shadow_any_policy(&missing->context->shadow, parts.name))
                return 0;
        return nfw_vec_push(&missing->vec, parts);
}

static int find_missing(struct missing *missing) {
        int r = nfw_directory_foreach(AT_FDCWD, missing->context->directory, "", take_missing, missing);

        if (missing->vec.n > 0)
                qsort(missing->vec.items, missing->vec.n, sizeof(*missing->vec.items), compare);
        return r;
}

int nfw_record_foreach_missing(const struct nfw_context *context,
                               const char *name,
                               int (*callback)(const struct nfw_record *record, void *userdata),
                               void *userdata) {
        nfw_cleanup(missing_deinit) struct missing missing = { .context = context, .name = name };
        const char *last = "";
        int r;

        r = find_missing(&missing);
        nfw_vec_foreach (parts, &missing.vec) {
                struct nfw_record record;

                if (r < 0)
                        return r;
                /* Whoever died while replacing it has left two. */
                if (strcmp(parts->name, last) == 0)
                        continue;
                r = nfw_record_read_own(context, parts->name, parts->id, &record);
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

static bool is_older(const struct timespec *a, const struct timespec *b) {
        return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

struct search {
        const struct nfw_context *context;
        const char *name;
        char id[NFW_ID_MAX]; /* "": none was found yet */
        struct timespec written;
};

static int take_version(const char *file, void *userdata) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct search *search = userdata;
        struct nfw_record record;
        struct file_name parts;
        struct stat st;

        if (!parse_file_name(file, &parts) || !parts.is_whole || strcmp(parts.name, search->name) != 0 ||
            nfw_record_read_own(search->context, parts.name, parts.id, &record) != 0)
                return 0;
        nfw_record_deinit(&record);
        if (asprintf(&path, "%s/%s", search->context->directory, file) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (stat(path, &st) < 0 || (search->id[0] && !is_older(&st.st_mtim, &search->written)))
                return 0;
        memcpy(search->id, parts.id, sizeof(search->id));
        search->written = st.st_mtim;
        return 0;
}

int nfw_record_find_id(const struct nfw_context *context, const char *name, char ret_id[static NFW_ID_MAX]) {
        struct search search = { .context = context, .name = name };
        int r = nfw_directory_foreach(AT_FDCWD, context->directory, "", take_version, &search);

        if (r < 0)
                return r;
        if (!search.id[0])
                return NFW_E_NOT_FOUND;
        memcpy(ret_id, search.id, sizeof(search.id));
        return 0;
}
