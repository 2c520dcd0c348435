/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/filter/filter.h"

/*
 * The same values by tuples that do not overlap, which is what the kernel takes, sorted. *ret_fits is false where that
 * would be too many. 0 or -ENOMEM.
 */
int nfw_filter_tuples_disjoin(const struct nfw_filter_set *set,
                              struct nfw_filter_tuples *tuples,
                              bool *ret_fits);
