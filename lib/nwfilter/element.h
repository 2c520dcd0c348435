/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the elements of filters and bindings have in common for a reader: what they may hold, and complaints if not. */

#include "nwfilter/filter.h"
#include "nwfilter/problem.h"
#include "xml/xml.h"

struct nfw_reader {
        struct nfw_problems problems;
        const char *file; /* lives as long as what is read */
};

#define NFW_FORM_MAX 8

/* What an element may hold. Lists end with NULL. */
struct nfw_form {
        const char *attributes[NFW_FORM_MAX];
        const char *children[NFW_FORM_MAX];
        bool has_text;
        bool any_children; /* the caller looks at them */
};

/* Nothing may stand where no reader looks. 0 or -ENOMEM. */
int nfw_form_check(struct nfw_reader *reader,
                   const struct nfw_xml_element *element,
                   const struct nfw_form *form);

/* The position for what outlives the XML. */
struct nfw_pos nfw_reader_pos(const struct nfw_reader *reader, const struct nfw_pos *pos);

/* The attribute, or NULL; where it must be there, that has been reported. 0 or -ENOMEM. */
int nfw_reader_attribute(struct nfw_reader *reader,
                         const struct nfw_xml_element *element,
                         const char *name,
                         bool is_required,
                         const struct nfw_xml_attribute **ret_attribute);

/* A value that is none of what was expected. The hint may be NULL. 0 or -ENOMEM. */
int nfw_reader_unexpected(struct nfw_reader *reader,
                          const struct nfw_xml_element *element,
                          const struct nfw_xml_attribute *attribute,
                          const char *hint,
                          const char *expected);

/* Which of the words the attribute is; ret_index is not written where there is no attribute or it is none of them. */
int nfw_reader_word(struct nfw_reader *reader,
                    const struct nfw_xml_element *element,
                    const char *name,
                    bool is_required,
                    const char *const *words,
                    size_t n_words,
                    size_t *ret_index);

/* A reference to a filter, with its parameters. */
int nfw_reader_reference(struct nfw_reader *reader,
                         const struct nfw_xml_element *element,
                         struct nfw_nwfilter_reference **ret_reference);

/* A rule; not written where it has none of what a rule must have. */
int nfw_reader_rule(struct nfw_reader *reader,
                    const struct nfw_xml_element *element,
                    struct nfw_nwfilter_rule **ret_rule);
/* What its attributes need of each other. */
int nfw_reader_check_rule(struct nfw_reader *reader, const struct nfw_nwfilter_rule *rule);
