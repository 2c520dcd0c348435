/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/read.h"

struct imported {
        struct nfw_nwfilter *filter;
        char *path;
        char *text;
};

struct import {
        struct imported *items;
        size_t n;
};

static void import_deinit(struct import *import) {
        for (size_t i = 0; i < import->n; i++) {
                nfw_nwfilter_free(import->items[i].filter);
                free(import->items[i].path);
                free(import->items[i].text);
        }
        free(import->items);
}

static int is_xml(const struct dirent *entry) {
        size_t n = strlen(entry->d_name);

        return entry->d_name[0] != '.' && n > strlen(".xml") &&
               strcmp(entry->d_name + n - strlen(".xml"), ".xml") == 0;
}

static int read_one(const char *directory,
                    const char *name,
                    struct nfw_report *report,
                    struct imported *imported) {
        size_t size = 0;
        int r;

        if (asprintf(&imported->path, "%s/%s", directory, name) < 0) {
                imported->path = NULL;
                return -ENOMEM;
        }
        r = read_text(imported->path, &imported->text, &size);
        return r < 0 ? r
                     : nfw_nwfilter_read_buffer(imported->path, imported->text ? imported->text : "", size,
                                                report, &imported->filter);
}

/* All files are read, so that all that is wrong is told; the worst answer is returned. */
static int read_all(const char *directory,
                    struct dirent **entries,
                    size_t n,
                    struct nfw_report *report,
                    struct import *import) {
        int worst = 0;

        import->items = calloc(n ? n : 1, sizeof(*import->items));
        if (!import->items)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                int r = read_one(directory, entries[i]->d_name, report, &import->items[import->n++]);

                if (r < 0)
                        return r;
                worst = r ? r : worst;
        }
        return worst;
}

static int read_directory(const char *directory, struct nfw_report *report, struct import *import) {
        struct dirent **entries = NULL;
        int n, r;

        n = scandir(directory, &entries, is_xml, alphasort);
        if (n < 0)
                return -errno;
        r = read_all(directory, entries, (size_t)n, report, import);
        for (int i = 0; i < n; i++)
                free(entries[i]);
        free(entries);
        return r;
}

/* What is told of all of them together; each call begins anew. */
static int define_each(struct act *act, const struct import *import, bool trial, json_t *told) {
        for (size_t i = 0; i < import->n; i++) {
                const struct imported *each = &import->items[i];
                CLEANUP(json) json_t *diagnostics = NULL;
                int r;

                nfw_report_clear(act->report);
                r = act_nwfilter_define(act, each->filter,
                                        &(struct nwfilter_source){ each->path, each->text }, trial);
                diagnostics = act_diagnostics(act);
                if (trial && json_array_extend(told, diagnostics) < 0)
                        return -ENOMEM;
                if (r)
                        return r;
        }
        return 0;
}

/* First as a trial, so that a filter in use that cannot be enforced keeps the others from being defined. */
static int define_all(struct act *act, const struct import *import) {
        CLEANUP(json) json_t *told = act_diagnostics(act);
        int r;

        if (!told)
                return -ENOMEM;
        r = define_each(act, import, true, told);
        if (r == 0)
                r = define_each(act, import, false, told);
        if (r >= 0)
                act->found = json_incref(told);
        return r;
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        __attribute__((cleanup(import_deinit))) struct import import = { 0 };
        CLEANUP_ACT struct act act = { 0 };
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = read_directory(operands[0], act.report, &import);
        if (r != 0)
                return diagnostics_finish(cli, act.report, r, operands[0]);
        r = define_all(&act, &import);
        for (size_t i = 0; i < import.n && r == 0; i++)
                cli_say(cli, "Network filter %s defined", nfw_nwfilter_name(import.items[i].filter));
        if (r == 0)
                virsh_say(cli, "%zu network %s imported from %s", import.n,
                          import.n == 1 ? "filter" : "filters", operands[0]);
        return act_finish(&act, r, operands[0]);
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
