/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/context.h"

/* All filters and ports anew, in one transaction, whatever the kernel has. As nfw_nwfilter_restore(). */
int nfw_nwfilter_rebuild(struct nfw_context *context, struct nfw_report *report);
