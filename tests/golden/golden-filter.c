/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiles every network filter in filters/ and compares the rules (NAME.ir) and what goes to the kernel (NAME.nft) with
 * the files there. What they refer to is there, or among those that the project ships. With --update it writes the files instead.
 */
#include "files.h"
#include "ir/filter/plan.h"
#include "nft/filter/filter.h"
#include "nft/names.h"

#define ID "0123456789abcdef"

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

static char *print(const struct nfw_plan *plan) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        int r;

        if (!stream)
                return NULL;
        r = nfw_nft_print_filter(plan, NFW_NFT_TABLE_DEFAULT NFW_NFT_FILTER_TABLE_SUFFIX, stream);
        fclose(stream);
        if (r < 0) {
                free(text);
                return NULL;
        }
        return text;
}

/* The rules, and what goes to the kernel. */
static int compile(struct store *store, const char *name, char **ret_ir, char **ret_nft) {
        const struct nfw_nwfilter_source source = { .find = find, .userdata = store };
        const struct nfw_filter_options options = { .compat = false };
        const struct nfw_filter_plan_options plan_options = { .name = name, .id = ID, .has_reject = true };
        nfw_cleanup(nfw_nwfilter_tree_freep) struct nfw_nwfilter_tree *tree = NULL;
        nfw_cleanup(nfw_filter_ir_freep) struct nfw_filter_ir *ir = NULL;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        const struct nfw_nwfilter *top = find(store, name);

        if (!top || nfw_nwfilter_tree_new(&source, top, store->report, &tree) != 0 ||
            nfw_filter_lower(tree, &options, store->report, &ir) != 0 ||
            nfw_filter_plan_new(ir, tree, &plan_options, NULL, &plan) != 0 ||
            nfw_filter_ir_text(ir, ret_ir) != 0)
                return -1;
        *ret_nft = print(plan);
        return *ret_nft ? 0 : -1;
}

static bool check_output(const char *name, const char *suffix, const char *text, bool update) {
        nfw_cleanup(nfw_freep) char *path = NULL;

        return asprintf(&path, "%s/%s.%s", GOLDEN_FILTERS, name, suffix) >= 0 &&
               golden_check(path, text, update);
}

static bool check_case(const char *name, bool update) {
        nfw_cleanup(nfw_freep) char *ir = NULL, *nft = NULL;
        struct store store = { 0 };
        bool good = false;

        if (nfw_report_new(&store.report) < 0)
                return false;
        if (compile(&store, name, &ir, &nft) == 0) {
                good = check_output(name, "ir", ir, update);
                good = check_output(name, "nft", nft, update) && good;
        }
        for (size_t i = 0; !nft && i < nfw_report_n_diagnostics(store.report); i++)
                printf("# %s\n", nfw_diagnostic_text(nfw_report_diagnostic(store.report, i)));
        store_deinit(&store);
        return good;
}

int main(int argc, char **argv) {
        return golden_run(argc, argv, GOLDEN_FILTERS, ".xml", check_case);
}
