/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

#include "base/macros.h"
#include "ir/plan/constant.h"
#include "nft/filter/filter.h"

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

bool nfw_nft_is_parameter_set(const char *name) {
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                if (strcmp(name, nfw_nft_parameter_set_name(parameter, AF_INET)) == 0 ||
                    strcmp(name, nfw_nft_parameter_set_name(parameter, AF_INET6)) == 0)
                        return true;
        return false;
}

bool nfw_nft_is_constant_set(const char *name) {
        for (int constant = 0; constant < NFW_N_CONSTANTS; constant++)
                if (strcmp(name, nfw_plan_constant_name(constant)) == 0)
                        return true;
        return false;
}

/* Sorted. nft takes them for parts of its own language wherever a table's name could stand (1.0.6 and what came later). */
static const char *const words[] = {
        "accept",   "add",      "ah",        "all",       "and",      "arp",      "auto-merge",
        "bridge",   "cgroup",   "chain",     "comment",   "comp",     "constant", "continue",
        "counter",  "cpu",      "create",    "ct",        "day",      "dccp",     "define",
        "delete",   "describe", "destroy",   "device",    "devices",  "dnat",     "drop",
        "dst",      "dup",      "dynamic",   "ecn",       "element",  "elements", "eq",
        "esp",      "ether",    "exists",    "expires",   "export",   "exthdr",   "fib",
        "flags",    "flow",     "flowtable", "flush",     "frag",     "fwd",      "gc-interval",
        "ge",       "geneve",   "get",       "goto",      "gre",      "gretap",   "gt",
        "handle",   "hbh",      "hook",      "hour",      "ibriport", "ibrname",  "icmp",
        "icmpv6",   "igmp",     "iif",       "iifgroup",  "iifname",  "iiftype",  "import",
        "include",  "index",    "inet",      "inner",     "insert",   "interval", "ip",
        "ip6",      "ipsec",    "jhash",     "jump",      "last",     "le",       "limit",
        "list",     "log",      "lshift",    "lt",        "map",      "mark",     "masquerade",
        "meta",     "meter",    "mh",        "missing",   "monitor",  "ne",       "netdev",
        "nftrace",  "not",      "notrack",   "numgen",    "obriport", "obrname",  "offload",
        "oif",      "oifgroup", "oifname",   "oiftype",   "or",       "osf",      "pkttype",
        "policy",   "position", "priority",  "queue",     "quota",    "random",   "redefine",
        "redirect", "reject",   "rename",    "replace",   "reset",    "return",   "rshift",
        "rt",       "rt0",      "rt2",       "rtclassid", "rule",     "ruleset",  "sctp",
        "secmark",  "set",      "size",      "skgid",     "skuid",    "snat",     "socket",
        "srh",      "symhash",  "synproxy",  "table",     "tcp",      "th",       "time",
        "timeout",  "tproxy",   "tunnel",    "type",      "typeof",   "udp",      "udplite",
        "undefine", "update",   "vlan",      "vmap",      "vxlan",    "xor",      "xt",
};

static int compare_words(const void *a, const void *b) {
        return strcmp(a, *(const char *const *)b);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* So is called the table of network filters that belongs to another name. */
static bool is_of_filters(const char *name, size_t n) {
        size_t n_suffix = strlen(NFW_NFT_FILTER_TABLE_SUFFIX);

        return n >= n_suffix && strcmp(name + n - n_suffix, NFW_NFT_FILTER_TABLE_SUFFIX) == 0;
}

bool nfw_nft_table_name_is_valid(const char *name) {
        size_t n = strlen(name);

        return n > 0 && n <= NFW_NFT_TABLE_NAME_MAX && strspn(name, LETTERS) > 0 &&
               strspn(name, LETTERS "0123456789._-") == n && !is_of_filters(name, n) &&
               !bsearch(name, words, NFW_ARRAY_SIZE(words), sizeof(words[0]), compare_words);
}
