/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiles every network filter in filters/ and compares the rules with the file beside it. What they refer to is there,
 * or among those that the project ships. With --update it writes the files instead.
 */
#include <dirent.h>

#include "files.h"
#include "ir/filter/filter.h"

struct store {
        struct nfw_report *report;
        NFW_VEC(struct nfw_nwfilter *) filters;
};

static void store_deinit(struct store *store) {
        nfw_vec_foreach (filter, &store->filters)
                nfw_nwfilter_free(*filter);
        nfw_vec_deinit(&store->filters);
        store->report = nfw_report_free(store->report);
}

static struct nfw_nwfilter *read_filter(struct store *store, const char *folder, const char *name) {
        nfw_cleanup(nfw_freep) char *file = NULL, *path = NULL, *text = NULL;
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;

        if (asprintf(&file, "%s.xml", name) < 0 || asprintf(&path, "%s/%s", folder, file) < 0)
                return NULL;
        text = golden_read(path);
        /* The name of the file only, so that positions do not depend on where the tree is. */
        if (!text || nfw_nwfilter_read(file, text, strlen(text), store->report, &filter) != 0 ||
            nfw_vec_push(&store->filters, filter) < 0)
                return NULL;
        return nfw_steal(filter);
}

static const struct nfw_nwfilter *find(void *userdata, const char *name) {
        struct store *store = userdata;
        struct nfw_nwfilter *filter;

        nfw_vec_foreach (known, &store->filters) {
                if (strcmp((*known)->name, name) == 0)
                        return *known;
        }
        filter = read_filter(store, GOLDEN_FILTERS, name);
        return filter ? filter : read_filter(store, GOLDEN_SHIPPED, name);
}

static char *compile(struct store *store, const char *name) {
        const struct nfw_nwfilter_source source = { .find = find, .userdata = store };
        const struct nfw_filter_options options = { .compat = false };
        nfw_cleanup(nfw_nwfilter_tree_freep) struct nfw_nwfilter_tree *tree = NULL;
        nfw_cleanup(nfw_filter_ir_freep) struct nfw_filter_ir *ir = NULL;
        const struct nfw_nwfilter *top = find(store, name);
        char *text = NULL;

        if (!top || nfw_nwfilter_tree_new(&source, top, store->report, &tree) != 0 ||
            nfw_filter_lower(tree, &options, store->report, &ir) != 0 || nfw_filter_ir_text(ir, &text) != 0)
                return NULL;
        return text;
}

static bool check_case(const char *name, bool update) {
        nfw_cleanup(nfw_freep) char *path = NULL, *text = NULL;
        struct store store = { 0 };
        bool good = false;

        if (nfw_report_new(&store.report) < 0)
                return false;
        text = compile(&store, name);
        for (size_t i = 0; !text && i < nfw_report_n_diagnostics(store.report); i++)
                printf("# %s\n", nfw_diagnostic_text(nfw_report_diagnostic(store.report, i)));
        if (text && asprintf(&path, "%s/%s.ir", GOLDEN_FILTERS, name) >= 0)
                good = golden_check(path, text, update);
        store_deinit(&store);
        return good;
}

static int is_case(const struct dirent *entry) {
        const char *dot = strrchr(entry->d_name, '.');

        return dot && strcmp(dot, ".xml") == 0;
}

int main(int argc, char **argv) {
        bool update = argc == 2 && strcmp(argv[1], "--update") == 0;
        struct dirent **entries = NULL;
        int n_entries, n_failed = 0;

        if (argc > 1 && !update) {
                fprintf(stderr, "usage: %s [--update]\n", argv[0]);
                return 2;
        }
        n_entries = scandir(GOLDEN_FILTERS, &entries, is_case, alphasort);
        if (n_entries <= 0) {
                printf("Bail out! no filters in %s\n", GOLDEN_FILTERS);
                return 1;
        }

        printf("1..%d\n", n_entries);
        for (int i = 0; i < n_entries; i++) {
                char *name = entries[i]->d_name;
                bool good;

                *strrchr(name, '.') = '\0';
                good = check_case(name, update);
                n_failed += !good;
                printf("%sok %d - %s\n", good ? "" : "not ", i + 1, name);
                free(entries[i]);
        }
        free(entries);
        return n_failed > 0;
}
