/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* References to variables, as attributes write them. */

#include "nwfilter/filter.h"

#define NFW_NWFILTER_NUMBER_MAX 1000 /* of iterators and elements */

/* 0; NFW_E_INVALID where the text, which begins with '$', is none; or -ENOMEM. */
int nfw_nwfilter_access_parse(const char *text, struct nfw_nwfilter_access *ret_access);
void nfw_nwfilter_access_deinit(struct nfw_nwfilter_access *access);

/* Letters, digits and '_'. */
bool nfw_nwfilter_is_variable(const char *name);
