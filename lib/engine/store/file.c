/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/directory.h"
#include "engine/record/header.h"
#include "engine/store/store.h"
#include "engine/store/stored.h"

#define SUFFIX ".policy"

static bool ends_with(const char *text, const char *end) {
        size_t n = strlen(text), n_end = strlen(end);

        return n > n_end && strcmp(text + n - n_end, end) == 0;
}

int nfw_store_set_aside(const struct nfw_store *store,
                        int directory,
                        const char *file,
                        enum nfw_severity severity,
                        const char *hint,
                        struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (!nfw_stored_exists(directory, file))
                return 0;
        if (asprintf(&path, "%s/%s%s", store->path, directory == store->policies ? "policies/" : "", file) <
            0) {
                path = NULL;
                return -ENOMEM;
        }
        return nfw_stored_set_aside(directory, file, path, severity, hint, report);
}

static int compare_policies(const void *a, const void *b) {
        return strcmp(((const struct nfw_stored_policy *)a)->name,
                      ((const struct nfw_stored_policy *)b)->name);
}

static int file_name(const char *policy, char **ret_file) {
        return asprintf(ret_file, "%s" SUFFIX, policy) < 0 ? -ENOMEM : 0;
}

struct nfw_stored_policy *nfw_store_find_policy(const struct nfw_store *store, const char *name) {
        nfw_vec_foreach (policy, &store->known)
                if (strcmp(policy->name, name) == 0)
                        return policy;
        return NULL;
}

/* Which of the two was read: 0, NFW_E_NOT_FOUND where none is whole, or a negative errno. */
static int read_either(const struct nfw_store *store,
                       const char *name,
                       const char *const files[2],
                       struct nfw_record *ret_record,
                       int *ret_which) {
        int r = NFW_E_NOT_FOUND;

        for (int i = 0; i < 2 && r == NFW_E_NOT_FOUND; i++) {
                *ret_which = i;
                r = nfw_record_read_at(store->policies, files[i], name, true, ret_record);
        }
        return r;
}

int nfw_store_read_policy(const struct nfw_store *store, const char *name, struct nfw_record *ret_record) {
        nfw_cleanup(nfw_freep) char *file = NULL, *twin = NULL;
        int r = file_name(name, &file), which = 0;

        if (r == 0)
                r = nfw_stored_twin(file, &twin);
        return r < 0 ? r : read_either(store, name, (const char *const[]){ file, twin }, ret_record, &which);
}

struct reading {
        struct nfw_store *store;
        struct nfw_report *report;
};

static int take_policy(const struct reading *reading, const char *name, const char *file) {
        nfw_cleanup(nfw_freep) char *twin = NULL;
        struct nfw_store *store = reading->store;
        struct nfw_stored_policy known = { 0 };
        struct nfw_record record;
        int r, which = 0;

        strcpy(known.name, name);
        /* By its other file. */
        if (nfw_store_find_policy(store, name))
                return 0;
        r = nfw_stored_twin(file, &twin);
        if (r == 0)
                r = read_either(store, name, (const char *const[]){ file, twin }, &record, &which);
        if (r == NFW_E_NOT_FOUND) {
                static const char hint[] =
                        "load the policy again: it is lost, and its ports may reach nothing until then";

                r = nfw_store_set_aside(store, store->policies, file, NFW_SEVERITY_ERROR, hint,
                                        reading->report);
                if (r == 0)
                        r = nfw_store_set_aside(store, store->policies, twin, NFW_SEVERITY_ERROR, hint,
                                                reading->report);
                return r < 0 ? r : nfw_vec_push(&store->known, known);
        }
        if (r < 0)
                return r;

        memcpy(known.id, record.id, sizeof(known.id));
        known.is_twofold = nfw_stored_is_twofold(store->policies, file);
        nfw_record_deinit(&record);
        if (which == 1)
                r = nfw_store_set_aside(store, store->policies, file, NFW_SEVERITY_WARNING,
                                        NFW_STORED_OTHER_IS_WHOLE, reading->report);
        return r < 0 ? r : nfw_vec_push(&store->known, known);
}

