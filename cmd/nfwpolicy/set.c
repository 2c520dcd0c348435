/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/set.h"

#include <errno.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "shared/diagnostics.h"
#include "shared/suggest.h"
#include "shared/table.h"
#include "shared/text.h"

struct set_arguments {
        struct bus_arguments bus;
        struct nwfilter_directories directories;
        const char *type;
        const char *family;
};

static const struct option_spec set_options[] = {
        { .name = "type",
          .kind = OPTION_STRING,
          .offset = offsetof(struct set_arguments, type),
          .argument = "TYPE",
          .help = "of a new set: ip, ip,port or ip,port,ip (default: as needed)" },
        { .name = "family",
          .kind = OPTION_STRING,
          .offset = offsetof(struct set_arguments, family),
          .argument = "FAMILY",
          .help = "of a new set: ipv4 or ipv6 (default: as needed)" },
        NWFILTER_OPTIONS(struct set_arguments),
};

/* What one of the verbs needs. */
struct set_call {
        const struct cli *cli;
        const struct set_arguments *arguments;
        struct act *act;
        char **operands; /* behind the verb */
        size_t n_operands;
};

static int lack_name(const struct cli *cli) {
        return cli_usage_error(cli, "the NAME of the set is missing");
}

static int add(const struct set_call *call) {
        const char *name = call->operands[0];
        size_t n;
        int r;

        if (call->n_operands == 0)
                return lack_name(call->cli);
        n = call->n_operands - 1;
        r = act_set_add(call->act, name, call->arguments->type, call->arguments->family,
                        (const char *const *)&call->operands[1], n);
        if (r == 0)
                cli_say(call->cli, "set %s: %zu %s added", name, n, n == 1 ? "element" : "elements");
        return act_finish(call->act, r, name);
}

static int delete (const struct set_call *call) {
        const char *name = call->operands[0];
        size_t n;
        int r;

        if (call->n_operands == 0)
                return lack_name(call->cli);
        n = call->n_operands - 1;
        r = act_set_delete(call->act, name, (const char *const *)&call->operands[1], n);
        if (r == 0 && n == 0)
                cli_say(call->cli, "set %s is deleted", name);
        else if (r == 0)
                cli_say(call->cli, "set %s: %zu %s deleted", name, n, n == 1 ? "element" : "elements");
        return act_finish(call->act, r, name);
}

