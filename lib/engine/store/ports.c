/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which port has which policy: one file, twice. */

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/record/header.h"
#include "engine/store/store.h"
#include "engine/store/stored.h"

#define MAGIC      "nfwpolicy-bindings 1\n"
#define BINDINGS   "bindings"
#define PERSISTENT "persistent"

/* More than 10,000 ports need. */
#define BINDINGS_MAX (4 << 20)

static int compare_bindings(const void *a, const void *b) {
        return strcmp(((const struct nfw_stored_binding *)a)->interface,
                      ((const struct nfw_stored_binding *)b)->interface);
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
static int parse(struct nfw_store *store, char *text, size_t size) {
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

/* 0 and a 0 behind the text, NFW_E_NOT_FOUND where it cannot be read or is too long, or -ENOMEM. */
static int read_text(const struct nfw_store *store, const char *file, char **ret_text, size_t *ret_size) {
        nfw_cleanup(nfw_freep) char *text = malloc(BINDINGS_MAX + 1);
        size_t size = 0;
        ssize_t n = 0;
        int fd;

        if (!text)
                return -ENOMEM;
        fd = openat(store->directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return NFW_E_NOT_FOUND;
        while (size < BINDINGS_MAX && (n = read(fd, text + size, BINDINGS_MAX - size)) > 0)
                size += (size_t)n;
        close(fd);
        if (n != 0)
                return NFW_E_NOT_FOUND;
        text[size] = '\0';
        *ret_text = nfw_steal(text);
        *ret_size = size;
        return 0;
}

/* 0, NFW_E_NOT_FOUND where it is not whole, or -ENOMEM. */
static int read_one(struct nfw_store *store, const char *file) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size = 0;
        int r;

        store->bindings.n = 0;
        r = read_text(store, file, &text, &size);
        if (r == 0)
                r = parse(store, text, size);
        if (r != 0)
                store->bindings.n = 0;
        return r;
}

int nfw_store_read_bindings(struct nfw_store *store, struct nfw_report *report) {
        static const char *const files[] = { BINDINGS, BINDINGS NFW_STORED_TWIN };
        enum nfw_severity severity = NFW_SEVERITY_WARNING;
        const char *hint = NFW_STORED_OTHER_IS_WHOLE;
        int r = NFW_E_NOT_FOUND, n_bad = 0;

        while (r == NFW_E_NOT_FOUND && n_bad < 2)
                n_bad += (r = read_one(store, files[n_bad])) == NFW_E_NOT_FOUND;
        if (r < 0)
                return r;
        nfw_stored_bindings_sort(store->bindings.items, store->bindings.n);
        store->has_twofold_bindings = nfw_stored_is_twofold(store->directory, BINDINGS) ||
                                      (!nfw_stored_exists(store->directory, files[0]) &&
                                       !nfw_stored_exists(store->directory, files[1]));
        if (r == NFW_E_NOT_FOUND) {
                severity = NFW_SEVERITY_ERROR;
                hint = "attach the ports again: nothing is known of them, so nothing restricts them";
        }
        for (int i = 0; i < n_bad; i++) {
                r = nfw_store_set_aside(store, store->directory, files[i], severity, hint, report);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int format(const struct nfw_store *store, char **ret_text, size_t *ret_size) {
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

int nfw_store_write_bindings(struct nfw_store *store) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size = 0;
        int r;

        store->has_twofold_bindings = false;
        r = format(store, &text, &size);
        if (r == 0)
                r = nfw_stored_replace_at(store->directory, BINDINGS, text, size);
        store->has_twofold_bindings = r == 0;
        return r;
}
