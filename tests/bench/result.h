/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The JSON object that a benchmark prints: where and when it was measured, then figures with their unit in the key. */

#include <jansson.h>

#include "samples.h"

/* what: one sentence on what is measured. */
json_t *result_new(const char *name, const char *what);

void result_text(json_t *result, const char *key, const char *text);
void result_number(json_t *result, const char *key, double value);
void result_count(json_t *result, const char *key, size_t n);

/* PREFIX_p50, PREFIX_p99 and PREFIX_p999; the prefix ends with the unit, of which there are ns_per_unit in one. */
void result_quantiles(json_t *result, const char *prefix, struct samples *samples, double ns_per_unit);

/* An aim, the ratio that was seen, and whether it is at most that. */
void result_aim(json_t *result, const char *name, double at_most, double ratio);

/* Prints it, and it is gone. */
void result_print(json_t *result);

#define NS_PER_US 1e3
#define NS_PER_MS 1e6
