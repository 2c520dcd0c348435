/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Cleanup twins for the library's objects, so that every early return of a command releases what it holds. */

#include <jansson.h>
#include <stdlib.h>

#include <nfwpolicy/nfwpolicy.h>

#define CLEANUP(type_) __attribute__((cleanup(cleanup_##type_)))

#define DEFINE_CLEANUP(type_)                                                                                \
        static inline void cleanup_##type_(struct nfw_##type_ **pointer) {                                   \
                *pointer = nfw_##type_##_free(*pointer);                                                     \
        }

DEFINE_CLEANUP(report)
DEFINE_CLEANUP(policy)
DEFINE_CLEANUP(config)
DEFINE_CLEANUP(context)
DEFINE_CLEANUP(load)
DEFINE_CLEANUP(status)
DEFINE_CLEANUP(learner)
DEFINE_CLEANUP(monitor)
DEFINE_CLEANUP(store)
DEFINE_CLEANUP(keeper)
DEFINE_CLEANUP(event)
DEFINE_CLEANUP(network)
DEFINE_CLEANUP(network_list)

static inline void cleanup_text(char **text) {
        free(*text);
}

static inline void cleanup_json(json_t **json) {
        json_decref(*json);
}
