/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "nwfilter/access.h"
#include "nwfilter/element.h"
#include "nwfilter/text.h"

#define PRIORITY_DEFAULT 500
#define ELEMENTS_MAX     64 /* each value is compared with all of its rule */

static int read_priority(struct nfw_reader *reader,
                         const struct nfw_xml_element *element,
                         int *ret_priority) {
        const struct nfw_xml_attribute *attribute;
        int r;

        r = nfw_reader_attribute(reader, element, "priority", false, &attribute);
        if (r < 0 || !attribute)
                return r;
        if (nfw_text_to_priority(attribute->value, ret_priority))
                return 0;
        if (!nfw_text_is_integer(attribute->value))
                return nfw_reader_unexpected(reader, element, attribute, NULL, "a number from -1000 to 1000");
        return nfw_problems_warning(&reader->problems, "nwfilter/priority", &attribute->pos,
                                    "priorities are from -1000 to 1000",
                                    "priority %.32s is out of range; 500 takes its place", attribute->value);
}

static int read_statematch(struct nfw_reader *reader,
                           const struct nfw_xml_element *element,
                           bool *ret_statematch) {
        const struct nfw_xml_attribute *attribute;
        int r;

        r = nfw_reader_attribute(reader, element, "statematch", false, &attribute);
        if (r < 0 || !attribute)
                return r;
        if (strcasecmp(attribute->value, "false") == 0 || strcmp(attribute->value, "0") == 0)
                *ret_statematch = false;
        else if (strcasecmp(attribute->value, "true") != 0 && strcmp(attribute->value, "1") != 0)
                return nfw_reader_unexpected(reader, element, attribute, NULL, "false, 0, true or 1");
        return 0;
}

static int read_attributes(struct nfw_reader *reader,
                           const struct nfw_xml_element *element,
                           struct nfw_nwfilter_rule *rule) {
        static const struct nfw_form form = {
                .attributes = { "action", "direction", "priority", "statematch" }, .any_children = true
        };
        const char *actions[NFW_NWFILTER_CONTINUE + 1], *directions[NFW_NWFILTER_INOUT + 1];
        size_t action = NFW_NWFILTER_DROP, direction = NFW_NWFILTER_INOUT;
        int r;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(actions); i++)
                actions[i] = nfw_nwfilter_action_name((enum nfw_nwfilter_action)i);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(directions); i++)
                directions[i] = nfw_nwfilter_direction_name((enum nfw_nwfilter_direction)i);

        r = nfw_form_check(reader, element, &form);
        if (r == 0)
                r = nfw_reader_word(reader, element, "action", true, actions, NFW_ARRAY_SIZE(actions),
                                    &action);
        if (r == 0)
                r = nfw_reader_word(reader, element, "direction", true, directions,
                                    NFW_ARRAY_SIZE(directions), &direction);
        if (r == 0)
                r = read_priority(reader, element, &rule->priority);
        if (r == 0)
                r = read_statematch(reader, element, &rule->statematch);
        rule->action = (enum nfw_nwfilter_action)action;
        rule->direction = (enum nfw_nwfilter_direction)direction;
        return r;
}

/* Of a name that stands for a number, the one that is nearest to what was written. */
static const char *suggest_word(const struct nfw_nwfilter_attribute_info *info, const char *text) {
        const char *names[16];
        size_t n = 0;

        if (info->type != NFW_NWFILTER_TYPE_NUMBER)
                return NULL;
        for (; n < info->n_words && n < NFW_ARRAY_SIZE(names); n++)
                names[n] = info->words[n].name;
        return nfw_suggest(text, names, n);
}

static int read_constant(struct nfw_reader *reader,
                         const struct nfw_xml_element *element,
                         const struct nfw_xml_attribute *attribute,
                         enum nfw_nwfilter_protocol protocol,
                         struct nfw_nwfilter_value *value) {
        const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(value->attribute);
        const char *expected, *hint;
        char buffer[NFW_HINT_MAX];
        int r;

        r = nfw_nwfilter_constant_parse(protocol, value->attribute, attribute->value, &value->constant,
                                        &expected);
        if (r <= 0)
                return r;

        hint = nfw_problems_did_you_mean(suggest_word(info, attribute->value), buffer);
        if (attribute->value[0] == '$' && info->no_variable)
                hint = "no variable can stand here";
        r = nfw_reader_unexpected(reader, element, attribute, hint, expected);
        return r < 0 ? r : NFW_E_INVALID;
}

/* 0; NFW_E_INVALID where it is no value, which has been reported; or -ENOMEM. */
static int read_value(struct nfw_reader *reader,
                      const struct nfw_xml_element *element,
                      const struct nfw_xml_attribute *attribute,
                      enum nfw_nwfilter_protocol protocol,
                      struct nfw_nwfilter_value *value) {
        int r;

        value->pos = nfw_reader_pos(reader, &attribute->pos);
        value->text = strdup(attribute->value);
        if (!value->text)
                return -ENOMEM;
        if (attribute->value[0] != '$' || nfw_nwfilter_attribute_info(value->attribute)->no_variable)
                return read_constant(reader, element, attribute, protocol, value);

        r = nfw_nwfilter_access_parse(attribute->value, &value->access);
        if (r <= 0)
                return r;
        r = nfw_reader_unexpected(reader, element, attribute, NULL,
                                  "a variable: $NAME, $NAME[2] for an element, $NAME[@2] for an iterator");
        return r < 0 ? r : NFW_E_INVALID;
}

