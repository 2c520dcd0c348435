/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/directory.h"
#include "engine/record/header.h"
#include "engine/store/store.h"
#include "engine/store/stored.h"

#define MAGIC      "nfwpolicy-bindings 1\n"
#define BINDINGS   "bindings"
#define PERSISTENT "persistent"
#define SUFFIX     ".policy"

/* More than 10,000 ports need. */
#define BINDINGS_MAX (4 << 20)

static bool ends_with(const char *text, const char *end) {
        size_t n = strlen(text), n_end = strlen(end);

        return n > n_end && strcmp(text + n - n_end, end) == 0;
}

static int set_aside(const struct nfw_store *store,
                     int directory,
                     const char *file,
                     const char *hint,
                     struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (asprintf(&path, "%s/%s%s", store->path, directory == store->policies ? "policies/" : "", file) <
            0) {
                path = NULL;
                return -ENOMEM;
        }
        return nfw_stored_set_aside(directory, file, path, hint, report);
}

static int compare_policies(const void *a, const void *b) {
        return strcmp(((const struct nfw_stored_policy *)a)->name,
                      ((const struct nfw_stored_policy *)b)->name);
}

static int compare_bindings(const void *a, const void *b) {
        return strcmp(((const struct nfw_stored_binding *)a)->interface,
                      ((const struct nfw_stored_binding *)b)->interface);
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

int nfw_store_read_policy(const struct nfw_store *store, const char *name, struct nfw_record *ret_record) {
        nfw_cleanup(nfw_freep) char *file = NULL;
        int r = file_name(name, &file);

        return r < 0 ? r : nfw_record_read_at(store->policies, file, name, true, ret_record);
}

struct reading {
        struct nfw_store *store;
        struct nfw_report *report;
};

static int take_policy(const char *file, void *userdata) {
        const struct reading *reading = userdata;
        struct nfw_store *store = reading->store;
        struct nfw_stored_policy known = { 0 };
        struct nfw_record record;
        int r = NFW_E_NOT_FOUND;

        if (file[0] == '.' || ends_with(file, NFW_STORED_ASIDE))
                return 0;
        if (ends_with(file, NFW_RECORD_UNFINISHED)) {
                unlinkat(store->policies, file, 0);
                return 0;
        }
        if (ends_with(file, SUFFIX) && strlen(file) - strlen(SUFFIX) <= NFW_POLICY_NAME_MAX) {
                memcpy(known.name, file, strlen(file) - strlen(SUFFIX));
                if (nfw_record_name_is_valid(known.name))
                        r = nfw_record_read_at(store->policies, file, known.name, true, &record);
        }
        if (r != 0)
                return r < 0 ? r
                             : set_aside(store, store->policies, file, "load the policy again",
                                         reading->report);

        memcpy(known.id, record.id, sizeof(known.id));
        nfw_record_deinit(&record);
        return nfw_vec_push(&store->known, known);
}

static int read_policies(struct nfw_store *store, struct nfw_report *report) {
        struct reading reading = { .store = store, .report = report };
        int r = nfw_directory_foreach(store->directory, "policies", "", take_policy, &reading);

        if (store->known.n > 0)
                qsort(store->known.items, store->known.n, sizeof(*store->known.items), compare_policies);
        return r;
}

/* 0; NFW_E_NOT_FOUND where it is no line of ours; or -ENOMEM. */
static int take_binding(struct nfw_store *store, char *line) {
        struct nfw_stored_binding binding = { 0 };
        const char *interface = strsep(&line, " "), *policy = strsep(&line, " "), *id = strsep(&line, " ");

        binding.is_persistent = line && strcmp(line, PERSISTENT) == 0;
        if ((line && !binding.is_persistent) || !policy || !id || !*interface ||
            strlen(interface) >= sizeof(binding.interface) || !nfw_record_name_is_valid(policy) ||
            !nfw_record_id_is_valid(id))
                return NFW_E_NOT_FOUND;

        strcpy(binding.interface, interface);
        strcpy(binding.policy, policy);
        strcpy(binding.id, id);
        return nfw_vec_push(&store->bindings, binding);
}

/* "MAGIC", a line "INTERFACE POLICY ID" or "INTERFACE POLICY ID persistent" for each, and the sum of all that in a line of its own. */
static int parse_bindings(struct nfw_store *store, char *text, size_t size) {
        char sum[NFW_RECORD_SUM_MAX], *rest = text + strlen(MAGIC), *line;
        size_t n_sum = NFW_RECORD_SUM_MAX - 1;
        int r = 0;

        if (size < strlen(MAGIC) + n_sum + 1 || strlen(text) != size || text[size - 1] != '\n' ||
            strncmp(text, MAGIC, strlen(MAGIC)) != 0)
                return NFW_E_NOT_FOUND;
        text[size - 1] = '\0';
        nfw_record_sum(text, size - 1 - n_sum, sum);
        if (strcmp(text + size - 1 - n_sum, sum) != 0)
                return NFW_E_NOT_FOUND;

        text[size - 1 - n_sum] = '\0';
        while (r == 0 && (line = strsep(&rest, "\n")) && *line)
                r = take_binding(store, line);
        return r == 0 && rest ? NFW_E_NOT_FOUND : r;
}

static int read_bindings(struct nfw_store *store, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size = 0;
        ssize_t n = 0;
        int r, fd;

        fd = openat(store->directory, BINDINGS, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 && errno == ENOENT)
                return 0;
        text = fd >= 0 ? malloc(BINDINGS_MAX + 1) : NULL;
        while (text && size < BINDINGS_MAX && (n = read(fd, text + size, BINDINGS_MAX - size)) > 0)
                size += (size_t)n;
        if (fd >= 0)
                close(fd);
        if (fd >= 0 && !text)
                return -ENOMEM;

        r = NFW_E_NOT_FOUND;
        if (text && n == 0) {
                text[size] = '\0';
                r = parse_bindings(store, text, size);
        }
        nfw_stored_bindings_sort(store->bindings.items, store->bindings.n);
        if (r > 0) {
                store->bindings.n = 0;
                r = set_aside(store, store->directory, BINDINGS,
                              "attach the ports again: nothing restricts them", report);
        }
        return r;
}

int nfw_store_read(struct nfw_store *store, struct nfw_report *report) {
        int r;

        store->known.n = store->bindings.n = 0;
        r = read_policies(store, report);
        return r < 0 ? r : read_bindings(store, report);
}

int nfw_store_write_policy(struct nfw_store *store, const struct nfw_record *record) {
        struct nfw_stored_policy *known = nfw_store_find_policy(store, record->name);
        nfw_cleanup(nfw_freep) char *file = NULL;
        int r;

        r = file_name(record->name, &file);
        if (r < 0)
                return r;
        r = nfw_record_write_at(store->policies, file, record, true);
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
        return 0;
}

int nfw_store_remove_policy(struct nfw_store *store, const char *name) {
        struct nfw_stored_policy *known = nfw_store_find_policy(store, name);
        nfw_cleanup(nfw_freep) char *file = NULL;
        int r;

        r = file_name(name, &file);
        if (r < 0)
                return r;
        if (unlinkat(store->policies, file, 0) < 0 && errno != ENOENT)
                return -errno;
        if (fsync(store->policies) < 0)
                return -errno;
        if (known)
                *known = store->known.items[--store->known.n];
        return 0;
}

static int format_bindings(const struct nfw_store *store, char **ret_text, size_t *ret_size) {
        char sum[NFW_RECORD_SUM_MAX];
        FILE *stream = open_memstream(ret_text, ret_size);

        if (!stream)
                return -ENOMEM;
        fputs(MAGIC, stream);
        nfw_vec_foreach (binding, &store->bindings)
                fprintf(stream, "%s %s %s%s\n", binding->interface, binding->policy, binding->id,
                        binding->is_persistent ? " " PERSISTENT : "");
        if (fflush(stream) != 0) {
                fclose(stream);
                return -ENOMEM;
        }
        nfw_record_sum(*ret_text, *ret_size, sum);
        fprintf(stream, "%s\n", sum);
        return fclose(stream) == 0 ? 0 : -ENOMEM;
}

void nfw_stored_bindings_sort(struct nfw_stored_binding *bindings, size_t n_bindings) {
        if (n_bindings > 0)
                qsort(bindings, n_bindings, sizeof(*bindings), compare_bindings);
}

int nfw_store_write_bindings(const struct nfw_store *store) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size = 0;
        int r;

        r = format_bindings(store, &text, &size);
        return r < 0 ? r : nfw_file_replace_at(store->directory, BINDINGS, text, size, 0600, true);
}
