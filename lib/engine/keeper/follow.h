/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Brings the ports that are in force to where their links are now, all of them in one transaction: another table,
 * another name, other addresses. A binding whose link is gone ends, unless it is persistent; one that waits for its
 * link goes on. 0, NFW_E_REFUSED with the reason in the report, or a negative errno. *ret_changed, which may be NULL, is
 * whether anything was to be done.
 */

#include "engine/context.h"

int nfw_follow_links(struct nfw_context *context, struct nfw_report *report, bool *ret_changed);
