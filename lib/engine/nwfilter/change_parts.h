/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 *   change.c          what is to change, and all of it in order
 *   change_filters.c  filters: which come, go and are replaced
 *   change_ports.c    ports: those that change, and those that stay under a filter that is replaced
 *   change_apply.c    the same in the snapshot
 *
 * All that is put is 0 or a negative errno, or as nfw_nwfilter_change_put().
 */

#include "engine/nwfilter/change.h"

/* Of a filter of that name in the kernel, or SIZE_MAX. */
size_t nfw_nwfilter_index_of(const struct nfw_nft_filter_snapshot *snapshot, const char *name);
/* The binding of one of the filter's ports: they all refer to the same top of a tree. NULL: no file tells. */
int nfw_nwfilter_sample(const struct nfw_context *context,
                        size_t filter,
                        struct nfw_nwfilter_binding **ret_binding);
bool nfw_nwfilter_has_set(const struct nfw_nft_filter *filter, const char *name);
/* What is to be known of the port's guest; as nfw_nwfilter_change_add_port(). */
int nfw_nwfilter_prepare_guest(struct nfw_context *context,
                               const struct nfw_nwfilter_binding *binding,
                               const struct nfw_compiled *compiled,
                               const struct nfw_nft_guest *known,
                               struct nfw_report *report,
                               struct nfw_nft_guest *guest);
/* The port as it is under a filter now; NULL where it is under none, or all is made anew. */
const struct nfw_nft_filter_port *nfw_nwfilter_change_old_port(const struct nfw_nwfilter_change *change,
                                                               const struct nfw_nwfilters *filters,
                                                               const char *name);

int nfw_nwfilter_change_decide_fates(struct nfw_nwfilter_change *change, const struct nfw_nwfilters *filters);
int nfw_nwfilter_change_put_filters(struct nfw_nwfilter_change *change,
                                    struct nfw_context *context,
                                    const struct nfw_learning_plan *learning,
                                    struct nfw_report *report);
int nfw_nwfilter_change_put_ports(struct nfw_nwfilter_change *change,
                                  struct nfw_nwfilters *filters,
                                  const struct nfw_learning_plan *learning);
int nfw_nwfilter_change_put_staying_ports(struct nfw_nwfilter_change *change,
                                          struct nfw_context *context,
                                          const struct nfw_nwfilter_install *install,
                                          struct nfw_report *report);
