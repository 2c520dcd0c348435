/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/policy/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicy/act/act.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/policy/ports.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/read.h"
#include "shared/watch.h"

static int check_usage(const struct cli *cli, const struct load_arguments *args, const char *file) {
        if (args->ports.n_items == 0)
                return cli_usage_error(cli, "--port is missing");
        if (args->foreground && args->dry_run)
                return cli_usage_error(cli, "--foreground and --dry-run exclude each other");
        if (args->foreground && args->no_learner)
                return cli_usage_error(cli, "--foreground and --no-learner exclude each other");
        if (args->max_ttl > 0 && args->min_ttl > args->max_ttl)
                return cli_usage_error(cli, "--min-ttl %u is above --max-ttl %u", args->min_ttl,
                                       args->max_ttl);
        if (args->resolvers.n_items > 1 && load_trusts_any(args))
                return cli_usage_error(cli, "--resolver any trusts every server, so it excludes addresses");
        if (!args->name && strcmp(file, "-") == 0)
                return cli_usage_error(cli, "--name is missing: standard input has none");
        return CLI_EXIT_FINE;
}

/* A negative errno is told here, what is wrong with an address is in the report. */
static int add_resolvers(const struct cli *cli,
                         struct nfw_load *load,
                         const struct string_list *resolvers,
                         struct nfw_report *report) {
        for (size_t i = 0; i < resolvers->n_items; i++) {
                int r = 0;

                if (strcmp(resolvers->items[i], "any") == 0)
                        nfw_load_set_any_resolver(load, true);
                else
                        r = nfw_load_add_resolver(load, resolvers->items[i], report);
                if (r != 0)
                        return diagnostics_finish(cli, report, r, resolvers->items[i]);
        }
        return CLI_EXIT_FINE;
}

/* The order from the command line to struct nfw_load; what is wrong has been told. 0 or an exit status. */
static int make_load(const struct cli *cli,
                     const struct load_arguments *args,
                     const struct nfw_policy *policy,
                     const char *name,
                     struct nfw_report *report,
                     struct nfw_load **ret_load) {
        CLEANUP(load) struct nfw_load *load = NULL;
        int r;

        r = nfw_load_new(policy, name, &load);
        for (size_t i = 0; r == 0 && i < args->ports.n_items; i++)
                r = nfw_load_add_port(load, args->ports.items[i]);
        if (r == 0 && args->min_ttl > 0)
                r = nfw_load_set_min_ttl(load, args->min_ttl);
        if (r == 0 && args->max_ttl > 0)
                r = nfw_load_set_max_ttl(load, args->max_ttl);
        if (r == 0 && args->max_names > 0)
                r = nfw_load_set_max_names(load, args->max_names);
        if (r != 0)
                return diagnostics_finish(cli, report, r, name);
        r = add_resolvers(cli, load, &args->resolvers, report);
        if (r)
                return r;

        nfw_load_set_log_denied(load, args->log_denied);
        nfw_load_set_dry_run(load, args->dry_run);
        nfw_load_set_require_learner(load, !args->no_learner && !args->foreground);

        *ret_load = load;
        load = NULL;
        return CLI_EXIT_FINE;
}

static void say_loaded(const struct cli *cli,
                       const struct load_arguments *args,
                       const struct nfw_policy *policy,
                       const char *name) {
        size_t n_rules = nfw_policy_n_rules(policy);

        ports_say(cli, &args->ports,
                  args->dry_run ? "policy %s (%zu %s) would be accepted on"
                                : "policy %s (%zu %s) in force on",
                  name, n_rules, n_rules == 1 ? "rule" : "rules");
}

/* The learner must be there before the rules: it sees the load as any other change. */
static int start_learner(const struct cli *cli,
                         struct nfw_context *context,
                         struct nfw_report *report,
                         int *ret_signal_fd,
                         struct nfw_learner **ret_learner) {
        int r;

        r = watch_catch_signals(cli, ret_signal_fd);
        if (r)
                return r;
        r = nfw_learner_new(context, report, ret_learner);
        return r != 0 ? diagnostics_finish(cli, report, r, "the learner") : CLI_EXIT_FINE;
}

