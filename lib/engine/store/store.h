/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What outlives a reboot: the policies and which port has which. A directory with a record for each policy
 * ("policies/NAME.policy") and one file of bindings; each is replaced as a whole, so that a crash leaves the old or the
 * new one, holds its own sum, so that anything else is found out, and is there twice, so that nothing is lost then.
 *
 *   store.c     opening, and saving what is in force
 *   file.c      policies
 *   ports.c     bindings
 *   lost.c      what stands in for a policy of which neither file is whole, or that the kernel refuses
 *   mark.c      what is known of the store in the state directory
 *   restore.c   putting back, with returning.c for each policy, and others.c
 *   stored.c    files that are there twice
 */

#include "engine/nwfilter/store_changes.h"
#include "engine/record/record.h"

struct nfw_stored_policy {
        char name[NFW_POLICY_NAME_MAX + 1];
        char id[NFW_ID_MAX]; /* "": no file of it is whole, or there is none, or it was never stored */
        bool is_held;        /* it could not be put back: kept all the same */
        bool is_twofold;     /* both of its files are whole and say the same */
};

struct nfw_stored_binding {
        char interface[IFNAMSIZ];
        char policy[NFW_POLICY_NAME_MAX + 1];
        char id[NFW_ID_MAX]; /* of the act of attaching: by it a learner knows that the grants are still the port's */
        bool is_persistent;
        bool is_held; /* likewise */
};

struct nfw_store {
        struct nfw_context *context;
        int directory;
        int policies; /* the directory below it */
        char *path;
        int told;                        /* what the last nfw_store_tell() has left; -1: nothing */
        bool has_twofold_bindings;       /* both files of bindings are whole, and say what bindings does */
        struct nfw_file_changes filters; /* of network filters */
        NFW_VEC(struct nfw_stored_policy) known;     /* what the files say, sorted by name */
        NFW_VEC(struct nfw_stored_binding) bindings; /* likewise, by interface */
};

NFW_DEFINE_CLEANUP(struct nfw_store, nfw_store_free)

/*
 * The files. Reading fills known and bindings; what is not whole or not ours is set aside with a warning. 0 or a
 * negative errno; reading a policy also NFW_E_NOT_FOUND.
 */
int nfw_store_read(struct nfw_store *store, struct nfw_report *report);
int nfw_store_read_policy(const struct nfw_store *store, const char *name, struct nfw_record *ret_record);
int nfw_store_write_policy(struct nfw_store *store, const struct nfw_record *record);
int nfw_store_remove_policy(struct nfw_store *store, const char *name);
/* The part of it that is about bindings. */
int nfw_store_read_bindings(struct nfw_store *store, struct nfw_report *report);
void nfw_stored_bindings_sort(struct nfw_stored_binding *bindings, size_t n_bindings);
/* Writes store->bindings, which are sorted. */
int nfw_store_write_bindings(struct nfw_store *store);
/* Sets aside a file of the store; what is said of it and with which severity is for the caller to say. 0 or a negative errno. */
int nfw_store_set_aside(const struct nfw_store *store,
                        int directory,
                        const char *file,
                        enum nfw_severity severity,
                        const char *hint,
                        struct nfw_report *report);

/*
 * Whether what is stored was put back since this kernel's network namespace began. Then it is no more than a copy of
 * what is in force and recorded: what it has besides was unloaded or detached while nobody stored that.
 */
bool nfw_store_is_copy(const struct nfw_store *store);
/* Unless something is held: it is neither in force nor recorded, and not unloaded either. */
int nfw_store_mark_copy(const struct nfw_store *store);
/* Whether something could not be put back. */
bool nfw_store_has_held(const struct nfw_store *store);

/*
 * Leaves in the state directory where the store is, and whether what is in force could be stored: the errno, or 0. It is
 * heard by whoever looks, also alone. Hearing: 0, and the caller frees the path; NFW_E_NOT_FOUND where nobody has told
 * anything; or a negative errno.
 */
void nfw_store_tell(struct nfw_store *store, int result);
int nfw_store_hear(const struct nfw_context *context, char **ret_path, int *ret_error);
/* Calls back with the path of each file that was set aside in the store at that path; as nfw_directory_foreach(). */
int nfw_store_foreach_aside(const char *path,
                            int (*callback)(const char *file, void *userdata),
                            void *userdata);

/*
 * Writes the records of policies in force anew that somebody has removed or damaged, where the store has the same versions.
 * 0 or a negative errno.
 */
int nfw_store_heal(const struct nfw_store *store);

/* What its ports get where a policy cannot come back: nothing passes. 0 and a record with a new id, or a negative errno. */
enum nfw_deny_reason {
        NFW_DENY_LOST,    /* nobody knows what was in it */
        NFW_DENY_REFUSED, /* it is stored, and the kernel does not take it */
};

int nfw_store_deny_all(const struct nfw_context *context,
                       const char *name,
                       enum nfw_deny_reason reason,
                       struct nfw_record *ret_record);
bool nfw_store_is_deny_all(const struct nfw_record *record, enum nfw_deny_reason reason);

struct nfw_stored_policy *nfw_store_find_policy(const struct nfw_store *store, const char *name);
