/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of "key value" and an empty line. The last line but that one holds the sum of those before it, so that
 * settings can be read without the source, however large that is.
 */

#include "engine/record/header.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

#define MAGIC "nfwpolicy-record 1"

void nfw_record_sum(const void *data, size_t size, char ret_sum[static NFW_RECORD_SUM_MAX]) {
        static const struct nfw_siphash_key key = { 0x6e6677706f6c6963, 0x797265636f726431 };

        snprintf(ret_sum, NFW_RECORD_SUM_MAX, "%016" PRIx64, nfw_siphash(&key, data, size));
}

void nfw_record_header_deinit(struct nfw_record_header *header) {
        free(header->file);
        header->file = NULL;
}

static void write_lines(FILE *stream, const struct nfw_record *record) {
        char text[NFW_ADDR_TEXT_MAX], sum[NFW_RECORD_SUM_MAX];

        fprintf(stream, MAGIC "\n");
        fprintf(stream, "id %s\n", record->id);
        fprintf(stream, "file ");
        for (const char *p = record->policy->file; *p; p++)
                fputc(*p == '\n' ? '?' : *p, stream);
        fprintf(stream, "\n");
        if (record->any_resolver)
                fprintf(stream, "any-resolver 1\n");
        if (record->log_denied)
                fprintf(stream, "log-denied 1\n");
        nfw_vec_foreach (resolver, &record->resolvers)
                fprintf(stream, "resolver %s\n", nfw_addr_format(resolver, text));
        fprintf(stream, "min-ttl %" PRIu32 "\n", record->min_ttl);
        fprintf(stream, "max-ttl %" PRIu32 "\n", record->max_ttl);
        fprintf(stream, "max-names %" PRIu32 "\n", record->max_names);
        fprintf(stream, "nflog-group %" PRIu16 "\n", record->nflog_group);
        for (int i = 0; i < NFW_N_PARAMETERS; i++)
                if (record->parameters[i])
                        fprintf(stream, "parameter %d\n", i);
        if (record->namespace)
                fprintf(stream, "namespace %" PRIu64 "\n", record->namespace);
        nfw_record_sum(record->policy->source, record->policy->source_size, sum);
        fprintf(stream, "source %s\n", sum);
        fprintf(stream, "size %zu\n", record->policy->source_size);
}

int nfw_record_header_write(FILE *stream, const struct nfw_record *record) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        char sum[NFW_RECORD_SUM_MAX];
        size_t size = 0;
        FILE *lines;

        lines = open_memstream(&text, &size);
        if (!lines)
                return -ENOMEM;
        write_lines(lines, record);
        if (fclose(lines) != 0)
                return -ENOMEM;

        nfw_record_sum(text, size, sum);
        fwrite(text, 1, size, stream);
        fprintf(stream, "header %s\n\n", sum);
        return 0;
}

static int read_long_number(const char *value, uint64_t max, uint64_t *ret_number) {
        char *end;
        unsigned long long number;

        errno = 0;
        number = strtoull(value, &end, 10);
        if (errno != 0 || end == value || *end || number > max)
                return NFW_E_NOT_FOUND;

        *ret_number = number;
        return 0;
}

static int read_number(const char *value, uint32_t max, uint32_t *ret_number) {
        uint64_t number = 0;
        int r = read_long_number(value, max, &number);

        if (r == 0)
                *ret_number = (uint32_t)number;
        return r;
}

static int read_file_name(const char *value, struct nfw_record_header *header) {
        free(header->file);
        header->file = strdup(value);
        return header->file ? 0 : -ENOMEM;
}

static int read_resolver(const char *value, struct nfw_record *record) {
        struct nfw_addr resolver;

        return nfw_addr_parse(value, &resolver) != 0 ? NFW_E_NOT_FOUND
                                                     : nfw_vec_push(&record->resolvers, resolver);
}

