/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "enforce.h"

#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "dns.h"
#include "engine/record/record.h"

const char enforce_names_policy[] = "version: \"1.0\"\n"
                                    "rules:\n"
                                    "  - name: names\n"
                                    "    action: allow\n"
                                    "    priority: 1\n"
                                    "    egress:\n"
                                    "      protocols: [tcp]\n"
                                    "      domains: [\"" BENCH_DNS_PATTERN "\"]\n"
                                    "      ports: [\"443\"]\n";

struct nfw_context *enforce_context(void) {
        struct nfw_context *context;

        bench_check(nfw_context_new(&context), "a context");
        bench_check(nfw_context_set_state_directory(context, BENCH_STATE), "the state directory");
        return context;
}

void enforce_check(int r, struct nfw_report *report, const char *what) {
        if (r == 0)
                return;

        for (size_t i = 0; report && i < nfw_report_n_diagnostics(report); i++)
                (void)fprintf(stderr, "%s\n", nfw_diagnostic_text(nfw_report_diagnostic(report, i)));
        bench_check(r, what);
}

struct nfw_policy *enforce_read(const char *text) {
        struct nfw_report *report;
        struct nfw_policy *policy;

        bench_check(nfw_report_new(&report), "a report");
        enforce_check(nfw_policy_read_buffer("policy", text, strlen(text), report, &policy), report,
                      "the policy");
        nfw_report_free(report);
        return policy;
}

void enforce_load(struct nfw_context *context,
                  const char *name,
                  const char *text,
                  const char *port,
                  uint32_t max_names) {
        struct nfw_policy *policy = enforce_read(text);
        struct nfw_report *report;
        struct nfw_load *load;

        bench_check(nfw_report_new(&report), "a report");
        bench_check(nfw_load_new(policy, name, &load), "a load");
        nfw_load_set_require_learner(load, false);
        if (port)
                bench_check(nfw_load_add_port(load, port), "the port");
        if (max_names > 0)
                bench_check(nfw_load_set_max_names(load, max_names), "the number of names");
        enforce_check(nfw_load_commit(context, load, report), report, "loading");

        nfw_load_free(load);
        nfw_report_free(report);
        nfw_policy_free(policy);
}

struct nfw_plan *enforce_compile(struct nfw_policy *policy, const char *name) {
        struct nfw_record record = {
                .id = "0123456789abcdef",
                .nflog_group = NFW_NFLOG_GROUP_DEFAULT,
                .policy = policy,
        };
        struct nfw_plan *plan;

        (void)snprintf(record.name, sizeof(record.name), "%s", name);
        bench_check(nfw_record_compile(&record, NFW_TABLE_INET, NULL, &plan), "compiling");
        return plan;
}
