/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* As act.h, for the sets that network filters look up. */

#include "nfwpolicy/act/act.h"

int act_set_add(struct act *act,
                const char *name,
                const char *type,
                const char *family,
                const char *const *elements,
                size_t n_elements);

/* Without elements the set itself goes. */
int act_set_delete(struct act *act, const char *name, const char *const *elements, size_t n_elements);

/*
 * An array of objects, which --json prints: name, type, family, and n_elements; and elements of the set that is named,
 * or with "" of all. NULL: of none.
 */
int act_set_list(struct act *act, const char *with_elements, json_t **ret_sets);
