/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/directory.h"
#include "engine/lock.h"
#include "engine/named_set/named_set.h"
#include "engine/nwfilter/store.h"
#include "engine/state.h"

#define FILE_SIZE_MAX ((size_t)NFW_NAMED_SET_MAX_ELEMENTS * NFW_NAMED_SET_TEXT_MAX)

static int path_of(const struct nfw_context *context, const char *name, char **ret_path) {
        int n = name ? asprintf(ret_path, "%s/" NFW_NWFILTER_SETS "/%s" NFW_NWFILTER_SETS_SUFFIX,
                                context->directory, name)
                     : asprintf(ret_path, "%s/" NFW_NWFILTER_SETS, context->directory);

        if (n < 0) {
                *ret_path = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* --- "type ip,port", "family ipv4" and a line for each element ------------------------------------------------ */

static int write_text(const struct nfw_named_set *set, char **ret_text, size_t *ret_size) {
        char element[NFW_NAMED_SET_TEXT_MAX];
        FILE *stream = open_memstream(ret_text, ret_size);

        if (!stream)
                return -ENOMEM;
        fprintf(stream, "type %s\nfamily %s\n", nfw_named_set_type_name(set->type),
                nfw_named_set_family_name(set->type));
        nfw_vec_foreach (each, &set->elements)
                fprintf(stream, "%s\n", nfw_named_set_element_format(set, each, element));
        if (fclose(stream) == 0)
                return 0;
        free(*ret_text);
        *ret_text = NULL;
        return -ENOMEM;
}

static const char *word_of(char *line, const char *key) {
        size_t n = strlen(key);

        return line && strncmp(line, key, n) == 0 && line[n] == ' ' ? line + n + 1 : "";
}

static int read_text(const char *name, char *text, struct nfw_named_set **ret_set) {
        nfw_cleanup(nfw_named_set_freep) struct nfw_named_set *set = NULL;
        struct nfw_named_set_element element;
        struct nfw_named_set_type type;
        const char *type_name, *reason;
        char *line, *rest = text;
        size_t a, b;
        int r;

        type_name = word_of(strsep(&rest, "\n"), "type");
        r = nfw_named_set_type_parse(type_name, word_of(strsep(&rest, "\n"), "family"), &type);
        if (r == 0)
                r = nfw_named_set_new(name, type, &set);
        while (r == 0 && (line = strsep(&rest, "\n")) && *line) {
                r = nfw_named_set_element_parse(line, &type, &element, &reason);
                if (r == 0)
                        r = set->elements.n < NFW_NAMED_SET_MAX_ELEMENTS
                                    ? nfw_vec_push(&set->elements, element)
                                    : NFW_E_INVALID;
        }
        if (r == 0)
                r = nfw_named_set_settle(set, &a, &b);
        if (r == 0)
                *ret_set = nfw_steal(set);
        return r;
}

int nfw_named_set_load(const struct nfw_context *context, const char *name, struct nfw_named_set **ret_set) {
        nfw_cleanup(nfw_freep) char *path = NULL, *text = NULL;
        size_t size;
        int r;

        r = path_of(context, name, &path);
        if (r == 0)
                r = nfw_file_read(path, FILE_SIZE_MAX, &text, &size);
        if (r == 0)
                r = read_text(name, text, ret_set);
        return r > 0 || nfw_file_is_bad(r) ? NFW_E_NOT_FOUND : r;
}

int nfw_named_set_save(const struct nfw_context *context, const struct nfw_named_set *set) {
        nfw_cleanup(nfw_freep) char *path = NULL, *directory = NULL, *text = NULL;
        size_t size;
        int r;

        r = path_of(context, set->name, &path);
        if (r == 0)
                r = path_of(context, NULL, &directory);
        if (r == 0)
                r = write_text(set, &text, &size);
        if (r < 0)
                return r;
        if (mkdir(directory, 0755) < 0 && errno != EEXIST)
                return -errno;
        return nfw_file_replace(path, text, size, 0644, false);
}

void nfw_named_set_forget(const struct nfw_context *context, const char *name) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (path_of(context, name, &path) == 0)
                (void)unlink(path);
}

/* --- all of them --------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
        const struct nfw_named_set *const *x = a, *const *y = b;

        return strcmp((*x)->name, (*y)->name);
}

struct reading {
        const struct nfw_context *context;
        struct nfw_nwfilter_set_list *list;
};

static int take(const char *name, void *userdata) {
        nfw_cleanup(nfw_named_set_freep) struct nfw_named_set *set = NULL;
        const struct reading *reading = userdata;
        int r;

        if (strlen(name) > NFW_NAMED_SET_NAME_MAX)
                return 0;
        r = nfw_named_set_load(reading->context, name, &set);
        if (r == 0)
                r = nfw_vec_push(&reading->list->vec, set);
        if (r == 0)
                set = NULL;
        return r == NFW_E_NOT_FOUND ? 0 : r;
}

static int read_list(const struct nfw_context *context, struct nfw_nwfilter_set_list *list) {
        struct reading reading = { .context = context, .list = list };
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = path_of(context, NULL, &path);
        if (r == 0)
                r = nfw_directory_foreach(AT_FDCWD, path, NFW_NWFILTER_SETS_SUFFIX, take, &reading);
        if (list->vec.n > 1)
                qsort(list->vec.items, list->vec.n, sizeof(*list->vec.items), compare);
        return r;
}

/**
 * nfw_nwfilter_set_list_new() - the sets that network filters may look into
 * @context:  the context
 * @report:   what is wrong is added here; may be NULL
 * @ret_list: the list, sorted by name
 *
 * Return: 0 or a negative errno.
 */
nfw_public int nfw_nwfilter_set_list_new(struct nfw_context *context,
                                         struct nfw_report *report,
                                         struct nfw_nwfilter_set_list **ret_list) {
        nfw_cleanup(nfw_nwfilter_set_list_freep) struct nfw_nwfilter_set_list *list =
                calloc(1, sizeof(*list));
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        if (!list)
                return -ENOMEM;
        r = nfw_state_prepare(context, report);
        if (r == 0)
                r = nfw_lock_acquire(&lock, context);
        if (r < 0)
                return r;
        r = read_list(context, list);
        nfw_lock_release(&lock);
        if (r == 0)
                *ret_list = nfw_steal(list);
        return r;
}

/**
 * nfw_nwfilter_set_list_free() - free a list
 * @list: the list, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_nwfilter_set_list *nfw_nwfilter_set_list_free(struct nfw_nwfilter_set_list *list) {
        if (!list)
                return NULL;
        nfw_vec_foreach (set, &list->vec)
                nfw_named_set_free(*set);
        nfw_vec_deinit(&list->vec);
        free(list);
        return NULL;
}

/**
 * nfw_nwfilter_set_list_n() - how many sets there are
 * @list: the list
 *
 * Return: the number of sets.
 */
nfw_public size_t nfw_nwfilter_set_list_n(const struct nfw_nwfilter_set_list *list) {
        return list->vec.n;
}

/**
 * nfw_nwfilter_set_list_name() - what a set is called
 * @list:  the list, which keeps the text
 * @index: which set, from 0
 *
 * Return: the name, or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_set_list_name(const struct nfw_nwfilter_set_list *list, size_t index) {
        return index < list->vec.n ? list->vec.items[index]->name : NULL;
}

/**
 * nfw_nwfilter_set_list_type() - what is in a set
 * @list:  the list
 * @index: which set, from 0
 *
 * Return: "ip", "ip,port" or "ip,port,ip"; or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_set_list_type(const struct nfw_nwfilter_set_list *list, size_t index) {
        return index < list->vec.n ? nfw_named_set_type_name(list->vec.items[index]->type) : NULL;
}

/**
 * nfw_nwfilter_set_list_family() - which addresses are in a set
 * @list:  the list
 * @index: which set, from 0
 *
 * Return: "ipv4" or "ipv6"; or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_set_list_family(const struct nfw_nwfilter_set_list *list, size_t index) {
        return index < list->vec.n ? nfw_named_set_family_name(list->vec.items[index]->type) : NULL;
}

/**
 * nfw_nwfilter_set_list_n_elements() - how much is in a set
 * @list:  the list
 * @index: which set, from 0
 *
 * Return: the number of its elements; 0 behind the last set.
 */
nfw_public size_t nfw_nwfilter_set_list_n_elements(const struct nfw_nwfilter_set_list *list, size_t index) {
        return index < list->vec.n ? list->vec.items[index]->elements.n : 0;
}

/**
 * nfw_nwfilter_set_list_element() - one element of a set
 * @list:    the list, which keeps the text until the next call
 * @index:   which set, from 0
 * @element: which element, from 0, in the order of their values
 *
 * Return: the element as text, such as "192.0.2.0/24,80"; or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_set_list_element(struct nfw_nwfilter_set_list *list,
                                                     size_t index,
                                                     size_t element) {
        if (index >= list->vec.n || element >= list->vec.items[index]->elements.n)
                return NULL;
        return nfw_named_set_element_format(list->vec.items[index],
                                            &list->vec.items[index]->elements.items[element], list->text);
}
