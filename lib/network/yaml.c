/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "network/tree.h"
#include "policy/source.h"
#include "policy/unsupported.h"
#include "policy/utf8.h"

/* No element has so many; with it, looking for the second of two equal keys is no work. */
#define MAX_KEYS 64
/* Nor is anything so deep; what is freed may be as deep as XML is. */
#define MAX_DEPTH 16

_Static_assert(MAX_DEPTH < NFW_XML_DEPTH_MAX, "there may be an element below the deepest mapping");

struct frame {
        bool is_list;
        struct nfw_xml_element *element;    /* of a list: what its elements become children of */
        char name[NFW_YAML_SCALAR_MAX + 1]; /* of a list: theirs */
        size_t n_keys;
};

struct reading {
        struct nfw_sink *sink;
        struct nfw_yaml *yaml;
        struct nfw_xml *xml;
        struct frame frames[MAX_DEPTH];
        size_t n_frames;
};

static int report_type(struct reading *reading, const struct nfw_yaml_event *event, const char *wanted) {
        int r;

        r = nfw_sink_error(reading->sink, "network/yaml", &event->pos, NULL, "%s is wanted here, not %s",
                           wanted, nfw_yaml_describe(event));
        return r < 0 ? r : nfw_yaml_skip(reading->yaml, event);
}

static int push(struct reading *reading, struct nfw_xml_element *element, const char *list) {
        struct frame *frame;

        if (reading->n_frames == MAX_DEPTH) {
                int r = nfw_sink_error(reading->sink, "network/yaml", &element->pos, NULL,
                                       "more than %d mappings and lists in one another", MAX_DEPTH);

                return r < 0 ? r : NFW_E_INVALID;
        }
        frame = &reading->frames[reading->n_frames++];
        frame->is_list = list;
        frame->element = element;
        frame->n_keys = 0;
        if (list)
                strcpy(frame->name, list);
        return 0;
}

/* What stands behind a key, or in a list. */
static int take_value(struct reading *reading,
                      struct nfw_xml_element *parent,
                      const char *name,
                      bool in_list,
                      const struct nfw_yaml_event *value) {
        struct nfw_xml_element *element;
        int r;

        if (value->type == NFW_YAML_SEQUENCE)
                return in_list ? report_type(reading, value, "a mapping or a plain value")
                               : push(reading, parent, name);
        if (value->type == NFW_YAML_SCALAR && !nfw_yaml_is_null(value) && !in_list &&
            !nfw_network_is_text(parent->name, name))
                return nfw_network_tree_set(parent, name, value->text, &value->pos);

        r = nfw_network_tree_add(parent, name, &value->pos, &element);
        if (r < 0)
                return r;
        if (value->type == NFW_YAML_MAPPING)
                return push(reading, element, NULL);
        return nfw_yaml_is_null(value) ? 0 : nfw_network_tree_set_text(element, value->text);
}

/* It becomes the name of an element or an attribute. */
static bool is_name(const char *key) {
        return strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") > 0 &&
               strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.") ==
                       strlen(key);
}

static bool has_key(const struct nfw_xml_element *element, const char *name) {
        return nfw_xml_attribute(element, name) || nfw_xml_child(element, name);
}

static int take_key(struct reading *reading, struct frame *frame, const struct nfw_yaml_event *key) {
        char name[NFW_YAML_SCALAR_MAX + 1], quote[NFW_QUOTE_MAX + 4];
        struct nfw_pos pos = key->pos;
        struct nfw_yaml_event value;
        bool is_new;
        int r;

        if (key->type != NFW_YAML_SCALAR) {
                r = report_type(reading, key, "a key");
                if (r == 0)
                        r = nfw_yaml_next(reading->yaml, &value);
                return r == 0 ? nfw_yaml_skip(reading->yaml, &value) : r;
        }
        if (!key->bad && !is_name(key->text)) {
                r = nfw_sink_error(reading->sink, "network/yaml", &pos, NULL, "`%s` cannot be a key",
                                   nfw_quote(key->text, quote));
                return r < 0 ? r : NFW_E_INVALID;
        }
        if (++frame->n_keys > MAX_KEYS) {
                r = nfw_sink_error(reading->sink, "network/yaml", &pos, NULL,
                                   "more than %d keys in one mapping", MAX_KEYS);
                return r < 0 ? r : NFW_E_INVALID;
        }
        strcpy(name, key->text);
        is_new = !has_key(frame->element, name);
        r = nfw_yaml_next(reading->yaml, &value);
        if (r != 0)
                return r;
        if (is_new && !key->bad && !value.bad)
                return take_value(reading, frame->element, name, false, &value);

        if (!is_new) {
                r = nfw_sink_error(reading->sink, "network/yaml", &pos, "write a list of its values",
                                   "`%s` is there twice", nfw_quote(name, quote));
                if (r < 0)
                        return r;
        }
        return nfw_yaml_skip(reading->yaml, &value);
}

