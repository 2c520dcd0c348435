/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The model of libvirt's virtual networks: a bridge of the host, the addresses that the host has on it, and how far the
 * packets of its guests get. Immutable once it has been completed.
 */

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/report.h"
#include "base/vec.h"
#include "net/addr.h"
#include "net/port_range.h"
#include "net/prefix.h"
#include "xml/xml.h"

#define NFW_NETWORK_SIZE_MAX   ((size_t)1 << 20)
#define NFW_NETWORK_NAME_MAX   50 /* so that a policy can be named after it */
#define NFW_NETWORK_IPS_MAX    1000
#define NFW_NETWORK_BRIDGE_MAX (IFNAMSIZ - 1)
#define NFW_NETWORK_UUID_MAX   37

enum nfw_network_mode {
        NFW_NETWORK_ISOLATED, /* no <forward> at all */
        NFW_NETWORK_NAT,
        NFW_NETWORK_ROUTE,
        NFW_NETWORK_OPEN, /* no rules: somebody else's firewall decides */
};

struct nfw_network_ip {
        struct nfw_prefix prefix; /* host bits zero */
        struct nfw_addr address;  /* the host's own */
        bool has_tftp;
        struct nfw_pos pos;
};

struct nfw_network {
        struct nfw_xml *xml; /* all that was written, to be written again; file is what positions refer to */
        char name[NFW_NETWORK_NAME_MAX + 1];
        char uuid[NFW_NETWORK_UUID_MAX]; /* "" where none is given */
        enum nfw_network_mode mode;
        char bridge[IFNAMSIZ]; /* "" where none is given */
        bool stp;
        unsigned int delay;    /* seconds */
        char device[IFNAMSIZ]; /* of <forward>; "": any */
        bool ipv6; /* guests talk IPv6 to each other although the host has no IPv6 address there */
        bool nat_ipv6;
        struct nfw_port_range nat_ports;     /* first is 0 where none are given */
        struct nfw_addr nat_first, nat_last; /* without a family where none are given */
        unsigned int mtu;                    /* 0: none is given */
        bool has_mac;
        uint8_t mac[6];
        NFW_VEC(struct nfw_network_ip) ips;
        struct nfw_pos pos;
};

/* "isolated", "nat", "route", "open". */
const char *nfw_network_mode_name(enum nfw_network_mode mode);
bool nfw_network_has_family(const struct nfw_network *network, uint8_t family);
/* A letter or digit, then letters, digits, '.', '_' and '-': it becomes the name of a file. */
bool nfw_network_name_is_valid(const char *name);
/* What the kernel takes as a link's name and nft can print: no '/', ':', '"', '*', backslash or space. */
bool nfw_network_link_is_valid(const char *name);

/*
 * XML, or the same in YAML or JSON: what does not begin with a '<'. file is for messages. 0; NFW_E_INVALID, and the
 * report says what is wrong and where; or a negative errno.
 */
int nfw_network_parse(const char *file,
                      const void *data,
                      size_t size,
                      struct nfw_report *report,
                      struct nfw_network **ret_network);
NFW_DEFINE_CLEANUP(struct nfw_network, nfw_network_free)

/* What libvirt fills in where nothing is written: uuid and bridge are for where there is none. 0 or -ENOMEM. */
int nfw_network_complete(struct nfw_network *network, const char *uuid, const char *bridge);

/* As libvirt prints it. *ret_text is the caller's. 0 or -ENOMEM. */
int nfw_network_write(const struct nfw_network *network, char **ret_text);
