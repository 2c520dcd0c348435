/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <sys/utsname.h>

#include "nfwpolicy/act/act.h"
#include "nfwpolicy/attention.h"
#include "nfwpolicy/bus/bus.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/policy/list.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

struct status_arguments {
        struct bus_arguments bus;
};

static const struct option_spec status_options[] = {
        BUS_OPTIONS(struct status_arguments),
};

/* Everything that is printed, in either form. */
struct overview {
        const struct picture *picture;
        struct utsname kernel;
        const char *daemon; /* its version; NULL: none on the bus */
        size_t n_waiting;   /* persistent ports that have no interface now */
        size_t n_names;
        size_t n_addresses;
        uint64_t n_ignored;
        const json_t *attention;
};

static void count(struct overview *overview) {
        for (size_t i = 0; i < overview->picture->n_ports; i++) {
                overview->n_names += overview->picture->ports[i].n_names;
                overview->n_addresses += overview->picture->ports[i].n_addresses;
                if (picture_port_waits(&overview->picture->ports[i]))
                        overview->n_waiting++;
        }
        for (size_t i = 0; i < overview->picture->n_ignored; i++)
                overview->n_ignored += overview->picture->ignored[i].n_replies;
}

/* --- JSON --------------------------------------------------------------------------------------------------- */

static json_t *features_json(const struct overview *overview) {
        json_t *object = json_object();

        for (int i = 0; i < NFW_N_FEATURES; i++)
                json_object_set_new(object, nfw_feature_name((enum nfw_feature)i),
                                    json_boolean(overview->picture->has_feature[i]));
        return object;
}

static json_t *tables_json(const struct overview *overview) {
        json_t *array = json_array();

        for (size_t i = 0; i < PICTURE_N_TABLES; i++)
                if (overview->picture->has_table[i])
                        json_array_append_new(array, json_string(picture_tables[i]));
        return array;
}

static json_t *overview_json(const struct overview *overview) {
        return json_pack(
                "{s:{s:o}, s:o, s:o, s:{s:o, s:o}, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}",
                "daemon", "version", text_json(overview->daemon), "table_name",
                text_json(overview->picture->table_name), "learner", list_learner_json(overview->picture),
                "kernel", "release", text_json(overview->kernel.release), "features", features_json(overview),
                "tables", tables_json(overview), "policies", (json_int_t)overview->picture->n_policies,
                "ports", (json_int_t)overview->picture->n_ports, "waiting", (json_int_t)overview->n_waiting,
                "filter_ports", (json_int_t)overview->picture->n_bound, "networks",
                (json_int_t)overview->picture->n_networks, "names", (json_int_t)overview->n_names,
                "addresses", (json_int_t)overview->n_addresses, "ignored", (json_int_t)overview->n_ignored,
                "attention", overview->attention);
}

/* --- text --------------------------------------------------------------------------------------------------- */

static void print_daemon(const struct overview *overview) {
        fputs("daemon    ", stdout);
        if (overview->daemon) {
                fputs("nfwpolicyd ", stdout);
                text_put(stdout, overview->daemon);
                putchar('\n');
        } else
                puts("none on the bus");
        printf("learner   %s\n", overview->picture->learner_running ? "running" : "not running");
}

static void print_features(const struct overview *overview, bool has, const char *before) {
        for (int i = 0; i < NFW_N_FEATURES; i++) {
                if (overview->picture->has_feature[i] != has)
                        continue;
                printf("%s%s", before, nfw_feature_name((enum nfw_feature)i));
                before = ", ";
        }
}

static void print_tables(const struct overview *overview) {
        const char *before = "tables    ";

        for (size_t i = 0; i < PICTURE_N_TABLES; i++) {
                if (!overview->picture->has_table[i])
                        continue;
                printf("%s%s %s", before, picture_tables[i], overview->picture->table_name);
                before = ", ";
        }
        puts(*before == ',' ? "" : "tables    none");
}

static void print_amount(const char *title, size_t n, const char *one, const char *many) {
        printf("%s%zu %s", title, n, n == 1 ? one : many);
}

