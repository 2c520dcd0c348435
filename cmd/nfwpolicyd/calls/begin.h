/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What nearly every method begins with. */

#include <nfwpolicy/nfwpolicy.h>

#include "nfwpolicyd/calls/options.h"

struct call_options {
        const struct call_option *known;
        size_t n_known;
        void *values; /* where the offsets lead to */
};

/* The options of a table, into that structure. */
#define CALL_OPTIONS(known_, values_)                                                                        \
        (&(const struct call_options){ (known_), sizeof(known_) / sizeof((known_)[0]), (values_) })

/*
 * Reads the arguments, each s, b, h or as, into the pointers that follow, then the options behind them (NULL: the method
 * has none), and makes the report. Texts are the message's; lists are the caller's, as list_free() frees them. 0, or
 * what the handler is to return.
 */
int call_begin(sd_bus_message *call,
               struct nfw_report **ret_report,
               const struct call_options *options,
               const char *types,
               ...);
