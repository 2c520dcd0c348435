/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libfyaml.h>

#include "base/macros.h"
#include "policy/cursor.h"
#include "policy/feed.h"
#include "policy/source.h"
#include "policy/unquote.h"

#define ALIAS_HINT "a pattern that begins with '*' must be in quotes: \"*.example.com\""

#define ONE_LINE   "a value stands in one line"

struct nfw_yaml {
        const char *file;
        struct nfw_sink *sink;
        struct nfw_feed feed;
        struct nfw_pos end; /* of what libfyaml gets, where that is not all; else the line is 0 */
        struct nfw_cursor cursor;
        struct fy_diag *diag;
        struct fy_parser *parser;
        const struct nfw_runs *runs;
        size_t n_runs;       /* those that the reading has come to */
        size_t n_left;       /* values of the last of these that are still to be handed out, */
        size_t offset;       /* the next of them in the source, */
        unsigned int line;   /* of the one before it, */
        unsigned int column; /* and of all of them */
        unsigned int n_documents;
        unsigned int depth;
        char text[NFW_YAML_SCALAR_MAX + 1];
};

int nfw_yaml_new(const char *file,
                 const char *source,
                 size_t size,
                 const struct nfw_runs *runs,
                 struct nfw_sink *sink,
                 struct nfw_yaml **ret_yaml) {
        nfw_cleanup(nfw_yaml_freep) struct nfw_yaml *yaml = NULL;
        struct fy_diag_cfg diag_config;
        struct fy_parse_cfg config = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE };
        int r;

        yaml = calloc(1, sizeof(*yaml));
        if (!yaml)
                return -ENOMEM;
        yaml->file = file;
        yaml->runs = runs;
        yaml->sink = sink;
        yaml->cursor = (struct nfw_cursor){ .source = source, .size = size };

        /* Neither a stream nor a function: nothing is printed. */
        fy_diag_cfg_default(&diag_config);
        diag_config.fp = NULL;
        yaml->diag = fy_diag_create(&diag_config);
        if (!yaml->diag)
                return -ENOMEM;
        fy_diag_set_collect_errors(yaml->diag, true);

        config.diag = yaml->diag;
        yaml->parser = fy_parser_create(&config);
        if (!yaml->parser)
                return -ENOMEM;
        r = nfw_feed_init(&yaml->feed, source, size, runs, NFW_FEED_TAIL);
        if (r < 0)
                return r;
        if (yaml->feed.end < size)
                nfw_source_locate(source, yaml->feed.end, &yaml->end);
        if (fy_parser_set_string(yaml->parser, yaml->feed.text, yaml->feed.size) != 0)
                return -ENOMEM;

        *ret_yaml = nfw_steal(yaml);
        return 0;
}

struct nfw_yaml *nfw_yaml_free(struct nfw_yaml *yaml) {
        if (!yaml)
                return NULL;

        fy_parser_destroy(yaml->parser);
        fy_diag_destroy(yaml->diag);
        nfw_feed_deinit(&yaml->feed);
        free(yaml);
        return NULL;
}

static struct nfw_feed_place place_of(const struct nfw_yaml *yaml, const struct fy_mark *mark) {
        const struct nfw_feed_place place = {
                .offset = mark->input_pos,
                .line = (size_t)mark->line,
                .column = (size_t)mark->column,
        };

        return nfw_feed_locate(&yaml->feed, &place);
}

static struct nfw_pos token_pos(const struct nfw_yaml *yaml, struct fy_token *token) {
        const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
        struct nfw_pos pos = { .file = yaml->file };

        if (mark) {
                struct nfw_feed_place place = place_of(yaml, mark);

                pos.line = (unsigned int)place.line + 1;
                pos.column = (unsigned int)place.column + 1;
        }
        return pos;
}

/* Of the '&', '*' or quote that stands before what libfyaml takes as the beginning. */
static struct nfw_pos indicator_pos(const struct nfw_yaml *yaml, struct fy_token *token) {
        struct nfw_pos pos = token_pos(yaml, token);

        if (pos.column > 1)
                pos.column--;
        return pos;
}

/* Of what follows: as near as one can point to something that has no token of its own. */
static struct nfw_pos next_pos(struct nfw_yaml *yaml) {
        nfw_cursor_find_next(&yaml->cursor);
        return (struct nfw_pos){
                .file = yaml->file,
                .line = yaml->cursor.line + 1,
                .column = yaml->cursor.column + 1,
        };
}

