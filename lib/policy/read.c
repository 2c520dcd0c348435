/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "policy/reader.h"
#include "policy/source.h"
#include "policy/unsupported.h"
#include "policy/utf8.h"

static int compare_rules(const void *a, const void *b) {
        const struct nfw_policy_rule *x = a, *y = b;

        if (x->priority != y->priority)
                return x->priority < y->priority ? -1 : 1;
        if (x->pos.line != y->pos.line)
                return x->pos.line < y->pos.line ? -1 : 1;
        return x->pos.column < y->pos.column ? -1 : x->pos.column > y->pos.column;
}

static int report_empty(struct nfw_reader *reader) {
        struct nfw_pos pos = { .file = reader->policy->file, .line = 1, .column = 1 };

        return nfw_sink_error(&reader->sink, "policy/empty", &pos, NULL, "there is no policy in this file");
}

static int read_root(struct nfw_reader *reader, const struct nfw_yaml_event *root) {
        static const struct nfw_key keys[] = {
                { "version", true, nfw_reader_version },
                { "rules", true, nfw_reader_rules },
        };

        if (root->bad)
                return 0;
        if (nfw_yaml_is_null(root))
                return report_empty(reader);
        if (root->type != NFW_YAML_MAPPING)
                return nfw_reader_wrong_type(reader, root, "a policy", "a mapping", NULL);
        return nfw_reader_mapping(reader, "a policy", root, keys, NFW_ARRAY_SIZE(keys), NULL);
}

static int read_document(struct nfw_reader *reader) {
        struct nfw_yaml_event event;
        int r;

        r = nfw_yaml_next(reader->yaml, &event);
        if (r != 0)
                return r;
        if (event.type == NFW_YAML_END)
                return report_empty(reader);

        r = read_root(reader, &event);
        if (r != 0)
                return r;

        /* Up to the end, where a second document or the rest of something else may be. */
        return nfw_yaml_next(reader->yaml, &event);
}

/* libfyaml names neither the octet nor the place, and lets some of them pass. */
static int check_characters(struct nfw_reader *reader, const struct nfw_runs *runs) {
        const struct nfw_policy *policy = reader->policy;
        struct nfw_pos pos = { .file = policy->file };
        bool malformed;
        size_t offset;
        int r;

        offset = nfw_utf8_check(runs->text, runs->size, &malformed);
        if (offset == runs->size)
                return 0;

        offset = nfw_runs_to_source(runs, offset);
        nfw_source_locate(policy->source, offset, &pos);
        if (malformed)
                r = nfw_sink_error(&reader->sink, "policy/encoding", &pos, "save the file as UTF-8",
                                   "the octet 0x%02x is not UTF-8 here",
                                   (unsigned char)policy->source[offset]);
        else
                r = nfw_sink_error(&reader->sink, "policy/control-character", &pos, NULL,
                                   "a control character (0x%02x) has no place in a policy",
                                   (unsigned char)policy->source[offset]);
        return r < 0 ? r : NFW_E_INVALID;
}

static int check_supported(struct nfw_reader *reader, const struct nfw_runs *runs) {
        static const struct {
                const char *code;
                const char *hint;
                const char *text;
        } reports[] = {
                [NFW_UNSUPPORTED_EXPLICIT_KEY] = { "policy/explicit-key", "write `key: value`",
                                                   "keys with a '?' before them are not supported" },
                [NFW_UNSUPPORTED_DIRECTIVE] = { "policy/directive", "leave it out",
                                                "directives are not supported, other than `%YAML 1.2` before "
                                                "everything else" },
        };
        const struct nfw_policy *policy = reader->policy;
        struct nfw_pos pos = { .file = policy->file };
        enum nfw_unsupported what;
        size_t offset;
        int r;

        what = nfw_unsupported_find(runs->text, runs->size, &offset);
        if (what == NFW_UNSUPPORTED_NONE)
                return 0;

        nfw_source_locate(policy->source, nfw_runs_to_source(runs, offset), &pos);
        r = nfw_sink_error(&reader->sink, reports[what].code, &pos, reports[what].hint, "%s",
                           reports[what].text);
        return r < 0 ? r : NFW_E_INVALID;
}

