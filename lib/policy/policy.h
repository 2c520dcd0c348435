/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The model of policy format 1.0: what a file says, checked and normalised, before anybody asks how it is
 * enforced. Immutable once it has been read.
 */

#include <stdbool.h>
#include <stdint.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/report.h"
#include "base/vec.h"
#include "net/domain.h"
#include "net/port_range.h"
#include "net/prefix.h"

#define NFW_RULE_NAME_MAX 128 /* octets */

enum nfw_action {
        NFW_ACTION_ALLOW,
        NFW_ACTION_DENY,
};

/* Bits of struct nfw_policy_rule.protocols. */
enum nfw_protocol {
        NFW_PROTOCOL_TCP = 1 << 0,
        NFW_PROTOCOL_UDP = 1 << 1,
        NFW_PROTOCOL_ICMP = 1 << 2, /* ICMPv4 and ICMPv6 */
};

/* The criteria of one kind are alternatives; a kind without any does not restrict. */
struct nfw_policy_rule {
        char *name;
        enum nfw_action action;
        int64_t priority;
        struct nfw_pos pos;
        unsigned int protocols;
        NFW_VEC(struct nfw_domain) domains;
        NFW_VEC(struct nfw_prefix) prefixes;
        NFW_VEC(struct nfw_port_range) ports;
};

struct nfw_policy {
        char *file;   /* as the user named it; the positions refer to this string */
        char *source; /* the bytes it was read from */
        size_t source_size;
        NFW_VEC(struct nfw_policy_rule)
        rules; /* in the order of evaluation: by priority, then as in the file */
};

NFW_DEFINE_CLEANUP(struct nfw_policy, nfw_policy_free)