/* Where libfyaml's words would not help. */
struct explanation {
        const char *part; /* of the message */
        const char *text; /* to say instead; may be NULL */
        const char *hint; /* may be NULL */
};

static const struct explanation explanations[] = {
        { "alias", NULL, ALIAS_HINT },
        { "expected node content", NULL, "is something missing behind a '-' or a ':' above?" },
        { "missing document start", "something follows the end of the policy", NULL },
};

/* What stands there stands for what libfyaml did not get, and says nothing. */
static bool is_behind_end(const struct nfw_yaml *yaml, const struct nfw_pos *pos) {
        return yaml->end.line > 0 && (pos->line > yaml->end.line ||
                                      (pos->line == yaml->end.line && pos->column >= yaml->end.column));
}

static int report_cut(struct nfw_yaml *yaml) {
        struct nfw_pos pos = { .file = yaml->file };
        int r;

        if (nfw_sink_n_errors(yaml->sink) > 0)
                return NFW_E_INVALID;

        nfw_source_locate(yaml->cursor.source, yaml->feed.refused_at, &pos);
        r = nfw_sink_error(yaml->sink, "policy/syntax", &pos, NULL,
                           "nothing in a policy looks like this, and what follows is not read");
        return r < 0 ? r : NFW_E_INVALID;
}

static int report_syntax(struct nfw_yaml *yaml) {
        /* Not every error of libfyaml has a place; then it is behind what was read last. */
        struct nfw_pos pos = {
                .file = yaml->file,
                .line = yaml->cursor.line + 1,
                .column = yaml->cursor.column + 1,
        };
        const struct fy_diag_error *error;
        const char *message = "this is neither YAML nor JSON", *hint = NULL;
        void *iterator = NULL;
        int r;

        error = fy_diag_errors_iterate(yaml->diag, &iterator);
        if (error) {
                if (error->line > 0 && error->column > 0) {
                        struct nfw_feed_place place = {
                                .line = (size_t)error->line - 1,
                                .column = (size_t)error->column - 1,
                        };

                        place = nfw_feed_locate(&yaml->feed, &place);
                        pos.line = (unsigned int)place.line + 1;
                        pos.column = (unsigned int)place.column + 1;
                }
                message = error->msg;
                for (size_t i = 0; i < NFW_ARRAY_SIZE(explanations); i++)
                        if (strstr(message, explanations[i].part)) {
                                message = explanations[i].text ? explanations[i].text : message;
                                hint = explanations[i].hint;
                        }
        }

        if (is_behind_end(yaml, &pos))
                return report_cut(yaml);
        r = nfw_sink_error(yaml->sink, "policy/syntax", &pos, hint, "%s", message);
        return r < 0 ? r : NFW_E_INVALID;
}

static int refuse_scalar(struct nfw_yaml *yaml,
                         struct nfw_yaml_event *event,
                         const char *code,
                         const char *text) {
        yaml->text[0] = '\0';
        event->bad = true;
        return nfw_sink_error(yaml->sink, code, &event->pos, NULL, "%s", text);
}

/* Fills the text of the event from what is written in the source. */
static int read_text(struct nfw_yaml *yaml,
                     struct fy_token *token,
                     enum nfw_quotes quotes,
                     struct nfw_yaml_event *event) {
        const struct fy_mark *start = fy_token_start_mark(token), *end = fy_token_end_mark(token);

        if (!start || !end || end->input_pos < start->input_pos || end->input_pos > yaml->feed.size)
                return -EIO;
        if (start->line != end->line)
                return refuse_scalar(yaml, event, "policy/several-lines", ONE_LINE);

        switch (nfw_unquote(quotes, yaml->feed.text + start->input_pos, end->input_pos - start->input_pos,
                            yaml->text, NFW_YAML_SCALAR_MAX)) {
        case NFW_UNQUOTE_TOO_LONG:
                return refuse_scalar(yaml, event, "policy/too-long", "a value has at most 1024 octets");
        case NFW_UNQUOTE_INVISIBLE:
                return refuse_scalar(yaml, event, "policy/control-character",
                                     "a value has no tabs, line breaks or other characters that nobody sees");
        default:
                return 0;
        }
}

