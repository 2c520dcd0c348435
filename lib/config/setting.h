/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What may be set: where it stands, and what its value may be. */

#include <stdint.h>

#include <nfwpolicy/nfwpolicy.h>

enum nfw_setting_kind {
        NFW_KIND_ADDRESSES, /* of name servers, or `any`; one assignment adds to those before it */
        NFW_KIND_NUMBER,
        NFW_KIND_BOOLEAN,
        NFW_KIND_TABLE,
        NFW_KIND_DIRECTORY, /* an absolute path */
        NFW_KIND_WORD,
};

struct nfw_setting_spec {
        const char *section;
        const char *key;
        enum nfw_setting_kind kind;
        uint32_t min, max; /* of numbers */
};

/* By enum nfw_setting. */
extern const struct nfw_setting_spec nfw_setting_specs[NFW_N_SETTINGS];

/* In the order of the table; *ret_n says how many. */
#define NFW_MAX_SECTIONS 8
size_t nfw_setting_sections(const char *ret_sections[static NFW_MAX_SECTIONS]);

/* NFW_N_SETTINGS where there is none. section may be NULL: the first of that key in any. */
enum nfw_setting nfw_setting_find(const char *section, const char *key);
/* The key that was probably meant, or NULL; of one section, or with NULL of any. */
const char *nfw_setting_suggest(const char *section, const char *key);
/* The section that was probably meant, or NULL. */
const char *nfw_setting_suggest_section(const char *section);
