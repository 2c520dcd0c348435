/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The small idioms that the whole tree shares: visibility, printf checking, cleanup on scope exit and
 * the transfer of ownership.
 */

#include <stddef.h>
#include <stdlib.h>

#define nfw_public                  __attribute__((visibility("default")))
#define nfw_printf(format_, first_) __attribute__((format(printf, format_, first_)))
#define nfw_cleanup(function_)      __attribute__((cleanup(function_)))
#define nfw_unused                  __attribute__((unused))

#define NFW_ARRAY_SIZE(array_)      (sizeof(array_) / sizeof((array_)[0]))
#define NFW_MIN(a_, b_)             ((a_) < (b_) ? (a_) : (b_))
#define NFW_MAX(a_, b_)             ((a_) > (b_) ? (a_) : (b_))

/* Takes the value out of a variable and leaves NULL behind: ownership moves to whoever gets the result. */
#define nfw_steal(pointer_)                                                                                  \
        __extension__({                                                                                      \
                __typeof__(pointer_) *nfw_from_ = &(pointer_);                                               \
                __typeof__(*nfw_from_) nfw_value_ = *nfw_from_;                                              \
                *nfw_from_ = NULL;                                                                           \
                nfw_value_;                                                                                  \
        })

/* Defines the cleanup twin of a function that frees a pointer and returns NULL. */
#define NFW_DEFINE_CLEANUP(type_, free_)                                                                     \
        static inline void free_##p(type_ **pointer_) {                                                      \
                if (*pointer_)                                                                               \
                        *pointer_ = free_(*pointer_);                                                        \
        }

static inline void nfw_freep(void *pointer) {
        free(*(void **)pointer);
}