/* The first value of a run has come from libfyaml: those that it did not see follow it. */
static void begin_run(struct nfw_yaml *yaml, struct fy_token *token, const struct nfw_yaml_event *event) {
        const struct fy_mark *start = fy_token_start_mark(token);
        const struct nfw_run *run;

        if (yaml->n_runs == yaml->runs->vec.n || !start)
                return;
        run = &yaml->runs->vec.items[yaml->n_runs];
        if (place_of(yaml, start).offset != run->first)
                return;
        yaml->n_runs++;
        yaml->n_left = run->n_values;
        yaml->offset = run->second;
        yaml->line = event->pos.line;
        yaml->column = event->pos.column;
}

static void next_of_run(struct nfw_yaml *yaml, struct nfw_yaml_event *event) {
        const char *value = yaml->cursor.source + yaml->offset;
        size_t n = (size_t)((const char *)rawmemchr(value, '\n') - value);

        memcpy(yaml->text, value, n);
        yaml->text[n] = '\0';
        yaml->n_left--;
        /* Behind the value: the end of the line, and the next one's beginning up to its value. */
        yaml->offset += n + yaml->column;
        *event = (struct nfw_yaml_event){
                .type = NFW_YAML_SCALAR,
                .pos = { .file = yaml->file, .line = ++yaml->line, .column = yaml->column },
                .text = yaml->text,
                .plain = true,
        };
}

static int read_scalar(struct nfw_yaml *yaml, struct fy_event *fye, struct nfw_yaml_event *event) {
        struct fy_token *token = fye->scalar.value;
        enum fy_scalar_style style;

        yaml->text[0] = '\0';
        event->text = yaml->text;
        event->plain = true;
        if (!token) {
                event->pos = next_pos(yaml); /* nothing is written there */
                return 0;
        }

        event->pos = token_pos(yaml, token);
        style = fy_token_scalar_style(token);
        if (style == FYSS_PLAIN)
                begin_run(yaml, token, event);
        if (style == FYSS_PLAIN)
                return read_text(yaml, token, NFW_QUOTES_NONE, event);

        event->plain = false;
        if (style != FYSS_SINGLE_QUOTED && style != FYSS_DOUBLE_QUOTED)
                return refuse_scalar(yaml, event, "policy/several-lines", ONE_LINE);
        event->pos = indicator_pos(yaml, token);
        return read_text(yaml, token, style == FYSS_SINGLE_QUOTED ? NFW_QUOTES_SINGLE : NFW_QUOTES_DOUBLE,
                         event);
}

static int refuse_properties(struct nfw_yaml *yaml, struct fy_token *anchor, struct fy_token *tag) {
        struct nfw_pos pos;
        int r;

        if (anchor) {
                pos = indicator_pos(yaml, anchor);
                r = nfw_sink_error(yaml->sink, "policy/anchor", &pos, NULL, "anchors are not supported");
                if (r < 0)
                        return r;
        }
        if (tag) {
                pos = token_pos(yaml, tag);
                return nfw_sink_error(yaml->sink, "policy/tag", &pos, NULL, "tags are not supported");
        }
        return 0;
}

static int read_alias(struct nfw_yaml *yaml, struct fy_event *fye, struct nfw_yaml_event *event) {
        event->type = NFW_YAML_SCALAR;
        event->pos = indicator_pos(yaml, fye->alias.anchor);
        event->text = "";
        event->bad = true;
        return nfw_sink_error(yaml->sink, "policy/alias", &event->pos, ALIAS_HINT,
                              "aliases are not supported");
}

static int enter(struct nfw_yaml *yaml, const struct nfw_yaml_event *event) {
        int r;

        if (++yaml->depth <= NFW_YAML_DEPTH_MAX)
                return 0;

        r = nfw_sink_error(yaml->sink, "policy/too-deep", &event->pos, NULL,
                           "lists and mappings are nested deeper than %d", NFW_YAML_DEPTH_MAX);
        return r < 0 ? r : NFW_E_INVALID;
}

static int begin_document(struct nfw_yaml *yaml, struct fy_event *fye) {
        struct nfw_pos pos;
        int r;

        if (yaml->n_documents++ == 0)
                return 0;

        pos = token_pos(yaml, fye->document_start.document_start);
        if (pos.line == 0)
                pos = next_pos(yaml); /* it begins without a '---' */
        r = nfw_sink_error(yaml->sink, "policy/second-document", &pos,
                           "put every policy into a file of its own", "a second document begins here");
        return r < 0 ? r : NFW_E_INVALID;
}

