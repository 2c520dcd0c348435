/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Whether ports have in the kernel the name servers that their policy was loaded with; of one policy, or with NULL of all
 * in the context's shadow. What is made of the host's addresses is not compared: those change, and whoever follows them
 * may not run. 0, NFW_E_DIFFERS with the report, or a negative errno.
 */

#include "engine/context.h"

int nfw_verify_resolvers(struct nfw_context *context, const char *name, struct nfw_report *report);
