/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nfwpolicy/bus/options.h"

struct load_arguments {
        const char *name;
        struct string_list ports;
        struct string_list resolvers;
        uint32_t min_ttl; /* seconds; 0 of this and the next two: not given */
        uint32_t max_ttl;
        uint32_t max_names; /* for each port */
        bool foreground;
        bool no_learner;
        bool dry_run;
        bool log_denied;
        struct bus_arguments bus;
};

/* What is loaded: the policy as it was read, and what it and its file are called. */
struct load_source {
        const char *name;
        const char *file;
        const char *text;
        size_t size;
};

#define LOAD_N_OPTIONS (10 + BUS_N_OPTIONS)
extern const struct option_spec load_options[LOAD_N_OPTIONS];

/* Whether "any" stands for the resolvers. */
bool load_trusts_any(const struct load_arguments *arguments);
