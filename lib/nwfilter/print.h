/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Writing XML as libvirt does. */

#include <stdio.h>

#include "nwfilter/filter.h"

void nfw_print_escaped(FILE *file, const char *text);
void nfw_print_mac(FILE *file, const uint8_t mac[static 6]);
/* A filterref with its parameters, each line behind so many spaces. */
void nfw_print_reference(FILE *file,
                         int indent,
                         const char *filter,
                         const struct nfw_nwfilter_parameters *parameters);
/* Closes what open_memstream() made. *ret_text is the caller's. 0 or -ENOMEM. */
int nfw_print_finish(FILE *file, char **text, char **ret_text);
