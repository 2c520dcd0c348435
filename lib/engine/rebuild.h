/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/context.h"

/*
 * Makes our tables anew from what is known, with all policies and ports that are in force and the grants that the
 * kernel still has, in one transaction: whatever somebody has changed, added or taken out in them is undone, and all
 * policies mirror to the context's nflog group. 0;
 * NFW_E_REFUSED, with the reason in the report, where it cannot be done, and nothing has changed; or a negative errno.
 */
int nfw_rebuild(struct nfw_context *context, struct nfw_report *report);