static int read_id(const char *value, struct nfw_record *record) {
        if (!nfw_record_id_is_valid(value))
                return NFW_E_NOT_FOUND;

        strcpy(record->id, value);
        return 0;
}

static int read_sum(const char *value, struct nfw_record_header *header) {
        if (strlen(value) != NFW_RECORD_SUM_MAX - 1)
                return NFW_E_NOT_FOUND;

        strcpy(header->sum, value);
        return 0;
}

static int read_line(const char *key,
                     const char *value,
                     struct nfw_record *record,
                     struct nfw_record_header *header) {
        uint32_t number;
        int r;

        if (strcmp(key, "id") == 0)
                return read_id(value, record);
        if (strcmp(key, "file") == 0)
                return read_file_name(value, header);
        if (strcmp(key, "resolver") == 0)
                return read_resolver(value, record);
        if (strcmp(key, "source") == 0)
                return read_sum(value, header);
        if (strcmp(key, "any-resolver") == 0) {
                record->any_resolver = true;
                return 0;
        }
        if (strcmp(key, "log-denied") == 0) {
                record->log_denied = true;
                return 0;
        }
        if (strcmp(key, "min-ttl") == 0)
                return read_number(value, UINT32_MAX, &record->min_ttl);
        if (strcmp(key, "max-ttl") == 0)
                return read_number(value, UINT32_MAX, &record->max_ttl);
        if (strcmp(key, "max-names") == 0)
                return read_number(value, UINT32_MAX, &record->max_names);
        if (strcmp(key, "namespace") == 0)
                return read_long_number(value, UINT64_MAX, &record->namespace);
        if (strcmp(key, "size") == 0)
                return read_number(value, UINT32_MAX, &header->size);
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
        return NFW_E_NOT_FOUND;
}

/* The lines up to the one with their sum, which is compared. 0, NFW_E_NOT_FOUND or a negative errno. */
static int read_lines(FILE *stream, char **ret_text) {
        nfw_cleanup(nfw_freep) char *text = NULL, *line = NULL;
        char expected[NFW_RECORD_SUM_MAX + sizeof("header \n")], sum[NFW_RECORD_SUM_MAX];
        size_t size = 0, n_allocated = 0;
        FILE *lines;
        ssize_t n;

        lines = open_memstream(&text, &size);
        if (!lines)
                return -ENOMEM;
        while ((n = getline(&line, &n_allocated, stream)) > 1 && strncmp(line, "header ", 7) != 0)
                fwrite(line, 1, (size_t)n, lines);
        if (fclose(lines) != 0)
                return -ENOMEM;
        if (n <= 1)
                return NFW_E_NOT_FOUND;

        nfw_record_sum(text, size, sum);
        snprintf(expected, sizeof(expected), "header %s\n", sum);
        if ((size_t)n != strlen(expected) || memcmp(line, expected, (size_t)n) != 0 || fgetc(stream) != '\n')
                return NFW_E_NOT_FOUND;

        *ret_text = nfw_steal(text);
        return 0;
}

int nfw_record_header_read(FILE *stream, struct nfw_record *record, struct nfw_record_header *ret_header) {
        nfw_cleanup(nfw_record_header_deinit) struct nfw_record_header header = { 0 };
        nfw_cleanup(nfw_freep) char *text = NULL;
        char *rest, *line;
        int r;

        r = read_lines(stream, &text);
        if (r != 0)
                return r;

        rest = text;
        line = strsep(&rest, "\n");
        if (strcmp(line, MAGIC) != 0)
                return NFW_E_NOT_FOUND;
        while ((line = strsep(&rest, "\n")) && *line) {
                char *value = strchr(line, ' ');

                if (!value)
                        return NFW_E_NOT_FOUND;
                *value++ = '\0';
                r = read_line(line, value, record, &header);
                if (r != 0)
                        return r;
        }
        if (!header.file || !header.sum[0] || !record->id[0])
                return NFW_E_NOT_FOUND;

        *ret_header = header;
        header = (struct nfw_record_header){ 0 };
        return 0;
}
