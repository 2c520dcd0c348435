/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A growing array. NFW_VEC(type) is a struct with the members items, n and size; zero it to begin with. Its
 * items may move when it grows, so indices are kept where something must be referred to for long.
 */

#include <stdbool.h>
#include <stddef.h>

#define NFW_VEC(type_)                                                                                       \
        struct {                                                                                             \
                type_ *items;                                                                                \
                size_t n;                                                                                    \
                size_t size;                                                                                 \
        }

/* Makes room for n_more items; 0, or -ENOMEM and the array is as before. */
int nfw_vec_grow(void **items, size_t *size, size_t n, size_t n_more, size_t item_size);

#define nfw_vec_reserve(vec_, n_more_)                                                                       \
        ((n_more_) <= (vec_)->size - (vec_)->n ? 0                                                           \
                                               : nfw_vec_grow((void **)&(vec_)->items, &(vec_)->size,        \
                                                              (vec_)->n, (n_more_), sizeof(*(vec_)->items)))

/* Appends a copy of value_; 0 or -ENOMEM. */
#define nfw_vec_push(vec_, value_)                                                                           \
        __extension__({                                                                                      \
                int nfw_r_ = nfw_vec_reserve((vec_), 1);                                                     \
                if (!nfw_r_)                                                                                 \
                        (vec_)->items[(vec_)->n++] = (value_);                                               \
                nfw_r_;                                                                                      \
        })

#define nfw_vec_foreach(item_, vec_)                                                                         \
        for (__typeof__(*(vec_)->items) *item_ = (vec_)->items;                                              \
             (vec_)->n && item_ < (vec_)->items + (vec_)->n; item_++)

/* Frees the array itself, not what its items point to. */
#define nfw_vec_deinit(vec_)                                                                                 \
        do {                                                                                                 \
                free((vec_)->items);                                                                         \
                (vec_)->items = NULL;                                                                        \
                (vec_)->n = (vec_)->size = 0;                                                                \
        } while (0)
