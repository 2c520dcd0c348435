/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The definitions of the filters that are in force, as they were when they were put there: files NAME.xml in the state
 * directory. They are what is compiled for whatever has to do with filters in force, so that an edit of a file by hand
 * neither changes nor opens anything. A definition has its record before the commit that needs it, and loses it after the
 * commit since which nothing does.
 */

#include "engine/nwfilter/change.h"

/* What has been written for a commit, and what goes after it. */
struct nfw_filter_record_log {
        NFW_VEC(struct nfw_filter_record_entry {
                char *name;
                char *old_text; /* NULL: there was none */
        })
        written;
        NFW_VEC(char *) unused;
};

void nfw_filter_record_log_deinit(struct nfw_filter_record_log *log);

/* Where the state directory is now. 0 or -ENOMEM. */
int nfw_filter_records_set_directory(struct nfw_nwfilters *filters, const char *state_directory);

/*
 * Definitions for nfw_nwfilter_tree_new(): what is being tried, else the record, else what is defined. What goes wrong is
 * in filters->definitions.error.
 */
struct nfw_nwfilter_source nfw_filter_records_source(struct nfw_nwfilters *filters,
                                                     struct nfw_report *report);

/* Before the commit, under the lock. 0 or a negative errno; either way the log says what has been done. */
int nfw_filter_records_write(struct nfw_context *context,
                             const struct nfw_nwfilter_change *change,
                             struct nfw_filter_record_log *log);
/* Adds to the log which records nothing in force needs once the change is made. 0 or a negative errno. */
int nfw_filter_records_find_unused(struct nfw_context *context,
                                   const struct nfw_nwfilter_change *change,
                                   struct nfw_filter_record_log *log);
/* After it; or where there was none. */
void nfw_filter_records_settle(struct nfw_nwfilters *filters, const struct nfw_filter_record_log *log);
void nfw_filter_records_undo(struct nfw_nwfilters *filters, const struct nfw_filter_record_log *log);

/* A warning for each filter in force that is defined in another way now, or not at all. 0 or a negative errno. */
int nfw_filter_records_compare(struct nfw_nwfilters *filters, struct nfw_report *report);
