/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "nwfilter/access.h"
#include "nwfilter/binding.h"
#include "nwfilter/element.h"
#include "nwfilter/text.h"

bool nfw_nwfilter_is_name(const char *name) {
        return *name && *name != '.' && strlen(name) <= NFW_NWFILTER_NAME_MAX && !strchr(name, '/') &&
               nfw_text_is_visible(name, NFW_NWFILTER_NAME_MAX);
}

static int read_parameter(struct nfw_reader *reader,
                          const struct nfw_xml_element *element,
                          struct nfw_nwfilter_parameters *parameters) {
        static const struct nfw_form form = { .attributes = { "name", "value" } };
        const struct nfw_xml_attribute *name = NULL, *value = NULL;
        struct nfw_pos pos = nfw_reader_pos(reader, &element->pos);
        bool is_good = true;
        int r;

        r = nfw_form_check(reader, element, &form);
        if (r == 0)
                r = nfw_reader_attribute(reader, element, "name", true, &name);
        if (r == 0)
                r = nfw_reader_attribute(reader, element, "value", true, &value);
        if (r < 0)
                return r;

        if (name && !nfw_nwfilter_is_variable(name->value)) {
                is_good = false;
                r = nfw_reader_unexpected(reader, element, name, NULL, "letters, digits and _");
        }
        if (r == 0 && value &&
            (!*value->value || !nfw_text_is_visible(value->value, NFW_NWFILTER_VALUE_MAX))) {
                is_good = false;
                r = nfw_reader_unexpected(reader, element, value, NULL, "1 to 256 visible characters");
        }
        if (r < 0 || !name || !value || !is_good)
                return r;
        if (parameters->vec.n >= NFW_NWFILTER_PARAMETERS_MAX &&
            !nfw_nwfilter_parameters_find(parameters, name->value))
                return nfw_problems_error(&reader->problems, "nwfilter/too-many", &element->pos, NULL,
                                          "more than %d parameters", NFW_NWFILTER_PARAMETERS_MAX);
        return nfw_nwfilter_parameters_add(parameters, name->value, value->value, &pos);
}

int nfw_reader_reference(struct nfw_reader *reader,
                         const struct nfw_xml_element *element,
                         struct nfw_nwfilter_reference **ret_reference) {
        static const struct nfw_form form = { .attributes = { "filter" }, .children = { "parameter" } };
        nfw_cleanup(nfw_nwfilter_reference_freep) struct nfw_nwfilter_reference *reference = NULL;
        const struct nfw_xml_attribute *filter = NULL;
        int r;

        reference = calloc(1, sizeof(*reference));
        if (!reference)
                return -ENOMEM;
        reference->pos = nfw_reader_pos(reader, &element->pos);

        r = nfw_form_check(reader, element, &form);
        if (r == 0)
                r = nfw_reader_attribute(reader, element, "filter", true, &filter);
        if (r < 0)
                return r;
        if (filter && !nfw_nwfilter_is_name(filter->value)) {
                r = nfw_reader_unexpected(reader, element, filter, NULL, "the name of a filter");
                if (r < 0)
                        return r;
        }
        reference->filter = strdup(filter ? filter->value : "");
        if (!reference->filter)
                return -ENOMEM;

        nfw_vec_foreach (child, &element->children) {
                if (strcmp((*child)->name, "parameter") != 0)
                        continue;
                r = read_parameter(reader, *child, &reference->parameters);
                if (r < 0)
                        return r;
        }
        *ret_reference = nfw_steal(reference);
        return 0;
}
