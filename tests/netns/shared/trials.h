/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How a run of random trials is repeated or made longer: by variables of the environment. */

#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

/* Of NFW_SEED, or another one each time. */
static inline uint64_t trials_seed(void) {
        const char *text = getenv("NFW_SEED");
        uint32_t random;

        if (text)
                return strtoull(text, NULL, 0);
        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
                abort();
        return random;
}

static inline unsigned long trials_number(const char *variable, unsigned long otherwise) {
        const char *text = getenv(variable);

        return text ? strtoul(text, NULL, 0) : otherwise;
}
