/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Cleanup twins for libnftnl's objects, and names that several files use. */

#include "base/macros.h"

#define NFW_DEFINE_NFTNL_CLEANUP(type_)                                                                      \
        static inline void type_##_freep(struct type_ **object) {                                            \
                if (*object)                                                                                 \
                        type_##_free(*object);                                                               \
        }

/* The kernel puts a number in; within the transaction such sets are referred to by their id. */
#define NFW_NFT_ANONYMOUS_SET "__set%d"
