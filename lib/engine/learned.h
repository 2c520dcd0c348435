/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nft/dump.h"

/*
 * Calls back for every live element of the policy's learned sets; one address stands in several of them. The callback
 * returns 0 or a negative errno.
 */
int nfw_learned_dump(struct nfw_nft_socket *nft,
                     const struct nfw_nft_policy *policy,
                     int (*callback)(const char *set, const struct nfw_nft_grant *grant, void *userdata),
                     void *userdata);
