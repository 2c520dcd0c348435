/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/directory.h"
#include "engine/file.h"
#include "engine/nwfilter/binding.h"
#include "engine/nwfilter/store.h"
#include "xml/xml.h"

#define DIRECTORY NFW_NWFILTER_BINDINGS
#define SUFFIX    NFW_NWFILTER_BINDINGS_SUFFIX

static int path_of(const struct nfw_context *context, const char *port, char **ret_path) {
        int n = port ? asprintf(ret_path, "%s/" DIRECTORY "/%s" SUFFIX, context->directory, port)
                     : asprintf(ret_path, "%s/" DIRECTORY, context->directory);

        if (n < 0) {
                *ret_path = NULL;
                return -ENOMEM;
        }
        return 0;
}

int nfw_nwfilter_binding_load(const struct nfw_context *context,
                              const char *port,
                              struct nfw_nwfilter_binding **ret_binding) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = path_of(context, port, &path);
        if (r == 0)
                r = nfw_nwfilter_binding_read_file(path, NULL, ret_binding);
        if (r == 0 && strcmp((*ret_binding)->port, port) != 0) {
                *ret_binding = nfw_nwfilter_binding_free(*ret_binding);
                r = NFW_E_NOT_FOUND;
        }
        return r > 0 || nfw_file_is_bad(r) ? NFW_E_NOT_FOUND : r;
}

int nfw_nwfilter_binding_save(const struct nfw_context *context, const struct nfw_nwfilter_binding *binding) {
        nfw_cleanup(nfw_freep) char *path = NULL, *directory = NULL, *text = NULL;
        int r;

        r = path_of(context, binding->port, &path);
        if (r == 0)
                r = nfw_nwfilter_binding_dumpxml(binding, &text);
        if (r == 0)
                r = nfw_file_replace(path, text, strlen(text), 0644, false);
        if (r != -ENOENT)
                return r;

        r = path_of(context, NULL, &directory);
        if (r < 0)
                return r;
        if (mkdir(directory, 0755) < 0 && errno != EEXIST)
                return -errno;
        return nfw_file_replace(path, text, strlen(text), 0644, false);
}

void nfw_nwfilter_binding_forget(const struct nfw_context *context, const char *port) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (path_of(context, port, &path) == 0)
                (void)unlink(path);
}

static int count(const char *port nfw_unused, void *userdata) {
        ++*(size_t *)userdata;
        return 0;
}

int nfw_nwfilter_bindings_count(const struct nfw_context *context, size_t *ret_n) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        size_t n = 0;
        int r;

        r = path_of(context, NULL, &path);
        if (r == 0)
                r = nfw_directory_foreach(AT_FDCWD, path, SUFFIX, count, &n);
        if (r == 0)
                *ret_n = n;
        return r;
}

/* --- all of them --------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
        const struct nfw_nwfilter_binding *const *x = a, *const *y = b;

        return strcmp((*x)->port, (*y)->port);
}

struct reading {
        const struct nfw_context *context;
        struct nfw_nwfilter_binding_list *list;
};

static int take(const char *port, void *userdata) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        const struct reading *reading = userdata;
        int r;

        if (strlen(port) >= IFNAMSIZ)
                return 0;
        r = nfw_nwfilter_binding_load(reading->context, port, &binding);
        if (r != 0)
                return r == NFW_E_NOT_FOUND ? 0 : r;
        r = nfw_vec_push(&reading->list->vec, binding);
        if (r == 0)
                binding = NULL;
        return r;
}

int nfw_nwfilter_bindings_load(const struct nfw_context *context,
                               struct nfw_nwfilter_binding_list **ret_list) {
        nfw_cleanup(nfw_nwfilter_binding_list_freep) struct nfw_nwfilter_binding_list *list =
                calloc(1, sizeof(*list));
        struct reading reading = { .context = context, .list = list };
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = list ? path_of(context, NULL, &path) : -ENOMEM;
        if (r == 0)
                r = nfw_directory_foreach(AT_FDCWD, path, SUFFIX, take, &reading);
        if (r < 0)
                return r;
        if (list->vec.n > 1)
                qsort(list->vec.items, list->vec.n, sizeof(*list->vec.items), compare);
        *ret_list = nfw_steal(list);
        return 0;
}

/**
 * nfw_nwfilter_binding_list_new() - which ports are under filters
 * @context:  the context
 * @report:   what is wrong is added here; may be NULL
 * @ret_list: the list, sorted by the ports' names
 *
 * What has been learned of their guests is there, too, where the caller may ask the kernel.
 *
 * Return: 0 or a negative errno.
 */
nfw_public int nfw_nwfilter_binding_list_new(struct nfw_context *context,
                                             nfw_unused struct nfw_report *report,
                                             struct nfw_nwfilter_binding_list **ret_list) {
        nfw_cleanup(nfw_nwfilter_binding_list_freep) struct nfw_nwfilter_binding_list *list = NULL;
        int r;

        r = nfw_nwfilter_bindings_load(context, &list);
        if (r == 0)
                r = nfw_nwfilter_bindings_read_guests(context, list);
        if (r < 0 && r != -EPERM)
                return r;
        *ret_list = nfw_steal(list);
        return 0;
}

/**
 * nfw_nwfilter_binding_list_free() - free a list
 * @list: the list, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_nwfilter_binding_list *nfw_nwfilter_binding_list_free(
        struct nfw_nwfilter_binding_list *list) {
        if (!list)
                return NULL;
        nfw_vec_foreach (binding, &list->vec)
                nfw_nwfilter_binding_free(*binding);
        nfw_nwfilter_bindings_forget_guests(list);
        nfw_vec_deinit(&list->vec);
        free(list);
        return NULL;
}

/**
 * nfw_nwfilter_binding_list_n() - how many ports are under filters
 * @list: the list
 *
 * Return: the number of bindings.
 */
nfw_public size_t nfw_nwfilter_binding_list_n(const struct nfw_nwfilter_binding_list *list) {
        return list->vec.n;
}

/**
 * nfw_nwfilter_binding_list_item() - one of the bindings
 * @list:  the list, which keeps it
 * @index: which, from 0
 *
 * Return: the binding, or NULL behind the last one.
 */
nfw_public const struct nfw_nwfilter_binding *nfw_nwfilter_binding_list_item(
        const struct nfw_nwfilter_binding_list *list, size_t index) {
        return index < list->vec.n ? list->vec.items[index] : NULL;
}
