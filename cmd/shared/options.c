/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "shared/suggest.h"

/* What getopt_long() returns for the option at an index; above every letter. */
#define INDEX_BASE 256

/* The rows of all groups in one list, in the form that getopt_long() wants beside it. */
struct parser {
        const struct cli *cli;
        const struct option_group *groups;
        size_t n_groups;
        size_t n_options;
        struct option *longs;
        char *letters;
};

static const struct option_spec *option_at(const struct parser *parser, size_t index, void **ret_target) {
        for (size_t i = 0; i < parser->n_groups; i++) {
                const struct option_group *group = &parser->groups[i];

                if (index < group->n_options) {
                        *ret_target = group->target;
                        return &group->options[index];
                }
                index -= group->n_options;
        }
        return NULL;
}

/* The row that a value of getopt_long() stands for. */
static const struct option_spec *option_for(const struct parser *parser, int value, void **ret_target) {
        if (value >= INDEX_BASE)
                return option_at(parser, value - INDEX_BASE, ret_target);
        for (size_t i = 0; i < parser->n_options; i++) {
                const struct option_spec *option = option_at(parser, i, ret_target);

                if (option->letter && option->letter == value)
                        return option;
        }
        return NULL;
}

static int parser_init(struct parser *parser, bool stop_at_operand) {
        char *letter;

        for (size_t i = 0; i < parser->n_groups; i++)
                parser->n_options += parser->groups[i].n_options;
        parser->longs = calloc(parser->n_options + 1, sizeof(*parser->longs));
        parser->letters = calloc(2 * parser->n_options + 3, 1);
        if (!parser->longs || !parser->letters)
                return -ENOMEM;

        letter = parser->letters;
        if (stop_at_operand)
                *letter++ = '+';
        *letter++ = ':';
        for (size_t i = 0; i < parser->n_options; i++) {
                void *target;
                const struct option_spec *option = option_at(parser, i, &target);

                parser->longs[i] = (struct option){
                        .name = option->name,
                        .has_arg = option->argument ? required_argument : no_argument,
                        .val = INDEX_BASE + (int)i,
                };
                if (option->letter) {
                        *letter++ = option->letter;
                        if (option->argument)
                                *letter++ = ':';
                }
        }
        return 0;
}

static int list_add(struct string_list *list, const char *item) {
        const char **items = realloc(list->items, (list->n_items + 1) * sizeof(*items));

        if (!items)
                return -ENOMEM;
        list->items = items;
        list->items[list->n_items++] = item;
        return 0;
}

