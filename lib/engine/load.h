/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/record/record.h"

/* What the caller of the API asks for. */
struct nfw_load {
        struct nfw_record record; /* its policy is borrowed from the caller */
        size_t n_name;            /* how long the name is, of which the record holds as much as it can */
        NFW_VEC(char *) ports;
        bool dry_run;
        bool require_learner;
};
