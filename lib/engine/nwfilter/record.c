/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/nwfilter/store.h"

void nfw_filter_record_log_deinit(struct nfw_filter_record_log *log) {
        nfw_vec_foreach (entry, &log->written) {
                free(entry->name);
                free(entry->old_text);
        }
        nfw_vec_deinit(&log->written);
        nfw_vec_foreach (name, &log->unused)
                free(*name);
        nfw_vec_deinit(&log->unused);
}

int nfw_filter_records_set_directory(struct nfw_nwfilters *filters, const char *state_directory) {
        char *path;

        if (asprintf(&path, "%s/" NFW_NWFILTER_RECORDS, state_directory) < 0)
                return -ENOMEM;
        nfw_nwfilters_forget(filters);
        free(filters->records.directories[0]);
        filters->records.directories[0] = path;
        return 0;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

/* What cannot be read of a record is no reason to take something else: that would change what is in force. */
static const struct nfw_nwfilter *find(void *userdata, const char *name) {
        struct nfw_nwfilters *filters = userdata;
        struct nfw_definitions *definitions = &filters->definitions;
        const struct nfw_definition *definition;
        int r;

        if (definitions->substitute && strcmp(definitions->substitute->name, name) == 0)
                return definitions->substitute;
        r = nfw_definitions_find(&filters->records, name, definitions->report, &definition);
        if (r == NFW_E_NOT_FOUND)
                r = nfw_definitions_find(definitions, name, definitions->report, &definition);
        if (r != 0 && r != NFW_E_NOT_FOUND)
                definitions->error = r;
        return r == 0 ? definition->filter : NULL;
}

struct nfw_nwfilter_source nfw_filter_records_source(struct nfw_nwfilters *filters,
                                                     struct nfw_report *report) {
        filters->definitions.report = report;
        filters->definitions.error = 0;
        return (struct nfw_nwfilter_source){ .find = find, .userdata = filters };
}

/* --- writing ------------------------------------------------------------------------------------------------- */

/* It was read from its record, or has been written already. */
static bool is_recorded(const struct nfw_nwfilters *filters,
                        const struct nfw_filter_record_log *log,
                        const struct nfw_nwfilter *filter) {
        const struct nfw_definition *definition;

        HASH_FIND_STR(filters->records.read, filter->name, definition);
        if (definition && definition->filter == filter)
                return true;
        nfw_vec_foreach (entry, &log->written)
                if (strcmp(entry->name, filter->name) == 0)
                        return true;
        return false;
}

static int write_record(struct nfw_nwfilters *filters,
                        const struct nfw_nwfilter *filter,
                        bool only_if_there,
                        struct nfw_filter_record_log *log) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct nfw_filter_record_entry entry = { .name = NULL };
        int r;

        if (is_recorded(filters, log, filter))
                return 0;
        r = nfw_definitions_text(&filters->records, filter->name, &entry.old_text);
        if (r == 0 && (entry.old_text || !only_if_there))
                r = nfw_nwfilter_write(filter, &text);
        if (r < 0 || !text || (entry.old_text && strcmp(text, entry.old_text) == 0)) {
                free(entry.old_text);
                return r;
        }
        entry.name = strdup(filter->name);
        r = entry.name ? nfw_vec_push(&log->written, entry) : -ENOMEM;
        if (r < 0) {
                free(entry.name);
                free(entry.old_text);
                return r;
        }
        return nfw_definitions_write(&filters->records, filter->name, text);
}

void nfw_filter_records_undo(struct nfw_nwfilters *filters, const struct nfw_filter_record_log *log) {
        nfw_vec_foreach (entry, &log->written)
                if (entry->old_text)
                        (void)nfw_definitions_write(&filters->records, entry->name, entry->old_text);
                else
                        (void)nfw_definitions_remove(&filters->records, entry->name);
}

void nfw_filter_records_settle(struct nfw_nwfilters *filters, const struct nfw_filter_record_log *log) {
        nfw_vec_foreach (name, &log->unused)
                (void)nfw_definitions_remove(&filters->records, *name);
}

int nfw_filter_records_write(struct nfw_context *context,
                             const struct nfw_nwfilter_change *change,
                             struct nfw_filter_record_log *log) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r = 0;

        nfw_vec_foreach (install, &change->installs) {
                if (nfw_compiled_is_blocked(filters, install->compiled))
                        continue;
                nfw_vec_foreach (filter, &install->compiled->tree->filters)
                        if (r == 0)
                                r = write_record(filters, *filter, false, log);
        }
        /* What somebody has taken out of the kernel comes back as it is defined now. */
        if (r == 0 && change->defined)
                r = write_record(filters, change->defined, true, log);
        return r == 0 && change->is_structural ? nfw_filter_records_find_unused(context, change, log) : r;
}

/* --- comparing with what is defined --------------------------------------------------------------------------- */

struct comparison {
        struct nfw_nwfilters *filters;
        struct nfw_definitions
                defined; /* as it is now: a file that is written to leaves its directory as it was */
        struct nfw_report *report;
};

static int warn_changed(struct nfw_report *report, const struct nfw_nwfilter *defined) {
        nfw_cleanup(nfw_freep) char *hint = NULL;

        if (asprintf(&hint, "`nfwpolicy nwfilter-define %s` puts it in force", defined->file) < 0) {
                hint = NULL;
                return -ENOMEM;
        }
        return nfw_report_warning(
                report, "nwfilter/changed", &defined->pos, hint,
                "filter `%s` has been changed since it was loaded, which is how it is in force",
                defined->name);
}

static int compare_texts(const struct nfw_nwfilter *recorded,
                         const struct nfw_nwfilter *defined,
                         struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *a = NULL, *b = NULL;
        int r;

        r = nfw_nwfilter_write(recorded, &a);
        if (r == 0)
                r = nfw_nwfilter_write(defined, &b);
        return r < 0 || !a || !b || strcmp(a, b) == 0 ? r : warn_changed(report, defined);
}

static int compare(const char *name, void *userdata) {
        struct comparison *comparison = userdata;
        const struct nfw_definition *recorded, *defined;
        int r;

        /* One that cannot be read has been told of by whoever needs it. */
        r = nfw_definitions_find(&comparison->filters->records, name, NULL, &recorded);
        if (r != 0)
                return r < 0 ? r : 0;
        r = nfw_definitions_find(&comparison->defined, name, NULL, &defined);
        if (r == 0)
                return compare_texts(recorded->filter, defined->filter, comparison->report);
        if (r < 0)
                return r;
        return r == NFW_E_NOT_FOUND
                       ? nfw_report_warning(
                                 comparison->report, "nwfilter/gone", NULL,
                                 "define it again, if it is wanted: it is forgotten with the last port under it",
                                 "filter `%s` is in force as it was loaded, and defined nowhere any more",
                                 name)
                       : nfw_report_warning(
                                 comparison->report, "nwfilter/changed", NULL,
                                 "`nfwpolicy nwfilter-define` with its file says what is wrong",
                                 "filter `%s` is in force as it was loaded, and its file cannot be "
                                 "read any more",
                                 name);
}

int nfw_filter_records_compare(struct nfw_nwfilters *filters, struct nfw_report *report) {
        struct comparison comparison = { .filters = filters, .report = report };
        int r;

        if (!report)
                return 0;
        memcpy(comparison.defined.directories, filters->definitions.directories,
               sizeof(comparison.defined.directories));
        r = nfw_definitions_foreach(&filters->records, compare, &comparison);
        nfw_definitions_forget(&comparison.defined);
        return r;
}
