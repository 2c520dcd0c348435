/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a table holds, in a form in which two of them can be compared: one made of the messages that are to be
 * sent, one of those that the kernel answers with. Left out is what differs without meaning anything: handles,
 * counters, the numbers of anonymous sets, the order of elements.
 */

#include <libnftnl/rule.h>

#include "base/uthash.h"
#include "base/vec.h"
#include "nft/batch.h"
#include "nft/read.h"

struct nfw_nft_image_set {
        UT_hash_handle hh;
        char *key; /* name and id */
        char *name;
        uint32_t id; /* of an anonymous set within a batch */
        uint32_t flags;
        char *header; /* everything but the elements */
        size_t key_size;
        bool is_constant;          /* its elements are compared; whoever expects it says so */
        NFW_VEC(uint8_t) elements; /* records: key, end of the key, flags */
};

struct nfw_nft_image_rule {
        struct nftnl_rule *rule;
        char *text;          /* after nfw_nft_image_finish() */
        const char *comment; /* in rule, or NULL */
        struct nfw_pos pos;
};

struct nfw_nft_image_chain {
        UT_hash_handle hh;
        char *name;
        char *header;
        NFW_VEC(struct nfw_nft_image_rule) rules;
};

struct nfw_nft_image {
        enum nfw_table table;
        const char *table_name;             /* borrowed */
        struct nfw_nft_image_set *sets;     /* by their keys, */
        struct nfw_nft_image_chain *chains; /* by their names; both in the order in which they were taken */
        uint32_t flags;                     /* the table's */
        NFW_VEC(char *) others;             /* names of what is none of these */
};

void nfw_nft_image_deinit(struct nfw_nft_image *image);

#define nfw_nft_image_foreach(item_, head_)                                                                  \
        for (__typeof__(&*(head_)) item_ = (head_); item_; item_ = item_->hh.next)

/*
 * Takes a message that makes something, if it is about the image's table; rules and elements only of what has been
 * taken before. origin may be NULL.
 */
int nfw_nft_image_take(struct nfw_nft_image *image,
                       const struct nlmsghdr *message,
                       const struct nfw_nft_origin *origin);
/* Sorts and writes out; to be called once, when everything has been taken. */
int nfw_nft_image_finish(struct nfw_nft_image *image);
/* Rules and elements only, so that others can be taken. */
void nfw_nft_image_drop_contents(struct nfw_nft_image *image);

struct nfw_nft_image_set *nfw_nft_image_find_set(const struct nfw_nft_image *image,
                                                 const char *name,
                                                 uint32_t id);
struct nfw_nft_image_chain *nfw_nft_image_find_chain(const struct nfw_nft_image *image, const char *name);

/* The set that a lookup refers to where that is an anonymous one, else NULL. */
struct nfw_nft_image_set *nfw_nft_image_anonymous_set(const struct nfw_nft_image *image,
                                                      struct nftnl_expr *lookup);

/* Octets of a record of the set, and how many records there are. */
static inline size_t nfw_nft_image_record_size(const struct nfw_nft_image_set *set) {
        return 2 * set->key_size + 1;
}

static inline size_t nfw_nft_image_n_elements(const struct nfw_nft_image_set *set) {
        return set->elements.n / nfw_nft_image_record_size(set);
}

/* The rule's text; *ret_text is the caller's. */
int nfw_nft_image_render_rule(const struct nfw_nft_image *image, struct nftnl_rule *rule, char **ret_text);