/* --- listing ------------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *set, const char *key) {
        return json_string_value(json_object_get(set, key));
}

static int print_json(const struct set_call *call, const json_t *sets, const char *name) {
        json_t *printed = json_array(), *set;
        size_t i;

        json_array_foreach(sets, i, set) {
                json_object_del(set, "n_elements");
                if (!name || strcmp(text_of(set, "name"), name) == 0)
                        json_array_append(printed, set);
        }
        return diagnostics_put_json(
                call->cli,
                json_pack("{s:o, s:o}", "sets", printed, "diagnostics", act_diagnostics(call->act)), 2);
}

static int print_all(const struct cli *cli, const json_t *sets) {
        static const char *const titles[] = { "SET", "TYPE", "FAMILY", "ELEMENTS", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = NULL;
        const json_t *set;
        size_t i;
        int r;

        if (json_array_size(sets) == 0) {
                puts("there are no sets");
                return CLI_EXIT_FINE;
        }
        table = table_new(titles);
        json_array_foreach(sets, i, set) {
                table_add(table, text_of(set, "name"));
                table_add(table, text_of(set, "type"));
                table_add(table, text_of(set, "family"));
                table_addf(table, "%" JSON_INTEGER_FORMAT,
                           json_integer_value(json_object_get(set, "n_elements")));
        }
        r = table_print(table, cli->color_out);
        return r < 0 ? cli_failure(cli, r, NULL) : CLI_EXIT_FINE;
}

static int print_one(const json_t *set) {
        const json_t *element;
        size_t i;

        json_array_foreach(json_object_get(set, "elements"), i, element) puts(json_string_value(element));
        return CLI_EXIT_FINE;
}

static int refuse_unknown(const struct set_call *call, const json_t *sets, const char *name) {
        size_t n = json_array_size(sets);
        CLEANUP(text) char *hint = NULL;
        const char **names;
        json_t *told;

        names = calloc(n + 1, sizeof(*names));
        if (!names)
                return cli_failure(call->cli, -ENOMEM, NULL);
        for (size_t i = 0; i < n; i++)
                names[i] = text_of(json_array_get(sets, i), "name");
        hint = suggest_hint(name, names, n);
        free(names);
        told = json_pack("[o]",
                         diagnostics_make(NFW_SEVERITY_ERROR, "set/no-set", "there is no such set",
                                          hint ? hint : "`nfwpolicy set list` lists those that there are"));
        if (!told)
                return cli_failure(call->cli, -ENOMEM, NULL);
        (void)diagnostics_finish_array(call->cli, told, NFW_E_NOT_FOUND, name);
        json_decref(told);
        return CLI_EXIT_NO;
}

static const json_t *find(const json_t *sets, const char *name) {
        const json_t *set;
        size_t i;

        json_array_foreach(sets, i, set) if (strcmp(text_of(set, "name"), name) == 0) return set;
        return NULL;
}

static int list(const struct set_call *call) {
        CLEANUP(json) json_t *sets = NULL;
        const char *name = call->n_operands > 0 ? call->operands[0] : NULL;
        const json_t *set;
        int r;

        r = act_set_list(call->act, name ? name : call->cli->json ? "" : NULL, &sets);
        if (r != 0)
                return act_finish(call->act, r, "set list");
        set = name ? find(sets, name) : NULL;
        if (name && !set)
                return refuse_unknown(call, sets, name);
        if (call->cli->json)
                return print_json(call, sets, name);
        return name ? print_one(set) : print_all(call->cli, sets);
}

static const struct {
        const char *name;
        int (*run)(const struct set_call *call);
        size_t max_operands;
} verbs[] = {
        { "add", add, SIZE_MAX },
        { "delete", delete, SIZE_MAX },
        { "list", list, 1 },
};

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        const struct set_arguments *args = arguments;
        size_t i = 0;
        int r;

        while (i < sizeof(verbs) / sizeof(verbs[0]) && strcmp(verbs[i].name, operands[0]) != 0)
                i++;
        if (i == sizeof(verbs) / sizeof(verbs[0]))
                return cli_usage_error(cli, "`%s` is none of add, delete and list", operands[0]);
        if (n_operands - 1 > verbs[i].max_operands)
                return cli_usage_error(cli, "`%s` is too much", operands[verbs[i].max_operands + 1]);
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;
        return verbs[i].run(&(struct set_call){ .cli = cli,
                                                .arguments = args,
                                                .act = &act,
                                                .operands = operands + 1,
                                                .n_operands = n_operands - 1 });
}

const struct command command_set = {
        .name = "set",
        .summary = "addresses and ports that network filters look up (ipset)",
        .synopsis = "add NAME ELEMENT... | delete NAME [ELEMENT...] | list [NAME]",
        .description =
                "Puts elements into a set that network filters refer to with ipset, takes them out, or prints\n"
                "them. An element is an address, a prefix or a range; then, where the set has them, a port and\n"
                "another address, with commas between. A set is made with its first element; delete without\n"
                "elements deletes it. Packets meet a change at once.",
        .example = "  nfwpolicy set add friends 192.0.2.0/24 198.51.100.7\n"
                   "  nfwpolicy set add services 192.0.2.1,443 192.0.2.2,8000-8080",
        .options = set_options,
        .n_options = sizeof(set_options) / sizeof(set_options[0]),
        .arguments_size = sizeof(struct set_arguments),
        .operand = "one of add, delete and list",
        .min_operands = 1,
        .max_operands = SIZE_MAX,
        .run = run,
};
