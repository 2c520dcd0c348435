/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Reports for people (as a compiler prints them, on stderr) and for programs (JSON). */

#include <jansson.h>
#include <stdio.h>

#include "shared/cli.h"

/* One line a diagnostic, FILE:LINE:COLUMN: error: TEXT [code], with its hint on the next one. */
void diagnostics_print(const struct cli *cli, const struct nfw_report *report);

/* The same as a JSON array, an empty one where there is no report; NULL when out of memory. */
json_t *diagnostics_json(const struct nfw_report *report);

/* One of our own, as in that array. The hint may be NULL. NULL when out of memory. */
json_t *diagnostics_make(enum nfw_severity severity, const char *code, const char *text, const char *hint);

/* Prints such an array as diagnostics_print() does, to stdout or stderr. */
void diagnostics_print_array(const struct cli *cli, FILE *stream, const json_t *array);

/* "ok", "invalid", "refused", ...: what a return value of the library is called in JSON. */
const char *diagnostics_outcome(int result);

/*
 * Ends a command that only does something: prints the report and, where it has nothing to say about why
 * the result is not 0, a sentence of its own. about is what the command was for. With --json that is one
 * object on stdout. Returns the exit status.
 */
int diagnostics_finish(const struct cli *cli, const struct nfw_report *report, int result, const char *about);

/* The same with diagnostics that are JSON already, and the sentence for where they do not say why. */
int diagnostics_finish_array(const struct cli *cli, json_t *array, int result, const char *sentence);

/*
 * The same for what the command has found out itself: the condition, a code of the library's that means the same,
 * a text and a hint, which may be NULL.
 */
int diagnostics_refuse(const struct cli *cli,
                       enum nfw_condition condition,
                       const char *code,
                       const char *text,
                       const char *hint);

/* The exit status for what the library answered. */
int diagnostics_status(int result);

/* Writes JSON and a line end to stdout and drops the reference. Returns CLI_EXIT_FINE, or tells of ENOMEM. */
int diagnostics_put_json(const struct cli *cli, json_t *json, size_t indent);
