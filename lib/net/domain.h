/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Domain patterns: a name, every name below one, or all names. */

#include <stdbool.h>
#include <stddef.h>

#define NFW_DOMAIN_TEXT_MAX 254

enum nfw_domain_kind {
        NFW_DOMAIN_EXACT, /* example.com */
        NFW_DOMAIN_BELOW, /* *.example.com: any depth below, not example.com itself */
        NFW_DOMAIN_ANY,   /* * */
};

struct nfw_domain {
        enum nfw_domain_kind kind;
        char name[NFW_DOMAIN_TEXT_MAX]; /* lower case A-labels without the trailing dot; "" for ANY */
};

/*
 * Reads a pattern: case is folded, one trailing dot dropped, U-labels become A-labels (IDNA 2008 by libidn2),
 * labels are 1 to 63 and the name at most 253 octets of letters, digits, '-' and '_', with no '-' at either end
 * of a label and a last label that is no number. A '*' is allowed alone or as the whole first label. 0, or
 * NFW_E_INVALID and *ret_reason (a literal) says what is wrong.
 */
int nfw_domain_parse(const char *text, struct nfw_domain *ret_domain, const char **ret_reason);
/* Whether a name (lower case, no trailing dot) matches. */
bool nfw_domain_matches(const struct nfw_domain *domain, const char *name);
/* Writes the pattern as the user would, "*.example.com"; returns buffer. */
const char *nfw_domain_format(const struct nfw_domain *domain, char buffer[static NFW_DOMAIN_TEXT_MAX + 2]);
