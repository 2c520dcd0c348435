/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

struct import {
        struct nfw_nwfilter **filters;
        size_t n;
};

static void import_deinit(struct import *import) {
        for (size_t i = 0; i < import->n; i++)
                import->filters[i] = nfw_nwfilter_free(import->filters[i]);
        free(import->filters);
}

static int is_xml(const struct dirent *entry) {
        size_t n = strlen(entry->d_name);

        return entry->d_name[0] != '.' && n > strlen(".xml") &&
               strcmp(entry->d_name + n - strlen(".xml"), ".xml") == 0;
}

/* All files are read, so that all that is wrong is told; the worst answer is returned. */
static int read_all(const char *directory,
                    struct dirent **entries,
                    size_t n,
                    struct nfw_report *report,
                    struct import *import) {
        int worst = 0;

        import->filters = calloc(n ? n : 1, sizeof(struct nfw_nwfilter *));
        if (!import->filters)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                CLEANUP(text) char *path = NULL;
                int r;

                if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = nfw_nwfilter_read_file(path, report, &import->filters[import->n]);
                if (r < 0)
                        return r;
                if (r == 0)
                        import->n++;
                else
                        worst = r;
        }
        return worst;
}

/* First as a trial, so that a filter in use that cannot be enforced keeps the others from being defined. */
static int define_all(struct nfw_context *context, const struct import *import, struct nfw_report *report) {
        for (int trial = 1; trial >= 0; trial--)
                for (size_t i = 0; i < import->n; i++) {
                        int r = nfw_nwfilter_define(context, import->filters[i], trial,
                                                    trial ? report : NULL);

                        if (r)
                                return r;
                }
        return 0;
}

static int import_directory(struct nfw_context *context,
                            const char *directory,
                            struct nfw_report *report,
                            struct import *import) {
        struct dirent **entries = NULL;
        int n, r;

        n = scandir(directory, &entries, is_xml, alphasort);
        if (n < 0)
                return -errno;
        r = read_all(directory, entries, (size_t)n, report, import);
        for (int i = 0; i < n; i++)
                free(entries[i]);
        free(entries);
        return r ? r : define_all(context, import, report);
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        __attribute__((cleanup(import_deinit))) struct import import = { 0 };
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;

        r = import_directory(context, operands[0], report, &import);
        for (size_t i = 0; i < import.n && r == 0; i++)
                cli_say(cli, "Network filter %s defined", nfw_nwfilter_name(import.filters[i]));
        if (r == 0)
                virsh_say(cli, "%zu network %s imported from %s", import.n,
                          import.n == 1 ? "filter" : "filters", operands[0]);
        return diagnostics_finish(cli, report, r, operands[0]);
}

const struct command command_nwfilter_import = {
        .name = "nwfilter-import",
        .summary = "take over a host's network filters",
        .synopsis = "DIR",
        .description =
                "Defines all network filters of a directory, as libvirt has them in /etc/libvirt/nwfilter. All\n"
                "files are read first: if something is wrong with one of them, none is defined.",
        .example = "  nfwpolicy nwfilter-import /etc/libvirt/nwfilter",
        .options = nwfilter_options,
        .n_options = NWFILTER_N_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .operand = "the DIR",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
