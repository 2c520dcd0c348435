/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The items of a rule's lists: one value each, with what is to be said about it. */

#include "policy/reader.h"

struct nfw_item {
        union {
                unsigned int protocol;
                struct nfw_domain domain;
                struct nfw_prefix prefix;
                struct nfw_port_range ports;
        };

        /* What two items that mean the same have in common. */
        const void *octets;
        size_t n_octets;
};

/*
 * 0 or a negative errno. A wrong item is reported and *ret_good is false, otherwise it is left alone. The item
 * points into itself: it must not be copied.
 */
int nfw_item_protocol(struct nfw_reader *reader,
                      const struct nfw_yaml_event *event,
                      struct nfw_item *item,
                      bool *ret_good);
int nfw_item_domain(struct nfw_reader *reader,
                    const struct nfw_yaml_event *event,
                    struct nfw_item *item,
                    bool *ret_good);
int nfw_item_prefix(struct nfw_reader *reader,
                    const struct nfw_yaml_event *event,
                    struct nfw_item *item,
                    bool *ret_good);
int nfw_item_ports(struct nfw_reader *reader,
                   const struct nfw_yaml_event *event,
                   struct nfw_item *item,
                   bool *ret_good);