/* The name of the policy and of the first of its files, from one of them. */
static bool is_of_policy(const char *entry, char name[static NFW_POLICY_NAME_MAX + 1], char *ret_file) {
        size_t n = strlen(entry);

        if (ends_with(entry, NFW_STORED_TWIN))
                n -= strlen(NFW_STORED_TWIN);
        if (n <= strlen(SUFFIX) || n - strlen(SUFFIX) > NFW_POLICY_NAME_MAX)
                return false;
        memcpy(ret_file, entry, n);
        ret_file[n] = '\0';
        if (!ends_with(ret_file, SUFFIX))
                return false;
        memcpy(name, ret_file, n - strlen(SUFFIX));
        name[n - strlen(SUFFIX)] = '\0';
        return nfw_record_name_is_valid(name);
}

static int take_entry(const char *entry, void *userdata) {
        char name[NFW_POLICY_NAME_MAX + 1], file[NFW_POLICY_NAME_MAX + sizeof(SUFFIX)];
        const struct reading *reading = userdata;
        const struct nfw_store *store = reading->store;

        if (entry[0] == '.' || ends_with(entry, NFW_STORED_ASIDE))
                return 0;
        if (ends_with(entry, NFW_RECORD_UNFINISHED)) {
                unlinkat(store->policies, entry, 0);
                return 0;
        }
        if (is_of_policy(entry, name, file))
                return take_policy(reading, name, file);
        return nfw_store_set_aside(store, store->policies, entry, NFW_SEVERITY_WARNING,
                                   "nothing of nfwpolicy's has such a name", reading->report);
}

static int read_policies(struct nfw_store *store, struct nfw_report *report) {
        struct reading reading = { .store = store, .report = report };

        return nfw_directory_foreach(store->directory, "policies", "", take_entry, &reading);
}

/* Somebody has removed its files: what has ports is known all the same. */
static int find_lost(struct nfw_store *store) {
        nfw_vec_foreach (binding, &store->bindings) {
                struct nfw_stored_policy lost = { 0 };
                int r;

                if (nfw_store_find_policy(store, binding->policy))
                        continue;
                strcpy(lost.name, binding->policy);
                r = nfw_vec_push(&store->known, lost);
                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_store_read(struct nfw_store *store, struct nfw_report *report) {
        int r;

        store->known.n = store->bindings.n = 0;
        r = read_policies(store, report);
        if (r == 0)
                r = nfw_store_read_bindings(store, report);
        if (r == 0)
                r = find_lost(store);
        if (store->known.n > 0)
                qsort(store->known.items, store->known.n, sizeof(*store->known.items), compare_policies);
        return r;
}

int nfw_store_write_policy(struct nfw_store *store, const struct nfw_record *record) {
        struct nfw_stored_policy *known = nfw_store_find_policy(store, record->name);
        nfw_cleanup(nfw_freep) char *file = NULL, *twin = NULL;
        int r;

        r = file_name(record->name, &file);
        if (r == 0)
                r = nfw_stored_twin(file, &twin);
        if (r == 0)
                r = nfw_record_write_at(store->policies, file, record, true);
        /* From here on the first one counts. */
        if (r == 0 && known)
                known->is_twofold = false;
        if (r == 0)
                r = nfw_stored_make_room(store->policies, twin);
        if (r == 0)
                r = nfw_record_write_at(store->policies, twin, record, false);
        if (r < 0)
                return r;

        if (!known) {
                r = nfw_vec_push(&store->known, (struct nfw_stored_policy){ 0 });
                if (r < 0)
                        return r;
                known = &store->known.items[store->known.n - 1];
                strcpy(known->name, record->name);
        }
        memcpy(known->id, record->id, sizeof(known->id));
        known->is_held = false;
        known->is_twofold = true;
        return 0;
}

int nfw_store_remove_policy(struct nfw_store *store, const char *name) {
        struct nfw_stored_policy *known = nfw_store_find_policy(store, name);
        nfw_cleanup(nfw_freep) char *file = NULL;
        int r;

        r = file_name(name, &file);
        if (r < 0)
                return r;
        r = nfw_stored_remove_at(store->policies, file);
        if (r < 0)
                return r;
        if (fsync(store->policies) < 0)
                return -errno;
        if (known)
                *known = store->known.items[--store->known.n];
        return 0;
}
