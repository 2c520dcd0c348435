/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/nwfilter/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_all(int fd, const char *text) {
        size_t left = strlen(text);

        while (left > 0) {
                ssize_t n = write(fd, text, left);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        text += n;
                        left -= (size_t)n;
                }
        }
        return 0;
}

int editor_open(struct editor *editor, const char *text) {
        const char *directory = getenv("TMPDIR");
        char *path = NULL;
        int fd, r;

        if (asprintf(&path, "%s/nfwpolicyXXXXXX.xml", directory && *directory ? directory : "/tmp") < 0)
                return -ENOMEM;
        fd = mkostemps(path, (int)strlen(".xml"), O_CLOEXEC);
        if (fd < 0) {
                r = -errno;
                free(path);
                return r;
        }
        editor->path = path;
        r = write_all(fd, text);
        if (close(fd) < 0 && r == 0)
                r = -errno;
        return r;
}

void editor_close(struct editor *editor) {
        if (editor->path)
                (void)unlink(editor->path);
        free(editor->path);
        editor->path = NULL;
}

static const char *editor_command(void) {
        static const char *const variables[] = { "VISUAL", "EDITOR" };

        for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
                const char *value = getenv(variables[i]);

                if (value && *value)
                        return value;
        }
        return "vi";
}

int editor_run(const struct cli *cli, const struct editor *editor) {
        const char *command = editor_command();
        char *line = NULL;
        int status;
        pid_t pid;

        /* The shell splits what may be "emacs -nw"; the file is an argument of its own. */
        if (asprintf(&line, "%s \"$1\"", command) < 0)
                return cli_failure(cli, -ENOMEM, NULL);
        pid = fork();
        if (pid == 0) {
                execl("/bin/sh", "sh", "-c", line, "sh", editor->path, (char *)NULL);
                _exit(127);
        }
        free(line);
        if (pid < 0)
                return cli_failure(cli, -errno, command);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return cli_failure(cli, -errno, command);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return cli_error(cli, "the editor `%s` failed; nothing is changed", command);
        return CLI_EXIT_FINE;
}

bool editor_ask_again(void) {
        char line[16];

        fputs("Failed. Try again? [y,n]: ", stderr);
        (void)fflush(stderr);
        if (!fgets(line, sizeof(line), stdin))
                return false;
        return line[0] == 'y' || line[0] == 'Y';
}
