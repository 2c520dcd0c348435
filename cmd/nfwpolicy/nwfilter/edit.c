/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/editor.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/read.h"

struct edit {
        const struct cli *cli;
        struct act *act;
        const char *name;
        const char *before; /* what was there when the editor was opened */
};

/* What this process finds out, and what whoever defines filters does. */
static int finish_own(const struct edit *edit, int result) {
        return diagnostics_finish(edit->cli, edit->act->report, result, edit->name);
}

static int read_filter(const struct edit *edit,
                       const char *text,
                       size_t size,
                       struct nfw_nwfilter **ret_filter) {
        int r;

        r = nfw_nwfilter_read_buffer(edit->name, text, size, edit->act->report, ret_filter);
        if (r == 0 && strcmp(nfw_nwfilter_name(*ret_filter), edit->name) != 0) {
                cli_error(edit->cli, "the name of a filter cannot be edited; define it as another one");
                return NFW_E_INVALID;
        }
        return r;
}

static int define(const struct edit *edit, const char *text, size_t size, bool *ret_again) {
        CLEANUP(nwfilter) struct nfw_nwfilter *filter = NULL;
        CLEANUP(text) char *now = NULL;
        int r;

        r = read_filter(edit, text, size, &filter);
        *ret_again = r > 0;
        if (r)
                return finish_own(edit, r);
        r = act_nwfilter_dump(edit->act, edit->name, &now);
        *ret_again = r > 0;
        if (r)
                return act_finish(edit->act, r, edit->name);
        /* Somebody else may have defined it while the editor was open. */
        *ret_again = strcmp(now, edit->before) != 0;
        if (*ret_again) {
                cli_error(edit->cli, "%s was changed by somebody else in the meantime", edit->name);
                return finish_own(edit, NFW_E_REFUSED);
        }
        r = act_nwfilter_define(edit->act, filter, &(struct nwfilter_source){ edit->name, text }, false);
        if (r == 0)
                virsh_say(edit->cli, "Network filter %s XML configuration edited.", edit->name);
        *ret_again = r > 0;
        return act_finish(edit->act, r, edit->name);
}

/* One visit of the editor. *ret_again: it can be mended by another one. */
static int edit_once(const struct edit *edit, const struct editor *editor, bool *ret_again) {
        CLEANUP(text) char *text = NULL;
        size_t size = 0;
        int r;

        *ret_again = false;
        nfw_report_clear(edit->act->report);
        r = editor_run(edit->cli, editor);
        if (r)
                return r;
        r = read_text(editor->path, &text, &size);
        if (r < 0)
                return cli_failure(edit->cli, r, editor->path);
        if (text && size == strlen(edit->before) && memcmp(text, edit->before, size) == 0) {
                virsh_say(edit->cli, "Network filter %s XML configuration not changed.", edit->name);
                return CLI_EXIT_FINE;
        }
        return define(edit, text ? text : "", size, ret_again);
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
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(nwfilter) struct nfw_nwfilter *filter = NULL; /* as it is; it may be asked for by its UUID */
        CLEANUP(text) char *text = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = act_nwfilter_dump(&act, operands[0], &text);
        if (r != 0)
                return act_finish(&act, r, operands[0]);
        r = nfw_nwfilter_read_buffer(operands[0], text, strlen(text), act.report, &filter);
        if (r != 0)
                return diagnostics_finish(cli, act.report, r, operands[0]);
        return edit_until_fine(
                &(struct edit){ .cli = cli, .act = &act, .name = nfw_nwfilter_name(filter), .before = text });
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
