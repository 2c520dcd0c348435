/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter.h"
#include "shared/diagnostics.h"
#include "shared/suggest.h"
#include "shared/table.h"
#include "shared/text.h"

DEFINE_CLEANUP(nwfilter_set_list)

struct set_arguments {
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
        struct nfw_context *context;
        struct nfw_report *report;
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
        r = nfw_nwfilter_set_add(call->context, name, call->arguments->type, call->arguments->family,
                                 (const char *const *)&call->operands[1], n, call->report);
        if (r == 0)
                cli_say(call->cli, "set %s: %zu %s added", name, n, n == 1 ? "element" : "elements");
        return diagnostics_finish(call->cli, call->report, r, name);
}

static int delete (const struct set_call *call) {
        const char *name = call->operands[0];
        size_t n;
        int r;

        if (call->n_operands == 0)
                return lack_name(call->cli);
        n = call->n_operands - 1;
        r = nfw_nwfilter_set_delete(call->context, name, (const char *const *)&call->operands[1], n,
                                    call->report);
        if (r == 0 && n == 0)
                cli_say(call->cli, "set %s is deleted", name);
        else if (r == 0)
                cli_say(call->cli, "set %s: %zu %s deleted", name, n, n == 1 ? "element" : "elements");
        return diagnostics_finish(call->cli, call->report, r, name);
}

/* --- listing ------------------------------------------------------------------------------------------------- */

static json_t *set_json(struct nfw_nwfilter_set_list *list, size_t index) {
        json_t *elements = json_array();
        const char *element;

        for (size_t i = 0; (element = nfw_nwfilter_set_list_element(list, index, i)); i++)
                json_array_append_new(elements, json_string(element));
        return json_pack("{s:o, s:s, s:s, s:o}", "name", text_json(nfw_nwfilter_set_list_name(list, index)),
                         "type", nfw_nwfilter_set_list_type(list, index), "family",
                         nfw_nwfilter_set_list_family(list, index), "elements", elements);
}

static int print_json(const struct set_call *call, struct nfw_nwfilter_set_list *list, const char *name) {
        json_t *sets = json_array();

        for (size_t i = 0; i < nfw_nwfilter_set_list_n(list); i++)
                if (!name || strcmp(nfw_nwfilter_set_list_name(list, i), name) == 0)
                        json_array_append_new(sets, set_json(list, i));
        return diagnostics_put_json(
                call->cli,
                json_pack("{s:o, s:o}", "sets", sets, "diagnostics", diagnostics_json(call->report)), 2);
}

static int print_all(const struct cli *cli, const struct nfw_nwfilter_set_list *list) {
        static const char *const titles[] = { "SET", "TYPE", "FAMILY", "ELEMENTS", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = NULL;
        int r;

        if (nfw_nwfilter_set_list_n(list) == 0) {
                puts("there are no sets");
                return CLI_EXIT_FINE;
        }
        table = table_new(titles);
        for (size_t i = 0; i < nfw_nwfilter_set_list_n(list); i++) {
                table_add(table, nfw_nwfilter_set_list_name(list, i));
                table_add(table, nfw_nwfilter_set_list_type(list, i));
                table_add(table, nfw_nwfilter_set_list_family(list, i));
                table_addf(table, "%zu", nfw_nwfilter_set_list_n_elements(list, i));
        }
        r = table_print(table, cli->color_out);
        return r < 0 ? cli_failure(cli, r, NULL) : CLI_EXIT_FINE;
}

static int print_one(struct nfw_nwfilter_set_list *list, size_t index) {
        const char *element;

        for (size_t i = 0; (element = nfw_nwfilter_set_list_element(list, index, i)); i++)
                puts(element);
        return CLI_EXIT_FINE;
}

static int find(const struct set_call *call,
                const struct nfw_nwfilter_set_list *list,
                const char *name,
                size_t *ret_index) {
        size_t n = nfw_nwfilter_set_list_n(list);
        CLEANUP(text) char *hint = NULL;
        const char **names, *nearest;
        json_t *told;

        names = calloc(n + 1, sizeof(*names));
        if (!names)
                return cli_failure(call->cli, -ENOMEM, NULL);
        for (size_t i = 0; i < n; i++) {
                names[i] = nfw_nwfilter_set_list_name(list, i);
                if (strcmp(names[i], name) == 0) {
                        *ret_index = i;
                        free(names);
                        return CLI_EXIT_FINE;
                }
        }
        nearest = suggest(name, names, n);
        if (nearest && asprintf(&hint, "did you mean `%s`?", nearest) < 0)
                hint = NULL;
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

static int list(const struct set_call *call) {
        CLEANUP(nwfilter_set_list) struct nfw_nwfilter_set_list *list = NULL;
        const char *name = call->n_operands > 0 ? call->operands[0] : NULL;
        size_t index = 0;
        int r;

        r = nfw_nwfilter_set_list_new(call->context, call->report, &list);
        if (r != 0)
                return diagnostics_finish(call->cli, call->report, r, "set list");
        r = name ? find(call, list, name, &index) : CLI_EXIT_FINE;
        if (r)
                return r;
        if (call->cli->json)
                return print_json(call, list, name);
        return name ? print_one(list, index) : print_all(call->cli, list);
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
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct set_arguments *args = arguments;
        size_t i = 0;
        int r;

        while (i < sizeof(verbs) / sizeof(verbs[0]) && strcmp(verbs[i].name, operands[0]) != 0)
                i++;
        if (i == sizeof(verbs) / sizeof(verbs[0]))
                return cli_usage_error(cli, "`%s` is none of add, delete and list", operands[0]);
        if (n_operands - 1 > verbs[i].max_operands)
                return cli_usage_error(cli, "`%s` is too much", operands[verbs[i].max_operands + 1]);
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;
        return verbs[i].run(&(struct set_call){ .cli = cli,
                                                .arguments = args,
                                                .context = context,
                                                .report = report,
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
