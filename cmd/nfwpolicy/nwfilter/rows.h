/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Lists of the library's, and what the daemon answers for them, as the same JSON. NULL where that fails. */

#include <jansson.h>

#include <nfwpolicy/nfwpolicy.h>

json_t *nwfilter_rows_filters(const json_t *rows);
json_t *nwfilter_rows_filters_of(const struct nfw_nwfilter_list *list);

json_t *nwfilter_rows_bindings(const json_t *rows);
json_t *nwfilter_rows_bindings_of(const struct nfw_nwfilter_binding_list *list);
