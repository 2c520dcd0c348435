/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Brings the ports that are in force to where their links are now, all of them in one transaction: another table,
 * another name, other addresses. A binding whose link is gone ends, unless it is persistent; one that waits for its
 * link goes on. 0, NFW_E_REFUSED with the reason in the report, or a negative errno.
 */

#include "engine/context.h"

int nfw_follow_links(struct nfw_context *context, struct nfw_report *report);
