/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

#include <nfwpolicy/nfwpolicy.h>

/* Everything that is loaded as one object; NULL when out of memory. */
json_t *list_json(const struct nfw_status *status, const struct nfw_report *report);

/* Whether one runs, and what it has counted; NULL when out of memory. */
json_t *list_learner_json(const struct nfw_status *status);

/* How many names and addresses a port has learned. */
struct list_learned {
        size_t n_names;
        size_t n_addresses;
};

/* Counts for every binding, in their order; the caller frees the array. NULL when out of memory. */
struct list_learned *list_count_learned(const struct nfw_status *status);

/* How many ports a policy has. */
size_t list_count_ports(const struct nfw_status *status, const char *policy);