static int unknown_attribute(struct nfw_reader *reader,
                             const struct nfw_xml_element *element,
                             const struct nfw_xml_attribute *attribute,
                             enum nfw_nwfilter_protocol protocol) {
        const char *names[NFW_N_NWFILTER_ATTRIBUTES + 1] = { "match" };
        char hint[NFW_HINT_MAX];
        const uint8_t *attributes;
        size_t n;

        attributes = nfw_nwfilter_protocol_attributes(protocol, &n);
        for (size_t i = 0; i < n; i++)
                names[i + 1] = nfw_nwfilter_attribute_name((enum nfw_nwfilter_attribute)attributes[i]);
        return nfw_problems_error(&reader->problems, "nwfilter/unknown-attribute", &attribute->pos,
                                  nfw_problems_did_you_mean(nfw_suggest(attribute->name, names, n + 1), hint),
                                  "%.64s has no attribute %.64s", element->name, attribute->name);
}

/* One of the elements in a rule, of the rule's protocol. */
static int read_element(struct nfw_reader *reader,
                        const struct nfw_xml_element *element,
                        struct nfw_nwfilter_rule *rule) {
        static const char *const words[] = { "yes", "no" };
        size_t match = 0;
        int r = 0;

        if (element->children.n > 0)
                r = nfw_problems_error(&reader->problems, "nwfilter/unknown-element",
                                       &element->children.items[0]->pos, NULL, "%.64s has no element %.64s",
                                       element->name, element->children.items[0]->name);
        if (r == 0 && *element->text)
                r = nfw_problems_error(&reader->problems, "nwfilter/text", &element->pos, NULL,
                                       "text in %.64s: %.64s", element->name, element->text);
        if (r == 0)
                r = nfw_reader_word(reader, element, "match", false, words, NFW_ARRAY_SIZE(words), &match);
        if (r == 0)
                r = nfw_vec_push(&rule->element_negate, match == 1);
        if (r < 0)
                return r;

        nfw_vec_foreach (attribute, &element->attributes) {
                struct nfw_nwfilter_value value = { .negate = match == 1, .element = rule->n_elements };

                if (strcmp(attribute->name, "match") == 0)
                        continue;
                if (!nfw_nwfilter_attribute_find(rule->protocol, attribute->name, &value.attribute)) {
                        r = unknown_attribute(reader, element, attribute, rule->protocol);
                        if (r < 0)
                                return r;
                        continue;
                }
                r = read_value(reader, element, attribute, rule->protocol, &value);
                if (r == 0)
                        r = nfw_vec_push(&rule->values, value);
                if (r)
                        nfw_nwfilter_value_deinit(&value);
                if (r < 0)
                        return r;
        }
        rule->n_elements++;
        return 0;
}

static int unknown_element(struct nfw_reader *reader, const struct nfw_xml_element *element) {
        const char *names[NFW_N_NWFILTER_PROTOCOLS];
        char hint[NFW_HINT_MAX];
        size_t n = 0;

        for (size_t i = NFW_NWFILTER_NONE + 1; i < NFW_N_NWFILTER_PROTOCOLS; i++)
                names[n++] = nfw_nwfilter_protocol_name((enum nfw_nwfilter_protocol)i);
        return nfw_problems_error(&reader->problems, "nwfilter/unknown-element", &element->pos,
                                  nfw_problems_did_you_mean(nfw_suggest(element->name, names, n), hint),
                                  "rule has no element %.64s", element->name);
}

static int read_elements(struct nfw_reader *reader,
                         const struct nfw_xml_element *element,
                         struct nfw_nwfilter_rule *rule) {
        enum nfw_nwfilter_protocol protocol;
        int r = 0;

        nfw_vec_foreach (child, &element->children) {
                if (!nfw_nwfilter_protocol_find((*child)->name, &protocol)) {
                        r = unknown_element(reader, *child);
                } else if (rule->n_elements > 0 && protocol != rule->protocol) {
                        r = nfw_problems_warning(&reader->problems, "nwfilter/ignored", &(*child)->pos,
                                                 "a rule is about one protocol; write another rule",
                                                 "the rule is about %s, so its element %s does not count",
                                                 nfw_nwfilter_protocol_name(rule->protocol), (*child)->name);
                } else if (rule->n_elements == ELEMENTS_MAX) {
                        return nfw_problems_error(&reader->problems, "nwfilter/too-many", &(*child)->pos,
                                                  NULL, "a rule of more than %d elements", ELEMENTS_MAX);
                } else {
                        rule->protocol = protocol;
                        r = read_element(reader, *child, rule);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_reader_rule(struct nfw_reader *reader,
                    const struct nfw_xml_element *element,
                    struct nfw_nwfilter_rule **ret_rule) {
        nfw_cleanup(nfw_nwfilter_rule_freep) struct nfw_nwfilter_rule *rule = NULL;
        size_t n_errors = reader->problems.n_errors;
        int r;

        rule = calloc(1, sizeof(*rule));
        if (!rule)
                return -ENOMEM;
        rule->pos = nfw_reader_pos(reader, &element->pos);
        rule->priority = PRIORITY_DEFAULT;
        rule->statematch = true;

        r = read_attributes(reader, element, rule);
        if (r == 0)
                r = read_elements(reader, element, rule);
        /* What was not read cannot be missed. */
        if (r == 0 && reader->problems.n_errors == n_errors)
                r = nfw_reader_check_rule(reader, rule);
        if (r < 0)
                return r;
        *ret_rule = nfw_steal(rule);
        return 0;
}
