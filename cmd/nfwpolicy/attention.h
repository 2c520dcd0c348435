/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

#include "shared/picture.h"

/*
 * What somebody should do something about: diagnostics with hints in an array, what is worst first. It is the one that
 * is passed, with what nfw_verify() found. NULL, and that is gone, when out of memory.
 */
json_t *attention_find(const struct picture *picture, json_t *differences);
