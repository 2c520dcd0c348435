/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "nfwpolicy/attention.h"
#include "nfwpolicy/bus.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/list.h"
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
        const struct nfw_status *status;
        struct utsname kernel;
        bool has[NFW_N_FEATURES];
        const char *daemon; /* its version; NULL: none on the bus */
        struct list_learned learned;
        uint64_t n_ignored;
        const json_t *attention;
};

/* In the order of --json. */
static const char *const tables[] = { "inet", "bridge" };

#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

static int count(struct overview *overview) {
        struct list_learned *learned = list_count_learned(overview->status);

        if (!learned)
                return -ENOMEM;
        for (size_t i = 0; i < nfw_status_n_bindings(overview->status); i++) {
                overview->learned.n_names += learned[i].n_names;
                overview->learned.n_addresses += learned[i].n_addresses;
        }
        free(learned);
        for (size_t i = 0; i < nfw_status_n_ignored(overview->status); i++)
                overview->n_ignored += nfw_ignored_n_replies(nfw_status_ignored(overview->status, i));
        return 0;
}

/* --- JSON --------------------------------------------------------------------------------------------------- */

static json_t *features_json(const struct overview *overview) {
        json_t *object = json_object();

        for (int i = 0; i < NFW_N_FEATURES; i++)
                json_object_set_new(object, nfw_feature_name((enum nfw_feature)i),
                                    json_boolean(overview->has[i]));
        return object;
}

static json_t *tables_json(const struct overview *overview) {
        json_t *array = json_array();

        for (size_t i = 0; i < N_TABLES; i++)
                if (nfw_status_has_table(overview->status, tables[i]))
                        json_array_append_new(array, json_string(tables[i]));
        return array;
}

static json_t *overview_json(const struct overview *overview) {
        return json_pack(
                "{s:{s:o}, s:o, s:{s:o, s:o}, s:o, s:I, s:I, s:I, s:I, s:I, s:O}", "daemon", "version",
                text_json(overview->daemon), "learner", list_learner_json(overview->status), "kernel",
                "release", text_json(overview->kernel.release), "features", features_json(overview), "tables",
                tables_json(overview), "policies", (json_int_t)nfw_status_n_loaded(overview->status), "ports",
                (json_int_t)nfw_status_n_bindings(overview->status), "names",
                (json_int_t)overview->learned.n_names, "addresses", (json_int_t)overview->learned.n_addresses,
                "ignored", (json_int_t)overview->n_ignored, "attention", overview->attention);
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
        printf("learner   %s\n", nfw_status_learner_running(overview->status) ? "running" : "not running");
}

static void print_features(const struct overview *overview, bool has, const char *before) {
        for (int i = 0; i < NFW_N_FEATURES; i++) {
                if (overview->has[i] != has)
                        continue;
                printf("%s%s", before, nfw_feature_name((enum nfw_feature)i));
                before = ", ";
        }
}

static void print_tables(const struct overview *overview) {
        const char *before = "tables    ";

        for (size_t i = 0; i < N_TABLES; i++) {
                if (!nfw_status_has_table(overview->status, tables[i]))
                        continue;
                printf("%s%s nfwpolicy", before, tables[i]);
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
                uint64_t n = nfw_status_counter(overview->status, (enum nfw_counter)i);

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
        print_amount("loaded    ", nfw_status_n_loaded(overview->status), "policy", "policies");
        print_amount(", ", nfw_status_n_bindings(overview->status), "port\n", "ports\n");
        print_amount("learned   ", overview->learned.n_names, "name", "names");
        print_amount(", ", overview->learned.n_addresses, "address\n", "addresses\n");
        print_counters(overview);
        puts(json_array_size(overview->attention) > 0 ? "\nThis needs attention:"
                                                      : "\nnothing needs attention");
}

/* --- looking ------------------------------------------------------------------------------------------------ */

static int print(const struct cli *cli, struct overview *overview) {
        int r;

        r = count(overview);
        if (r < 0)
                return cli_failure(cli, r, NULL);
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

static int ask_kernel(struct nfw_context *context, struct overview *overview) {
        int r = 0;

        if (uname(&overview->kernel) < 0)
                return -errno;
        for (int i = 0; r == 0 && i < NFW_N_FEATURES; i++) {
                r = nfw_context_has_feature(context, (enum nfw_feature)i, &overview->has[i]);
                /* Then the rest cannot be asked for. */
                if (r == 0 && i == NFW_FEATURE_NF_TABLES && !overview->has[i])
                        return 0;
        }
        return r;
}

/* What is in force, and whether that is what was compiled. */
static int look(struct nfw_context *context, struct nfw_report *report, struct nfw_status **ret_status) {
        int r;

        r = nfw_verify(context, NULL, report);
        if (r < 0)
                return r;
        return nfw_status_new(context, report, ret_status);
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(status) struct nfw_status *status = NULL;
        CLEANUP(json) json_t *attention = NULL;
        CLEANUP(text) char *version = NULL;
        const struct status_arguments *args = arguments;
        struct overview overview = { 0 };
        int r;

        (void)operands;
        (void)n_operands;
        r = cli_prepare(cli, &report, &context);
        if (r)
                return r;
        r = ask_kernel(context, &overview);
        if (r < 0)
                return diagnostics_finish(cli, report, r, "the kernel");
        if (!overview.has[NFW_FEATURE_NF_TABLES])
                return diagnostics_refuse(cli, NFW_E_REFUSED, "kernel/no-nf-tables",
                                          "this kernel has no nf_tables",
                                          "load the module nf_tables (CONFIG_NF_TABLES)");
        r = look(context, report, &status);
        if (r < 0)
                return diagnostics_finish(cli, report, r, "status");
        attention = attention_find(status, report);
        if (!attention)
                return cli_failure(cli, -ENOMEM, NULL);
        version = bus_daemon_version(&args->bus);

        overview.status = status;
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
