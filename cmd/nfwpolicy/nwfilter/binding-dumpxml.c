/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

static const char *find(const json_t *bindings, const char *port) {
        const json_t *binding;
        size_t i;

        json_array_foreach(bindings, i,
                           binding) if (strcmp(json_string_value(json_object_get(binding, "port")), port) ==
                                        0) return json_string_value(json_object_get(binding, "xml"));
        return NULL;
}

static int refuse(const struct cli *cli, const char *port) {
        CLEANUP(text) char *text = NULL;

        if (asprintf(&text, "no network filter is on %s", port) < 0) {
                text = NULL;
                return cli_failure(cli, -ENOMEM, NULL);
        }
        return diagnostics_refuse(cli, NFW_E_NOT_FOUND, "nwfilter/unbound", text,
                                  "nfwpolicy nwfilter-binding-list names the ports that have one");
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(json) json_t *bindings = NULL;
        const struct nwfilter_arguments *args = arguments;
        const char *text;
        int r;

        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = act_nwfilter_bindings(&act, &bindings);
        if (r != 0)
                return act_finish(&act, r, operands[0]);
        text = find(bindings, operands[0]);
        if (!text)
                return refuse(cli, operands[0]);
        if (cli->json)
                return diagnostics_put_json(cli,
                                            json_pack("{s:o, s:o, s:o}", "port", text_json(operands[0]),
                                                      "xml", text_json(text), "diagnostics",
                                                      act_diagnostics(&act)),
                                            2);
        act_print(&act);
        virsh_put_text(text);
        putchar('\n');
        return CLI_EXIT_FINE;
}

const struct command command_nwfilter_binding_dumpxml = {
        .name = "nwfilter-binding-dumpxml",
        .summary = "print a port's network filter binding as XML",
        .synopsis = "PORT",
        .description = "Prints what a port is bound to, as XML that nwfilter-binding-create reads.",
        .example = "  nfwpolicy nwfilter-binding-dumpxml vnet0",
        .options = nwfilter_options,
        .n_options = NWFILTER_N_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .operand = "the PORT",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
