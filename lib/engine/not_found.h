/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What to tell somebody who named a policy, a port or an interface that is not there. NFW_E_NOT_FOUND or a negative errno. */

#include "engine/record/record.h"

int nfw_report_no_policy(struct nfw_report *report, const struct nfw_shadow *shadow, const char *name);
int nfw_report_no_binding(struct nfw_report *report, const struct nfw_shadow *shadow, const char *interface);
int nfw_report_no_interface(struct nfw_report *report, struct nfw_context *context, const char *interface);
/* The policy was loaded, and somebody else took it out of the kernel: an error, and a hint how to bring it back. */
int nfw_report_missing_policy(struct nfw_report *report, const struct nfw_record *record);
/* The policy is in force, but what we know of it is gone. */
int nfw_report_no_record(struct nfw_report *report, const char *name);
