/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macros.h"
#include "cmocka_all.h"
#include "ir/lower.h"
#include "ir/plan/plan.h"
#include "ir/text.h"
#include "policy/policy.h"

/* The policy must outlive the IR: positions are borrowed. */
static inline struct nfw_policy *policy_of(const char *text) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_policy *policy = NULL;

        assert_int_equal(nfw_report_new(&report), 0);
        if (nfw_policy_read_buffer("test.yaml", text, strlen(text), report, &policy) != 0)
                fail_msg("refused: %s: %s", nfw_diagnostic_text(nfw_report_diagnostic(report, 0)), text);
        return policy;
}

static inline struct nfw_ir *ir_of(const struct nfw_policy *policy, enum nfw_table table, bool any_resolver) {
        const struct nfw_lower_options options = { .table = table, .any_resolver = any_resolver };
        struct nfw_ir *ir = NULL;

        assert_int_equal(nfw_lower(policy, &options, &ir), 0);
        return ir;
}

static inline struct nfw_plan *plan_in_blocks(const struct nfw_ir *ir, size_t block_size) {
        const struct nfw_plan_options options = {
                .policy = "web", .id = "0123456789abcdef", .nflog_group = 7, .block_size = block_size
        };
        struct nfw_plan *plan = NULL;

        assert_int_equal(nfw_plan_new(ir, &options, &plan), 0);
        return plan;
}

static inline struct nfw_plan *plan_of(const struct nfw_ir *ir) {
        return plan_in_blocks(ir, 0);
}
