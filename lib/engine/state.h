/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/context.h"

/*
 * Makes the place of this network namespace's state with all directories above it. Every operation begins with
 * it, or with a transaction, which does so where the lock cannot be taken: what is wrong there is told as such. 0, or
 * a negative errno with the reason in the report; never -EPERM, which means that CAP_NET_ADMIN is missing.
 */
int nfw_state_prepare(const struct nfw_context *context, struct nfw_report *report);
