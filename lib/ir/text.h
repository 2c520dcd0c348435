/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "ir/ir.h"

/* The IR for people, one rule a line with its source position, as `nfwpolicy show --ir` prints it. */
int nfw_ir_print(const struct nfw_ir *ir, FILE *stream);

/* How chains print what they refer to. */
struct nfw_ir_printer {
        void (*print_match)(void *userdata, const struct nfw_match *match, FILE *stream);
        const char *(*chain_name)(void *userdata, size_t chain); /* of what is jumped to; may be NULL */
        void *userdata;
};

/* The rules of a chain, one a line. 0 or a negative errno. */
int nfw_ir_print_chain(const struct nfw_ir_chain *chain, const struct nfw_ir_printer *printer, FILE *stream);
