/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/binding.h"

#include <errno.h>
#include <string.h>

#include "nwfilter/element.h"
#include "nwfilter/print.h"
#include "nwfilter/text.h"

/**
 * nfw_nwfilter_binding_free() - free a binding
 * @binding: the binding, or NULL
 *
 * What is in force stays in force.
 *
 * Return: NULL.
 */
nfw_public struct nfw_nwfilter_binding *nfw_nwfilter_binding_free(struct nfw_nwfilter_binding *binding) {
        if (!binding)
                return NULL;
        nfw_nwfilter_parameters_deinit(&binding->parameters);
        free(binding->filter);
        free(binding->owner_name);
        free(binding->owner_uuid);
        free(binding);
        return NULL;
}

static int read_text(struct nfw_reader *reader,
                     const struct nfw_xml_element *owner,
                     const char *name,
                     const struct nfw_xml_element **ret_element) {
        static const struct nfw_form form = { .has_text = true };

        *ret_element = nfw_xml_child(owner, name);
        return *ret_element ? nfw_form_check(reader, *ret_element, &form) : 0;
}

static int bad_text(struct nfw_reader *reader, const struct nfw_xml_element *element, const char *expected) {
        return nfw_problems_error(&reader->problems, "nwfilter/value", &element->pos, NULL,
                                  "%s is %.64s; expected %s", element->name, element->text, expected);
}

static int read_owner(struct nfw_reader *reader,
                      const struct nfw_xml_element *owner,
                      struct nfw_nwfilter_binding *binding) {
        static const struct nfw_form form = { .children = { "name", "uuid" } };
        const struct nfw_xml_element *name = NULL, *uuid = NULL;
        char text[NFW_UUID_SIZE] = "";
        int r = 0;

        if (owner) {
                r = nfw_form_check(reader, owner, &form);
                if (r == 0)
                        r = read_text(reader, owner, "name", &name);
                if (r == 0)
                        r = read_text(reader, owner, "uuid", &uuid);
                if (r == 0 && name && !nfw_text_is_visible(name->text, NFW_NWFILTER_OWNER_NAME_MAX))
                        r = bad_text(reader, name, "up to 256 visible characters");
                if (r == 0 && uuid && !nfw_text_to_uuid(uuid->text, text))
                        r = bad_text(reader, uuid, "one such as 5c6d49af-b071-6127-b4ec-6f8ed4b55335");
                if (r < 0)
                        return r;
        }
        binding->owner_name = strdup(name ? name->text : "");
        binding->owner_uuid = strdup(text);
        return binding->owner_name && binding->owner_uuid ? 0 : -ENOMEM;
}

