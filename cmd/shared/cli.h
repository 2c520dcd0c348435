/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What every command knows: who it is, the global options, and how it tells that something went wrong. */

#include <stdbool.h>
#include <stdint.h>

#include <nfwpolicy/nfwpolicy.h>

enum cli_exit {
        CLI_EXIT_FINE = 0,
        CLI_EXIT_NO = 1,      /* the answer is no: invalid, refused, differs, not found, in use */
        CLI_EXIT_TROUBLE = 2, /* usage, input or output, missing privilege */
};

enum cli_color {
        CLI_COLOR_AUTO,
        CLI_COLOR_ALWAYS,
        CLI_COLOR_NEVER,
};

struct cli {
        const char *program;
        const char *command; /* NULL outside of a subcommand */

        /* Set by the global options. */
        const char *config; /* NULL: the usual file, if there is one */
        const char *state_directory;
        int color;
        bool json;
        bool quiet;
        bool verbose;
        bool help;
        bool version;

        struct progress *progress; /* NULL: nobody is to be told how it goes on */

        /* Whether the two streams take colours; see cli_resolve_colors(). */
        bool color_out;
        bool color_err;
};

/*
 * Call it first in main(). A stream that the caller has closed would become the next file or socket that is opened,
 * and what is printed would go there; this makes printing to it fail instead.
 */
void cli_guard_streams(void);

/* Decides about colours from --color, NO_COLOR and whether the streams are terminals. */
void cli_resolve_colors(struct cli *cli);

/* "PROGRAM: TEXT" on stderr; returns CLI_EXIT_TROUBLE. */
__attribute__((format(printf, 2, 3))) int cli_error(const struct cli *cli, const char *format, ...);

/* The same for wrong usage, with a pointer to the right --help; returns CLI_EXIT_TROUBLE. */
__attribute__((format(printf, 2, 3))) int cli_usage_error(const struct cli *cli, const char *format, ...);

/* "PROGRAM: note: TEXT" on stderr, which --quiet keeps away. */
__attribute__((format(printf, 2, 3))) void cli_note(const struct cli *cli, const char *format, ...);

/* A line on stdout that --quiet and --json keep away. */
__attribute__((format(printf, 2, 3))) void cli_say(const struct cli *cli, const char *format, ...);

/* Tells of a negative errno: about is what it happened to, or NULL. Returns CLI_EXIT_TROUBLE. */
int cli_failure(const struct cli *cli, int error, const char *about);

/* The library wants absolute paths, who sits at a shell may write others. A copy; NULL stays NULL. 0 or a negative errno. */
int cli_absolute_path(const char *path, char **ret_path);

/* Whether this process may change the rules itself. */
bool cli_has_net_admin(void);

/*
 * A report and a context as nfwpolicyd.conf and the global options say; a failure has been told. 0 or an exit status.
 * The second has the configuration, too.
 */
int cli_prepare(const struct cli *cli, struct nfw_report **ret_report, struct nfw_context **ret_context);
int cli_prepare_config(const struct cli *cli,
                       struct nfw_report **ret_report,
                       struct nfw_context **ret_context,
                       struct nfw_config **ret_config);

/* Whether everything written to stdout arrived: turns CLI_EXIT_FINE into CLI_EXIT_TROUBLE where it did not. */
int cli_close_stdout(const struct cli *cli, int status);
