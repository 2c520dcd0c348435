/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A port, the filter that it is under, and what it gives to variables: libvirt's <filterbinding>. */

#include "net/mac.h"
#include "nwfilter/filter.h"

#define NFW_NWFILTER_PORT_SIZE      16 /* as IFNAMSIZ */
#define NFW_NWFILTER_OWNER_NAME_MAX 256
#define NFW_NWFILTER_VALUE_MAX      256 /* characters of a parameter's value */
#define NFW_NWFILTER_PARAMETERS_MAX 256 /* names of them: each is looked for among the others */

struct nfw_nwfilter_binding {
        char port[NFW_NWFILTER_PORT_SIZE];
        char *filter;
        char mac[NFW_MAC_TEXT_MAX]; /* "52:54:00:00:00:0a", or "" */
        char *owner_name;           /* both "" where there is none */
        char *owner_uuid;
        char link[NFW_NWFILTER_PORT_SIZE]; /* the interface below it, which is kept and not used; or "" */
        bool compat;                       /* compat='libvirt', an attribute of ours */
        struct nfw_nwfilter_parameters parameters; /* as given */
};

NFW_DEFINE_CLEANUP(struct nfw_nwfilter_binding, nfw_nwfilter_binding_free)

/* What the kernel takes for the name of an interface, and neither a terminal nor nft obeys. */
bool nfw_nwfilter_is_port(const char *name);

/* As nfw_nwfilter_read(). */
int nfw_nwfilter_binding_read(const char *file,
                              const void *data,
                              size_t size,
                              struct nfw_report *report,
                              struct nfw_nwfilter_binding **ret_binding);
/* As libvirt prints it. *ret_text is the caller's. 0 or -ENOMEM. */
int nfw_nwfilter_binding_write(const struct nfw_nwfilter_binding *binding, char **ret_text);
