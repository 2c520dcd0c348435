/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Reading our table back, an object at a time, without copies: what the callbacks get lives until they return.
 * Callbacks return 0 or a negative errno. A table or set that does not exist has nothing to read; -EINTR where
 * the ruleset changed meanwhile.
 */

#include "ir/ir.h"
#include "nft/socket.h"

struct nfw_nft_bytes {
        const uint8_t *data; /* NULL where the attribute is missing */
        size_t size;
};

struct nfw_nft_object {
        const char *name;
        uint32_t flags;  /* of a table or set */
        uint64_t handle; /* of a table or chain */
        bool is_empty;   /* a set that the kernel says has no elements; before Linux 6.16 it says nothing */
        struct nfw_nft_bytes userdata;
};

struct nfw_nft_element {
        struct nfw_nft_bytes key;
        struct nfw_nft_bytes key_end;
        uint32_t flags;
        uint64_t expiration_ms; /* 0: it never ends */
        const char *chain;      /* of a map's verdict, or NULL */
        bool drops;             /* that is a map's verdict */
        struct nfw_nft_bytes userdata;
};

/* Attributes of a message by their types; those above max are left out. */
void nfw_nft_read_attributes(const struct nlmsghdr *message,
                             const struct nlattr **ret_attributes,
                             size_t max);
/* Whether the message is about the table of that name in that family; attribute is that of the table's name. */
bool nfw_nft_is_ours(const struct nlmsghdr *message,
                     enum nfw_table table,
                     const char *table_name,
                     const struct nlattr *attribute);

/* What has our table's name, whoever made it. */
struct nfw_nft_table_state {
        bool exists;
        uint32_t flags;  /* NFT_TABLE_F_x */
        uint64_t handle; /* no other table of the network namespace has had it */
        bool is_ours;    /* its comment says so, and it is not bound to the life of a process */
};

int nfw_nft_read_table(struct nfw_nft_socket *nft,
                       enum nfw_table table,
                       struct nfw_nft_table_state *ret_state);
int nfw_nft_read_chains(struct nfw_nft_socket *nft,
                        enum nfw_table table,
                        int (*callback)(const struct nfw_nft_object *chain, void *userdata),
                        void *userdata);
int nfw_nft_read_sets(struct nfw_nft_socket *nft,
                      enum nfw_table table,
                      int (*callback)(const struct nfw_nft_object *set, void *userdata),
                      void *userdata);
/* Named counters, limits and the like, and flowtables: we make none. */
int nfw_nft_read_others(struct nfw_nft_socket *nft,
                        enum nfw_table table,
                        int (*callback)(const struct nfw_nft_object *object, void *userdata),
                        void *userdata);
/* All rules of a chain, or of the table with NULL, as messages for libnftnl. */
int nfw_nft_read_rules(struct nfw_nft_socket *nft,
                       enum nfw_table table,
                       const char *chain,
                       int (*callback)(const struct nlmsghdr *message, void *userdata),
                       void *userdata);
int nfw_nft_read_elements(struct nfw_nft_socket *nft,
                          enum nfw_table table,
                          const char *set,
                          int (*callback)(const struct nfw_nft_element *element, void *userdata),
                          void *userdata);
/* The one element with that key; -ENOENT where there is none. */
int nfw_nft_read_element(struct nfw_nft_socket *nft,
                         enum nfw_table table,
                         const char *set,
                         const void *key,
                         size_t key_size,
                         int (*callback)(const struct nfw_nft_element *element, void *userdata),
                         void *userdata);
/* The elements in a message, whether it was read from the kernel or is to be sent to it. */
int nfw_nft_parse_elements(const struct nlmsghdr *message,
                           int (*callback)(const struct nfw_nft_element *element, void *userdata),
                           void *userdata);
