/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which of a policy's learned sets a name belongs to: as fast with 10,000 patterns as with ten, one look-up for
 * each label of the name.
 */

#include "base/vec.h"
#include "net/domain.h"

struct nfw_dns_index;

int nfw_dns_index_new(struct nfw_dns_index **ret_index);
struct nfw_dns_index *nfw_dns_index_free(struct nfw_dns_index *index);

/* A pattern and the learned set that its names belong to. Adding it twice is no error. 0 or -ENOMEM. */
int nfw_dns_index_add(struct nfw_dns_index *index, const struct nfw_domain *domain, size_t learned);

struct nfw_dns_ids {
        NFW_VEC(size_t) vec;
};

/* Adds the learned sets of all patterns that the name (lower case, no trailing dot) matches, each once. */
int nfw_dns_index_match(const struct nfw_dns_index *index, const char *name, struct nfw_dns_ids *ids);
