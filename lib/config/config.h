/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What nfwpolicyd.conf and the files beside it say. */

#include <nfwpolicy/nfwpolicy.h>

#include "base/report.h"
#include "base/vec.h"
#include "net/addr.h"

struct nfw_config_value {
        char *text;      /* as nfw_config_get() has it; NULL: not set */
        uint32_t number; /* of numbers, and 0 or 1 of booleans */
        struct nfw_pos pos;
};

struct nfw_config {
        struct nfw_config_value values[NFW_N_SETTINGS];
        NFW_VEC(struct nfw_addr) resolvers;
        bool any_resolver;
        NFW_VEC(char *) files; /* that positions refer to */
};

NFW_DEFINE_CLEANUP(struct nfw_config, nfw_config_free)

/* The value of a number, or what it is where nothing is said. */
uint32_t nfw_config_number(const struct nfw_config *config, enum nfw_setting setting, uint32_t otherwise);

/*
 * One file on top of what others have said before it. What is wrong with it is in the report, all of it; the
 * configuration is then in any state. name is copied; data ends with a NUL behind its size octets. 0, NFW_E_INVALID or
 * -ENOMEM.
 */
int nfw_config_read_buffer(struct nfw_config *config,
                           const char *name,
                           const char *data,
                           size_t size,
                           struct nfw_report *report);
/* What is wrong only when everything has been read. As above. */
int nfw_config_check(const struct nfw_config *config, struct nfw_report *report);

/* What is wrong with one file is told so many times, and then to the end of the line. */
#define NFW_CONFIG_MAX_PROBLEMS 64
