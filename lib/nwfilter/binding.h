/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Which filter a port has, with which parameters, in libvirt's format: what a file says, before anybody asks for it. */

#include "nwfilter/filter.h"

#define NFW_NWFILTER_PORT_SIZE 16 /* as IFNAMSIZ */

struct nfw_nwfilter_binding_xml {
        char *file;       /* the positions refer to it */
        char *owner_name; /* of the guest; "" where none is given */
        char *owner_uuid; /* likewise */
        char port[NFW_NWFILTER_PORT_SIZE];
        char link[NFW_NWFILTER_PORT_SIZE]; /* the interface below it, "" where none is given */
        bool compat;                       /* compat='libvirt', an attribute of ours */
        bool has_mac;
        uint8_t mac[6];
        char *filter;
        struct nfw_nwfilter_parameters parameters;
        struct nfw_pos pos;
        struct nfw_pos port_pos;
        struct nfw_pos filter_pos;
};

/* As nfw_nwfilter_read(). */
int nfw_nwfilter_binding_xml_read(const char *file,
                                  const void *data,
                                  size_t size,
                                  struct nfw_report *report,
                                  struct nfw_nwfilter_binding_xml **ret_binding);
struct nfw_nwfilter_binding_xml *nfw_nwfilter_binding_xml_free(struct nfw_nwfilter_binding_xml *binding);
NFW_DEFINE_CLEANUP(struct nfw_nwfilter_binding_xml, nfw_nwfilter_binding_xml_free)

/* As libvirt prints it. *ret_text is the caller's. 0 or -ENOMEM. */
int nfw_nwfilter_binding_xml_write(const struct nfw_nwfilter_binding_xml *binding, char **ret_text);
