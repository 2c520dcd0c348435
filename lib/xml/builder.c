/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/builder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_space(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How far libxml2 has read. */
static size_t offset_of(const struct nfw_xml_builder *builder) {
        xmlParserInputPtr input = builder->context ? builder->context->input : NULL;

        return input ? input->consumed + (size_t)(input->cur - input->base) : 0;
}

static void stop(struct nfw_xml_builder *builder, int r) {
        builder->r = r;
        if (builder->context)
                xmlStopParser(builder->context);
}

void nfw_xml_builder_refuse(struct nfw_xml_builder *builder,
                            const char *code,
                            size_t offset,
                            const char *hint,
                            const char *format,
                            ...) {
        struct nfw_pos pos = nfw_xml_place_at(&builder->place, offset);
        char text[256];
        va_list args;
        int r;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);

        r = nfw_report_error(builder->report, code, &pos, hint, "%s", text);
        stop(builder, r < 0 ? r : NFW_E_INVALID);
}

/* Not strndup(), which instrumented looks behind the n octets. */
static char *copy(const void *text, size_t n) {
        char *result = malloc(n + 1);

        if (!result)
                return NULL;
        if (n > 0)
                memcpy(result, text, n);
        result[n] = '\0';
        return result;
}

static char *join_name(const xmlChar *prefix, const xmlChar *name) {
        char *joined;

        if (!prefix)
                return strdup((const char *)name);
        return asprintf(&joined, "%s:%s", (const char *)prefix, (const char *)name) < 0 ? NULL : joined;
}

/* Attributes come as five pointers: name, prefix, namespace, begin and end of the value. */
static int add_attribute(struct nfw_xml_builder *builder,
                         struct nfw_xml_element *element,
                         const xmlChar **parts,
                         size_t *offset) {
        struct nfw_xml_attribute attribute = { 0 };
        size_t begin, n;
        int r = -ENOMEM;

        attribute.name = join_name(parts[1], parts[0]);
        attribute.value = copy(parts[3], (size_t)(parts[4] - parts[3]));
        if (!attribute.name || !attribute.value)
                goto error;

        /* Declarations of namespaces stand between them. */
        n = strlen(attribute.name);
        do
                begin = nfw_xml_place_attribute(&builder->place, offset);
        while (begin + n < builder->place.size &&
               memcmp(builder->place.text + begin, attribute.name, n) != 0);
        attribute.pos = nfw_xml_place_at(&builder->place, begin);

        r = nfw_vec_push(&element->attributes, attribute);
        if (r == 0)
                return 0;
error:
        free(attribute.name);
        free(attribute.value);
        return r;
}

/* Puts a new element into its parent, or makes it the root. */
static int add_element(struct nfw_xml_builder *builder,
                       const xmlChar *prefix,
                       const xmlChar *name,
                       size_t offset) {
        struct nfw_xml_element *parent =
                builder->depth > 0 ? builder->frames[builder->depth - 1].element : NULL;
        struct nfw_xml_element *element;
        int r = 0;

        element = calloc(1, sizeof(*element));
        if (!element)
                return -ENOMEM;
        if (parent)
                r = nfw_vec_push(&parent->children, element);
        else
                builder->xml->root = element;
        if (r < 0) {
                free(element);
                return r;
        }

        builder->frames[builder->depth++] = (struct nfw_xml_frame){ .element = element };
        element->pos = nfw_xml_place_at(&builder->place, offset);
        element->name = join_name(prefix, name);
        return element->name ? 0 : -ENOMEM;
}

static void start_element(void *userdata,
                          const xmlChar *name,
                          const xmlChar *prefix,
                          const xmlChar *namespace nfw_unused,
                          int n_namespaces nfw_unused,
                          const xmlChar **namespaces nfw_unused,
                          int n_attributes,
                          int n_defaulted nfw_unused,
                          const xmlChar **attributes) {
        struct nfw_xml_builder *builder = userdata;
        size_t tag, offset;
        int r;

        if (builder->r)
                return;

        tag = nfw_xml_place_tag(&builder->place, offset_of(builder));
        if (builder->depth == NFW_XML_DEPTH_MAX) {
                nfw_xml_builder_refuse(builder, "xml/too-deep", tag, NULL,
                                       "more than %d elements in one another", NFW_XML_DEPTH_MAX);
                return;
        }

        r = add_element(builder, prefix, name, tag);
        offset = tag;
        for (int i = 0; r == 0 && i < n_attributes; i++)
                r = add_attribute(builder, builder->frames[builder->depth - 1].element, &attributes[5 * i],
                                  &offset);
        builder->n_nodes += 1 + (size_t)n_attributes;
        if (r < 0)
                stop(builder, r);
        else if (builder->n_nodes > NFW_XML_NODES_MAX)
                nfw_xml_builder_refuse(builder, "xml/too-many", tag, NULL,
                                       "more than %d elements and attributes", NFW_XML_NODES_MAX);
}

