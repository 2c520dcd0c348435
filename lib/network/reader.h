/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the reader's parts share: the grammar as tables, and the network that is being read. */

#include "network/network.h"
#include "policy/sink.h"

struct nfw_network_reading {
        struct nfw_sink sink;
        struct nfw_network *network;
        struct nfw_network_ip ip; /* of the element that is being read */
        struct nfw_addr address;  /* as written, its family to be compared */
        uint8_t family;
        bool has_address, has_prefix, has_netmask;
        unsigned int length;
        bool has_nat, has_forward_device;
        char interface[IFNAMSIZ]; /* of <interface> */
        struct nfw_pos nat_pos, forward_pos;
};

struct nfw_network_attribute_rule {
        const char *name;
        /* NULL: it is kept, and means nothing here. */
        bool (*take)(struct nfw_network_reading *reading, const char *value);
        const char *expected; /* "a number from 0 to 30" */
        bool is_required;
};

struct nfw_network_element_rule {
        const char *name;
        bool is_kept;        /* with all that is in it: it is nothing that rules are made of */
        bool is_many;        /* may be there more than once */
        const char *refused; /* why it cannot be had: what to do instead */
        const struct nfw_network_attribute_rule *attributes;
        size_t n_attributes;
        const struct nfw_network_element_rule *children;
        size_t n_children;
        /* Of an element with text. */
        bool (*take_text)(struct nfw_network_reading *reading, const char *text);
        const char *expected;
        /* Before and after all that is in it. 0 or -ENOMEM. */
        int (*begin)(struct nfw_network_reading *reading, const struct nfw_xml_element *element);
        int (*end)(struct nfw_network_reading *reading, const struct nfw_xml_element *element);
};

extern const struct nfw_network_element_rule nfw_network_grammar;

/* Checks the tree by the grammar. 0, also where something has been reported, or -ENOMEM. */
int nfw_network_check(struct nfw_network_reading *reading, const struct nfw_xml_element *root);
