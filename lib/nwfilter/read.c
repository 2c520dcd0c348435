/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "nwfilter/element.h"
#include "nwfilter/text.h"

static int read_name(struct nfw_reader *reader,
                     const struct nfw_xml_element *root,
                     struct nfw_nwfilter *filter) {
        const struct nfw_xml_attribute *name;
        int r;

        r = nfw_reader_attribute(reader, root, "name", true, &name);
        if (r < 0)
                return r;
        if (name && !nfw_nwfilter_is_name(name->value)) {
                r = nfw_reader_unexpected(reader, root, name, "the filter is kept in a file of that name",
                                          "1 to 200 visible characters, no / and no . at first");
                if (r < 0)
                        return r;
        }
        filter->name = strdup(name ? name->value : "");
        return filter->name ? 0 : -ENOMEM;
}

static int read_chain(struct nfw_reader *reader,
                      const struct nfw_xml_element *root,
                      struct nfw_nwfilter *filter) {
        static const char *const names[] = { "root", "mac", "vlan", "stp", "arp", "rarp", "ipv4", "ipv6" };
        const struct nfw_xml_attribute *chain;
        char hint[NFW_HINT_MAX];
        int r;

        r = nfw_reader_attribute(reader, root, "chain", false, &chain);
        if (r < 0)
                return r;
        if (chain && !nfw_nwfilter_chain_find(chain->value, &filter->chain, &filter->chain_priority)) {
                r = nfw_reader_unexpected(
                        reader, root, chain,
                        nfw_problems_did_you_mean(nfw_suggest(chain->value, names, NFW_ARRAY_SIZE(names)),
                                                  hint),
                        "root, or a name that begins with mac, vlan, stp, arp, rarp, ipv4 or ipv6, "
                        "at most 12 letters, digits and any of _ . : -");
                if (r < 0)
                        return r;
        }
        filter->chain_name = strdup(chain ? chain->value : "root");
        return filter->chain_name ? 0 : -ENOMEM;
}

static int read_priority(struct nfw_reader *reader,
                         const struct nfw_xml_element *root,
                         struct nfw_nwfilter *filter) {
        const struct nfw_xml_attribute *attribute;
        int priority, r;

        r = nfw_reader_attribute(reader, root, "priority", false, &attribute);
        if (r < 0 || !attribute)
                return r;
        if (!nfw_text_to_priority(attribute->value, &priority))
                return nfw_reader_unexpected(reader, root, attribute, NULL, "a number from -1000 to 1000");
        filter->has_chain_priority = priority != filter->chain_priority;
        filter->chain_priority = priority;
        return 0;
}

static int read_uuid(struct nfw_reader *reader,
                     const struct nfw_xml_element *element,
                     struct nfw_nwfilter *filter) {
        static const struct nfw_form form = { .has_text = true };
        char uuid[NFW_UUID_SIZE];
        int r;

        r = nfw_form_check(reader, element, &form);
        if (r < 0)
                return r;
        if (filter->uuid)
                return nfw_problems_error(&reader->problems, "nwfilter/twice", &element->pos, NULL,
                                          "there is a uuid already");
        if (!nfw_text_to_uuid(element->text, uuid)) {
                r = nfw_problems_error(
                        &reader->problems, "nwfilter/value", &element->pos, NULL,
                        "uuid is %.64s; expected one such as 5c6d49af-b071-6127-b4ec-6f8ed4b55335",
                        element->text);
                if (r < 0)
                        return r;
                uuid[0] = '\0';
        }
        filter->uuid = strdup(uuid);
        return filter->uuid ? 0 : -ENOMEM;
}

static int read_child(struct nfw_reader *reader,
                      const struct nfw_xml_element *element,
                      struct nfw_nwfilter *filter) {
        struct nfw_nwfilter_entry entry = { 0 };
        int r;

        if (strcmp(element->name, "uuid") == 0)
                return read_uuid(reader, element, filter);
        if (strcmp(element->name, "rule") == 0)
                r = nfw_reader_rule(reader, element, &entry.rule);
        else if (strcmp(element->name, "filterref") == 0)
                r = nfw_reader_reference(reader, element, &entry.reference);
        else
                return 0; /* has been reported with the form */
        if (r < 0)
                return r;

        r = nfw_vec_push(&filter->entries, entry);
        if (r < 0) {
                nfw_nwfilter_rule_free(entry.rule);
                nfw_nwfilter_reference_free(entry.reference);
        }
        return r;
}

static int read_filter(struct nfw_reader *reader,
                       const struct nfw_xml_element *root,
                       struct nfw_nwfilter *filter) {
        static const struct nfw_form form = { .attributes = { "name", "chain", "priority" },
                                              .children = { "uuid", "rule", "filterref" } };
        int r;

        filter->pos = nfw_reader_pos(reader, &root->pos);
        r = nfw_form_check(reader, root, &form);
        if (r == 0)
                r = read_name(reader, root, filter);
        if (r == 0)
                r = read_chain(reader, root, filter);
        if (r == 0)
                r = read_priority(reader, root, filter);
        if (r < 0)
                return r;

        nfw_vec_foreach (child, &root->children) {
                r = read_child(reader, *child, filter);
                if (r < 0)
                        return r;
        }
        if (!filter->uuid)
                filter->uuid = strdup("");
        return filter->uuid ? 0 : -ENOMEM;
}

int nfw_nwfilter_read(const char *file,
                      const void *data,
                      size_t size,
                      struct nfw_report *report,
                      struct nfw_nwfilter **ret_filter) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = NULL;
        struct nfw_reader reader = { .problems = { .report = report } };
        int r;

        r = nfw_xml_parse(file, data, size, report, &xml);
        if (r)
                return r;
        filter = calloc(1, sizeof(*filter));
        if (!filter)
                return -ENOMEM;
        filter->file = strdup(file);
        if (!filter->file)
                return -ENOMEM;
        reader.file = filter->file;

        if (strcmp(xml->root->name, "filter") == 0)
                r = read_filter(&reader, xml->root, filter);
        else
                r = nfw_problems_error(&reader.problems, "nwfilter/root", &xml->root->pos, NULL,
                                       "expected an element filter, but it is %.64s", xml->root->name);
        if (r < 0)
                return r;
        r = nfw_problems_finish(&reader.problems, file);
        if (r)
                return r;
        *ret_filter = nfw_steal(filter);
        return 0;
}
