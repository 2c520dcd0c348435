/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What one port has learned: names, the addresses each of them holds open in which learned set, and until when.
 * It is a shadow of the kernel's elements: every change it decides on is handed out as an operation for the
 * kernel. Bounded by the number of names and by their addresses; when full, the name that expires first goes.
 *
 * One address can be held by several names; its element in the kernel lives as long as the last of them and
 * carries the name that holds it longest.
 */

#include "base/vec.h"
#include "net/addr.h"
#include "net/domain.h"

struct nfw_dns_grants;

enum nfw_grant_change {
        NFW_GRANT_ADD,     /* the element is new */
        NFW_GRANT_EXTEND,  /* it exists, for the same name, and must live longer */
        NFW_GRANT_REPLACE, /* it exists and gets another lifetime or name: delete and add */
        NFW_GRANT_REMOVE,  /* nobody holds it any more */
};

struct nfw_grant_op {
        enum nfw_grant_change change;
        size_t learned;
        struct nfw_addr addr;
        const char *name; /* borrowed; valid until the next call that changes the grants; NULL: nobody's */
        struct nfw_addr resolver;
        uint64_t expires_ms; /* on the caller's clock */
};

struct nfw_grant_ops {
        NFW_VEC(struct nfw_grant_op) vec;
        size_t n_evicted; /* names that made room */
};

int nfw_dns_grants_new(size_t max_names, struct nfw_dns_grants **ret_grants);
struct nfw_dns_grants *nfw_dns_grants_free(struct nfw_dns_grants *grants);

/*
 * The name holds these addresses open in the learned sets until expires_ms; a shorter time never shortens a
 * longer one. Names that have expired by now_ms are forgotten first, without operations: the kernel does that
 * by itself. Operations are appended to ops, to be done in their order. 0 or a negative errno (then reload).
 * At most NFW_GRANTS_MAX_ADDRESSES addresses a name are kept (in each of n_learned sets); the ones that expire
 * first make room. All names together hold at most NFW_GRANTS_HOLDS_PER_NAME times max_names elements open, or
 * what one name may have; beyond that names make room as they do when there are too many of them.
 */
#define NFW_GRANTS_MAX_ADDRESSES  1024
#define NFW_GRANTS_HOLDS_PER_NAME 32
int nfw_dns_grants_learn(struct nfw_dns_grants *grants,
                         const char *name,
                         const struct nfw_addr *resolver,
                         const size_t *learned,
                         size_t n_learned,
                         const struct nfw_addr *addresses,
                         size_t n_addresses,
                         uint64_t expires_ms,
                         uint64_t now_ms,
                         struct nfw_grant_ops *ops);

/*
 * Takes over an element that the kernel holds already: no operation results. What is more than the bounds allow
 * stays until something is learned. 0 or a negative errno.
 */
int nfw_dns_grants_restore(struct nfw_dns_grants *grants,
                           const char *name,
                           const struct nfw_addr *resolver,
                           size_t learned,
                           const struct nfw_addr *addr,
                           uint64_t expires_ms);

/* Every (name, address) that has not expired; for reconciling after a policy was replaced. */
int nfw_dns_grants_foreach(const struct nfw_dns_grants *grants,
                           uint64_t now_ms,
                           int (*callback)(const char *name,
                                           const struct nfw_addr *resolver,
                                           size_t learned,
                                           const struct nfw_addr *addr,
                                           uint64_t expires_ms,
                                           void *userdata),
                           void *userdata);
/* Every name that holds the address open in that learned set, also one that has expired and was not forgotten yet. */
int nfw_dns_grants_foreach_name(const struct nfw_dns_grants *grants,
                                size_t learned,
                                const struct nfw_addr *addr,
                                int (*callback)(const char *name, uint64_t expires_ms, void *userdata),
                                void *userdata);

/*
 * Where somebody else may have changed what the kernel holds: begin, tell every element that it has, and end. The
 * operations that make it what it was are appended to ops. Times that differ by no more than slack_ms are the same.
 * expires_ms: on the caller's clock; UINT64_MAX for an element that never does. 0 or -ENOMEM.
 */
void nfw_dns_grants_check_begin(struct nfw_dns_grants *grants);
int nfw_dns_grants_check_element(struct nfw_dns_grants *grants,
                                 size_t learned,
                                 const struct nfw_addr *addr,
                                 uint64_t expires_ms,
                                 uint64_t now_ms,
                                 uint64_t slack_ms,
                                 struct nfw_grant_ops *ops);
int nfw_dns_grants_check_end(const struct nfw_dns_grants *grants,
                             uint64_t now_ms,
                             uint64_t slack_ms,
                             struct nfw_grant_ops *ops);

size_t nfw_dns_grants_n_names(const struct nfw_dns_grants *grants);
