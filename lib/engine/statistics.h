/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the learner counts, in a file that it maps and others read: no request, no answer, nothing that a reader
 * could hold up. The learner holds a lock on the file as long as it lives, so the file also says whether one
 * runs; the counts of one that was killed stay readable until the next one starts.
 */

#include <net/if.h>

#include "engine/context.h"

#define NFW_MAX_IGNORED 256

struct nfw_ignored {
        char port[IFNAMSIZ];
        struct nfw_addr server; /* family 0: all that have no place of their own */
        char server_text[NFW_ADDR_TEXT_MAX];
        uint64_t n_replies;
};

struct nfw_statistics {
        char magic[16];
        uint64_t counters[NFW_N_COUNTERS];
        uint32_t n_ignored;
        struct nfw_ignored ignored[NFW_MAX_IGNORED];
};

/* Where it is; the caller frees it. 0 or -ENOMEM. */
int nfw_statistics_path(const struct nfw_context *context, char **ret_path);
/* Becomes the learner. 0; NFW_E_IN_USE where there is one; or a negative errno. *ret_fd holds the lock. */
int nfw_statistics_open(const struct nfw_context *context,
                        struct nfw_statistics **ret_statistics,
                        int *ret_fd);
/* The same again with what was counted, where somebody has taken the file away; otherwise nothing is done. */
int nfw_statistics_renew(const struct nfw_context *context, struct nfw_statistics **statistics, int *fd);
void nfw_statistics_close(struct nfw_statistics *statistics, int fd);

/* One reply more from a server that this port must not learn from. */
void nfw_statistics_ignore(struct nfw_statistics *statistics,
                           const char *port,
                           const struct nfw_addr *server);

/* A copy of what the learner has written, and whether it lives. Zeroes where there has never been one. */
int nfw_statistics_read(const struct nfw_context *context,
                        struct nfw_statistics *ret_statistics,
                        bool *ret_running);
/* Only whether it lives, without the copy. */
int nfw_statistics_is_running(const struct nfw_context *context, bool *ret_running);
