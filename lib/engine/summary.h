/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is told of a policy that is in force. Its record never changes, and reading one takes the longer the larger the
 * policy is: so the context keeps what it has read once.
 */

#include "base/uthash.h"
#include "engine/record/record.h"

struct nfw_summary {
        UT_hash_handle hh;
        char id[NFW_ID_MAX]; /* the key */
        char *file;
        size_t n_rules;
        bool has_domains;
        bool any_resolver;
        bool log_denied;
        bool is_in_force;
};

/* 0; NFW_E_NOT_FOUND where the record is gone; or a negative errno. The summary is the context's. */
int nfw_summary_get(struct nfw_context *context,
                    const struct nfw_nft_policy *policy,
                    const struct nfw_summary **ret_summary);
/* Forgets those that nobody has asked for since the last time. */
void nfw_summaries_trim(struct nfw_context *context);
void nfw_summaries_deinit(struct nfw_context *context);
