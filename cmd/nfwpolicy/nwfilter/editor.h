/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A text in the user's editor. */

#include "shared/cli.h"

struct editor {
        char *path; /* a temporary file of the user's own */
};

/* Writes the text to a temporary file. 0 or a negative errno. */
int editor_open(struct editor *editor, const char *text);
/* Runs $VISUAL or $EDITOR on it. What went wrong has been told: 0 or an exit status. */
int editor_run(const struct cli *cli, const struct editor *editor);
void editor_close(struct editor *editor);

/* Whether to edit once more after something was wrong; false as well where there is nobody to ask. */
bool editor_ask_again(void);
