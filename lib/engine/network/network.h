/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Virtual networks: definitions are files of the administrator, what runs is recorded in the state directory. A record
 * is written before the commit, so that whatever is in force has one.
 *
 *   files.c    both kinds of files
 *   network.c  starting and destroying
 *   rules.c    what networks need in the tables
 *   host.c     what of the host besides rules a network needs: its bridge, forwarding
 *   keep.c     what is put back, and policies for ports that join
 *   define.c   definitions
 *   list.c     what there is
 */

#include "engine/context.h"
#include "network/network.h"
#include "nft/network/network.h"

#define NFW_NETWORK_DIRECTORY "/etc/nfwpolicy/networks"

struct nfw_running_network {
        struct nfw_network *network;
        bool made_bridge; /* by us, so it goes with the network */
        bool has_policy;
};

struct nfw_running_networks {
        NFW_VEC(struct nfw_running_network) vec;                 /* by name */
        NFW_VEC(const struct nfw_network *) views[NFW_N_TABLES]; /* for the nft layer */
};

/* --- files: 0 or a negative errno, reading one also NFW_E_NOT_FOUND --------------------------------------------- */

int nfw_running_networks_read(const struct nfw_context *context, struct nfw_running_networks *networks);
void nfw_running_networks_deinit(struct nfw_running_networks *networks);
struct nfw_running_network *nfw_running_networks_find(const struct nfw_running_networks *networks,
                                                      const char *name);
/*
 * What they are in each table, borrowed; after the array has changed. In the bridge table are those with a policy, where
 * the kernel can have it on their ports and keep others back. 0 or a negative errno.
 */
int nfw_running_networks_view(struct nfw_running_networks *networks,
                              struct nfw_context *context,
                              struct nfw_nft_networks ret_views[static NFW_N_TABLES]);
/* Whether they need something in a table that the kernel has nothing of. */
bool nfw_networks_are_missing(const struct nfw_context *context,
                              const struct nfw_nft_networks views[static NFW_N_TABLES],
                              enum nfw_table table);

int nfw_running_network_write(const char *directory, const struct nfw_running_network *running);
/* What its file holds. The path is for messages. 0, NFW_E_NOT_FOUND for anything else, or a negative errno. */
int nfw_running_network_parse(const char *path,
                              const char *name,
                              const char *text,
                              size_t size,
                              struct nfw_running_network *ret_running);
int nfw_running_network_read(const char *directory,
                             const char *name,
                             struct nfw_running_network *ret_running);
void nfw_running_network_remove(const char *directory, const char *name);

struct nfw_network_names {
        NFW_VEC(char *) vec; /* sorted */
};

/* Of files with that suffix, such as ".xml"; no directory is none. */
int nfw_network_names_read(const char *directory, const char *suffix, struct nfw_network_names *names);
void nfw_network_names_deinit(struct nfw_network_names *names);

/* DIRECTORY/NAMESUFFIX; the caller frees it. */
int nfw_network_path(const char *directory, const char *name, const char *suffix, char **ret_path);

#define NFW_NETWORK_DEFINITION ".xml"
#define NFW_NETWORK_POLICY     ".policy"
#define NFW_NETWORK_RUNNING    ".network"
/* Written out it may be longer than it was. */
#define NFW_NETWORK_RUNNING_SIZE_MAX (2 * NFW_NETWORK_SIZE_MAX)

/* What is defined; what is wrong with it is added to the report. Also NFW_E_INVALID. */
int nfw_network_definition_read(const struct nfw_context *context,
                                const char *name,
                                struct nfw_report *report,
                                struct nfw_network **ret_network);
bool nfw_network_definition_has_policy(const struct nfw_context *context, const char *name);

/* --- rules ------------------------------------------------------------------------------------------------------ */

/*
 * Into the context's batch: what the networks need in place of what the kernel has of networks. With the tables where
 * they are missing; without them where nobody needs them any more. As nfw_install_put().
 */
int nfw_networks_put(struct nfw_context *context,
                     struct nfw_running_networks *networks,
                     struct nfw_report *report);
/* Whether the kernel can tell the bridge of a port, and track connections there. 0 or a negative errno. */
int nfw_networks_can_guard(struct nfw_context *context, bool *ret_can);

/* --- the host --------------------------------------------------------------------------------------------------- */

int nfw_network_make_bridge(struct nfw_context *context,
                            const struct nfw_network *network,
                            struct nfw_report *report);
void nfw_network_remove_bridge(struct nfw_context *context, const struct nfw_network *network);
/* Tells what it has changed. 0 or -ENOMEM. */
int nfw_network_enable_forwarding(const struct nfw_network *network, struct nfw_report *report);

/* --- policies and what is put back ------------------------------------------------------------------------------ */

#define NFW_NETWORK_POLICY_NAME_MAX (NFW_NETWORK_NAME_MAX + 9)
void nfw_network_policy_name(const struct nfw_network *network,
                             char ret_name[static NFW_NETWORK_POLICY_NAME_MAX]);
int nfw_network_load_policy(struct nfw_context *context,
                            const struct nfw_network *network,
                            struct nfw_report *report);
/* Ports that have joined get their network's policy. 0, or what nfw_attach() returns. */
int nfw_networks_follow(struct nfw_context *context, struct nfw_report *report);
/* Those that ran when the host was shut down, of which the directory tells, are to run again. Takes the lock. */
int nfw_networks_adopt(struct nfw_context *context, const char *directory, struct nfw_report *report);
/* Rules and bridges of networks that run and have lost them. */
int nfw_networks_restore(struct nfw_context *context, struct nfw_report *report);
/* The rules alone, into the context's batch. As nfw_networks_put(); the networks are read. */
int nfw_networks_put_missing(struct nfw_context *context,
                             struct nfw_running_networks *networks,
                             struct nfw_report *report);
/* The directory then has what runs. */
int nfw_networks_save(const struct nfw_context *context, const char *directory);
