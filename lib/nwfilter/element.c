/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/element.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

static size_t count(const char *const *list) {
        size_t n = 0;

        while (n < NFW_FORM_MAX && list[n])
                n++;
        return n;
}

static bool contains(const char *const *list, size_t n, const char *word) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(list[i], word) == 0)
                        return true;
        return false;
}

struct nfw_pos nfw_reader_pos(const struct nfw_reader *reader, const struct nfw_pos *pos) {
        return (struct nfw_pos){ .file = reader->file, .line = pos->line, .column = pos->column };
}

static int check_attributes(struct nfw_reader *reader,
                            const struct nfw_xml_element *element,
                            const struct nfw_form *form) {
        size_t n = count(form->attributes);
        char hint[NFW_HINT_MAX];
        int r;

        nfw_vec_foreach (attribute, &element->attributes) {
                if (contains(form->attributes, n, attribute->name))
                        continue;
                r = nfw_problems_error(
                        &reader->problems, "nwfilter/unknown-attribute", &attribute->pos,
                        nfw_problems_did_you_mean(nfw_suggest(attribute->name, form->attributes, n), hint),
                        "%.64s has no attribute %.64s", element->name, attribute->name);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_children(struct nfw_reader *reader,
                          const struct nfw_xml_element *element,
                          const struct nfw_form *form) {
        size_t n = count(form->children);
        char hint[NFW_HINT_MAX];
        int r;

        nfw_vec_foreach (child, &element->children) {
                if (contains(form->children, n, (*child)->name))
                        continue;
                r = nfw_problems_error(
                        &reader->problems, "nwfilter/unknown-element", &(*child)->pos,
                        nfw_problems_did_you_mean(nfw_suggest((*child)->name, form->children, n), hint),
                        "%.64s has no element %.64s", element->name, (*child)->name);
                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_form_check(struct nfw_reader *reader,
                   const struct nfw_xml_element *element,
                   const struct nfw_form *form) {
        int r;

        r = check_attributes(reader, element, form);
        if (r == 0 && !form->any_children)
                r = check_children(reader, element, form);
        if (r == 0 && !form->has_text && *element->text)
                r = nfw_problems_error(&reader->problems, "nwfilter/text", &element->pos, NULL,
                                       "text in %.64s: %.64s", element->name, element->text);
        return r;
}

int nfw_reader_attribute(struct nfw_reader *reader,
                         const struct nfw_xml_element *element,
                         const char *name,
                         bool is_required,
                         const struct nfw_xml_attribute **ret_attribute) {
        nfw_vec_foreach (attribute, &element->attributes)
                if (strcmp(attribute->name, name) == 0) {
                        *ret_attribute = attribute;
                        return 0;
                }

        *ret_attribute = NULL;
        if (!is_required)
                return 0;
        return nfw_problems_error(&reader->problems, "nwfilter/missing", &element->pos, NULL,
                                  "%.64s has no attribute %s, which it needs", element->name, name);
}

int nfw_reader_unexpected(struct nfw_reader *reader,
                          const struct nfw_xml_element *element,
                          const struct nfw_xml_attribute *attribute,
                          const char *hint,
                          const char *expected) {
        return nfw_problems_error(&reader->problems, "nwfilter/value", &attribute->pos, hint,
                                  "%.64s has %s='%.64s'; expected %s", element->name, attribute->name,
                                  attribute->value, expected);
}

/* "drop, accept or return" */
static void join(const char *const *words, size_t n_words, char *buffer, size_t size) {
        size_t n = 0;

        for (size_t i = 0; i < n_words && n < size; i++)
                n += (size_t)snprintf(buffer + n, size - n, "%s%s", words[i],
                                      i + 2 < n_words    ? ", "
                                      : i + 2 == n_words ? " or "
                                                         : "");
}

int nfw_reader_word(struct nfw_reader *reader,
                    const struct nfw_xml_element *element,
                    const char *name,
                    bool is_required,
                    const char *const *words,
                    size_t n_words,
                    size_t *ret_index) {
        const struct nfw_xml_attribute *attribute;
        char expected[128], hint[NFW_HINT_MAX];
        int r;

        r = nfw_reader_attribute(reader, element, name, is_required, &attribute);
        if (r < 0 || !attribute)
                return r;
        for (size_t i = 0; i < n_words; i++)
                if (strcmp(words[i], attribute->value) == 0) {
                        *ret_index = i;
                        return 0;
                }
        join(words, n_words, expected, sizeof(expected));
        return nfw_reader_unexpected(
                reader, element, attribute,
                nfw_problems_did_you_mean(nfw_suggest(attribute->value, words, n_words), hint), expected);
}
