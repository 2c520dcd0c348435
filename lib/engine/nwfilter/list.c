/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/file.h"
#include "engine/nwfilter/state.h"
#include "xml/xml.h"

/**
 * nfw_nwfilter_read_buffer() - read a network filter from memory
 * @name:       what messages call it
 * @data:       XML as libvirt's <filter>
 * @size:       its octets
 * @report:     what is wrong is added here, all of it; may be NULL
 * @ret_filter: the filter
 *
 * Return: 0; NFW_E_INVALID with what is wrong and where in the report; or a negative errno.
 */
nfw_public int nfw_nwfilter_read_buffer(const char *name,
                                        const char *data,
                                        size_t size,
                                        struct nfw_report *report,
                                        struct nfw_nwfilter **ret_filter) {
        return nfw_nwfilter_read(name, data, size, report, ret_filter);
}

/**
 * nfw_nwfilter_read_file() - read a network filter from a file
 * @path:       the file
 * @report:     what is wrong is added here, all of it; may be NULL
 * @ret_filter: the filter
 *
 * Return: as nfw_nwfilter_read_buffer(), and NFW_E_NOT_FOUND where there is no such file.
 */
nfw_public int nfw_nwfilter_read_file(const char *path,
                                      struct nfw_report *report,
                                      struct nfw_nwfilter **ret_filter) {
        nfw_cleanup(nfw_freep) char *data = NULL;
        size_t size;
        int r;

        r = nfw_file_read(path, NFW_XML_SIZE_MAX, &data, &size);
        return r != 0 ? r : nfw_nwfilter_read(path, data, size, report, ret_filter);
}

/**
 * nfw_nwfilter_name() - what a filter is called
 * @filter: the filter, which keeps the text
 *
 * Return: the name.
 */
nfw_public const char *nfw_nwfilter_name(const struct nfw_nwfilter *filter) {
        return filter->name;
}

/**
 * nfw_nwfilter_uuid() - the UUID of a filter
 * @filter: the filter, which keeps the text
 *
 * Return: the UUID, or "" where it has none.
 */
nfw_public const char *nfw_nwfilter_uuid(const struct nfw_nwfilter *filter) {
        return filter->uuid;
}

/* --- those that are defined ---------------------------------------------------------------------------------- */

struct item {
        char *name;
        char *uuid;
        char id[sizeof("0123456789abcdef")];
        bool is_builtin;
};

struct nfw_nwfilter_list {
        NFW_VEC(struct item) vec;
};

NFW_DEFINE_CLEANUP(struct nfw_nwfilter_list, nfw_nwfilter_list_free)

struct listing {
        struct nfw_definitions *definitions;
        struct nfw_nwfilter_list *list;
        struct nfw_report *report;
};

static void item_deinit(struct item *item) {
        free(item->name);
        free(item->uuid);
}

static int add(const char *name, void *userdata) {
        const struct listing *listing = userdata;
        const struct nfw_definition *definition;
        struct item item = { 0 };
        int r;

        /* A file that cannot be read is told of, and the others are listed. */
        r = nfw_definitions_find(listing->definitions, name, listing->report, &definition);
        if (r != 0)
                return r < 0 ? r : 0;
        item.name = strdup(name);
        item.uuid = strdup(definition->filter->uuid);
        item.is_builtin = definition->is_builtin;
        (void)snprintf(item.id, sizeof(item.id), "%016" PRIx64, definition->id);
        r = item.name && item.uuid ? nfw_vec_push(&listing->list->vec, item) : -ENOMEM;
        if (r < 0)
                item_deinit(&item);
        return r;
}

/**
 * nfw_nwfilter_list_new() - which network filters are defined
 * @context:  the context
 * @report:   what is wrong with files of filters is added here; may be NULL
 * @ret_list: the list, sorted by name
 *
 * Return: 0 or a negative errno.
 */
