/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiles every policy in cases/ and compares the rules (NAME.ir) and what goes to the kernel (NAME.inet.nft,
 * NAME.bridge.nft) with the files there. With --update it writes the files instead.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "files.h"
#include "ir/lower.h"
#include "ir/plan/plan.h"
#include "ir/text.h"
#include "nft/names.h"
#include "nft/text/text.h"
#include "policy/policy.h"

#define ID          "0123456789abcdef"
#define NFLOG_GROUP 100

/* Cases whose name ends so are compiled for `--resolver any`. */
#define ANY_RESOLVER "-any-resolver"
/* … for `--log-denied`. */
#define LOG_DENIED "-log-denied"

struct output {
        const char *suffix;
        enum nfw_table table;
        bool is_ir;
};

static const struct output outputs[] = {
        { ".ir", NFW_TABLE_BRIDGE, true },
        { ".inet.nft", NFW_TABLE_INET, false },
        { ".bridge.nft", NFW_TABLE_BRIDGE, false },
};

static char *path_of(const char *name, const char *suffix) {
        char *path;

        return asprintf(&path, "%s/%s%s", GOLDEN_CASES, name, suffix) < 0 ? NULL : path;
}

static bool ends_with(const char *name, const char *suffix) {
        size_t length = strlen(name), suffix_length = strlen(suffix);

        return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

static int print_output(const struct nfw_policy *policy,
                        const char *name,
                        const struct output *output,
                        FILE *stream) {
        struct nfw_lower_options lower = {
                .table = output->table,
                .any_resolver = ends_with(name, ANY_RESOLVER),
        };
        struct nfw_plan_options options = {
                .policy = name,
                .id = ID,
                .nflog_group = NFLOG_GROUP,
                .log_denied = ends_with(name, LOG_DENIED),
        };
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        int r = nfw_lower(policy, &lower, &ir);

        if (r < 0 || output->is_ir)
                return r < 0 ? r : nfw_ir_print(ir, stream);
        r = nfw_plan_new(ir, &options, &plan);
        return r < 0 ? r : nfw_nft_print_plan(plan, NFW_NFT_TABLE_DEFAULT, stream);
}

static char *compile(const struct nfw_policy *policy, const char *name, const struct output *output) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        int r;

        if (!stream)
                return NULL;
        r = print_output(policy, name, output, stream);
        fclose(stream);
        if (r < 0) {
                printf("# %s%s: %s\n", name, output->suffix, strerror(-r));
                free(text);
                return NULL;
        }
        return text;
}

static bool check_output(const struct nfw_policy *policy,
                         const char *name,
                         const struct output *output,
                         bool update) {
        nfw_cleanup(nfw_freep) char *path = path_of(name, output->suffix);
        nfw_cleanup(nfw_freep) char *text = compile(policy, name, output);

        if (!path || !text)
                return false;
        return golden_check(path, text, update);
}

static bool check_case(const char *name, bool update) {
        nfw_cleanup(nfw_freep) char *path = path_of(name, ".yaml");
        nfw_cleanup(nfw_freep) char *source = path ? golden_read(path) : NULL;
        nfw_cleanup(nfw_freep) char *file = NULL;
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        bool good = true;

        if (!source || asprintf(&file, "%s.yaml", name) < 0 || nfw_report_new(&report) < 0)
                return false;
        /* The name of the file only, so that positions do not depend on where the tree is. */
        if (nfw_policy_read_buffer(file, source, strlen(source), report, &policy) != 0) {
                for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++)
                        printf("# %s\n", nfw_diagnostic_text(nfw_report_diagnostic(report, i)));
                return false;
        }

        for (size_t i = 0; i < NFW_ARRAY_SIZE(outputs); i++)
                good = check_output(policy, name, &outputs[i], update) && good;
        return good;
}

int main(int argc, char **argv) {
        return golden_run(argc, argv, GOLDEN_CASES, ".yaml", check_case);
}
