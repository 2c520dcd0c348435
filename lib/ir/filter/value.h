/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The constants of network filters as values of fields. */

#include "ir/field.h"
#include "ir/range.h"
#include "nwfilter/filter.h"

bool nfw_filter_constant_equal(const struct nfw_nwfilter_constant *a, const struct nfw_nwfilter_constant *b);

/*
 * The values that the constant, and the mask or the end of a range where second is not NULL, stand for. False where
 * there are none: the end is before the beginning, the mask has holes, the address is of the other version.
 */
bool nfw_filter_range(enum nfw_field field,
                      const struct nfw_nwfilter_constant *value,
                      const struct nfw_nwfilter_constant *second,
                      bool second_is_mask,
                      struct nfw_range *ret_range);

/* The bits that a mask leaves, from the first on. False where it has holes. */
bool nfw_filter_mask(enum nfw_field field,
                     const struct nfw_nwfilter_constant *constant,
                     uint8_t ret_mask[static NFW_VALUE_MAX]);
