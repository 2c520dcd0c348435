/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string.h>

/* An errno, positive or negative, in words. Unlike strerror() it has no buffer that threads would share. */
static inline const char *nfw_strerror(int error) {
        const char *text = strerrordesc_np(error < 0 ? -error : error);

        return text ? text : "unknown error";
}
