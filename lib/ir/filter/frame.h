/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The fields of a raw Ethernet frame, found as the kernel finds them: what is not there to its last octet is not
 * there, and padding may be taken for a header that is cut off. The frame may come from anybody.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ir/field.h"
#include "ir/range.h"

struct nfw_filter_frame {
        const uint8_t *bytes; /* borrowed */
        size_t size;
        uint16_t ether_type; /* as on the wire */
        uint8_t family;      /* AF_INET or AF_INET6 by that type */
        bool has_l4proto;
        uint8_t l4proto; /* behind extension headers */
        size_t transport; /* offset, 0 where the transport's header is in another fragment; may be beyond the end */
};

/* Shorter than an Ethernet header is nothing that could be asked: false. */
bool nfw_filter_frame_parse(const void *bytes, size_t size, struct nfw_filter_frame *ret_frame);

/* False where the frame does not have the field. Not for what connection tracking knows, nor for TCP's options. */
bool nfw_filter_frame_field(const struct nfw_filter_frame *frame,
                            enum nfw_field field,
                            uint8_t ret_value[static NFW_VALUE_MAX]);

/* Whether a TCP option is of one of these kinds; false where no TCP header begins. */
bool nfw_filter_frame_has_option(const struct nfw_filter_frame *frame,
                                 const struct nfw_ranges *kinds,
                                 bool *ret_found);
