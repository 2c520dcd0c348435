/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/nwfilter/change.h"
#include "engine/nwfilter/record.h"
#include "engine/nwfilter/wanted.h"

/* All filters and ports anew, in one transaction, whatever the kernel has. As nfw_nwfilter_restore(). */
int nfw_nwfilter_rebuild(struct nfw_context *context, struct nfw_report *report);

/*
 * The same as part of a transaction of policies; zero at first. nfw_nwfilter_join() says how it is ended. All that is in
 * force is in the transaction, where the kernel has nothing of it: what it refuses is to be tried by itself.
 */
struct nfw_nwfilter_restoration {
        struct nfw_nwfilter_wanted wanted;
        struct nfw_nwfilter_change change;
        struct nfw_filter_record_log log;
        bool is_foreign; /* the table is somebody else's */
};

void nfw_nwfilter_restoration_deinit(struct nfw_nwfilter_restoration *restoration);
/* Whether the kernel has not even the table. 0 or a negative errno. */
int nfw_nwfilter_is_missing(struct nfw_context *context, bool *ret_is);
int nfw_nwfilter_restoration_join(struct nfw_nwfilter_restoration *restoration,
                                  struct nfw_context *context,
                                  struct nfw_report *report);
/* After the commit: what nfw_nwfilter_restore() would return. */
int nfw_nwfilter_restoration_result(const struct nfw_nwfilter_restoration *restoration,
                                    struct nfw_context *context,
                                    struct nfw_report *report);

/*
 * Ports that nothing passes, because their filters could not be put in force, go under them where they can be now; as
 * nfw_nwfilter_bind(). The other one adds that to a change, for those with a certain filter (or NULL), so that
 * what the kernel does not take of others is no reason to refuse it; ports that stay so are a warning.
 */
int nfw_nwfilter_unblock(struct nfw_context *context, struct nfw_report *report);
int nfw_nwfilter_change_unblock(struct nfw_nwfilter_change *change,
                                struct nfw_context *context,
                                struct nfw_compilations *compilations,
                                const char *with,
                                struct nfw_report *report);
