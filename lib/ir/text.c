/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "ir/text_match.h"

/* Matches that are longer than this do not push the names of the other rules to the right. */
#define MAX_COLUMN 64

static const char *const verdict_names[] = {
        [NFW_VERDICT_CONTINUE] = "continue", [NFW_VERDICT_ACCEPT] = "accept", [NFW_VERDICT_DROP] = "drop",
        [NFW_VERDICT_JUMP] = "jump",         [NFW_VERDICT_GOTO] = "goto",     [NFW_VERDICT_RETURN] = "return",
        [NFW_VERDICT_REJECT] = "reject",
};

static const char *const mirror_names[] = {
        [NFW_MIRROR_NONE] = "",
        [NFW_MIRROR_QUERY] = "mirror query",
        [NFW_MIRROR_REPLY] = "mirror reply",
};

static const char *const direction_names[NFW_N_DIRECTIONS] = {
        [NFW_EGRESS] = "egress",
        [NFW_INGRESS] = "ingress",
};

static const char *const table_names[NFW_N_TABLES] = {
        [NFW_TABLE_INET] = "inet",
        [NFW_TABLE_BRIDGE] = "bridge",
};

/* The columns of a rule. */
struct line {
        char *place, *verdict, *matches;
};

static void line_deinit(struct line *line) {
        free(line->place);
        free(line->verdict);
        free(line->matches);
}

static int format_matches(const struct nfw_ir_printer *printer,
                          const struct nfw_ir_rule *rule,
                          char **ret_text) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return -errno;
        nfw_vec_foreach (match, &rule->matches) {
                if (match != rule->matches.items)
                        fputs("  ", stream);
                printer->print_match(printer->userdata, match, stream);
        }
        if (rule->matches.n == 0)
                fputs("everything", stream);
        if (fclose(stream) != 0) {
                free(text);
                return -ENOMEM;
        }

        *ret_text = text;
        return 0;
}

static int format_line(const struct nfw_ir_printer *printer,
                       const struct nfw_ir_rule *rule,
                       struct line *ret_line) {
        const char *target = printer->chain_name ? printer->chain_name(printer->userdata, rule->chain) : NULL;
        struct line line = { 0 };
        int r;

        if (rule->pos.line > 0)
                r = asprintf(&line.place, "%s:%u", rule->pos.file ? rule->pos.file : "", rule->pos.line);
        else
                r = asprintf(&line.place, "-");
        if (r < 0)
                return -ENOMEM;

        if (rule->verdict == NFW_VERDICT_CONTINUE && rule->mirror != NFW_MIRROR_NONE)
                r = asprintf(&line.verdict, "%s", mirror_names[rule->mirror]);
        else if (rule->verdict == NFW_VERDICT_JUMP && target)
                r = asprintf(&line.verdict, "jump %s", target);
        else
                r = asprintf(&line.verdict, "%s", verdict_names[rule->verdict]);
        if (r < 0)
                line.verdict = NULL;

        r = r < 0 ? -ENOMEM : format_matches(printer, rule, &line.matches);
        if (r < 0) {
                line_deinit(&line);
                return r;
        }
        *ret_line = line;
        return 0;
}

static int column_width(int width, const char *text) {
        size_t size = strlen(text);

        return size <= MAX_COLUMN && (int)size > width ? (int)size : width;
}

int nfw_ir_print_chain(const struct nfw_ir_chain *chain, const struct nfw_ir_printer *printer, FILE *stream) {
        nfw_cleanup(nfw_freep) struct line *lines = calloc(chain->rules.n + 1, sizeof(*lines));
        int place_width = 0, verdict_width = 0, matches_width = 0;
        size_t n_lines = 0;
        int r = lines ? 0 : -ENOMEM;

        for (; r == 0 && n_lines < chain->rules.n; n_lines++) {
                r = format_line(printer, &chain->rules.items[n_lines], &lines[n_lines]);
                if (r < 0)
                        break;
                place_width = column_width(place_width, lines[n_lines].place);
                verdict_width = column_width(verdict_width, lines[n_lines].verdict);
                matches_width = column_width(matches_width, lines[n_lines].matches);
        }

        for (size_t i = 0; i < n_lines; i++) {
                if (r == 0)
                        fprintf(stream, "  %-*s  %-*s  %-*s  # %s\n", place_width, lines[i].place,
                                verdict_width, lines[i].verdict, matches_width, lines[i].matches,
                                chain->rules.items[i].name ? chain->rules.items[i].name : "");
                line_deinit(&lines[i]);
        }
        return r;
}

static void print_match(void *userdata, const struct nfw_match *match, FILE *stream) {
        nfw_ir_print_match(userdata, match, stream);
}

int nfw_ir_print(const struct nfw_ir *ir, FILE *stream) {
        struct nfw_ir_printer printer = { .print_match = print_match, .userdata = (void *)ir };

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++) {
                int r;

                if (i > 0)
                        fputc('\n', stream);
                fprintf(stream, "%s %s\n", table_names[ir->table], direction_names[i]);
                r = nfw_ir_print_chain(&ir->chains[i], &printer, stream);
                if (r < 0)
                        return r;
        }
        return ferror(stream) ? -EIO : 0;
}
