/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/nwfilter/binding.h"
#include "xml/xml.h"

#define DIRECTORY "nwfilter-binding"
#define SUFFIX    ".xml"

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
        return r > 0 || r == -EFBIG ? NFW_E_NOT_FOUND : r;
}

int nfw_nwfilter_binding_save(const struct nfw_context *context, const struct nfw_nwfilter_binding *binding) {
        nfw_cleanup(nfw_freep) char *path = NULL, *directory = NULL, *text = NULL;
        int r;

        r = path_of(context, binding->port, &path);
        if (r == 0)
                r = nfw_nwfilter_binding_dumpxml(binding, &text);
        if (r == 0)
                r = nfw_file_replace(path, text, strlen(text), false);
        if (r != -ENOENT)
                return r;

        r = path_of(context, NULL, &directory);
        if (r < 0)
                return r;
        if (mkdir(directory, 0755) < 0 && errno != EEXIST)
                return -errno;
        return nfw_file_replace(path, text, strlen(text), false);
}

void nfw_nwfilter_binding_forget(const struct nfw_context *context, const char *port) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (path_of(context, port, &path) == 0)
                (void)unlink(path);
}

/* --- all of them --------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
        const struct nfw_nwfilter_binding *const *x = a, *const *y = b;

        return strcmp((*x)->port, (*y)->port);
}

static int take(const struct nfw_context *context, const char *name, struct nfw_nwfilter_binding_list *list) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        size_t n = strlen(name), n_suffix = strlen(SUFFIX);
        char port[IFNAMSIZ] = "";
        int r;

        if (n <= n_suffix || n - n_suffix >= sizeof(port) || strcmp(name + n - n_suffix, SUFFIX) != 0)
                return 0;
        memcpy(port, name, n - n_suffix);
        r = nfw_nwfilter_binding_load(context, port, &binding);
        if (r != 0)
                return r == NFW_E_NOT_FOUND ? 0 : r;
        r = nfw_vec_push(&list->vec, binding);
        if (r == 0)
                binding = NULL;
        return r;
}

int nfw_nwfilter_bindings_load(const struct nfw_context *context,
                               struct nfw_nwfilter_binding_list **ret_list) {
        nfw_cleanup(nfw_nwfilter_binding_list_freep) struct nfw_nwfilter_binding_list *list =
                calloc(1, sizeof(*list));
        nfw_cleanup(nfw_freep) char *path = NULL;
        const struct dirent *entry;
        DIR *directory;
        int r;

        r = list ? path_of(context, NULL, &path) : -ENOMEM;
        if (r < 0)
                return r;
        directory = opendir(path);
        if (!directory && errno != ENOENT)
                return -errno;
        while (directory && r == 0 &&
               (entry = readdir(directory))) /* NOLINT(concurrency-mt-unsafe): a stream of its own */
                r = take(context, entry->d_name, list);
        if (directory)
                closedir(directory);
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
