/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiles every policy in cases/ and compares the rules (NAME.ir) and what goes to the kernel (NAME.inet.nft,
 * NAME.bridge.nft) with the files there. With --update it writes the files instead.
 */
#include <dirent.h>
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

static int is_case(const struct dirent *entry) {
        const char *dot = strrchr(entry->d_name, '.');

        return dot && strcmp(dot, ".yaml") == 0;
}

int main(int argc, char **argv) {
        bool update = argc == 2 && strcmp(argv[1], "--update") == 0;
        struct dirent **entries = NULL;
        int n_entries, n_failed = 0;

        if (argc > 1 && !update) {
                fprintf(stderr, "usage: %s [--update]\n", argv[0]);
                return 2;
        }
        n_entries = scandir(GOLDEN_CASES, &entries, is_case, alphasort);
        if (n_entries <= 0) {
                printf("Bail out! no cases in %s\n", GOLDEN_CASES);
                return 1;
        }

        printf("1..%d\n", n_entries);
        for (int i = 0; i < n_entries; i++) {
                char *name = entries[i]->d_name;
                bool good;

                *strrchr(name, '.') = '\0';
                good = check_case(name, update);
                n_failed += !good;
                printf("%sok %d - %s\n", good ? "" : "not ", i + 1, name);
                free(entries[i]);
        }
        free(entries);
        return n_failed > 0;
}
