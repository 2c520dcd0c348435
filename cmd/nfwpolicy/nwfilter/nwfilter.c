/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/nwfilter/nwfilter.h"

#include "nfwpolicy/virsh-table.h"

const struct option_spec nwfilter_options[NWFILTER_N_OPTIONS] = {
        NWFILTER_OPTIONS(struct nwfilter_arguments),
};

const struct option_spec nwfilter_validate_options[NWFILTER_N_VALIDATE_OPTIONS] = {
        { .name = "validate",
          .offset = offsetof(struct nwfilter_arguments, validate),
          .help = "as with virsh; what is read is always checked" },
        NWFILTER_OPTIONS(struct nwfilter_arguments),
};

int nwfilter_open(const struct cli *cli,
                  const struct bus_arguments *bus,
                  const struct nwfilter_directories *directories,
                  struct act *act) {
        CLEANUP(text) char *filters = NULL;
        CLEANUP(text) char *builtin = NULL;
        int r;

        if (!directories->filters && !directories->builtin)
                return act_open(cli, bus, act);
        r = act_open_alone(cli, act);
        if (r)
                return r;
        r = cli_absolute_path(directories->filters, &filters);
        if (r == 0)
                r = cli_absolute_path(directories->builtin, &builtin);
        if (r == 0)
                r = nfw_context_set_nwfilter_directories(act->context, filters, builtin);
        return r < 0 ? cli_failure(cli, r, directories->filters ? directories->filters : directories->builtin)
                     : CLI_EXIT_FINE;
}

int nwfilter_change(const struct cli *cli,
                    const struct nwfilter_arguments *arguments,
                    const char *name,
                    int (*change)(struct act *act, const char *name),
                    const char *about,
                    const char *done) {
        CLEANUP_ACT struct act act = { 0 };
        int r;

        r = nwfilter_open(cli, &arguments->bus, &arguments->directories, &act);
        if (r)
                return r;
        r = change(&act, name);
        if (r == 0)
                virsh_say(cli, "Network filter %s%s %s", about, name, done);
        return act_finish(&act, r, name);
}