nfw_public int nfw_nwfilter_list_new(struct nfw_context *context,
                                     struct nfw_report *report,
                                     struct nfw_nwfilter_list **ret_list) {
        nfw_cleanup(nfw_nwfilter_list_freep) struct nfw_nwfilter_list *list = calloc(1, sizeof(*list));
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        r = list ? nfw_nwfilters_follow(filters) : -ENOMEM;
        if (r == 0) {
                struct listing listing = { .definitions = &filters->definitions,
                                           .list = list,
                                           .report = report };

                r = nfw_definitions_foreach(&filters->definitions, add, &listing);
        }
        if (r == 0)
                *ret_list = nfw_steal(list);
        return r;
}

/**
 * nfw_nwfilter_list_free() - free a list
 * @list: the list, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_nwfilter_list *nfw_nwfilter_list_free(struct nfw_nwfilter_list *list) {
        if (!list)
                return NULL;
        nfw_vec_foreach (item, &list->vec)
                item_deinit(item);
        nfw_vec_deinit(&list->vec);
        free(list);
        return NULL;
}

/**
 * nfw_nwfilter_list_n() - how many filters are defined
 * @list: the list
 *
 * Return: the number of filters.
 */
nfw_public size_t nfw_nwfilter_list_n(const struct nfw_nwfilter_list *list) {
        return list->vec.n;
}

/**
 * nfw_nwfilter_list_name() - what one of the filters is called
 * @list:  the list, which keeps the text
 * @index: which, from 0
 *
 * Return: the name, or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_list_name(const struct nfw_nwfilter_list *list, size_t index) {
        return index < list->vec.n ? list->vec.items[index].name : NULL;
}

/**
 * nfw_nwfilter_list_uuid() - the UUID of one of the filters
 * @list:  the list, which keeps the text
 * @index: which, from 0
 *
 * Return: the UUID, "" where it has none, or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_list_uuid(const struct nfw_nwfilter_list *list, size_t index) {
        return index < list->vec.n ? list->vec.items[index].uuid : NULL;
}

/**
 * nfw_nwfilter_list_is_builtin() - whether one of the filters comes with nfwpolicy
 * @list:  the list
 * @index: which, from 0
 *
 * Return: true where no file of the administrator's takes its place.
 */
nfw_public bool nfw_nwfilter_list_is_builtin(const struct nfw_nwfilter_list *list, size_t index) {
        return index < list->vec.n && list->vec.items[index].is_builtin;
}

/**
 * nfw_nwfilter_list_id() - which version of a filter is defined
 * @list:  the list, which keeps the text
 * @index: which, from 0
 *
 * Return: 16 hexadecimal digits that are others where the filter says something else, or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_list_id(const struct nfw_nwfilter_list *list, size_t index) {
        return index < list->vec.n ? list->vec.items[index].id : NULL;
}

/**
 * nfw_nwfilter_dumpxml() - write a defined filter as libvirt does
 * @context:  the context
 * @name:     its name or UUID
 * @report:   what is wrong is added here; may be NULL
 * @ret_text: the XML; the caller frees it
 *
 * Return: 0; NFW_E_NOT_FOUND for an unknown filter; NFW_E_INVALID where its file is wrong; or a negative errno.
 */
nfw_public int nfw_nwfilter_dumpxml(struct nfw_context *context,
                                    const char *name,
                                    struct nfw_report *report,
                                    char **ret_text) {
        nfw_cleanup(nfw_freep) char *found = NULL;
        const struct nfw_definition *definition;
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        r = nfw_nwfilters_follow(filters);
        if (r == 0)
                r = nfw_definitions_name_of(&filters->definitions, name, &found);
        if (r == 0)
                r = nfw_definitions_find(&filters->definitions, found, report, &definition);
        if (r == 0)
                return nfw_nwfilter_write(definition->filter, ret_text);
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_report_error(report, "nwfilter/no-filter", NULL,
                                     "`nfwpolicy nwfilter-list` lists those that are defined",
                                     "there is no filter `%s`", name);
                return r < 0 ? r : NFW_E_NOT_FOUND;
        }
        return r;
}