static int take_root(struct reading *reading, const struct nfw_yaml_event *root) {
        int r;

        if (root->bad)
                return NFW_E_INVALID;
        if (root->type != NFW_YAML_MAPPING) {
                r = root->type == NFW_YAML_END
                            ? nfw_sink_error(reading->sink, "network/yaml", &root->pos, NULL,
                                             "there is no network in this file")
                            : report_type(reading, root, "a network, as XML or as a mapping,");
                return r < 0 ? r : NFW_E_INVALID;
        }
        r = nfw_network_tree_new("network", &root->pos, &reading->xml->root);
        return r < 0 ? r : push(reading, reading->xml->root, NULL);
}

static int read_events(struct reading *reading) {
        struct nfw_yaml_event event;
        int r;

        r = nfw_yaml_next(reading->yaml, &event);
        if (r == 0)
                r = take_root(reading, &event);
        while (r == 0 && reading->n_frames > 0) {
                struct frame *frame = &reading->frames[reading->n_frames - 1];

                r = nfw_yaml_next(reading->yaml, &event);
                if (r != 0)
                        break;
                if (event.type == NFW_YAML_MAPPING_END || event.type == NFW_YAML_SEQUENCE_END)
                        reading->n_frames--;
                else if (frame->is_list && event.bad)
                        r = nfw_yaml_skip(reading->yaml, &event);
                else if (frame->is_list)
                        r = take_value(reading, frame->element, frame->name, true, &event);
                else
                        r = take_key(reading, frame, &event);
        }
        /* Up to the end, where a second document may be. */
        return r == 0 ? nfw_yaml_next(reading->yaml, &event) : r;
}

static int check_source(struct nfw_sink *sink, const char *file, const char *source, size_t size) {
        struct nfw_pos pos = { .file = file };
        size_t offset;
        bool malformed;
        int r;

        offset = nfw_utf8_check(source, size, &malformed);
        if (offset < size) {
                nfw_source_locate(source, offset, &pos);
                r = nfw_sink_error(sink, "network/yaml", &pos, "save the file as UTF-8",
                                   "the octet 0x%02x has no place here", (unsigned char)source[offset]);
                return r < 0 ? r : NFW_E_INVALID;
        }
        if (nfw_unsupported_find(source, size, &offset) == NFW_UNSUPPORTED_NONE)
                return 0;
        nfw_source_locate(source, offset, &pos);
        r = nfw_sink_error(sink, "network/yaml", &pos, NULL,
                           "explicit keys (`? key`) and directives are not supported");
        return r < 0 ? r : NFW_E_INVALID;
}

int nfw_network_yaml_parse(
        const char *file, const char *data, size_t size, struct nfw_sink *sink, struct nfw_xml **ret_xml) {
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = calloc(1, sizeof(*xml));
        nfw_cleanup(nfw_freep) struct reading *reading = calloc(1, sizeof(*reading));
        nfw_cleanup(nfw_runs_deinit) struct nfw_runs runs = { 0 };
        int r;

        if (!xml || !reading)
                return -ENOMEM;
        reading->sink = sink;
        reading->xml = xml;
        xml->file = strdup(file);
        if (!xml->file)
                return -ENOMEM;

        r = check_source(sink, xml->file, data, size);
        if (r == 0)
                r = nfw_runs_find(data, size, &runs);
        if (r == 0)
                r = nfw_yaml_new(xml->file, data, size, &runs, sink, &reading->yaml);
        if (r == 0)
                r = read_events(reading);
        reading->yaml = nfw_yaml_free(reading->yaml);
        if (r == 0 && nfw_sink_n_errors(sink) > 0)
                r = NFW_E_INVALID;
        if (r == 0)
                *ret_xml = nfw_steal(xml);
        return r;
}
