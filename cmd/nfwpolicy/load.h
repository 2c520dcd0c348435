/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "shared/options.h"

struct load_arguments {
        const char *name;
        struct string_list ports;
        struct string_list resolvers;
        uint32_t min_ttl; /* seconds */
        uint32_t max_ttl;
        uint32_t max_names; /* for each port */
        bool foreground;
        bool no_learner;
        bool dry_run;
};

#define LOAD_N_OPTIONS 9
extern const struct option_spec load_options[LOAD_N_OPTIONS];
extern const struct load_arguments load_defaults;
