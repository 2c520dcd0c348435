/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/suggest.h"
#include "policy/reader.h"

#define HINT_MAX 160

int nfw_reader_version(struct nfw_reader *reader,
                       void *target nfw_unused,
                       const struct nfw_yaml_event *value) {
        char quote[NFW_QUOTE_MAX + 4];

        if (value->bad)
                return 0;
        if (value->type != NFW_YAML_SCALAR || nfw_yaml_is_null(value))
                return nfw_reader_wrong_type(reader, value, "`version`", "text", "write \"1.0\"");
        if (strcmp(value->text, "1.0") == 0)
                return 0;

        return nfw_sink_error(&reader->sink, "policy/unsupported-version", &value->pos,
                              "the only version is \"1.0\"", "version `%s` is not supported",
                              nfw_quote(value->text, quote));
}

static int bad_name(struct nfw_reader *reader, const struct nfw_yaml_event *value, const char *text) {
        return nfw_sink_error(&reader->sink, "policy/bad-name", &value->pos, NULL, "%s", text);
}

int nfw_reader_name(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value) {
        struct nfw_draft *draft = target;
        char quote[NFW_QUOTE_MAX + 4], text[64];
        unsigned int line;
        size_t n;
        int r;

        if (value->bad)
                return 0;
        if (value->type != NFW_YAML_SCALAR || nfw_yaml_is_null(value))
                return nfw_reader_wrong_type(reader, value, "`name`", "text", NULL);
        if (nfw_yaml_is_boolean(value))
                return nfw_reader_wrong_type(reader, value, "`name`", "text", "put it in quotes");
        n = strlen(value->text);
        if (strspn(value->text, " ") == n)
                return bad_name(reader, value, "the name is blank");
        if (n > NFW_RULE_NAME_MAX) {
                (void)snprintf(text, sizeof(text), "a name has at most %d octets", NFW_RULE_NAME_MAX);
                return bad_name(reader, value, text);
        }

        r = nfw_seen_add(&reader->names, value->text, n, value->pos.line, &line);
        if (r < 0)
                return r;
        if (line != 0)
                return nfw_sink_error(&reader->sink, "policy/duplicate-name", &value->pos, NULL,
                                      "the rule in line %u has the name `%s` already", line,
                                      nfw_quote(value->text, quote));

        draft->rule.name = strdup(value->text);
        return draft->rule.name ? 0 : -ENOMEM;
}

int nfw_reader_action(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value) {
        static const char *const actions[] = {
                [NFW_ACTION_ALLOW] = "allow",
                [NFW_ACTION_DENY] = "deny",
        };
        struct nfw_draft *draft = target;
        char quote[NFW_QUOTE_MAX + 4], hint[HINT_MAX];
        const char *nearest;

        if (value->bad)
                return 0;
        if (value->type != NFW_YAML_SCALAR || nfw_yaml_is_null(value))
                return nfw_reader_wrong_type(reader, value, "`action`", "`allow` or `deny`", NULL);

        for (size_t i = 0; i < NFW_ARRAY_SIZE(actions); i++)
                if (strcmp(value->text, actions[i]) == 0) {
                        draft->rule.action = (enum nfw_action)i;
                        return 0;
                }

        nearest = nfw_suggest(value->text, actions, NFW_ARRAY_SIZE(actions));
        if (nearest)
                (void)snprintf(hint, sizeof(hint), "did you mean `%s`?", nearest);
        return nfw_sink_error(&reader->sink, "policy/bad-action", &value->pos, nearest ? hint : NULL,
                              "`action` must be `allow` or `deny`, not `%s`", nfw_quote(value->text, quote));
}

/* NULL, or the literal that says what is wrong. */
static const char *parse_priority(const char *text, int64_t *ret_priority) {
        const char *digits = *text == '-' ? text + 1 : text;
        int64_t priority = 0;

        if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
                return "it is not an integer";
        if (*digits == '0' && digits[1] != '\0')
                return "an integer has no leading zero";

        for (; *digits != '\0'; digits++) {
                int digit = *digits - '0';

                if (__builtin_mul_overflow(priority, 10, &priority) ||
                    (*text == '-' ? __builtin_sub_overflow(priority, digit, &priority)
                                  : __builtin_add_overflow(priority, digit, &priority)))
                        return "it is beyond what 64 bits can hold";
        }

        *ret_priority = priority;
        return NULL;
}

int nfw_reader_priority(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value) {
        struct nfw_draft *draft = target;
        char quote[NFW_QUOTE_MAX + 4];
        const char *reason;

        if (value->bad)
                return 0;
        if (value->type != NFW_YAML_SCALAR || nfw_yaml_is_null(value))
                return nfw_reader_wrong_type(reader, value, "`priority`", "an integer", NULL);
        if (!value->plain)
                return nfw_reader_wrong_type(reader, value, "`priority`", "an integer",
                                             "write it without quotes");

        reason = parse_priority(value->text, &draft->rule.priority);
        if (!reason)
                return 0;

        return nfw_sink_error(&reader->sink, "policy/bad-priority", &value->pos, NULL,
                              "`%s` is no priority: %s", nfw_quote(value->text, quote), reason);
}
