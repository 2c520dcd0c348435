/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/implicit.h"
#include "ir/lower_rule.h"

/*
 * Appends what every guest needs to have a network at all. Before a service that a rule of the policy denies by
 * its port come the policy's own rules for that port, as far as they concern the service. 0 or -ENOMEM.
 */
int nfw_lower_basics(const struct nfw_lowered *lowered,
                     const struct nfw_lower_facts *facts,
                     struct nfw_ir_chain *chain);
