/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

#include "shared/picture.h"

/* Everything that is loaded as one object, of which the diagnostics become part; NULL when out of memory. */
json_t *list_json(const struct picture *picture, json_t *diagnostics);

/* Whether one runs, and what it has counted; NULL when out of memory. */
json_t *list_learner_json(const struct picture *picture);
