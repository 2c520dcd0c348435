/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record is a file in the directory "ports", named as the port: one line, replaced as a whole. */
#include "engine/port_record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/directory.h"
#define DIRECTORY "ports"

/* No interface can have that name. */
#define TEMPORARY ":new"

/* A policy, an id, three numbers, and what is between them. */
#define RECORD_MAX 192

static uint64_t namespace_of(const struct nfw_context *context) {
        return context->nft ? nfw_nft_socket_namespace(context->nft) : 0;
}

static int path_of(const struct nfw_context *context, const char *name, char **ret_path) {
        if (asprintf(ret_path, "%s/" DIRECTORY "/%s", context->directory, name) < 0) {
                *ret_path = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int make_directory(const struct nfw_context *context) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = path_of(context, "", &path);
        if (r < 0)
                return r;
        return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_line(const struct nfw_context *context, const char *path, const char *line) {
        ssize_t size = (ssize_t)strlen(line);
        int r, fd;

        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 && errno == ENOENT) {
                r = make_directory(context);
                if (r < 0)
                        return r;
                fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        }
        if (fd < 0)
                return -errno;
        errno = EIO; /* a short write says nothing */
        r = write(fd, line, (size_t)size) == size ? 0 : -errno;
        close(fd);
        return r;
}

int nfw_port_record_write(const struct nfw_context *context, const struct nfw_port_record *record) {
        nfw_cleanup(nfw_freep) char *path = NULL, *temporary = NULL;
        char line[RECORD_MAX];
        int r;

        snprintf(line, sizeof(line), "%s %s %u %d %" PRIu64 "\n", record->policy, record->id, record->index,
                 record->is_persistent, namespace_of(context));
        r = path_of(context, record->interface, &path);
        if (r == 0)
                r = path_of(context, TEMPORARY, &temporary);
        if (r == 0)
                r = write_line(context, temporary, line);
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        return r;
}

static bool parse_number(char **text, char end, uint64_t *ret_number) {
        char *after;

        if (**text < '0' || **text > '9')
                return false;
        errno = 0;
        *ret_number = strtoull(*text, &after, 10);
        if (errno != 0 || *after != end)
                return false;
        *text = after + 1;
        return true;
}

/* In another namespace with the same number it never was. */
static bool parse(const struct nfw_context *context, char *line, struct nfw_port_record *record) {
        const char *policy = strsep(&line, " "), *id = strsep(&line, " ");
        uint64_t namespace = namespace_of(context), index, persistent, written;

        if (!id || !line || !nfw_record_name_is_valid(policy) || !nfw_record_id_is_valid(id) ||
            !parse_number(&line, ' ', &index) || !parse_number(&line, ' ', &persistent) ||
            !parse_number(&line, '\n', &written) || index > INT32_MAX)
                return false;
        strcpy(record->policy, policy);
        strcpy(record->id, id);
        record->index = (unsigned int)index;
        record->is_persistent = persistent;
        return !namespace || !written || written == namespace;
}

int nfw_port_record_read(const struct nfw_context *context,
                         const char *interface,
                         struct nfw_port_record *ret_record) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct nfw_port_record record = { 0 };
        char line[RECORD_MAX];
        ssize_t n;
        int r, fd;

        /* Somebody may have died before it had a name. */
        if (strlen(interface) >= sizeof(record.interface) || strchr(interface, '/') ||
            strcmp(interface, TEMPORARY) == 0)
                return NFW_E_NOT_FOUND;
        r = path_of(context, interface, &path);
        if (r < 0)
                return r;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return errno == ENOENT || errno == ELOOP ? NFW_E_NOT_FOUND : -errno;
        n = read(fd, line, sizeof(line) - 1);
        close(fd);
        if (n < 0) /* it is a directory */
                return NFW_E_NOT_FOUND;
        line[n] = '\0';
        strcpy(record.interface, interface);
        if (!parse(context, line, &record))
                return NFW_E_NOT_FOUND;

        *ret_record = record;
        return 0;
}

void nfw_port_record_remove(const struct nfw_context *context, const char *interface) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (!strchr(interface, '/') && path_of(context, interface, &path) == 0)
                unlink(path);
}

static int compare(const void *a, const void *b) {
        return strcmp(((const struct nfw_port_record *)a)->interface,
                      ((const struct nfw_port_record *)b)->interface);
}

struct reading {
        const struct nfw_context *context;
        struct nfw_port_records *records;
};

static int take(const char *interface, void *userdata) {
        const struct reading *reading = userdata;
        struct nfw_port_record record;
        int r;

        r = nfw_port_record_read(reading->context, interface, &record);
        if (r == 0)
                r = nfw_vec_push(&reading->records->vec, record);
        return r < 0 ? r : 0;
}

int nfw_port_records_read(const struct nfw_context *context, struct nfw_port_records *records) {
        struct reading reading = { .context = context, .records = records };
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = path_of(context, "", &path);
        if (r == 0)
                r = nfw_directory_foreach(AT_FDCWD, path, "", take, &reading);
        if (records->vec.n > 0)
                qsort(records->vec.items, records->vec.n, sizeof(*records->vec.items), compare);
        return r;
}

void nfw_port_records_deinit(struct nfw_port_records *records) {
        nfw_vec_deinit(&records->vec);
}

const struct nfw_port_record *nfw_port_records_find(const struct nfw_port_records *records,
                                                    const char *interface) {
        struct nfw_port_record key;

        if (records->vec.n == 0 || strlen(interface) >= sizeof(key.interface))
                return NULL;
        strcpy(key.interface, interface);
        return bsearch(&key, records->vec.items, records->vec.n, sizeof(key), compare);
}

void nfw_port_records_forget(const struct nfw_context *context, const char *policy) {
        nfw_cleanup(nfw_port_records_deinit) struct nfw_port_records records = { 0 };

        (void)nfw_port_records_read(context, &records);
        nfw_vec_foreach (record, &records.vec)
                if (strcmp(record->policy, policy) == 0)
                        nfw_port_record_remove(context, record->interface);
}
