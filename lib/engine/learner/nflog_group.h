/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/context.h"

/*
 * Policies that were loaded with another nflog group than the context's mirror to where nobody listens: they are made
 * anew, as by nfw_rebuild(), which returns what this does.
 */
int nfw_nflog_group_enforce(struct nfw_context *context, struct nfw_report *report);
