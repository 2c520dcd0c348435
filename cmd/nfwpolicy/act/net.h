/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* As act.h, for virtual networks. */

#include "nfwpolicy/act/act.h"

/* What a network is made of, as it was read and what its files are called. */
struct network_source {
        const char *text;
        const char *file;
        const char *policy; /* NULL: it has none */
        const char *policy_file;
};

/* The network and the policy, which may be NULL, are what the texts were read as. */
int act_network_define(struct act *act,
                       struct nfw_network *network,
                       const struct nfw_policy *policy,
                       const struct network_source *source,
                       bool dry_run);
int act_network_start(struct act *act, const char *name, bool create_bridge);
int act_network_destroy(struct act *act, const char *name);
int act_network_undefine(struct act *act, const char *name);
int act_network_dump(struct act *act, const char *name, bool inactive, char **ret_text);

/* An array of objects, as --json prints them: name, uuid, active, persistent, forward, bridge, policy. */
int act_network_list(struct act *act, json_t **ret_networks);
