/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Policy format 1.0 to rules as values. docs/policy.rst says what the implicit rules are and why. */

#include "ir/ir.h"
#include "policy/policy.h"

struct nfw_lower_options {
        enum nfw_table table;
        bool any_resolver; /* every name server is trusted */
};

/* The positions and the policy's file name in the result are borrowed from the policy. 0 or a negative errno. */
int nfw_lower(const struct nfw_policy *policy,
              const struct nfw_lower_options *options,
              struct nfw_ir **ret_ir);
