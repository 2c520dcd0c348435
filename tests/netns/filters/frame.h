/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Random frames near to what a filter's rules ask for. */

#include "ir/filter/filter.h"
#include "world.h"

#define FRAME_MAX 512
/* The last octets of a frame: a number of its own to know it by. */
#define FRAME_TAG 8

struct frame {
        enum nfw_direction direction;
        uint8_t bytes[FRAME_MAX];
        size_t size;
};

/* tuples: the port's, of each of the filter's sets. */
void frame_random(struct world *world,
                  const struct nfw_filter_ir *ir,
                  const struct nfw_filter_tuples *tuples,
                  enum nfw_direction direction,
                  uint64_t tag,
                  struct frame *ret_frame);
