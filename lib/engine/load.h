/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/record.h"

/* What the caller of the API asks for. */
struct nfw_load {
        struct nfw_record record; /* its policy is borrowed from the caller */
        NFW_VEC(char *) ports;
        bool dry_run;
        bool require_learner;
};
