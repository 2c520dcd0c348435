/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/directory.h"
#include "engine/file.h"
#include "engine/network/network.h"

int nfw_network_path(const char *directory, const char *name, const char *suffix, char **ret_path) {
        if (asprintf(ret_path, "%s/%s%s", directory, name, suffix) < 0) {
                *ret_path = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* --- names --------------------------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static int take_name(const char *name, void *userdata) {
        struct nfw_network_names *names = userdata;
        char *copy;
        int r;

        if (!nfw_network_name_is_valid(name))
                return 0;
        copy = strdup(name);
        r = copy ? nfw_vec_push(&names->vec, copy) : -ENOMEM;
        if (r < 0)
                free(copy);
        return r;
}

int nfw_network_names_read(const char *directory, const char *suffix, struct nfw_network_names *names) {
        int r = nfw_directory_foreach(AT_FDCWD, directory, suffix, take_name, names);

        if (names->vec.n > 1)
                qsort(names->vec.items, names->vec.n, sizeof(*names->vec.items), compare_names);
        return r;
}

void nfw_network_names_deinit(struct nfw_network_names *names) {
        nfw_vec_foreach (name, &names->vec)
                free(*name);
        nfw_vec_deinit(&names->vec);
}

/* --- what runs ----------------------------------------------------------------------------------------------- */

int nfw_running_network_write(const char *directory, const struct nfw_running_network *running) {
        nfw_cleanup(nfw_freep) char *path = NULL, *xml = NULL, *text = NULL;
        int r, n;

        r = nfw_network_path(directory, running->network->name, NFW_NETWORK_RUNNING, &path);
        if (r == 0)
                r = nfw_network_write(running->network, &xml);
        if (r < 0)
                return r;
        n = asprintf(&text, "nfwpolicy network, bridge %s, policy %s\n%s",
                     running->made_bridge ? "made" : "found", running->has_policy ? "yes" : "no", xml);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return nfw_file_replace(path, text, (size_t)n, 0600, true);
}

static bool starts_with(const char **text, const char *word) {
        size_t n = strlen(word);

        if (strncmp(*text, word, n) != 0)
                return false;
        *text += n;
        return true;
}

int nfw_running_network_parse(const char *path,
                              const char *name,
                              const char *text,
                              size_t size,
                              struct nfw_running_network *ret_running) {
        struct nfw_running_network running = { 0 };
        const char *rest = text;
        int r;

        if (!starts_with(&rest, "nfwpolicy network, bridge "))
                return NFW_E_NOT_FOUND;
        running.made_bridge = starts_with(&rest, "made, ");
        if (!running.made_bridge && !starts_with(&rest, "found, "))
                return NFW_E_NOT_FOUND;
        running.has_policy = starts_with(&rest, "policy yes\n");
        if (!running.has_policy && !starts_with(&rest, "policy no\n"))
                return NFW_E_NOT_FOUND;
        r = nfw_network_parse(path, rest, size - (size_t)(rest - text), NULL, &running.network);
        if (r != 0)
                return r < 0 ? r : NFW_E_NOT_FOUND;
        /* The file's name is what it is found by. */
        if (strcmp(running.network->name, name) != 0 || !running.network->bridge[0]) {
                nfw_network_free(running.network);
                return NFW_E_NOT_FOUND;
        }
        *ret_running = running;
        return 0;
}

int nfw_running_network_read(const char *directory,
                             const char *name,
                             struct nfw_running_network *ret_running) {
        nfw_cleanup(nfw_freep) char *path = NULL, *text = NULL;
        size_t size;
        int r;

        r = nfw_network_path(directory, name, NFW_NETWORK_RUNNING, &path);
        if (r == 0)
                r = nfw_file_read(path, NFW_NETWORK_RUNNING_SIZE_MAX, &text, &size);
        if (r != 0)
                return nfw_file_is_bad(r) ? NFW_E_NOT_FOUND : r;
        return nfw_running_network_parse(path, name, text, size, ret_running);
}

void nfw_running_network_remove(const char *directory, const char *name) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        if (nfw_network_path(directory, name, NFW_NETWORK_RUNNING, &path) == 0)
                unlink(path);
}

int nfw_running_networks_read(const struct nfw_context *context, struct nfw_running_networks *networks) {
        nfw_cleanup(nfw_network_names_deinit) struct nfw_network_names names = { 0 };
        int r;

        r = nfw_network_names_read(context->directory, NFW_NETWORK_RUNNING, &names);
        nfw_vec_foreach (name, &names.vec) {
                struct nfw_running_network running;

                if (r < 0)
                        return r;
                r = nfw_running_network_read(context->directory, *name, &running);
                if (r > 0) {
                        r = 0;
                        continue;
                }
                if (r == 0)
                        r = nfw_vec_push(&networks->vec, running);
        }
        return r;
}

void nfw_running_networks_deinit(struct nfw_running_networks *networks) {
        nfw_vec_foreach (running, &networks->vec)
                nfw_network_free(running->network);
        nfw_vec_deinit(&networks->vec);
        for (int table = 0; table < NFW_N_TABLES; table++)
                nfw_vec_deinit(&networks->views[table]);
}

struct nfw_running_network *nfw_running_networks_find(const struct nfw_running_networks *networks,
                                                      const char *name) {
        nfw_vec_foreach (running, &networks->vec)
                if (strcmp(running->network->name, name) == 0)
                        return running;
        return NULL;
}

/* --- definitions --------------------------------------------------------------------------------------------- */

int nfw_network_definition_read(const struct nfw_context *context,
                                const char *name,
                                struct nfw_report *report,
                                struct nfw_network **ret_network) {
        nfw_cleanup(nfw_freep) char *path = NULL, *text = NULL;
        size_t size;
        int r;

        if (!nfw_network_name_is_valid(name))
                return NFW_E_NOT_FOUND;
        r = nfw_network_path(context->network_directory, name, NFW_NETWORK_DEFINITION, &path);
        if (r == 0)
                r = nfw_file_read(path, NFW_NETWORK_SIZE_MAX, &text, &size);
        if (nfw_file_is_bad(r))
                return nfw_file_report_bad(report, "network/unreadable", path, r);
        if (r != 0)
                return r;
        return nfw_network_parse(path, text, size, report, ret_network);
}

bool nfw_network_definition_has_policy(const struct nfw_context *context, const char *name) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        return nfw_network_path(context->network_directory, name, NFW_NETWORK_POLICY, &path) == 0 &&
               access(path, F_OK) == 0;
}
