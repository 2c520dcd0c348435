/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/definition.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/siphash.h"
#include "engine/directory.h"
#include "engine/file.h"
#include "xml/xml.h"

#define SUFFIX ".xml"

/* Times of files count in ticks of the kernel: what changed so recently may have changed again within the tick. */
#define TICK_NS 20000000L

static void definition_free(struct nfw_definition *definition) {
        nfw_nwfilter_free(definition->filter);
        free(definition->name);
        free(definition);
}

void nfw_definitions_drop(struct nfw_definitions *definitions) {
        struct nfw_definition *definition, *next;

        HASH_ITER(hh, definitions->read, definition, next) {
                HASH_DEL(definitions->read, definition);
                definition_free(definition);
        }
}

void nfw_definitions_forget(struct nfw_definitions *definitions) {
        nfw_definitions_drop(definitions);
        memset(definitions->states, 0, sizeof(definitions->states));
}

void nfw_definitions_deinit(struct nfw_definitions *definitions) {
        nfw_definitions_forget(definitions);
        for (int place = 0; place < NFW_N_DEFINITION_PLACES; place++) {
                free(definitions->directories[place]);
                definitions->directories[place] = NULL;
        }
}

static bool is_same(const struct stat *a, const struct stat *b) {
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
               a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool is_recent(const struct stat *st) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME_COARSE, &now);
        return (now.tv_sec - st->st_ctim.tv_sec) * 1000000000L + now.tv_nsec - st->st_ctim.tv_nsec < TICK_NS;
}

