/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Sets of addresses and ports that an administrator fills and network filters refer to (ipset). What is in a set is in a
 * file of the state directory; the kernel has it as long as a filter in force looks into it.
 */

#include "engine/nwfilter/change.h"

#define NFW_NAMED_SET_MAX_PARTS    3
#define NFW_NAMED_SET_MAX_ELEMENTS 65536
#define NFW_NAMED_SET_NAME_MAX     31
#define NFW_NAMED_SET_TEXT_MAX     (4 * NFW_ADDR_TEXT_MAX + 16)

/* An address or several, and in turn a port: as hash:ip, hash:ip,port and hash:ip,port,ip. */
struct nfw_named_set_type {
        uint8_t family; /* AF_INET or AF_INET6; 0: not known yet */
        uint8_t n_parts;
};

struct nfw_named_set_element {
        struct nfw_range parts[NFW_NAMED_SET_MAX_PARTS];
};

struct nfw_named_set {
        char *name;
        struct nfw_named_set_type type;
        NFW_VEC(struct nfw_named_set_element) elements; /* sorted, each once */
};

struct nfw_named_set *nfw_named_set_free(struct nfw_named_set *set);
NFW_DEFINE_CLEANUP(struct nfw_named_set, nfw_named_set_free)
int nfw_named_set_new(const char *name, struct nfw_named_set_type type, struct nfw_named_set **ret_set);

bool nfw_named_set_name_is_valid(const char *name);
/* "ip", "ip,port" or "ip,port,ip". */
const char *nfw_named_set_type_name(struct nfw_named_set_type type);
const char *nfw_named_set_family_name(struct nfw_named_set_type type);
int nfw_named_set_type_parse(const char *type, const char *family, struct nfw_named_set_type *ret_type);

/*
 * What is not known yet of the type is taken from the element. 0, or NFW_E_INVALID and *ret_reason (a literal) says what
 * is wrong with it.
 */
int nfw_named_set_element_parse(const char *text,
                                struct nfw_named_set_type *type,
                                struct nfw_named_set_element *ret_element,
                                const char **ret_reason);
const char *nfw_named_set_element_format(const struct nfw_named_set *set,
                                         const struct nfw_named_set_element *element,
                                         char text[static NFW_NAMED_SET_TEXT_MAX]);
/* Its index, or SIZE_MAX. */
size_t nfw_named_set_find(const struct nfw_named_set *set, const struct nfw_named_set_element *element);
/* Sorts. 0; NFW_E_INVALID, where two elements of several parts overlap: *ret_a and *ret_b. */
int nfw_named_set_settle(struct nfw_named_set *set, size_t *ret_a, size_t *ret_b);

/* --- files; all of them as those of bindings ------------------------------------------------------------------- */

int nfw_named_set_load(const struct nfw_context *context, const char *name, struct nfw_named_set **ret_set);
int nfw_named_set_save(const struct nfw_context *context, const struct nfw_named_set *set);
void nfw_named_set_forget(const struct nfw_context *context, const char *name);

struct nfw_nwfilter_set_list {
        NFW_VEC(struct nfw_named_set *) vec; /* sorted by name */
        char text[NFW_NAMED_SET_TEXT_MAX];
};

NFW_DEFINE_CLEANUP(struct nfw_nwfilter_set_list, nfw_nwfilter_set_list_free)

/* --- in the kernel --------------------------------------------------------------------------------------------- */

/* The set as the nft layer wants it; freed with nfw_named_set_plan_deinit(). */
int nfw_named_set_plan(const struct nfw_named_set *set, struct nfw_plan_set *ret_plan);
void nfw_named_set_plan_deinit(struct nfw_plan_set *plan);

/*
 * What the filter's sets have in them, into the batch that makes them. are_new: the kernel will have none of them before;
 * else the snapshot says which it has. 0; NFW_E_REFUSED where one of them has other parts than the filter looks for; or
 * a negative errno.
 */
int nfw_named_sets_put(struct nfw_context *context,
                       const struct nfw_compiled *compiled,
                       bool are_new,
                       struct nfw_report *report);
/* Of those that the kernel has. 0, NFW_E_DIFFERS or a negative errno. */
int nfw_named_sets_verify(struct nfw_context *context, struct nfw_report *report);
/* Its elements in place of what there is, or that it goes, where the kernel has it. 0 or a negative errno. */
int nfw_named_set_put(struct nfw_context *context, const struct nfw_named_set *set);
int nfw_named_set_put_removal(struct nfw_context *context, const char *set);
struct nfw_named_set_type nfw_named_set_type_of(const struct nfw_filter_named_set *wanted);
