/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The filters that are defined: files NAME.xml in two directories, the administrator's and below it those that come with
 * nfwpolicy. They are read when they are needed, and again when either directory has changed.
 */

#include <stdint.h>
#include <sys/stat.h>

#include "base/uthash.h"
#include "engine/nwfilter/binding.h"
#include "nwfilter/tree.h"

struct nfw_definition {
        UT_hash_handle hh;
        char *name;
        struct nfw_nwfilter *filter;
        uint64_t id; /* of what it says: another version has another one */
        bool is_builtin;
};

enum nfw_definition_place {
        NFW_DEFINITIONS_OF_ADMINISTRATOR,
        NFW_DEFINITIONS_BUILTIN,
        NFW_N_DEFINITION_PLACES,
};

struct nfw_definitions {
        char *directories[NFW_N_DEFINITION_PLACES];  /* NULL: there is no such place */
        struct stat states[NFW_N_DEFINITION_PLACES]; /* when they were looked at last */
        struct nfw_definition *read;                 /* by their names */
        struct nfw_report *report;                   /* of nfw_filter_records_source() */
        int error;                                   /* likewise */
        /* Takes the place of what is defined under its name, as long as it is being tried. */
        const struct nfw_nwfilter *substitute;
};

void nfw_definitions_deinit(struct nfw_definitions *definitions);

/*
 * Whether a directory has changed since this was asked last: then nfw_definitions_drop() is called, when nothing refers
 * to what was read. 0 or a negative errno.
 */
int nfw_definitions_check(struct nfw_definitions *definitions, bool *ret_changed);
void nfw_definitions_drop(struct nfw_definitions *definitions);
/* Everything that is known. */
void nfw_definitions_forget(struct nfw_definitions *definitions);

/* 0; NFW_E_NOT_FOUND; NFW_E_INVALID with the report; or a negative errno. The filter lives until it is forgotten. */
int nfw_definitions_find(struct nfw_definitions *definitions,
                         const char *name,
                         struct nfw_report *report,
                         const struct nfw_definition **ret_definition);

/* Calls back with the name of each, sorted, until the callback returns other than 0; returns that. */
int nfw_definitions_foreach(struct nfw_definitions *definitions,
                            int (*callback)(const char *name, void *userdata),
                            void *userdata);

/* The administrator's file; the directory is made. 0 or a negative errno. */
int nfw_definitions_write(struct nfw_definitions *definitions, const char *name, const char *text);
/* What the administrator's file holds now; *ret_text is NULL where there is none. 0 or a negative errno. */
int nfw_definitions_text(struct nfw_definitions *definitions, const char *name, char **ret_text);
/* 0, NFW_E_NOT_FOUND or a negative errno. */
int nfw_definitions_remove(struct nfw_definitions *definitions, const char *name);
/* What can be looked for: names, and UUIDs of what has been read. 0, NFW_E_NOT_FOUND or a negative errno. */
int nfw_definitions_name_of(struct nfw_definitions *definitions, const char *name_or_uuid, char **ret_name);