int nfw_definitions_check(struct nfw_definitions *definitions, bool *ret_changed) {
        bool changed = false;

        for (int place = 0; place < NFW_N_DEFINITION_PLACES; place++) {
                struct stat st = { 0 };

                if (definitions->directories[place] && stat(definitions->directories[place], &st) < 0 &&
                    errno != ENOENT && errno != ENOTDIR)
                        return -errno;
                changed |= !is_same(&st, &definitions->states[place]);
                definitions->states[place] = st;
                if (is_recent(&st))
                        definitions->states[place].st_ctim.tv_sec = 0;
        }
        *ret_changed = changed;
        return 0;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

static int path_of(const struct nfw_definitions *definitions, int place, const char *name, char **ret_path) {
        if (asprintf(ret_path, "%s/%s" SUFFIX, definitions->directories[place], name) < 0) {
                *ret_path = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int read_file(const struct nfw_definitions *definitions,
                     int place,
                     const char *name,
                     struct nfw_report *report,
                     struct nfw_nwfilter **ret_filter) {
        nfw_cleanup(nfw_freep) char *path = NULL, *data = NULL;
        size_t size;
        int r;

        r = path_of(definitions, place, name, &path);
        if (r == 0)
                r = nfw_file_read(path, NFW_XML_SIZE_MAX, &data, &size);
        if (nfw_file_is_bad(r))
                return nfw_file_report_bad(report, "nwfilter/unreadable", path, r);
        if (r == 0)
                r = nfw_nwfilter_read(path, data, size, report, ret_filter);
        if (r != 0)
                return r;
        if (strcmp((*ret_filter)->name, name) == 0)
                return 0;

        r = nfw_report_error(report, "nwfilter/file-name", &(*ret_filter)->pos, NULL,
                             "the filter in this file is called `%s`; it is looked for as `%s`",
                             (*ret_filter)->name, name);
        *ret_filter = nfw_nwfilter_free(*ret_filter);
        return r < 0 ? r : NFW_E_INVALID;
}

/* Nobody gains anything from two versions with the same number, so the key is no secret. */
static int make_id(const struct nfw_nwfilter *filter, uint64_t *ret_id) {
        static const struct nfw_siphash_key key;
        nfw_cleanup(nfw_freep) char *text = NULL;
        int r;

        r = nfw_nwfilter_write(filter, &text);
        if (r == 0)
                *ret_id = nfw_siphash(&key, text, strlen(text));
        return r;
}

static int keep(struct nfw_definitions *definitions,
                const char *name,
                struct nfw_nwfilter *filter,
                bool is_builtin,
                const struct nfw_definition **ret_definition) {
        struct nfw_definition *definition = calloc(1, sizeof(*definition));
        int r;

        if (!definition || !(definition->name = strdup(name))) {
                free(definition);
                nfw_nwfilter_free(filter);
                return -ENOMEM;
        }
        definition->filter = filter;
        definition->is_builtin = is_builtin;
        r = make_id(filter, &definition->id);
        if (r < 0) {
                definition_free(definition);
                return r;
        }
        HASH_ADD_KEYPTR(hh, definitions->read, definition->name, strlen(definition->name), definition);
        if (!definition->hh.tbl) {
                definition_free(definition);
                return -ENOMEM;
        }
        *ret_definition = definition;
        return 0;
}

int nfw_definitions_find(struct nfw_definitions *definitions,
                         const char *name,
                         struct nfw_report *report,
                         const struct nfw_definition **ret_definition) {
        struct nfw_definition *definition;
        struct nfw_nwfilter *filter = NULL;
        int r = NFW_E_NOT_FOUND, place;

        HASH_FIND_STR(definitions->read, name, definition);
        if (definition) {
                *ret_definition = definition;
                return 0;
        }
        if (!nfw_nwfilter_is_name(name))
                return NFW_E_NOT_FOUND;
        for (place = 0; place < NFW_N_DEFINITION_PLACES; place++) {
                if (!definitions->directories[place])
                        continue;
                r = read_file(definitions, place, name, report, &filter);
                if (r != NFW_E_NOT_FOUND)
                        break;
        }
        return r != 0 ? r : keep(definitions, name, filter, place == NFW_DEFINITIONS_BUILTIN, ret_definition);
}

/* --- all of them --------------------------------------------------------------------------------------------- */

struct names {
        NFW_VEC(char *) vec;
};

static void names_deinit(struct names *names) {
        nfw_vec_foreach (name, &names->vec)
                free(*name);
        nfw_vec_deinit(&names->vec);
}

static int take_name(const char *name, void *userdata) {
        struct names *names = userdata;
        char *copy;
        int r;

        if (name[0] == '.')
                return 0;
        copy = strdup(name);
        r = copy ? nfw_vec_push(&names->vec, copy) : -ENOMEM;
        if (r < 0)
                free(copy);
        return r;
}

static int compare(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int nfw_definitions_foreach(struct nfw_definitions *definitions,
                            int (*callback)(const char *name, void *userdata),
                            void *userdata) {
        nfw_cleanup(names_deinit) struct names names = { 0 };
        int r = 0;

        for (int place = 0; place < NFW_N_DEFINITION_PLACES && r == 0; place++)
                if (definitions->directories[place])
                        r = nfw_directory_foreach(AT_FDCWD, definitions->directories[place], SUFFIX,
                                                  take_name, &names);
        if (r == 0 && names.vec.n > 1)
                qsort(names.vec.items, names.vec.n, sizeof(*names.vec.items), compare);
        for (size_t i = 0; i < names.vec.n && r == 0; i++)
                if (i == 0 || strcmp(names.vec.items[i - 1], names.vec.items[i]) != 0)
                        r = callback(names.vec.items[i], userdata);
        return r;
}

struct search {
        struct nfw_definitions *definitions;
        const char *uuid;
        char *name;
};

static int match_uuid(const char *name, void *userdata) {
        struct search *search = userdata;
        const struct nfw_definition *definition;
        int r;

        r = nfw_definitions_find(search->definitions, name, NULL, &definition);
        if (r != 0)
                return r < 0 ? r : 0;
        if (!definition->filter->uuid[0] || strcasecmp(definition->filter->uuid, search->uuid) != 0)
                return 0;
        search->name = strdup(name);
        return search->name ? 1 : -ENOMEM;
}

int nfw_definitions_name_of(struct nfw_definitions *definitions, const char *name_or_uuid, char **ret_name) {
        struct search search = { .definitions = definitions, .uuid = name_or_uuid };
        const struct nfw_definition *definition;
        int r;

        r = nfw_definitions_find(definitions, name_or_uuid, NULL, &definition);
        if (r < 0)
                return r;
        if (r != NFW_E_NOT_FOUND) {
                *ret_name = strdup(name_or_uuid);
                return *ret_name ? 0 : -ENOMEM;
        }
        r = nfw_definitions_foreach(definitions, match_uuid, &search);
        if (r < 0)
                return r;
        if (!search.name)
                return NFW_E_NOT_FOUND;
        *ret_name = search.name;
        return 0;
}

/* --- writing ------------------------------------------------------------------------------------------------- */

static int make_directories(const char *path) {
        nfw_cleanup(nfw_freep) char *copy = NULL;

        if (asprintf(&copy, "%s/", path) < 0) {
                copy = NULL;
                return -ENOMEM;
        }
        for (char *end = strchr(copy + 1, '/'); end; end = strchr(end + 1, '/')) {
                *end = '\0';
                /* A service's mask is for what is its own. */
                if (mkdir(copy, 0755) < 0 ? errno != EEXIST : chmod(copy, 0755) < 0)
                        return -errno;
                *end = '/';
        }
        return 0;
}

int nfw_definitions_write(struct nfw_definitions *definitions, const char *name, const char *text) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = make_directories(definitions->directories[NFW_DEFINITIONS_OF_ADMINISTRATOR]);
        if (r == 0)
                r = path_of(definitions, NFW_DEFINITIONS_OF_ADMINISTRATOR, name, &path);
        return r < 0 ? r : nfw_file_replace(path, text, strlen(text), 0644, true);
}

int nfw_definitions_text(struct nfw_definitions *definitions, const char *name, char **ret_text) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        size_t size;
        int r;

        *ret_text = NULL;
        r = path_of(definitions, NFW_DEFINITIONS_OF_ADMINISTRATOR, name, &path);
        if (r == 0)
                r = nfw_file_read(path, NFW_XML_SIZE_MAX, ret_text, &size);
        return r < 0 && !nfw_file_is_bad(r) ? r : 0;
}

int nfw_definitions_remove(struct nfw_definitions *definitions, const char *name) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = path_of(definitions, NFW_DEFINITIONS_OF_ADMINISTRATOR, name, &path);
        if (r < 0)
                return r;
        if (unlink(path) < 0)
                return errno == ENOENT || errno == ENOTDIR ? NFW_E_NOT_FOUND : -errno;
        return 0;
}
