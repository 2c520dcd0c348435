/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/editor.h"
#include "nfwpolicy/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/read.h"

struct edit {
        const struct cli *cli;
        struct nfw_context *context;
        const char *name;
        const char *before; /* what was there when the editor was opened */
};

/* Somebody else may have defined it while the editor was open. */
static int check_unchanged(const struct edit *edit, struct nfw_report *report) {
        CLEANUP(text) char *now = NULL;
        int r;

        r = nfw_nwfilter_dumpxml(edit->context, edit->name, report, &now);
        if (r == 0 && strcmp(now, edit->before) != 0) {
                cli_error(edit->cli, "%s was changed by somebody else in the meantime", edit->name);
                return NFW_E_REFUSED;
        }
        return r;
}

static int define(const struct edit *edit, const char *text, size_t size, struct nfw_report *report) {
        CLEANUP(nwfilter) struct nfw_nwfilter *filter = NULL;
        int r;

        r = nfw_nwfilter_read_buffer(edit->name, text, size, report, &filter);
        if (r)
                return r;
        if (strcmp(nfw_nwfilter_name(filter), edit->name) != 0) {
                cli_error(edit->cli, "the name of a filter cannot be edited; define it as another one");
                return NFW_E_INVALID;
        }
        r = check_unchanged(edit, report);
        return r ? r : nfw_nwfilter_define(edit->context, filter, false, report);
}

/* One visit of the editor. *ret_again: it can be mended by another one. */
static int edit_once(const struct edit *edit, const struct editor *editor, bool *ret_again) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(text) char *text = NULL;
        size_t size = 0;
        int r;

        *ret_again = false;
        r = editor_run(edit->cli, editor);
        if (r)
                return r;
        r = nfw_report_new(&report);
        if (r == 0)
                r = read_text(editor->path, &text, &size);
        if (r < 0)
                return cli_failure(edit->cli, r, editor->path);
        if (text && size == strlen(edit->before) && memcmp(text, edit->before, size) == 0) {
                virsh_say(edit->cli, "Network filter %s XML configuration not changed.", edit->name);
                return CLI_EXIT_FINE;
        }

        r = define(edit, text ? text : "", size, report);
        if (r == 0)
                virsh_say(edit->cli, "Network filter %s XML configuration edited.", edit->name);
        *ret_again = r > 0;
        return diagnostics_finish(edit->cli, report, r, edit->name);
}

static int edit_until_fine(const struct edit *edit) {
        struct editor editor = { 0 };
        bool again = false;
        int r;

        r = editor_open(&editor, edit->before);
        if (r < 0)
                r = cli_failure(edit->cli, r, "a temporary file");
        else
                do
                        r = edit_once(edit, &editor, &again);
                while (again && editor_ask_again());
        editor_close(&editor);
        return r;
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(text) char *name = NULL;
        CLEANUP(text) char *text = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;

        name = nwfilter_name_of(context, operands[0]);
        r = name ? nfw_nwfilter_dumpxml(context, name, report, &text) : -ENOMEM;
        if (r != 0)
                return diagnostics_finish(cli, report, r, operands[0]);
        return edit_until_fine(
                &(struct edit){ .cli = cli, .context = context, .name = name, .before = text });
}

const struct command command_nwfilter_edit = {
        .name = "nwfilter-edit",
        .summary = "edit a network filter's XML",
        .synopsis = "NAME",
        .description =
                "Opens a network filter in $VISUAL or $EDITOR and defines what comes of it. What is wrong with\n"
                "it is told, and it can be edited again; until it is right nothing changes.",
        .example = "  nfwpolicy nwfilter-edit no-out-traffic",
        .is_immediate = true,
        .options = nwfilter_options,
        .n_options = NWFILTER_N_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .operand = "the NAME of the filter",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