bool nfw_nwfilter_is_port(const char *name) {
        size_t n = strlen(name);

        if (n == 0 || n >= NFW_NWFILTER_PORT_SIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return false;
        for (; *name; name++)
                if (*name <= ' ' || *name > '~' || strchr("/:\"", *name))
                        return false;
        return true;
}

static int read_port(struct nfw_reader *reader,
                     const struct nfw_xml_element *element,
                     char port[static NFW_NWFILTER_PORT_SIZE]) {
        static const struct nfw_form form = { .attributes = { "name" } };
        const struct nfw_xml_attribute *name = NULL;
        int r;

        r = nfw_form_check(reader, element, &form);
        if (r == 0)
                r = nfw_reader_attribute(reader, element, "name", true, &name);
        if (r < 0 || !name)
                return r;
        if (!nfw_nwfilter_is_port(name->value))
                return nfw_reader_unexpected(
                        reader, element, name, NULL,
                        "the name of an interface: 1 to 15 visible characters, no /, : or quotes");
        (void)stpcpy(port, name->value);
        return 0;
}

static int read_mac(struct nfw_reader *reader,
                    const struct nfw_xml_element *element,
                    char ret_mac[static NFW_MAC_TEXT_MAX]) {
        static const struct nfw_form form = { .attributes = { "address" } };
        const struct nfw_xml_attribute *address = NULL;
        uint8_t mac[NFW_MAC_SIZE];
        int r;

        r = nfw_form_check(reader, element, &form);
        if (r == 0)
                r = nfw_reader_attribute(reader, element, "address", true, &address);
        if (r < 0 || !address)
                return r;
        if (!nfw_mac_parse(address->value, mac) || nfw_mac_is_group(mac))
                return nfw_reader_unexpected(reader, element, address, NULL,
                                             "the MAC address of one interface such as 52:54:00:12:34:56");
        (void)nfw_mac_format(mac, ret_mac);
        return 0;
}

static int read_filter(struct nfw_reader *reader,
                       const struct nfw_xml_element *element,
                       struct nfw_nwfilter_binding *binding) {
        nfw_cleanup(nfw_nwfilter_reference_freep) struct nfw_nwfilter_reference *reference = NULL;
        int r;

        r = nfw_reader_reference(reader, element, &reference);
        if (r < 0)
                return r;
        binding->filter = nfw_steal(reference->filter);
        binding->parameters = reference->parameters;
        reference->parameters = (struct nfw_nwfilter_parameters){ 0 };
        /* They refer to the caller's name of the file. */
        nfw_vec_foreach (parameter, &binding->parameters.vec)
                parameter->pos = NFW_POS_NONE;
        return 0;
}

/* The element of that name. That it is missing or there twice has been reported. */
static int find(struct nfw_reader *reader,
                const struct nfw_xml_element *root,
                const char *name,
                bool is_required,
                const struct nfw_xml_element **ret_element) {
        const struct nfw_xml_element *found = NULL;

        nfw_vec_foreach (child, &root->children) {
                if (strcmp((*child)->name, name) != 0)
                        continue;
                if (found)
                        return nfw_problems_error(&reader->problems, "nwfilter/twice", &(*child)->pos, NULL,
                                                  "there is an element %s already", name);
                found = *ret_element = *child;
        }
        *ret_element = found;
        if (found || !is_required)
                return 0;
        return nfw_problems_error(&reader->problems, "nwfilter/missing", &root->pos, NULL,
                                  "%.64s has no element %s, which it needs", root->name, name);
}

static int read_binding(struct nfw_reader *reader,
                        const struct nfw_xml_element *root,
                        struct nfw_nwfilter_binding *binding) {
        static const char *const compat_words[] = { "libvirt" };
        static const struct nfw_form form = {
                .attributes = { "compat" },
                .children = { "owner", "portdev", "linkdev", "mac", "filterref", "backend" },
        };
        const struct nfw_xml_element *owner, *port, *link, *mac, *filter, *backend;
        size_t compat = NFW_ARRAY_SIZE(compat_words);
        int r;

        r = nfw_form_check(reader, root, &form);
        if (r == 0)
                r = nfw_reader_word(reader, root, "compat", false, compat_words, NFW_ARRAY_SIZE(compat_words),
                                    &compat);
        binding->compat = compat == 0;
        if (r == 0)
                r = find(reader, root, "owner", false, &owner);
        if (r == 0)
                r = read_owner(reader, owner, binding);
        if (r == 0)
                r = find(reader, root, "portdev", true, &port);
        if (r == 0 && port)
                r = read_port(reader, port, binding->port);
        if (r == 0)
                r = find(reader, root, "linkdev", false, &link);
        if (r == 0 && link)
                r = read_port(reader, link, binding->link);
        if (r == 0)
                r = find(reader, root, "mac", false, &mac);
        if (r == 0 && mac)
                r = read_mac(reader, mac, binding->mac);
        if (r == 0)
                r = find(reader, root, "filterref", true, &filter);
        if (r == 0 && filter)
                r = read_filter(reader, filter, binding);
        if (r == 0)
                r = find(reader, root, "backend", false, &backend);
        if (r == 0 && backend)
                r = nfw_problems_warning(&reader->problems, "nwfilter/ignored", &backend->pos, NULL,
                                         "there is one backend here, so this element does not count");
        return r;
}

int nfw_nwfilter_binding_read(const char *file,
                              const void *data,
                              size_t size,
                              struct nfw_report *report,
                              struct nfw_nwfilter_binding **ret_binding) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = NULL;
        struct nfw_reader reader = { .file = file, .problems = { .report = report } };
        int r;

        r = nfw_xml_parse(file, data, size, report, &xml);
        if (r)
                return r;
        binding = calloc(1, sizeof(*binding));
        if (!binding)
                return -ENOMEM;
        if (strcmp(xml->root->name, "filterbinding") == 0)
                r = read_binding(&reader, xml->root, binding);
        else
                r = nfw_problems_error(&reader.problems, "nwfilter/root", &xml->root->pos, NULL,
                                       "expected an element filterbinding, but it is %.64s", xml->root->name);
        if (r < 0)
                return r;
        r = nfw_problems_finish(&reader.problems, file);
        if (r)
                return r;
        *ret_binding = nfw_steal(binding);
        return 0;
}

int nfw_nwfilter_binding_write(const struct nfw_nwfilter_binding *binding, char **ret_text) {
        char *text = NULL;
        size_t size = 0;
        FILE *file;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        (void)fprintf(file, "<filterbinding%s>\n", binding->compat ? " compat='libvirt'" : "");
        if (*binding->owner_name || *binding->owner_uuid) {
                (void)fputs("  <owner>\n    <name>", file);
                nfw_print_escaped(file, binding->owner_name);
                (void)fputs("</name>\n", file);
                if (*binding->owner_uuid)
                        (void)fprintf(file, "    <uuid>%s</uuid>\n", binding->owner_uuid);
                (void)fputs("  </owner>\n", file);
        }
        (void)fputs("  <portdev name='", file);
        nfw_print_escaped(file, binding->port);
        (void)fputs("'/>\n", file);
        if (*binding->link) {
                (void)fputs("  <linkdev name='", file);
                nfw_print_escaped(file, binding->link);
                (void)fputs("'/>\n", file);
        }
        if (*binding->mac)
                (void)fprintf(file, "  <mac address='%s'/>\n", binding->mac);
        nfw_print_reference(file, 2, binding->filter, &binding->parameters);
        (void)fputs("</filterbinding>\n", file);
        return nfw_print_finish(file, &text, ret_text);
}
