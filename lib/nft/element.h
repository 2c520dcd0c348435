/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Set elements: their keys, and adding and deleting them. The hot path of learning and attaching. */

#include "ir/plan/plan.h"
#include "net/prefix.h"
#include "nft/batch.h"
#include "nft/element_list.h"

enum nfw_nft_element_op {
        NFW_NFT_ADD,     /* no error where it exists */
        NFW_NFT_DELETE,  /* the whole batch fails where it does not exist */
        NFW_NFT_DESTROY, /* no error where it does not exist; Linux 6.3 */
};

/* A name, who said it and until when: what `nfwpolicy names` shows, kept with the element in the kernel. */
struct nfw_nft_grant_note {
        char name[NFW_DOMAIN_TEXT_MAX];
        struct nfw_addr resolver;
};

/*
 * Grants that follow one another in one set, and are added or deleted alike, are one message: it costs the kernel a look
 * through all sets of the table. Nothing else is put into the batch before the list is ended. Zero but for the batch to begin
 * with.
 */
struct nfw_nft_grant_list {
        struct nfw_nft_element_list list;
        struct nfw_nft_origin origin;
};

int nfw_nft_grant_list_put(struct nfw_nft_grant_list *grants,
                           enum nfw_nft_element_op op,
                           enum nfw_table table,
                           const char *set, /* borrowed until the list is ended */
                           const char *interface,
                           const struct nfw_addr *addr,
                           uint64_t timeout_ms,
                           const struct nfw_nft_grant_note *note);
int nfw_nft_grant_list_end(struct nfw_nft_grant_list *grants);

/* port . address with a timeout and a note, in a learned set. timeout_ms is used for ADD only. */
int nfw_nft_put_grant(struct nfw_nft_batch *batch,
                      enum nfw_nft_element_op op,
                      enum nfw_table table,
                      const char *set,
                      const char *interface,
                      const struct nfw_addr *addr,
                      uint64_t timeout_ms,
                      const struct nfw_nft_grant_note *note);

/*
 * port → goto the chain, in the verdict map of the direction. chain may be NULL for DELETE. binding names this
 * act of attaching (hexadecimal digits): it is the element's comment, and tells a port that was detached and
 * attached again from one that stayed. NULL: no comment.
 */
#define NFW_NFT_BINDING_MAX 17
int nfw_nft_put_dispatch(struct nfw_nft_batch *batch,
                         enum nfw_nft_element_op op,
                         enum nfw_table table,
                         enum nfw_direction direction,
                         const char *interface,
                         const char *chain,
                         const char *binding);

/*
 * A port that may turn up in either table has elements in the maps of the other one, too, with this in place of the
 * binding's name. They lead to the policy's chains or, where the table cannot have the policy, drop everything.
 */
#define NFW_NFT_STANDBY "standby"
int nfw_nft_put_dispatch_drop(struct nfw_nft_batch *batch,
                              enum nfw_table table,
                              enum nfw_direction direction,
                              const char *interface,
                              const char *binding);

/* port . value for each of the values, in a parameter's sets. As the next one, in as few messages as it takes. */
int nfw_nft_put_parameters(struct nfw_nft_batch *batch,
                           enum nfw_nft_element_op op,
                           enum nfw_table table,
                           enum nfw_parameter parameter,
                           const char *interface,
                           const struct nfw_prefix *values,
                           size_t n_values);

/* port . value in a parameter's set. A network for SUBNETS, an address (full length) for the others. */
int nfw_nft_put_parameter(struct nfw_nft_batch *batch,
                          enum nfw_nft_element_op op,
                          enum nfw_table table,
                          enum nfw_parameter parameter,
                          const char *interface,
                          const struct nfw_prefix *value);
