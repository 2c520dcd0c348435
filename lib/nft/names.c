/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/names.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

uint8_t nfw_nft_nfproto(enum nfw_table table) {
        return table == NFW_TABLE_BRIDGE ? NFPROTO_BRIDGE : NFPROTO_INET;
}

const char *nfw_nft_family_name(enum nfw_table table) {
        return table == NFW_TABLE_BRIDGE ? "bridge" : "inet";
}

const char *nfw_nft_map_name(enum nfw_direction direction) {
        return direction == NFW_EGRESS ? "egress" : "ingress";
}

const char *nfw_nft_parameter_set_name(enum nfw_parameter parameter, uint8_t family) {
        static const char *const names[NFW_N_PARAMETERS][2] = {
                [NFW_PARAMETER_RESOLVERS] = { "resolvers4", "resolvers6" },
                [NFW_PARAMETER_LOCAL] = { "local4", "local6" },
                [NFW_PARAMETER_SUBNETS] = { "subnets4", "subnets6" },
        };

        return names[parameter][family == AF_INET ? 0 : 1];
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool nfw_nft_table_name_is_valid(const char *name) {
        size_t n = strlen(name);

        return n > 0 && n <= NFW_NFT_TABLE_NAME_MAX && strspn(name, LETTERS) > 0 &&
               strspn(name, LETTERS "0123456789._-") == n;
}
