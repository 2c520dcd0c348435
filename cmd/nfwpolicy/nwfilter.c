/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/nwfilter.h"

#include <string.h>
#include <strings.h>

const struct option_spec nwfilter_options[NWFILTER_N_OPTIONS] = {
        NWFILTER_OPTIONS(struct nwfilter_arguments),
};

const struct option_spec nwfilter_validate_options[NWFILTER_N_VALIDATE_OPTIONS] = {
        { .name = "validate",
          .offset = offsetof(struct nwfilter_arguments, validate),
          .help = "as with virsh; what is read is always checked" },
        NWFILTER_OPTIONS(struct nwfilter_arguments),
};

int nwfilter_prepare(const struct cli *cli,
                     const struct nwfilter_directories *directories,
                     struct nfw_report **ret_report,
                     struct nfw_context **ret_context) {
        int r;

        r = cli_prepare(cli, ret_report, ret_context);
        if (r || (!directories->filters && !directories->builtin))
                return r;
        r = nfw_context_set_nwfilter_directories(*ret_context, directories->filters, directories->builtin);
        return r < 0 ? cli_failure(cli, r, directories->filters ? directories->filters : directories->builtin)
                     : CLI_EXIT_FINE;
}

char *nwfilter_name_of(struct nfw_context *context, const char *name_or_uuid) {
        CLEANUP(nwfilter_list) struct nfw_nwfilter_list *list = NULL;

        if (strlen(name_or_uuid) == strlen("6ef53069-ba34-94a0-d33d-17751b9b8cb1") &&
            nfw_nwfilter_list_new(context, NULL, &list) == 0)
                for (size_t i = 0; i < nfw_nwfilter_list_n(list); i++)
                        if (strcasecmp(nfw_nwfilter_list_uuid(list, i), name_or_uuid) == 0)
                                return strdup(nfw_nwfilter_list_name(list, i));
        return strdup(name_or_uuid);
}
