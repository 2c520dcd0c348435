/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nft/dump.h"

/*
 * What the kernel holds of a policy, printed by libnftables in a child process (it may exit on its own, and it
 * must not share our sockets). The caller frees the text. 0 or a negative errno.
 */
int nfw_nft_list_policy(const char *table_name, const struct nfw_nft_policy *policy, char **ret_text);
/* The same for all of a table; a table that does not exist is an error. */
int nfw_nft_list_table(const char *table_name, enum nfw_table table, char **ret_text);
