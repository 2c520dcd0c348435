/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include <libxml/parserInternals.h>

#include "xml/builder.h"
#include "xml/xml.h"

#define BOM "\xef\xbb\xbf"

/*
 * libxml2 would go by what the file looks like: UTF-16, EBCDIC and whatever else iconv knows. XML begins with a '<'
 * behind whitespace at most, so nothing else is left for it to find.
 */
static void check_encoding(struct nfw_xml_builder *builder) {
        const struct nfw_xml_place *place = &builder->place;
        const char *zero = memchr(place->text, 0, place->size);
        size_t begin = strspn(place->text, " \t\r\n");

        if (zero || (place->size >= 2 &&
                     (!memcmp(place->text, "\xfe\xff", 2) || !memcmp(place->text, "\xff\xfe", 2))))
                nfw_xml_builder_refuse(builder, "xml/encoding", zero ? (size_t)(zero - place->text) : 0,
                                       "write it in UTF-8", "no UTF-8");
        else if (begin == place->size || place->text[begin] != '<')
                nfw_xml_builder_refuse(builder, "xml/syntax", begin, NULL,
                                       "no well-formed XML: an element or a declaration was expected");
}

/* Behind the construct that begins here, whose contents are no tags; or 0 where none begins. */
static size_t skip_opaque(const struct nfw_xml_place *place, size_t offset) {
        static const struct {
                const char *begin;
                const char *end;
        } opaque[] = { { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" } };

        const char *text = place->text + offset;
        size_t size = place->size - offset;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(opaque); i++) {
                size_t n = strlen(opaque[i].begin);
                const char *end;

                if (size < n || memcmp(text, opaque[i].begin, n) != 0)
                        continue;
                end = memmem(text + n, size - n, opaque[i].end, strlen(opaque[i].end));
                return end ? (size_t)(end - place->text) + strlen(opaque[i].end) : place->size;
        }
        return 0;
}

/*
 * Before libxml2 sees it, since a tag reaches us when it has been read. A '<' cannot stand in a tag, so what is
 * between two of them has at least as many '=' as the tag has attributes.
 */
static void check_attributes(struct nfw_xml_builder *builder) {
        const struct nfw_xml_place *place = &builder->place;
        size_t n = 0, tag = 0;

        for (size_t offset = 0; offset < place->size;) {
                size_t behind = place->text[offset] == '<' ? skip_opaque(place, offset) : 0;

                if (behind > 0) {
                        offset = behind;
                        continue;
                }
                if (place->text[offset] == '<') {
                        tag = offset;
                        n = 0;
                } else if (place->text[offset] == '=' && ++n > NFW_XML_ATTRIBUTE_MAX) {
                        nfw_xml_builder_refuse(builder, "xml/too-many", tag, NULL,
                                               "more than %d attributes of an element",
                                               NFW_XML_ATTRIBUTE_MAX);
                        return;
                }
                offset++;
        }
}

static void parse(struct nfw_xml_builder *builder) {
        xmlParserCtxtPtr context;

        context = xmlCreateMemoryParserCtxt(builder->place.text, (int)builder->place.size);
        if (!context) {
                builder->r = -ENOMEM;
                return;
        }
        /* NOENT is about the five entities, which would be left as they are. There are no others without a DTD. */
        (void)xmlCtxtUseOptions(context,
                                XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC | XML_PARSE_NODICT);
        nfw_xml_builder_handler(context->sax);
        context->userData = builder;
        builder->context = context;

        (void)xmlParseDocument(context);

        builder->context = NULL;
        if (!builder->r && (!context->wellFormed || !builder->xml->root))
                nfw_xml_builder_refuse(builder, "xml/syntax", builder->place.size, NULL,
                                       "no well-formed XML");
        xmlFreeParserCtxt(context);
}

int nfw_xml_parse(const char *file,
                  const void *data,
                  size_t size,
                  struct nfw_report *report,
                  struct nfw_xml **ret_xml) {
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct nfw_xml_builder builder = { .report = report };
        size_t n_bom;

        xml = calloc(1, sizeof(*xml));
        if (!xml)
                return -ENOMEM;
        xml->file = strdup(file);
        if (!xml->file)
                return -ENOMEM;
        builder.xml = xml;

        n_bom = size >= strlen(BOM) && memcmp(data, BOM, strlen(BOM)) == 0 ? strlen(BOM) : 0;
        builder.place = (struct nfw_xml_place)NFW_XML_PLACE_INIT(xml->file, "", 0);
        if (size > NFW_XML_SIZE_MAX) {
                nfw_xml_builder_refuse(&builder, "xml/too-large", 0, NULL, "larger than %d octets",
                                       NFW_XML_SIZE_MAX);
                return builder.r;
        }
        text = malloc(size - n_bom + 1);
        if (!text)
                return -ENOMEM;
        if (size > n_bom)
                memcpy(text, (const char *)data + n_bom, size - n_bom);
        text[size - n_bom] = '\0';
        builder.place.text = text;
        builder.place.size = size - n_bom;

        check_encoding(&builder);
        if (!builder.r)
                check_attributes(&builder);
        if (!builder.r)
                parse(&builder);

        for (size_t i = 0; i < NFW_XML_DEPTH_MAX; i++)
                nfw_vec_deinit(&builder.frames[i].text);
        if (builder.r)
                return builder.r;
        *ret_xml = nfw_steal(xml);
        return 0;
}
