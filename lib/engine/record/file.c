/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record on disk: its header, then the policy's source as it was read. */

#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/record/header.h"

/* A policy of 16 MiB, and more than can stand before it. */
#define SIZE_MAX_RECORD (32 << 20)

/*
 * Both may come from the kernel, where whoever has the privilege can have written anything. 0; NFW_E_NOT_FOUND where
 * no record can have that name or id; or a negative errno.
 */
static int record_path(const struct nfw_context *context, const char *name, const char *id, char **ret_path) {
        if (!nfw_record_name_is_valid(name) || !nfw_record_id_is_valid(id))
                return NFW_E_NOT_FOUND;

        return asprintf(ret_path, "%s/%s-%s.policy", context->directory, name, id) < 0 ? -ENOMEM : 0;
}

static int write_source(FILE *stream, const struct nfw_policy *policy) {
        errno = 0;
        fwrite(policy->source, 1, policy->source_size, stream);
        if (fflush(stream) == 0 && !ferror(stream))
                return 0;
        return errno ? -errno : -EIO;
}

/* 0 where it is not known. */
static uint64_t namespace_of(const struct nfw_context *context) {
        return context->nft ? nfw_nft_socket_namespace(context->nft) : 0;
}

static int write_stream(FILE *stream, const struct nfw_record *record, bool durable) {
        int r;

        r = nfw_record_header_write(stream, record);
        if (r == 0)
                r = write_source(stream, record->policy);
        if (r == 0 && durable && fsync(fileno(stream)) < 0)
                r = -errno;
        return r;
}

int nfw_record_write_at(int directory, const char *file, const struct nfw_record *record, bool durable) {
        nfw_cleanup(nfw_freep) char *temporary = NULL;
        FILE *stream;
        int r, fd;

        if (asprintf(&temporary, "%s" NFW_RECORD_UNFINISHED, file) < 0) {
                temporary = NULL;
                return -ENOMEM;
        }

        fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        stream = fdopen(fd, "w");
        if (!stream) {
                r = -errno;
                close(fd);
                return r;
        }

        r = write_stream(stream, record, durable);
        if (fclose(stream) != 0 && r == 0)
                r = -errno;
        if (r == 0 && renameat(directory, temporary, directory, file) < 0)
                r = -errno;
        if (r == 0 && durable && fsync(directory) < 0)
                r = -errno;
        if (r < 0)
                unlinkat(directory, temporary, 0);
        return r;
}

int nfw_record_write(const struct nfw_context *context, const struct nfw_record *record) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct nfw_record written = *record;
        int r;

        r = record_path(context, record->name, record->id, &path);
        if (r != 0)
                return r < 0 ? r : -EINVAL;
        written.namespace = namespace_of(context);
        return nfw_record_write_at(AT_FDCWD, path, &written, false);
}

static int read_source(FILE *stream, const struct nfw_record_header *header, struct nfw_record *record) {
        nfw_cleanup(nfw_freep) char *source = NULL;
        char sum[NFW_RECORD_SUM_MAX];
        struct stat st;
        int r;

        if (fstat(fileno(stream), &st) < 0 || (off_t)header->size > st.st_size)
                return NFW_E_NOT_FOUND;

        source = malloc((size_t)header->size + 1);
        if (!source)
                return -ENOMEM;
        if (fread(source, 1, header->size, stream) != header->size || fgetc(stream) != EOF)
                return NFW_E_NOT_FOUND;
        nfw_record_sum(source, header->size, sum);
        if (strcmp(sum, header->sum) != 0)
                return NFW_E_NOT_FOUND;

        r = nfw_policy_read_buffer(header->file, source, header->size, NULL, &record->policy);
        return r == NFW_E_INVALID ? NFW_E_NOT_FOUND : r;
}

int nfw_record_read_at(
        int directory, const char *file, const char *name, bool with_policy, struct nfw_record *ret_record) {
        struct nfw_record record = { 0 };
        struct nfw_record_header header = { 0 };
        struct stat st;
        FILE *stream;
        int r, fd;

        fd = openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return errno == ENOENT || nfw_file_is_bad(-errno) ? NFW_E_NOT_FOUND : -errno;
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_RECORD) {
                close(fd);
                return NFW_E_NOT_FOUND;
        }
        stream = fdopen(fd, "r");
        if (!stream) {
                r = -errno;
                close(fd);
                return r;
        }

        strcpy(record.name, name);
        r = nfw_record_header_read(stream, &record, &header);
        if (r == 0 && with_policy)
                r = read_source(stream, &header, &record);
        record.file = nfw_steal(header.file);
        nfw_record_header_deinit(&header);
        fclose(stream);
        if (r != 0) {
                nfw_record_deinit(&record);
                return r;
        }

        *ret_record = record;
        return 0;
}

static int read_record(const struct nfw_context *context,
                       const char *name,
                       const char *id,
                       bool with_policy,
                       struct nfw_record *ret_record) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct nfw_record record;
        int r;

        r = record_path(context, name, id, &path);
        if (r != 0)
                return r;
        r = nfw_record_read_at(AT_FDCWD, path, name, with_policy, &record);
        if (r != 0)
                return r;
        if (strcmp(record.id, id) != 0) {
                nfw_record_deinit(&record);
                return NFW_E_NOT_FOUND;
        }

        *ret_record = record;
        return 0;
}

int nfw_record_read(const struct nfw_context *context,
                    const char *name,
                    const char *id,
                    struct nfw_record *ret_record) {
        return read_record(context, name, id, true, ret_record);
}

static int copy_settings(const struct nfw_record *from, struct nfw_record *ret_record) {
        struct nfw_record record = *from;
        int r;

        memset(&record.resolvers, 0, sizeof(record.resolvers));
        record.file = NULL;
        r = nfw_vec_reserve(&record.resolvers, from->resolvers.n);
        if (r < 0)
                return r;
        nfw_vec_foreach (resolver, &from->resolvers)
                record.resolvers.items[record.resolvers.n++] = *resolver;
        *ret_record = record;
        return 0;
}

int nfw_record_read_settings(struct nfw_context *context,
                             const char *name,
                             const char *id,
                             struct nfw_record *ret_record) {
        struct nfw_record *settings = context->settings;
        int r;

        if (!settings || strcmp(settings->name, name) != 0 || strcmp(settings->id, id) != 0) {
                settings = calloc(1, sizeof(*settings));
                if (!settings)
                        return -ENOMEM;
                r = read_record(context, name, id, false, settings);
                if (r != 0) {
                        free(settings);
                        return r;
                }
                nfw_record_forget_settings(context);
                context->settings = settings;
        }
        return copy_settings(settings, ret_record);
}

void nfw_record_forget_settings(struct nfw_context *context) {
        if (context->settings)
                nfw_record_deinit(context->settings);
        free(context->settings);
        context->settings = NULL;
}

int nfw_record_read_own(const struct nfw_context *context,
                        const char *name,
                        const char *id,
                        struct nfw_record *ret_record) {
        uint64_t namespace = namespace_of(context);
        int r = read_record(context, name, id, false, ret_record);

        if (r != 0 || !namespace || !ret_record->namespace || ret_record->namespace == namespace)
                return r;
        nfw_record_deinit(ret_record);
        return NFW_E_NOT_FOUND;
}

bool nfw_record_exists(const struct nfw_context *context, const char *name, const char *id) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        return record_path(context, name, id, &path) == 0 && access(path, F_OK) == 0;
}

void nfw_record_remove(const struct nfw_context *context, const char *name, const char *id) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (record_path(context, name, id, &path) == 0)
                unlink(path);
}
