/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/vec.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int nfw_vec_grow(void **items, size_t *size, size_t n, size_t n_more, size_t item_size) {
        size_t wanted;
        void *grown;

        if (n_more > SIZE_MAX - n)
                return -ENOMEM;
        if (n + n_more <= *size)
                return 0;

        wanted = *size > SIZE_MAX / 2 ? SIZE_MAX : *size * 2;
        if (wanted < n + n_more)
                wanted = n + n_more;
        if (wanted < 8)
                wanted = 8;

        grown = reallocarray(*items, wanted, item_size);
        if (!grown)
                return -ENOMEM;

        *items = grown;
        *size = wanted;
        return 0;
}