static int read_all(struct nfw_reader *reader) {
        nfw_cleanup(nfw_runs_deinit) struct nfw_runs runs = { 0 };
        struct nfw_policy *policy = reader->policy;
        int r;

        /* What is left out need not be looked at by anything else: it has plain characters only. */
        r = nfw_runs_find(policy->source, policy->source_size, &runs);
        if (r < 0)
                return r;

        r = check_characters(reader, &runs);
        if (r != 0)
                return r;

        r = check_supported(reader, &runs);
        if (r != 0)
                return r;

        r = nfw_yaml_new(policy->file, policy->source, policy->source_size, &runs, &reader->sink,
                         &reader->yaml);
        if (r < 0)
                return r;

        r = read_document(reader);
        reader->yaml = nfw_yaml_free(reader->yaml);
        return r;
}

/* Takes the source over, whatever comes out. */
static int read_source(const char *name,
                       char *source,
                       size_t size,
                       struct nfw_report *report,
                       struct nfw_policy **ret_policy) {
        nfw_cleanup(nfw_freep) char *owned = source;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        struct nfw_reader reader = { .sink.report = report };
        int r, q;

        r = nfw_siphash_key_init(&reader.names.key);
        if (r < 0)
                return r;

        policy = calloc(1, sizeof(*policy));
        if (!policy)
                return -ENOMEM;
        policy->source = nfw_steal(owned);
        policy->source_size = size;
        policy->file = strdup(name);
        if (!policy->file)
                return -ENOMEM;

        reader.policy = policy;
        r = read_all(&reader);
        nfw_seen_deinit(&reader.names);
        if (r < 0)
                return r;

        q = nfw_sink_finish(&reader.sink, policy->file);
        if (q < 0)
                return q;
        if (r > 0 || nfw_sink_n_errors(&reader.sink) > 0)
                return NFW_E_INVALID;

        if (policy->rules.n > 1)
                qsort(policy->rules.items, policy->rules.n, sizeof(*policy->rules.items), compare_rules);
        *ret_policy = nfw_steal(policy);
        return 0;
}

static int refuse_size(const char *name, struct nfw_report *report) {
        struct nfw_pos pos = { .file = name };
        int r;

        r = nfw_report_error(report, "policy/too-large", &pos, NULL, "a policy has at most %zu MiB",
                             NFW_POLICY_SIZE_MAX >> 20);
        return r < 0 ? r : NFW_E_INVALID;
}

/**
 * nfw_policy_read_buffer() - read a policy from memory
 * @name:       what to call it in diagnostics, such as the name of its file
 * @data:       YAML or JSON in UTF-8; borrowed for the call only
 * @size:       the number of octets of data
 * @report:     gets everything that is wrong with it, and what is worth knowing although it is right; may be NULL
 * @ret_policy: the policy; the caller frees it with nfw_policy_free()
 *
 * JSON (RFC 8259) is read as the part of YAML 1.2 that it is. docs/policy.rst describes the format and every code
 * that the report can have.
 *
 * Return: 0; NFW_E_INVALID where the report has errors; -ENOMEM.
 */
nfw_public int nfw_policy_read_buffer(const char *name,
                                      const char *data,
                                      size_t size,
                                      struct nfw_report *report,
                                      struct nfw_policy **ret_policy) {
        char *source;

        if (size > NFW_POLICY_SIZE_MAX)
                return refuse_size(name, report);

        source = malloc(size + 1);
        if (!source)
                return -ENOMEM;
        if (size > 0)
                memcpy(source, data, size);
        source[size] = '\0';
        return read_source(name, source, size, report, ret_policy);
}

/**
 * nfw_policy_read_file() - read a policy from a file
 * @path:       the file, which is also its name in diagnostics
 * @report:     as for nfw_policy_read_buffer()
 * @ret_policy: as for nfw_policy_read_buffer()
 *
 * Whether it is YAML or JSON is seen from what is in it, not from its name.
 *
 * Return: 0; NFW_E_INVALID where the report has errors; -ENOENT, -EACCES, -EISDIR, … where the file cannot be
 * read, which is not in the report.
 */
nfw_public int nfw_policy_read_file(const char *path,
                                    struct nfw_report *report,
                                    struct nfw_policy **ret_policy) {
        char *source;
        size_t size;
        int r;

        r = nfw_source_read(path, NFW_POLICY_SIZE_MAX, &source, &size);
        if (r == NFW_E_REFUSED)
                return refuse_size(path, report);
        if (r < 0)
                return r;
        return read_source(path, source, size, report, ret_policy);
}
