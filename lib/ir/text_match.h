/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "ir/ir.h"

/* "ip daddr { 10.0.0.0/8, 192.0.2.1 }" */
void nfw_ir_print_match(const struct nfw_ir *ir, const struct nfw_match *match, FILE *stream);
