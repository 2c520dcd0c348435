/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/ir.h"
#include "policy/policy.h"

/* The rules that one rule of the policy becomes. */
struct nfw_lowered_rule {
        const struct nfw_policy_rule *source;
        struct nfw_ir_chain chain;
};

struct nfw_lowered {
        NFW_VEC(struct nfw_lowered_rule) rules; /* in the order of the policy */
};

/* The protocols that a rule of the policy looks for, bits of enum nfw_protocol; 0: it does not look. */
unsigned int nfw_lower_protocols(const struct nfw_policy_rule *rule);

/* Lowers the policy's own rules; what they wait to learn goes to ir->learned. 0 or -ENOMEM. */
int nfw_lower_rules(const struct nfw_policy *policy, struct nfw_ir *ir, struct nfw_lowered *lowered);
void nfw_lowered_deinit(struct nfw_lowered *lowered);