static bool looks_like_address(const char *text) {
        struct in6_addr address;

        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

/* --resolver 10.0.0.1 10.0.0.2 takes both: what is an address cannot be meant as anything else. */
static int list_add_addresses(struct string_list *list, char *argument, int argc, char **argv) {
        char *rest = NULL;

        for (char *item = strtok_r(argument, ",", &rest); item; item = strtok_r(NULL, ",", &rest))
                if (list_add(list, item) < 0)
                        return -ENOMEM;
        while (optind < argc && looks_like_address(argv[optind]))
                if (list_add(list, argv[optind++]) < 0)
                        return -ENOMEM;
        return 0;
}

/* "a, b and c" */
static const char *list_choices(const char *const *choices, size_t n, char buffer[static 128]) {
        size_t size = 0;

        buffer[0] = '\0';
        for (size_t i = 0; i < n && size < 128; i++)
                size += (size_t)snprintf(buffer + size, 128 - size, "%s%s",
                                         i == 0       ? ""
                                         : i + 1 == n ? " and "
                                                      : ", ",
                                         choices[i]);
        return buffer;
}

static int store_choice(const struct cli *cli, const struct option_spec *option, int *field) {
        const char *nearest;
        char all[128];
        size_t n = 0;

        for (; option->choices[n]; n++)
                if (strcmp(option->choices[n], optarg) == 0) {
                        *field = (int)n;
                        return CLI_EXIT_FINE;
                }
        nearest = suggest(optarg, option->choices, n);
        if (nearest)
                return cli_usage_error(cli, "--%s: `%s` is not known, did you mean `%s`?", option->name,
                                       optarg, nearest);
        return cli_usage_error(cli, "--%s: `%s` is not known, only %s", option->name, optarg,
                               list_choices(option->choices, n, all));
}

static int store_number(const struct cli *cli, const struct option_spec *option, uint32_t *field) {
        unsigned long number;
        char *end;

        errno = 0;
        number = strtoul(optarg, &end, 10);
        /* strtoul() takes a sign and leading space, which nobody means here */
        if (*optarg < '0' || *optarg > '9' || *end || errno || number < option->min || number > option->max)
                return cli_usage_error(cli, "--%s: `%s` is not a number from %u to %u", option->name, optarg,
                                       option->min, option->max);
        *field = (uint32_t)number;
        return CLI_EXIT_FINE;
}

static int store(
        const struct cli *cli, const struct option_spec *option, void *target, int argc, char **argv) {
        void *field = (char *)target + option->offset;
        int r = 0;

        switch (option->kind) {
        case OPTION_FLAG:
                *(bool *)field = true;
                break;
        case OPTION_PICK:
                if (*(int *)field && *(int *)field != option->value)
                        return cli_usage_error(cli, "--%s excludes what was given before it", option->name);
                *(int *)field = option->value;
                break;
        case OPTION_CHOICE:
                return store_choice(cli, option, field);
        case OPTION_NUMBER:
                return store_number(cli, option, field);
        case OPTION_STRING:
                *(const char **)field = optarg;
                break;
        case OPTION_STRINGS:
                r = list_add(field, optarg);
                break;
        case OPTION_ADDRESSES:
                r = list_add_addresses(field, optarg, argc, argv);
                break;
        }
        return r < 0 ? cli_failure(cli, r, NULL) : CLI_EXIT_FINE;
}

static int tell_unknown(const struct parser *parser, const char *written) {
        const char **names;
        const char *nearest, *candidate = NULL;
        char *word;
        size_t n_prefixed = 0;
        int r;

        names = calloc(parser->n_options + 1, sizeof(*names));
        word = strndup(written + 2, strcspn(written + 2, "="));
        if (!names || !word) {
                r = cli_failure(parser->cli, -ENOMEM, NULL);
                goto finish;
        }
        for (size_t i = 0; i < parser->n_options; i++) {
                names[i] = parser->longs[i].name;
                if (strncmp(names[i], word, strlen(word)) == 0) {
                        candidate = n_prefixed++ ? candidate : names[i];
                        nearest = names[i];
                }
        }
        if (n_prefixed > 1) {
                r = cli_usage_error(parser->cli, "option `--%s` could be --%s or --%s", word, candidate,
                                    nearest);
                goto finish;
        }
        nearest = suggest(word, names, parser->n_options);
        if (nearest)
                r = cli_usage_error(parser->cli, "unknown option `--%s`, did you mean `--%s`?", word,
                                    nearest);
        else
                r = cli_usage_error(parser->cli, "unknown option `--%s`", word);
finish:
        free(names);
        free(word);
        return r;
}

/* getopt_long() reports an unknown letter in optopt, an unknown long option by 0 there. */
static int tell_mistake(const struct parser *parser, bool lacks_argument, char **argv) {
        const struct option_spec *option = NULL;
        void *target;

        if (optopt)
                option = option_for(parser, optopt, &target);
        if (!optopt)
                return tell_unknown(parser, argv[optind - 1]);
        if (!option)
                return cli_usage_error(parser->cli, "unknown option `-%c`", optopt);
        if (lacks_argument)
                return cli_usage_error(parser->cli, "option `--%s` needs %s", option->name, option->argument);
        return cli_usage_error(parser->cli, "option `--%s` takes no value", option->name);
}

int options_parse(const struct cli *cli,
                  const struct option_group *groups,
                  size_t n_groups,
                  bool stop_at_operand,
                  int argc,
                  char **argv,
                  int *ret_first_operand) {
        struct parser parser = { .cli = cli, .groups = groups, .n_groups = n_groups };
        int r, value;

        r = parser_init(&parser, stop_at_operand);
        if (r < 0)
                r = cli_failure(cli, r, NULL);

        opterr = 0;
        optind = 0; /* makes glibc start over */
        while (r == 0 && (value = getopt_long(argc, argv, parser.letters, parser.longs, NULL)) != -1) {
                const struct option_spec *option;
                void *target = NULL;

                if (value == '?' || value == ':') {
                        r = tell_mistake(&parser, value == ':', argv);
                        break;
                }
                option = option_for(&parser, value, &target);
                r = store(cli, option, target, argc, argv);
        }
        free(parser.longs);
        free(parser.letters);
        if (r == 0)
                *ret_first_operand = optind;
        return r;
}

void options_release(const struct option_group *group) {
        for (size_t i = 0; i < group->n_options; i++) {
                const struct option_spec *option = &group->options[i];

                if (option->kind == OPTION_STRINGS || option->kind == OPTION_ADDRESSES) {
                        struct string_list *list = (void *)((char *)group->target + option->offset);

                        free(list->items);
                        *list = (struct string_list){ 0 };
                }
        }
}

void options_print(FILE *stream, const struct option_spec *options, size_t n_options) {
        for (size_t i = 0; i < n_options; i++) {
                const struct option_spec *option = &options[i];
                char left[48];

                snprintf(left, sizeof(left), "%c%c%s--%s%s%s", option->letter ? '-' : ' ',
                         option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
                         option->argument ? " " : "", option->argument ? option->argument : "");
                fprintf(stream, "  %-28s %s\n", left, option->help);
        }
}