static void end_element(void *userdata,
                        const xmlChar *name nfw_unused,
                        const xmlChar *prefix nfw_unused,
                        const xmlChar *namespace nfw_unused) {
        struct nfw_xml_builder *builder = userdata;
        struct nfw_xml_frame *frame;
        char *text;
        size_t n;

        if (builder->r || builder->depth == 0)
                return;

        frame = &builder->frames[--builder->depth];
        text = frame->text.items;
        n = frame->text.n;
        while (n > 0 && is_space(text[n - 1]))
                n--;
        while (n > 0 && is_space(*text))
                text++, n--;

        frame->element->text = copy(text, n);
        nfw_vec_deinit(&frame->text);
        if (!frame->element->text)
                stop(builder, -ENOMEM);
}

static void characters(void *userdata, const xmlChar *data, int size) {
        struct nfw_xml_builder *builder = userdata;
        struct nfw_xml_frame *frame;
        int r;

        if (builder->r || builder->depth == 0 || size <= 0)
                return;

        frame = &builder->frames[builder->depth - 1];
        r = nfw_vec_reserve(&frame->text, (size_t)size);
        if (r < 0) {
                stop(builder, r);
                return;
        }
        memcpy(frame->text.items + frame->text.n, data, (size_t)size);
        frame->text.n += (size_t)size;
}

/* It is called before anything of the DTD is read. */
static void doctype(void *userdata,
                    const xmlChar *name nfw_unused,
                    const xmlChar *external nfw_unused,
                    const xmlChar *system nfw_unused) {
        struct nfw_xml_builder *builder = userdata;

        if (builder->r)
                return;
        nfw_xml_builder_refuse(builder, "xml/doctype", nfw_xml_place_tag(&builder->place, offset_of(builder)),
                               "take the declaration out; no format read here has one",
                               "a document type declaration");
}

/* The signature changed from release to release of libxml2 in where it says const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *libxml_error;
#else
typedef xmlError *libxml_error;
#endif

static void on_error(void *userdata, libxml_error error) {
        struct nfw_xml_builder *builder = userdata;
        const char *hint = NULL, *code = "xml/syntax";
        char text[160];
        size_t n;

        /* A prefix that nobody declared is a name like others here. */
        if (builder->r || error->level < XML_ERR_ERROR || error->domain == XML_FROM_NAMESPACE)
                return;
        if (error->code == XML_ERR_NO_MEMORY) {
                stop(builder, -ENOMEM);
                return;
        }
        if (error->code == XML_ERR_UNDECLARED_ENTITY || error->code == XML_WAR_UNDECLARED_ENTITY) {
                code = "xml/entity";
                hint = "there are only &amp; &lt; &gt; &quot; &apos; and numbers as &#65;";
        }

        /* It quotes the file, any octets. */
        n = (size_t)snprintf(text, sizeof(text), "%s", error->message ? error->message : "not well-formed");
        n = NFW_MIN(n, sizeof(text) - 1);
        while (n > 0 && is_space(text[n - 1]))
                text[--n] = '\0';
        for (size_t i = 0; i < n; i++)
                if (text[i] < ' ' || text[i] > '~')
                        text[i] = '?';
        nfw_xml_builder_refuse(builder, code, offset_of(builder), hint, "no well-formed XML: %s", text);
}

void nfw_xml_builder_handler(xmlSAXHandler *ret_handler) {
        *ret_handler = (xmlSAXHandler){
                .internalSubset = doctype,
                .startElementNs = start_element,
                .endElementNs = end_element,
                .characters = characters,
                .ignorableWhitespace = characters,
                .cdataBlock = characters,
                /* With these two, errors come here instead of the handlers that all users of libxml2 share. */
                .initialized = XML_SAX2_MAGIC,
                .serror = on_error,
        };
}
