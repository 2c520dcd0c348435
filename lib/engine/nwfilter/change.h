/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What changes in the kernel: which filters come, go or are replaced, and which ports come and go. */

#include "engine/nwfilter/learning.h"

struct nfw_nwfilter_install {
        const struct nfw_compiled *compiled;
        size_t old; /* index into the snapshot's filters of what it replaces, or SIZE_MAX */
};

struct nfw_nwfilter_port_change {
        char port[IFNAMSIZ];
        const struct nfw_compiled *compiled; /* that it shall be under; NULL: it goes */
        struct nfw_nft_filter_elements elements;
        struct nfw_nft_guest guest;
};

/* What becomes of one of the snapshot's filters. */
struct nfw_nwfilter_fate {
        size_t n_ports;
        const struct nfw_compiled *replaced_by;
        bool goes;
};

struct nfw_nwfilter_change {
        NFW_VEC(struct nfw_nwfilter_install) installs;
        NFW_VEC(struct nfw_nwfilter_port_change) ports; /* each once */
        bool rebuilds;                                  /* what there is of the table goes first */
        struct nfw_nwfilter_fate *fates; /* of each of the snapshot's filters, by nfw_nwfilter_change_put() */
        const struct nfw_nwfilter *defined; /* takes the place of its record wherever there is one; or NULL */
        bool keeps_records;                 /* the filter of some port cannot be compiled now */
        bool adds_learning;                 /* what there is for it, see ir/filter/learning.h */
        bool is_structural;                 /* more than ports changes; set by nfw_nwfilter_change_put() */
};

void nfw_nwfilter_change_deinit(struct nfw_nwfilter_change *change);

/* Puts the filter into the kernel where it is not there as compiled. 0 or a negative errno. */
int nfw_nwfilter_change_install(struct nfw_nwfilter_change *change,
                                const struct nfw_nwfilters *filters,
                                const struct nfw_compiled *compiled);
/*
 * known is what was learned before of that port's guest, or NULL: it is bound anew. 0; NFW_E_INVALID with the report,
 * where the port's values are wrong; or a negative errno.
 */
int nfw_nwfilter_change_add_port(struct nfw_nwfilter_change *change,
                                 struct nfw_context *context,
                                 const struct nfw_nwfilter_binding *binding,
                                 const struct nfw_compiled *compiled,
                                 const struct nfw_nft_guest *known,
                                 struct nfw_report *report);
int nfw_nwfilter_change_remove_port(struct nfw_nwfilter_change *change, const char *port);

/*
 * Fills the batch. 0; NFW_E_REFUSED where the table's name is somebody else's; NFW_E_INVALID where the values of a port
 * that stays are none for what is new; or a negative errno.
 */
int nfw_nwfilter_change_put(struct nfw_nwfilter_change *change,
                            struct nfw_context *context,
                            struct nfw_report *report);
/* The same in the snapshot, after the commit. Other than 0: it has to be read anew. */
int nfw_nwfilter_change_apply(struct nfw_nwfilter_change *change, struct nfw_nwfilters *filters);
