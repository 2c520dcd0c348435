/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

#include <nfwpolicy/nfwpolicy.h>

/*
 * What somebody should do something about: diagnostics with hints in an array, what is worst first. The report has what
 * nfw_verify() found. NULL when out of memory.
 */
json_t *attention_find(const struct nfw_status *status, const struct nfw_report *report);
