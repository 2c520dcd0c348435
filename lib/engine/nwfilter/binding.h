/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What is done with bindings: nwfilter/binding.h says what they are. */

#include "engine/context.h"
#include "nwfilter/binding.h"

/* Appends copies, without positions. 0 or -ENOMEM. */
int nfw_nwfilter_parameters_copy(const struct nfw_nwfilter_parameters *from,
                                 struct nfw_nwfilter_parameters *to);
/* With MAC, where it is not among those given. 0 or -ENOMEM. */
int nfw_nwfilter_binding_values(const struct nfw_nwfilter_binding *binding,
                                struct nfw_nwfilter_parameters *ret_values);

/* 16 random octets as a UUID of version 4. 0 or a negative errno. */
#define NFW_UUID_MAX 37
int nfw_uuid_new(char ret_uuid[static NFW_UUID_MAX]);

/* --- files of the state directory ----------------------------------------------------------------------------- */

/* 0; NFW_E_NOT_FOUND; or a negative errno. What cannot be read counts as not there. */
int nfw_nwfilter_binding_load(const struct nfw_context *context,
                              const char *port,
                              struct nfw_nwfilter_binding **ret_binding);
int nfw_nwfilter_binding_save(const struct nfw_context *context, const struct nfw_nwfilter_binding *binding);
void nfw_nwfilter_binding_forget(const struct nfw_context *context, const char *port);
/* How many files there are. 0 or a negative errno. */
int nfw_nwfilter_bindings_count(const struct nfw_context *context, size_t *ret_n);

/* What the kernel has learned of the guest behind a port. */
struct nfw_bound_guest {
        bool is_there; /* its addresses are learned */

        struct nfw_bound_address {
                char text[NFW_ADDR_TEXT_MAX];
                bool is_claimed;
                uint64_t left_ms; /* 0: it does not expire */
        } * addresses;

        size_t n_addresses;
};

struct nfw_nwfilter_binding_list {
        NFW_VEC(struct nfw_nwfilter_binding *) vec; /* sorted by their ports */
        struct nfw_bound_guest *guests;             /* of each; NULL where nobody has asked */
};

NFW_DEFINE_CLEANUP(struct nfw_nwfilter_binding_list, nfw_nwfilter_binding_list_free)

/* All there are. 0 or a negative errno. */
int nfw_nwfilter_bindings_load(const struct nfw_context *context,
                               struct nfw_nwfilter_binding_list **ret_list);

/* Asks the kernel what it knows of their guests. 0 or a negative errno. */
int nfw_nwfilter_bindings_read_guests(const struct nfw_context *context,
                                      struct nfw_nwfilter_binding_list *list);
void nfw_nwfilter_bindings_forget_guests(struct nfw_nwfilter_binding_list *list);
