/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record on disk: lines of "key value", an empty line, then the policy's source as it was read. The size line
 * tells a torn file from a whole one.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/record.h"

#define MAGIC "nfwpolicy-record 1"

static int record_path(const struct nfw_context *context, const char *name, const char *id, char **ret_path) {
        nfw_cleanup(nfw_freep) char *directory = NULL;
        int r;

        r = nfw_context_namespace_directory(context, &directory);
        if (r < 0)
                return r;

        return asprintf(ret_path, "%s/%s-%s.policy", directory, name, id) < 0 ? -ENOMEM : 0;
}

static void write_header(FILE *stream, const struct nfw_record *record) {
        char text[NFW_ADDR_TEXT_MAX];

        fprintf(stream, MAGIC "\n");
        fprintf(stream, "file ");
        for (const char *p = record->policy->file; *p; p++)
                fputc(*p == '\n' ? '?' : *p, stream);
        fprintf(stream, "\n");
        if (record->any_resolver)
                fprintf(stream, "any-resolver 1\n");
        nfw_vec_foreach (resolver, &record->resolvers)
                fprintf(stream, "resolver %s\n", nfw_addr_format(resolver, text));
        fprintf(stream, "min-ttl %" PRIu32 "\n", record->min_ttl);
        fprintf(stream, "max-ttl %" PRIu32 "\n", record->max_ttl);
        fprintf(stream, "max-names %" PRIu32 "\n", record->max_names);
        fprintf(stream, "nflog-group %" PRIu16 "\n", record->nflog_group);
        for (int i = 0; i < NFW_N_PARAMETERS; i++)
                if (record->parameters[i])
                        fprintf(stream, "parameter %d\n", i);
        fprintf(stream, "size %zu\n\n", record->policy->source_size);
}

int nfw_record_write(const struct nfw_context *context, const struct nfw_record *record) {
        nfw_cleanup(nfw_freep) char *path = NULL, *temporary = NULL;
        FILE *stream;
        int r, fd;

        r = record_path(context, record->name, record->id, &path);
        if (r < 0)
                return r;
        if (asprintf(&temporary, "%s.new", path) < 0) {
                temporary = NULL;
                return -ENOMEM;
        }

        fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        stream = fdopen(fd, "w");
        if (!stream) {
                r = -errno;
                close(fd);
                return r;
        }

        write_header(stream, record);
        fwrite(record->policy->source, 1, record->policy->source_size, stream);
        r = ferror(stream) ? -EIO : 0;
        if (fclose(stream) != 0 && r == 0)
                r = -errno;
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0)
                unlink(temporary);
        return r;
}

static int read_number(const char *value, uint32_t max, uint32_t *ret_number) {
        char *end;
        unsigned long number;

        errno = 0;
        number = strtoul(value, &end, 10);
        if (errno != 0 || end == value || *end || number > max)
                return NFW_E_NOT_FOUND;

        *ret_number = (uint32_t)number;
        return 0;
}

/* What the lines before the source say, besides what the record itself takes. */
struct header {
        char *file;
        uint32_t size;
        bool has_size;
};

static int read_line(const char *key, const char *value, struct nfw_record *record, struct header *header) {
        struct nfw_addr resolver;
        uint32_t number;
        int r;

        if (strcmp(key, "file") == 0) {
                free(header->file);
                header->file = strdup(value);
                return header->file ? 0 : -ENOMEM;
        }
        if (strcmp(key, "resolver") == 0) {
                r = nfw_addr_parse(value, &resolver);
                return r != 0 ? NFW_E_NOT_FOUND : nfw_vec_push(&record->resolvers, resolver);
        }
        if (strcmp(key, "any-resolver") == 0) {
                record->any_resolver = true;
                return 0;
        }
        if (strcmp(key, "min-ttl") == 0)
                return read_number(value, UINT32_MAX, &record->min_ttl);
        if (strcmp(key, "max-ttl") == 0)
                return read_number(value, UINT32_MAX, &record->max_ttl);
        if (strcmp(key, "max-names") == 0)
                return read_number(value, UINT32_MAX, &record->max_names);
        if (strcmp(key, "nflog-group") == 0) {
                r = read_number(value, UINT16_MAX, &number);
                if (r == 0)
                        record->nflog_group = (uint16_t)number;
                return r;
        }
        if (strcmp(key, "parameter") == 0) {
                r = read_number(value, NFW_N_PARAMETERS - 1, &number);
                if (r == 0)
                        record->parameters[number] = true;
                return r;
        }
        if (strcmp(key, "size") == 0) {
                header->has_size = true;
                return read_number(value, UINT32_MAX, &header->size);
        }
        return NFW_E_NOT_FOUND;
}

static int read_header(FILE *stream, struct nfw_record *record, struct header *header) {
        nfw_cleanup(nfw_freep) char *line = NULL;
        size_t size = 0;
        ssize_t n;
        int r;

        n = getline(&line, &size, stream);
        if (n < 0 || strcmp(line, MAGIC "\n") != 0)
                return NFW_E_NOT_FOUND;

        while ((n = getline(&line, &size, stream)) > 1) {
                char *value = strchr(line, ' ');

                if (!value || line[n - 1] != '\n')
                        return NFW_E_NOT_FOUND;
                *value++ = '\0';
                line[n - 1] = '\0';
                r = read_line(line, value, record, header);
                if (r != 0)
                        return r;
        }
        return n == 1 && header->file && header->has_size ? 0 : NFW_E_NOT_FOUND;
}

static int read_source(FILE *stream, const struct header *header, struct nfw_record *record) {
        nfw_cleanup(nfw_freep) char *source = NULL;
        struct stat st;
        int r;

        if (fstat(fileno(stream), &st) < 0 || (off_t)header->size > st.st_size)
                return NFW_E_NOT_FOUND;

        source = malloc((size_t)header->size + 1);
        if (!source)
                return -ENOMEM;
        if (fread(source, 1, header->size, stream) != header->size || fgetc(stream) != EOF)
                return NFW_E_NOT_FOUND;

        r = nfw_policy_read_buffer(header->file, source, header->size, NULL, &record->policy);
        return r == NFW_E_INVALID ? NFW_E_NOT_FOUND : r;
}

static int read_record(const struct nfw_context *context,
                       const char *name,
                       const char *id,
                       bool with_policy,
                       struct nfw_record *ret_record) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct nfw_record record = { 0 };
        struct header header = { 0 };
        FILE *stream;
        int r;

        if (!nfw_record_name_is_valid(name) || strlen(id) != NFW_ID_MAX - 1 || strchr(id, '/'))
                return NFW_E_NOT_FOUND;

        r = record_path(context, name, id, &path);
        if (r < 0)
                return r;

        stream = fopen(path, "re");
        if (!stream)
                return errno == ENOENT ? NFW_E_NOT_FOUND : -errno;

        strcpy(record.name, name);
        strcpy(record.id, id);
        r = read_header(stream, &record, &header);
        if (r == 0 && with_policy)
                r = read_source(stream, &header, &record);
        free(header.file);
        fclose(stream);
        if (r != 0) {
                nfw_record_deinit(&record);
                return r;
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

int nfw_record_read_settings(const struct nfw_context *context,
                             const char *name,
                             const char *id,
                             struct nfw_record *ret_record) {
        return read_record(context, name, id, false, ret_record);
}

void nfw_record_remove(const struct nfw_context *context, const char *name, const char *id) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (record_path(context, name, id, &path) == 0)
                unlink(path);
}
