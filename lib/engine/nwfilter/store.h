/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What of network filters outlives a reboot besides their definitions: how they were in force, which port is under which,
 * and named sets.
 */

#include "engine/context.h"
#include "engine/nwfilter/store_changes.h"

/* Below the state directory and in the store: the directory, and how the names of its files end. */
#define NFW_NWFILTER_RECORDS         "nwfilter-record"
#define NFW_NWFILTER_RECORDS_SUFFIX  ".xml"
#define NFW_NWFILTER_BINDINGS        "nwfilter-binding"
#define NFW_NWFILTER_BINDINGS_SUFFIX ".xml"
#define NFW_NWFILTER_SETS            "nwfilter-set"
#define NFW_NWFILTER_SETS_SUFFIX     ".set"

/*
 * What is in force, to the store's directory; the caller has the lock. Only what has changed is looked at; changes are
 * NFW_FILE_CHANGES_INIT at first and go with the directory. 0 or a negative errno.
 */
int nfw_nwfilters_save(struct nfw_context *context, const char *directory, struct nfw_file_changes *changes);
/* What is in the store's directory and not known in the state directory is taken from there. Takes the lock. */
int nfw_nwfilters_adopt(struct nfw_context *context, const char *directory, struct nfw_report *report);
