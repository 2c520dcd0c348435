/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a frame says, and the octets that say so. */

#include "../shared/random.h"
#include "ir/field.h"
#include "ir/range.h"

#define SHAPE_MAX_OPTIONS 16

struct shape {
        uint8_t values[NFW_N_FIELDS][NFW_VALUE_MAX]; /* those count that the frame's type has */
        uint8_t options[SHAPE_MAX_OPTIONS];          /* of TCP */
        size_t n_options;
};

/* Mostly well-formed; also with options, extension headers, in fragments, cut off or with wrong lengths. The size. */
size_t shape_write(struct random *random, const struct shape *shape, uint8_t *bytes);
