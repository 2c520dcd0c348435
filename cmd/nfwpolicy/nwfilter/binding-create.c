/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/read.h"

enum compat {
        COMPAT_NONE,
        COMPAT_LIBVIRT,
};

struct create_arguments {
        struct bus_arguments bus;
        struct nwfilter_directories directories;
        bool validate;
        int compat;
};

static const char *const compat_choices[] = { "none", "libvirt", NULL };

static const struct option_spec create_options[] = {
        { .name = "validate",
          .offset = offsetof(struct create_arguments, validate),
          .help = "as with virsh; what is read is always checked" },
        { .name = "compat",
          .kind = OPTION_CHOICE,
          .offset = offsetof(struct create_arguments, compat),
          .argument = "WHOM",
          .choices = compat_choices,
          .help = "libvirt: let pass what libvirt does not filter" },
        NWFILTER_OPTIONS(struct create_arguments),
};

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(nwfilter_binding) struct nfw_nwfilter_binding *binding = NULL;
        CLEANUP(text) char *data = NULL;
        const struct create_arguments *args = arguments;
        const char *file = read_display_name(operands[0]);
        size_t size = 0;
        int r;

        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = read_text(operands[0], &data, &size);
        if (r == 0)
                r = nfw_nwfilter_binding_read_buffer(file, data ? data : "", size, act.report, &binding);
        if (r != 0)
                return diagnostics_finish(cli, act.report, r, file);
        if (args->compat == COMPAT_LIBVIRT)
                nfw_nwfilter_binding_set_compat(binding, true);
        r = act_nwfilter_bind(&act, binding, &(struct nwfilter_source){ file, data });
        if (r == 0)
                virsh_say(cli, "Network filter binding on %s created from %s",
                          nfw_nwfilter_binding_port(binding), file);
        return act_finish(&act, r, file);
}

const struct command command_nwfilter_binding_create = {
        .name = "nwfilter-binding-create",
        .summary = "put a port under a network filter, from XML",
        .synopsis = "FILE [--validate] [--compat WHOM]",
        .description =
                "Puts a port of a bridge under a network filter. The file, or standard input for -, is a\n"
                "filterbinding as libvirt has it: the port, its guest's MAC address, the filter and parameters.\n"
                "A port has one filter; nwfilter-binding-delete takes it away.",
        .example = "  nfwpolicy nwfilter-binding-create vnet0.xml",
        .options = create_options,
        .n_options = sizeof(create_options) / sizeof(create_options[0]),
        .arguments_size = sizeof(struct create_arguments),
        .operand = "FILE",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
