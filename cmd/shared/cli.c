/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

void cli_guard_streams(void) {
        /* The lowest number that is free is what open() takes. */
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0 &&
                    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
                        _exit(CLI_EXIT_TROUBLE);
}

static bool takes_color(const struct cli *cli, int fd) {
        const char *no_color = getenv("NO_COLOR");
        const char *terminal = getenv("TERM");

        if (cli->color != CLI_COLOR_AUTO)
                return cli->color == CLI_COLOR_ALWAYS;
        if (no_color && *no_color)
                return false;
        if (terminal && strcmp(terminal, "dumb") == 0)
                return false;
        return isatty(fd);
}

void cli_resolve_colors(struct cli *cli) {
        cli->color_out = takes_color(cli, STDOUT_FILENO);
        cli->color_err = takes_color(cli, STDERR_FILENO);
}

/* What is told may quote hostile bytes: file names, names from packets. */
__attribute__((format(printf, 3, 0))) static void print_line(FILE *stream,
                                                             const char *prefix,
                                                             const char *format,
                                                             va_list arguments) {
        char *text = NULL;

        if (vasprintf(&text, format, arguments) < 0)
                return;
        if (prefix)
                fprintf(stream, "%s: ", prefix);
        text_put(stream, text);
        fputc('\n', stream);
        free(text);
}

int cli_error(const struct cli *cli, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        print_line(stderr, cli->program, format, arguments);
        va_end(arguments);
        return CLI_EXIT_TROUBLE;
}

int cli_usage_error(const struct cli *cli, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        print_line(stderr, cli->program, format, arguments);
        va_end(arguments);
        fprintf(stderr, "Try `%s%s%s --help`.\n", cli->program, cli->command ? " " : "",
                cli->command ? cli->command : "");
        return CLI_EXIT_TROUBLE;
}

void cli_say(const struct cli *cli, const char *format, ...) {
        va_list arguments;

        if (cli->quiet || cli->json)
                return;
        va_start(arguments, format);
        print_line(stdout, NULL, format, arguments);
        va_end(arguments);
}

void cli_note(const struct cli *cli, const char *format, ...) {
        va_list arguments;

        if (cli->quiet)
                return;
        fprintf(stderr, "%s: ", cli->program);
        va_start(arguments, format);
        print_line(stderr, "note", format, arguments);
        va_end(arguments);
}

int cli_failure(const struct cli *cli, int error, const char *about) {
        if (error == -EPERM)
                return cli_error(cli, "this needs CAP_NET_ADMIN (run it as root)");
        if (about)
                return cli_error(cli, "%s: %s", about, strerror(-error));
        return cli_error(cli, "%s", strerror(-error));
}

/*
 * Everything that needs the kernel needs CAP_NET_ADMIN. Without it the first thing that fails may be the state
 * directory instead, which would send the user after the wrong cause.
 */
bool cli_has_net_admin(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

        if (syscall(SYS_capget, &header, data) < 0)
                return true; /* then let the kernel answer */
        return data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN);
}

int cli_absolute_path(const char *path, char **ret_path) {
        CLEANUP(text) char *here = NULL;

        if (!path || path[0] == '/') {
                *ret_path = path ? strdup(path) : NULL;
                return path && !*ret_path ? -ENOMEM : 0;
        }
        here = getcwd(NULL, 0);
        if (!here)
                return -errno;
        if (asprintf(ret_path, "%s/%s", here, path) < 0) {
                *ret_path = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int set_state_directory(struct nfw_context *context, const char *directory) {
        CLEANUP(text) char *path = NULL;
        int r;

        r = cli_absolute_path(directory, &path);
        return r < 0 ? r : nfw_context_set_state_directory(context, path);
}

/* It says what is in force where, so without it nothing is done, and nothing is answered. */
static int read_config(const struct cli *cli, struct nfw_report *report, struct nfw_config **ret_config) {
        int r;

        r = nfw_config_new(cli->config, report, ret_config);
        if (r == 0)
                return CLI_EXIT_FINE;
        (void)diagnostics_finish(cli, report, r, cli->config ? cli->config : "nfwpolicyd.conf");
        return CLI_EXIT_TROUBLE;
}

int cli_prepare_config(const struct cli *cli,
                       struct nfw_report **ret_report,
                       struct nfw_context **ret_context,
                       struct nfw_config **ret_config) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(config) struct nfw_config *config = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        int r;

        if (cli->state_directory && *cli->state_directory == '\0')
                return cli_usage_error(cli, "--state-directory needs the name of a directory");
        if (cli->config && *cli->config == '\0')
                return cli_usage_error(cli, "--config needs the name of a file");
        if (!cli_has_net_admin())
                return cli_failure(cli, -EPERM, NULL);
        r = nfw_report_new(&report);
        if (r < 0)
                return cli_failure(cli, r, NULL);
        r = read_config(cli, report, &config);
        if (r)
                return r;
        r = nfw_context_new(&context);
        if (r == 0)
                r = nfw_context_configure(context, config);
        if (r < 0)
                return cli_failure(cli, r, NULL);
        if (cli->state_directory) {
                r = set_state_directory(context, cli->state_directory);
                if (r < 0)
                        return cli_failure(cli, r, cli->state_directory);
        }

        *ret_report = report;
        *ret_context = context;
        *ret_config = config;
        report = NULL;
        context = NULL;
        config = NULL;
        return CLI_EXIT_FINE;
}

int cli_prepare(const struct cli *cli, struct nfw_report **ret_report, struct nfw_context **ret_context) {
        CLEANUP(config) struct nfw_config *config = NULL;

        return cli_prepare_config(cli, ret_report, ret_context, &config);
}

int cli_close_stdout(const struct cli *cli, int status) {
        bool failed = ferror(stdout);

        if (fflush(stdout) != 0 || failed) {
                cli_error(cli, "cannot write the output: %s", strerror(errno ? errno : EIO));
                return status == CLI_EXIT_FINE ? CLI_EXIT_TROUBLE : status;
        }
        return status;
}
