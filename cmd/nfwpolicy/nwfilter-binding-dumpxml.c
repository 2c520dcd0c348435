/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

static const struct nfw_nwfilter_binding *find(const struct nfw_nwfilter_binding_list *list,
                                               const char *port) {
        for (size_t i = 0; i < nfw_nwfilter_binding_list_n(list); i++)
                if (strcmp(nfw_nwfilter_binding_port(nfw_nwfilter_binding_list_item(list, i)), port) == 0)
                        return nfw_nwfilter_binding_list_item(list, i);
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
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(nwfilter_binding_list) struct nfw_nwfilter_binding_list *list = NULL;
        CLEANUP(text) char *text = NULL;
        const struct nwfilter_arguments *args = arguments;
        const struct nfw_nwfilter_binding *binding;
        int r;

        (void)n_operands;
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;

        r = nfw_nwfilter_binding_list_new(context, report, &list);
        if (r != 0)
                return diagnostics_finish(cli, report, r, operands[0]);
        binding = find(list, operands[0]);
        if (!binding)
                return refuse(cli, operands[0]);
        r = nfw_nwfilter_binding_dumpxml(binding, &text);
        if (r < 0)
                return cli_failure(cli, r, operands[0]);
        if (cli->json)
                return diagnostics_put_json(cli,
                                            json_pack("{s:o, s:o, s:o}", "port", text_json(operands[0]),
                                                      "xml", text_json(text), "diagnostics",
                                                      diagnostics_json(report)),
                                            2);
        diagnostics_print(cli, report);
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