/* Moves the cursor to where the search for what has no token of its own would go on. */
static void follow(struct nfw_yaml *yaml, struct fy_token *token, bool behind) {
        const struct fy_mark *mark = NULL;

        if (token)
                mark = behind ? fy_token_end_mark(token) : fy_token_start_mark(token);
        if (mark) {
                struct nfw_feed_place place = place_of(yaml, mark);

                nfw_cursor_move(&yaml->cursor, place.offset, (unsigned int)place.line,
                                (unsigned int)place.column);
        }
}

/* NFW_E_EMPTY where the event is nothing to hand on. */
static int translate(struct nfw_yaml *yaml, struct fy_event *fye, struct nfw_yaml_event *event) {
        int r;

        switch (fye->type) {
        case FYET_STREAM_END:
                event->type = NFW_YAML_END;
                if (yaml->end.line > 0)
                        return report_cut(yaml);
                /* What was left out stands where it was refused for something else; it must not just be missing. */
                return yaml->n_runs == yaml->runs->vec.n || nfw_sink_n_errors(yaml->sink) > 0
                               ? 0
                               : report_syntax(yaml);

        case FYET_DOCUMENT_START:
                r = begin_document(yaml, fye);
                return r != 0 ? r : NFW_E_EMPTY;

        case FYET_DOCUMENT_END:
                follow(yaml, fye->document_end.document_end, true);
                return NFW_E_EMPTY;

        case FYET_SCALAR:
                event->type = NFW_YAML_SCALAR;
                r = refuse_properties(yaml, fye->scalar.anchor, fye->scalar.tag);
                if (r < 0)
                        return r;
                r = read_scalar(yaml, fye, event);
                follow(yaml, fye->scalar.value, true);
                return r;

        case FYET_ALIAS:
                follow(yaml, fye->alias.anchor, true);
                return read_alias(yaml, fye, event);

        case FYET_MAPPING_START:
                event->type = NFW_YAML_MAPPING;
                event->pos = token_pos(yaml, fye->mapping_start.mapping_start);
                r = refuse_properties(yaml, fye->mapping_start.anchor, fye->mapping_start.tag);
                if (r < 0)
                        return r;
                follow(yaml, fye->mapping_start.mapping_start, false);
                return enter(yaml, event);

        case FYET_SEQUENCE_START:
                event->type = NFW_YAML_SEQUENCE;
                event->pos = token_pos(yaml, fye->sequence_start.sequence_start);
                r = refuse_properties(yaml, fye->sequence_start.anchor, fye->sequence_start.tag);
                if (r < 0)
                        return r;
                follow(yaml, fye->sequence_start.sequence_start, false);
                return enter(yaml, event);

        case FYET_MAPPING_END:
                event->type = NFW_YAML_MAPPING_END;
                event->pos = token_pos(yaml, fye->mapping_end.mapping_end);
                yaml->depth--;
                return 0;

        case FYET_SEQUENCE_END:
                event->type = NFW_YAML_SEQUENCE_END;
                event->pos = token_pos(yaml, fye->sequence_end.sequence_end);
                yaml->depth--;
                return 0;

        default:
                return NFW_E_EMPTY;
        }
}

int nfw_yaml_next(struct nfw_yaml *yaml, struct nfw_yaml_event *ret_event) {
        if (yaml->n_left > 0) {
                next_of_run(yaml, ret_event);
                return 0;
        }
        for (;;) {
                struct nfw_yaml_event event = { .pos = { .file = yaml->file } };
                struct fy_event *fye;
                int r;

                fye = fy_parser_parse(yaml->parser);
                if (!fye)
                        return report_syntax(yaml);

                r = translate(yaml, fye, &event);
                fy_parser_event_free(yaml->parser, fye);
                if (r == NFW_E_EMPTY)
                        continue;
                if (r == 0 && is_behind_end(yaml, &event.pos))
                        r = report_cut(yaml);
                if (r == 0)
                        *ret_event = event;
                return r;
        }
}

int nfw_yaml_skip(struct nfw_yaml *yaml, const struct nfw_yaml_event *begin) {
        struct nfw_yaml_event event = *begin;
        unsigned int depth = yaml->depth;
        int r;

        if (begin->type != NFW_YAML_MAPPING && begin->type != NFW_YAML_SEQUENCE)
                return 0;

        while (yaml->depth >= depth) {
                r = nfw_yaml_next(yaml, &event);
                if (r != 0)
                        return r;
        }
        return 0;
}
