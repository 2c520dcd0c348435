/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What every operation needs: the netlink sockets, where the state is, and the shadow of the kernel. */

#include <nfwpolicy/nfwpolicy.h>

#include "base/report.h"
#include "engine/defaults.h"
#include "engine/leaving.h"
#include "engine/resolvers.h"
#include "engine/shadow.h"
#include "nft/names.h"
#include "nft/notify.h"
#include "nft/socket.h"
#include "rtnl/link.h"

struct nfw_record;
struct nfw_nwfilters;
struct nfw_summary;

/* What others did to learned sets, as a keeper hears of it; the learner of the same context puts it right. */
struct nfw_learned_edits {
        uint64_t n, n_repaired;
        struct nfw_nft_author author; /* of the last */
};

struct nfw_context {
        /* What the sockets and batches made for the context refer to; they borrow it. */
        char table_name[NFW_NFT_TABLE_NAME_MAX + 1];
        char *state_directory;
        char *network_directory; /* of the definitions of virtual networks */
        uint64_t number;         /* that no other context has */
        uint64_t namespace;      /* the inode of the network namespace that the sockets are of */
        char *directory; /* of that namespace and table name, below the state directory; nfw_state_prepare() makes it */
        uint16_t nflog_group;
        struct nfw_load_defaults defaults;
        struct nfw_nft_socket *nft;
        struct nfw_rtnl *rtnl;
        struct nfw_nft_batch *batch;
        struct nfw_shadow shadow;
        struct nfw_leaving leaving;    /* in the transaction that is being made */
        struct nfw_record *settings;   /* read last, or NULL; nfw_record_read_settings() has it */
        struct nfw_summary *summaries; /* by id */
        struct nfw_resolvers resolvers;
        struct nfw_learned_edits learned_edits;
        struct nfw_nwfilters *nwfilters; /* with sockets of the same namespace */
};

NFW_DEFINE_CLEANUP(struct nfw_context, nfw_context_free)

/* Adds to the report why the kernel refused a batch; r is returned, or NFW_E_REFUSED where the report says it all. */
int nfw_context_report_failure(struct nfw_report *report, int r, const struct nfw_nft_failure *failure);
