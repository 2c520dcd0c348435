/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/macros.h"
#include "policy/yaml.h"

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* No word begins with a digit, as nearly every value of a long list does. */
static bool is_one_of(const struct nfw_yaml_event *event, const char *const *words, size_t n_words) {
        if (event->type != NFW_YAML_SCALAR || !event->plain || event->bad || is_digit(event->text[0]))
                return false;
        for (size_t i = 0; i < n_words; i++)
                if (event->text[0] == words[i][0] && strcmp(event->text, words[i]) == 0)
                        return true;
        return false;
}

bool nfw_yaml_is_null(const struct nfw_yaml_event *event) {
        static const char *const words[] = { "", "~", "null", "Null", "NULL" };

        return is_one_of(event, words, NFW_ARRAY_SIZE(words));
}

bool nfw_yaml_is_boolean(const struct nfw_yaml_event *event) {
        static const char *const words[] = { "true", "True", "TRUE", "false", "False", "FALSE" };

        return is_one_of(event, words, NFW_ARRAY_SIZE(words));
}

/* Near enough for a message: what begins like a number and holds only what numbers are made of. */
static bool is_number(const struct nfw_yaml_event *event) {
        const char *text = event->text;

        if (*text == '-' || *text == '+')
                text++;
        return is_digit(*text) && text[strspn(text, "0123456789.eE+-")] == '\0';
}

const char *nfw_yaml_describe(const struct nfw_yaml_event *event) {
        if (event->type == NFW_YAML_MAPPING)
                return "a mapping";
        if (event->type == NFW_YAML_SEQUENCE)
                return "a list";
        if (!event->plain)
                return "text";
        if (nfw_yaml_is_null(event))
                return "empty";
        if (nfw_yaml_is_boolean(event))
                return "a boolean";
        return is_number(event) ? "a number" : "text";
}
