/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Policies in force in the namespace that the program is in. */

#include <nfwpolicy/nfwpolicy.h>

#include "ir/plan/plan.h"

/* A context whose state is gone when the program ends. */
struct nfw_context *enforce_context(void);

struct nfw_policy *enforce_read(const char *text);

/* Prints a report's diagnostics and fails where r is not 0. */
void enforce_check(int r, struct nfw_report *report, const char *what);

/* Loads the policy of that text with one port, or none where it is NULL. max_names: 0 for the default. */
void enforce_load(struct nfw_context *context,
                  const char *name,
                  const char *text,
                  const char *port,
                  uint32_t max_names);

/* What the policy becomes in the table for routed ports. */
struct nfw_plan *enforce_compile(struct nfw_policy *policy, const char *name);

/* Allows https to whatever BENCH_DNS_PATTERN matches. */
extern const char enforce_names_policy[];
