/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * The offset of the first explicit key (`? key`, YAML 1.2 section 8.2.2) in block style, or size where there is
 * none. Nobody writes a policy with them, and libfyaml 0.7 uses memory after freeing it for some (its issue 57), so
 * they are found before it sees the source. What looks like one inside of a scalar of several lines is taken
 * for one: such scalars are refused as well.
 */
size_t nfw_explicit_key_find(const char *source, size_t size);
