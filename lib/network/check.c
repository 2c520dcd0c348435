/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "network/reader.h"

/* More than the grammar has. */
#define MAX_DEPTH 8
#define MAX_NAMES 32

struct level {
        const struct nfw_network_element_rule *rule;
        const struct nfw_xml_element *element;
        size_t next;
};

/* "did you mean `bridge`?", or NULL. */
static const char *suggest(const char *written, const char *const *names, size_t n, char hint[static 64]) {
        const char *nearest = nfw_suggest(written, names, n);

        if (!nearest)
                return NULL;
        (void)snprintf(hint, 64, "did you mean `%s`?", nearest);
        return hint;
}

static int report_attribute(struct nfw_network_reading *reading,
                            const struct nfw_network_element_rule *rule,
                            const struct nfw_xml_attribute *attribute) {
        const char *names[MAX_NAMES];
        char hint[64], quote[NFW_QUOTE_MAX + 4];

        for (size_t i = 0; i < rule->n_attributes; i++)
                names[i] = rule->attributes[i].name;
        return nfw_sink_error(&reading->sink, "network/unknown-attribute", &attribute->pos,
                              suggest(attribute->name, names, rule->n_attributes, hint),
                              "<%s> has no attribute `%s`", rule->name, nfw_quote(attribute->name, quote));
}

static const struct nfw_network_attribute_rule *find_attribute(const struct nfw_network_element_rule *rule,
                                                               const char *name) {
        for (size_t i = 0; i < rule->n_attributes; i++)
                if (strcmp(rule->attributes[i].name, name) == 0)
                        return &rule->attributes[i];
        return NULL;
}

static bool is_namespace(const char *attribute) {
        return strcmp(attribute, "xmlns") == 0 || strncmp(attribute, "xmlns:", 6) == 0;
}

static int check_attributes(struct nfw_network_reading *reading,
                            const struct nfw_network_element_rule *rule,
                            const struct nfw_xml_element *element) {
        char quote[NFW_QUOTE_MAX + 4];
        int r = 0;

        nfw_vec_foreach (attribute, &element->attributes) {
                const struct nfw_network_attribute_rule *known = find_attribute(rule, attribute->name);

                if (is_namespace(attribute->name))
                        continue;
                if (!known)
                        r = report_attribute(reading, rule, attribute);
                else if (known->take && !known->take(reading, attribute->value))
                        r = nfw_sink_error(&reading->sink, "network/value", &attribute->pos, NULL,
                                           "`%s` of <%s> must be %s, not `%s`", known->name, rule->name,
                                           known->expected, nfw_quote(attribute->value, quote));
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < rule->n_attributes && r == 0; i++)
                if (rule->attributes[i].is_required && !nfw_xml_attribute(element, rule->attributes[i].name))
                        r = nfw_sink_error(&reading->sink, "network/missing-attribute", &element->pos, NULL,
                                           "<%s> lacks its attribute `%s`", rule->name,
                                           rule->attributes[i].name);
        return r;
}

static int check_text(struct nfw_network_reading *reading,
                      const struct nfw_network_element_rule *rule,
                      const struct nfw_xml_element *element) {
        char quote[NFW_QUOTE_MAX + 4];

        if (!rule->expected) {
                if (!element->text[0])
                        return 0;
                return nfw_sink_error(&reading->sink, "network/text", &element->pos, NULL,
                                      "<%s> has no text, but `%s` stands in it", rule->name,
                                      nfw_quote(element->text, quote));
        }
        if (!rule->take_text || rule->take_text(reading, element->text))
                return 0;
        return nfw_sink_error(&reading->sink, "network/value", &element->pos, NULL,
                              "<%s> must be %s, not `%s`", rule->name, rule->expected,
                              nfw_quote(element->text, quote));
}

static int report_element(struct nfw_network_reading *reading,
                          const struct nfw_network_element_rule *rule,
                          const struct nfw_xml_element *element) {
        const char *names[MAX_NAMES];
        char hint[64], quote[NFW_QUOTE_MAX + 4];

        for (size_t i = 0; i < rule->n_children; i++)
                names[i] = rule->children[i].name;
        return nfw_sink_error(&reading->sink, "network/unknown-element", &element->pos,
                              suggest(element->name, names, rule->n_children, hint),
                              "there is no <%s> in <%s>", nfw_quote(element->name, quote), rule->name);
}

/* What else is known of it than that it is there; NULL where there is nothing to read in it. */
static int begin_child(struct nfw_network_reading *reading,
                       const struct level *parent,
                       const struct nfw_xml_element *child,
                       const struct nfw_network_element_rule **ret_rule) {
        const struct nfw_network_element_rule *rule = NULL;

        *ret_rule = NULL;
        for (size_t i = 0; i < parent->rule->n_children && !rule; i++)
                if (strcmp(parent->rule->children[i].name, child->name) == 0)
                        rule = &parent->rule->children[i];
        if (!rule)
                return report_element(reading, parent->rule, child);
        if (rule->refused)
                return nfw_sink_error(&reading->sink, "network/unsupported", &child->pos, rule->refused,
                                      "<%s> in <%s> is not supported", rule->name, parent->rule->name);
        if (!rule->is_many && nfw_xml_child(parent->element, child->name) != child)
                return nfw_sink_error(&reading->sink, "network/duplicate-element", &child->pos, NULL,
                                      "there can be one <%s> only", rule->name);
        if (!rule->is_kept)
                *ret_rule = rule;
        return 0;
}

static int begin(struct nfw_network_reading *reading, struct level *level) {
        int r = 0;

        if (level->rule->begin)
                r = level->rule->begin(reading, level->element);
        if (r == 0)
                r = check_attributes(reading, level->rule, level->element);
        return r < 0 ? r : check_text(reading, level->rule, level->element);
}

int nfw_network_check(struct nfw_network_reading *reading, const struct nfw_xml_element *root) {
        struct level levels[MAX_DEPTH] = { { &nfw_network_grammar, root, 0 } };
        size_t n = 1;
        int r;

        r = begin(reading, &levels[0]);
        while (r == 0 && n > 0) {
                struct level *level = &levels[n - 1];
                const struct nfw_network_element_rule *rule;
                const struct nfw_xml_element *child;

                if (level->next == level->element->children.n) {
                        if (level->rule->end)
                                r = level->rule->end(reading, level->element);
                        n--;
                        continue;
                }
                child = level->element->children.items[level->next++];
                r = begin_child(reading, level, child, &rule);
                if (r < 0 || !rule)
                        continue;
                levels[n] = (struct level){ rule, child, 0 };
                r = begin(reading, &levels[n++]);
        }
        return r;
}
