/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/vec.h"

/* Measured times in nanoseconds. */
struct samples {
        NFW_VEC(uint64_t) vec;
};

void samples_deinit(struct samples *samples);
void samples_add(struct samples *samples, uint64_t ns);

/* The smallest sample that at least that share (0 to 1) of all does not exceed; the samples get sorted. */
uint64_t samples_quantile(struct samples *samples, double share);