/* What is neither success nor everyday is shown if it has happened. */
static void print_counters(const struct overview *overview) {
        const char *before = "counters  ";

        for (int i = NFW_COUNTER_UNASKED; i < NFW_N_COUNTERS; i++) {
                uint64_t n = overview->picture->counters[i];

                if (n == 0)
                        continue;
                printf("%s%s %" PRIu64, before, nfw_counter_name((enum nfw_counter)i), n);
                before = ", ";
        }
        if (*before == ',')
                putchar('\n');
        if (overview->n_ignored > 0)
                printf("ignored   %" PRIu64 " replies of untrusted name servers (see `nfwpolicy list`)\n",
                       overview->n_ignored);
}

static void print_overview(const struct overview *overview) {
        print_daemon(overview);
        printf("kernel    %s %s", overview->kernel.sysname, overview->kernel.release);
        print_features(overview, true, ", has ");
        print_features(overview, false, ", lacks ");
        putchar('\n');
        print_tables(overview);
        print_amount("loaded    ", overview->picture->n_policies, "policy", "policies");
        print_amount(", ", overview->picture->n_ports, "port", "ports");
        if (overview->n_waiting > 0)
                print_amount(" (", overview->n_waiting, "waits for its interface)",
                             "wait for their interfaces)");
        putchar('\n');
        if (overview->picture->n_bound > 0)
                print_amount("filters   ", overview->picture->n_bound, "port\n", "ports\n");
        if (overview->picture->n_networks > 0)
                print_amount("networks  ", overview->picture->n_networks, "active\n", "active\n");
        print_amount("learned   ", overview->n_names, "name", "names");
        print_amount(", ", overview->n_addresses, "address\n", "addresses\n");
        print_counters(overview);
        puts(json_array_size(overview->attention) > 0 ? "\nThis needs attention:"
                                                      : "\nnothing needs attention");
}

/* --- looking ------------------------------------------------------------------------------------------------ */

static int print(const struct cli *cli, struct overview *overview) {
        int r;

        if (uname(&overview->kernel) < 0)
                return cli_failure(cli, -errno, "the kernel");
        count(overview);
        if (cli->json) {
                r = diagnostics_put_json(cli, overview_json(overview), 2);
                if (r)
                        return r;
        } else {
                if (!cli->quiet)
                        print_overview(overview);
                diagnostics_print_array(cli, stdout, overview->attention);
        }
        return json_array_size(overview->attention) > 0 ? CLI_EXIT_NO : CLI_EXIT_FINE;
}

/* What is in force, and whether that is what was compiled. An exit status. */
static int look(struct act *act, struct picture *picture, json_t **ret_attention) {
        CLEANUP(json) json_t *differences = NULL;
        int r;

        r = act_look_at_kernel(act, picture);
        if (r != 0)
                return act_finish(act, r, "status");
        if (!picture->has_feature[NFW_FEATURE_NF_TABLES])
                return diagnostics_refuse(act->cli, NFW_E_REFUSED, "kernel/no-nf-tables",
                                          "this kernel has no nf_tables",
                                          "load the module nf_tables (CONFIG_NF_TABLES)");
        r = act_verify(act, NULL);
        if (r < 0)
                return act_finish(act, r, "status");
        differences = act_diagnostics(act);
        *ret_attention = differences ? attention_find(picture, json_incref(differences)) : NULL;
        return *ret_attention ? CLI_EXIT_FINE : cli_failure(act->cli, -ENOMEM, NULL);
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP_PICTURE struct picture picture = { 0 };
        CLEANUP(json) json_t *attention = NULL;
        CLEANUP(text) char *version = NULL;
        const struct status_arguments *args = arguments;
        struct overview overview = { .picture = &picture };
        int r;

        (void)operands;
        (void)n_operands;
        r = act_open(cli, &args->bus, &act);
        if (r)
                return r;
        r = look(&act, &picture, &attention);
        if (r)
                return r;
        version = bus_daemon_version(&args->bus);
        overview.daemon = version;
        overview.attention = attention;
        return print(cli, &overview);
}

const struct command command_status = {
        .name = "status",
        .summary = "whether all is well, and what to do where it is not",
        .synopsis = "",
        .description =
                "Prints at one look what runs and what is loaded, compares the kernel with what was compiled, and\n"
                "says what needs attention and what to do about it. The exit status is 1 then.",
        .example = "  nfwpolicy status || nfwpolicy verify",
        .options = status_options,
        .n_options = BUS_N_OPTIONS,
        .arguments_size = sizeof(struct status_arguments),
        .run = run,
};
