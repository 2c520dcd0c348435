/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/suggest.h"
#include "policy/reader.h"

#define KEYS_MAX 8
#define HINT_MAX 160

int nfw_reader_wrong_type(struct nfw_reader *reader,
                          const struct nfw_yaml_event *event,
                          const char *what,
                          const char *wanted,
                          const char *hint) {
        int r;

        r = nfw_sink_error(&reader->sink, "policy/wrong-type", &event->pos, hint,
                           "%s must be %s, but it is %s", what, wanted, nfw_yaml_describe(event));
        if (r < 0)
                return r;
        return nfw_yaml_skip(reader->yaml, event);
}

int nfw_reader_too_many(struct nfw_reader *reader, const struct nfw_pos *pos, const char *what, size_t max) {
        int r;

        r = nfw_sink_error(&reader->sink, "policy/too-many", pos, NULL, "a policy has at most %zu %s", max,
                           what);
        return r < 0 ? r : NFW_E_INVALID;
}

static int report_unknown(struct nfw_reader *reader,
                          const char *what,
                          const struct nfw_yaml_event *event,
                          const struct nfw_key *keys,
                          size_t n_keys) {
        char quote[NFW_QUOTE_MAX + 4], hint[HINT_MAX];
        const char *names[KEYS_MAX], *nearest;
        size_t n = 0;

        for (size_t i = 0; i < n_keys; i++)
                names[i] = keys[i].name;

        nearest = nfw_suggest(event->text, names, n_keys);
        if (nearest)
                (void)snprintf(hint, sizeof(hint), "did you mean `%s`?", nearest);
        else
                for (size_t i = 0; i < n_keys && n < sizeof(hint); i++)
                        n += (size_t)snprintf(hint + n, sizeof(hint) - n, "%s`%s`",
                                              i == 0 ? "the keys here are " : ", ", names[i]);

        return nfw_sink_error(&reader->sink, "policy/unknown-key", &event->pos, hint,
                              "`%s` is not a key of %s", nfw_quote(event->text, quote), what);
}

/* Finds the key in the table; *ret_key is NULL where its value is to be skipped. */
static int read_key(struct nfw_reader *reader,
                    const char *what,
                    const struct nfw_yaml_event *event,
                    const struct nfw_key *keys,
                    size_t n_keys,
                    unsigned int *lines,
                    const struct nfw_key **ret_key) {
        int r;

        *ret_key = NULL;
        if (event->type != NFW_YAML_SCALAR)
                return nfw_reader_wrong_type(reader, event, "a key", "text", NULL);
        if (event->bad)
                return 0;

        for (size_t i = 0; i < n_keys; i++) {
                if (strcmp(event->text, keys[i].name) != 0)
                        continue;

                if (lines[i] != 0) {
                        r = nfw_sink_error(&reader->sink, "policy/duplicate-key", &event->pos, NULL,
                                           "%s has the key `%s` already, in line %u", what, keys[i].name,
                                           lines[i]);
                        return r;
                }

                lines[i] = event->pos.line;
                *ret_key = &keys[i];
                return 0;
        }
        return report_unknown(reader, what, event, keys, n_keys);
}

int nfw_reader_mapping(struct nfw_reader *reader,
                       const char *what,
                       const struct nfw_yaml_event *begin,
                       const struct nfw_key *keys,
                       size_t n_keys,
                       void *target) {
        unsigned int lines[KEYS_MAX] = { 0 };
        struct nfw_pos pos = begin->pos;
        int r;

        for (;;) {
                struct nfw_yaml_event event;
                struct nfw_pos key_pos;
                const struct nfw_key *key;

                r = nfw_yaml_next(reader->yaml, &event);
                if (r != 0)
                        return r;
                if (event.type == NFW_YAML_MAPPING_END)
                        break;

                key_pos = event.pos;
                r = read_key(reader, what, &event, keys, n_keys, lines, &key);
                if (r != 0)
                        return r;

                r = nfw_yaml_next(reader->yaml, &event);
                if (r != 0)
                        return r;

                if (!key)
                        r = nfw_yaml_skip(reader->yaml, &event);
                else {
                        /* An empty value is nowhere: its key is what one can point to. */
                        if (nfw_yaml_is_null(&event) && event.text[0] == '\0')
                                event.pos = key_pos;
                        r = key->read(reader, target, &event);
                }
                if (r != 0)
                        return r;
        }

        for (size_t i = 0; i < n_keys; i++) {
                if (!keys[i].required || lines[i] != 0)
                        continue;
                r = nfw_sink_error(&reader->sink, "policy/missing-key", &pos, NULL, "%s needs the key `%s`",
                                   what, keys[i].name);
                if (r < 0)
                        return r;
        }
        return 0;
}
