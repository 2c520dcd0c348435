/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "ir/ir.h"

/* The IR for people, one rule a line with its source position, as `nfwpolicy show --ir` prints it. */
int nfw_ir_print(const struct nfw_ir *ir, FILE *stream);