static int follow(const struct cli *cli, struct nfw_learner *learner, int signal_fd, const char *name) {
        const struct watch_source source = watch_learner(learner);
        enum watch_level level = cli->quiet ? WATCH_TROUBLE : cli->verbose ? WATCH_ALL : WATCH_CHANGES;
        int r;

        fflush(stdout);
        r = watch_run(cli, &source, signal_fd, level, NULL);
        if (r == CLI_EXIT_FINE)
                cli_say(cli,
                        "the rules stay in force, and nothing is learned any more; to remove them: nfwpolicy unload %s --force",
                        name);
        return r;
}

static int finish_load(const struct act *act,
                       const struct load_arguments *args,
                       int result,
                       const char *name) {
        int r;

        r = act_finish(act, result, name);
        if (!act->cli->json && !args->name && act_tells(act, "load/bad-name"))
                fputs("    hint: that is the name of the file; --name gives the policy another\n", stderr);
        return r;
}

static int load_policy(struct act *act,
                       const struct load_arguments *args,
                       const struct nfw_policy *policy,
                       const struct load_source *source) {
        CLEANUP(load) struct nfw_load *load = NULL;
        CLEANUP(learner) struct nfw_learner *learner = NULL;
        int r, signal_fd = -1;

        r = make_load(act->cli, args, policy, source->name, act->report, &load);
        if (r)
                return r;
        if (args->foreground) {
                r = start_learner(act->cli, act->context, act->report, &signal_fd, &learner);
                if (r)
                        return r;
        }

        r = act_load(act, load, args, source);
        if (r == 0)
                say_loaded(act->cli, args, policy, source->name);
        r = finish_load(act, args, r, source->name);
        if (r || !args->foreground)
                return r;
        return follow(act->cli, learner, signal_fd, source->name);
}

static int read_and_load(struct act *act,
                         const struct load_arguments *args,
                         const char *file,
                         const char *name) {
        CLEANUP(policy) struct nfw_policy *policy = NULL;
        CLEANUP(text) char *text = NULL;
        struct load_source source = { .name = name, .file = read_display_name(file) };
        int r;

        r = read_text(file, &text, &source.size);
        source.text = text;
        if (r == 0)
                r = nfw_policy_read_buffer(source.file, text, source.size, act->report, &policy);
        if (r != 0)
                return diagnostics_finish(act->cli, act->report, r, source.file);
        return load_policy(act, args, policy, &source);
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        /* What is learned in the foreground is learned by this process. */
        static const struct bus_arguments no_bus = { .is_off = true };
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(text) char *name = NULL;
        const struct load_arguments *args = arguments;
        const char *file = operands[0];
        int r;

        (void)n_operands;
        r = check_usage(cli, args, file);
        if (r)
                return r;
        r = act_open(cli, args->foreground ? &no_bus : &args->bus, &act);
        if (r)
                return r;
        name = args->name ? strdup(args->name) : read_policy_name(file);
        if (!name)
                return cli_failure(cli, -ENOMEM, NULL);
        return read_and_load(&act, args, file, name);
}

const struct command command_load = {
        .name = "load",
        .summary = "put a policy into the kernel, onto ports",
        .synopsis = "FILE --port IFACE [--port IFACE...] [OPTION...]",
        .description =
                "Reads a policy, puts it into the kernel and puts ports under it, all in one transaction. If a\n"
                "policy of this name is loaded, it is replaced: its ports stay under it, and what was learned\n"
                "stays where it still applies. A load that fails changes nothing.\n"
                "\n"
                "Domain rules need a learner, which turns DNS replies into addresses: nfwpolicyd, or this\n"
                "program with --foreground. Without one such a policy is refused, unless --no-learner is given.",
        .example = "  nfwpolicy load web.yaml --port vnet0 --foreground\n"
                   "  nfwpolicy load web.yaml --name web --port vnet0 --port vnet1 --resolver 192.168.5.3",
        .options = load_options,
        .n_options = LOAD_N_OPTIONS,
        .arguments_size = sizeof(struct load_arguments),
        .operand = "FILE",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
