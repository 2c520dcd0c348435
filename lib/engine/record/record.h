/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is remembered of a loaded policy: its source and how it was asked to be loaded. The kernel knows which
 * record is in force, by the id in the comment of the policy's chain; a record is written before the commit and
 * others removed after it, so that whatever is in force has its record at any moment.
 */

#include "base/vec.h"
#include "engine/context.h"
#include "ir/plan/plan.h"
#include "policy/policy.h"

#define NFW_ID_MAX          17
#define NFW_POLICY_NAME_MAX 64

struct nfw_record {
        char name[NFW_POLICY_NAME_MAX + 1];
        char id[NFW_ID_MAX];
        bool any_resolver;
        bool log_denied;
        NFW_VEC(struct nfw_addr) resolvers; /* none: the default ones of each port */
        uint32_t min_ttl;                   /* seconds */
        uint32_t max_ttl;
        uint32_t max_names; /* for each port */
        uint16_t nflog_group;
        bool parameters[NFW_N_PARAMETERS]; /* what its ports must have in the parameter sets */
        uint64_t namespace;                /* as nfw_nft_socket_namespace(); set when it is written */
        char *file;                        /* where the policy was read from; of records that were read */
        struct nfw_policy *policy;         /* NULL where only the settings were read */
};

void nfw_record_deinit(struct nfw_record *record);

/* A number that nobody has used before, the form of an id, and both. An id is 16 hexadecimal digits. */
int nfw_record_new_number(uint64_t *ret_number);
void nfw_record_format_id(uint64_t number, char ret_id[static NFW_ID_MAX]);
int nfw_record_new_id(char ret_id[static NFW_ID_MAX]);
bool nfw_record_id_is_valid(const char *id);

/* A letter, then letters, digits, '.', '_' and '-': what nft can read back as part of a chain's name. */
bool nfw_record_name_is_valid(const char *name);

/* What the name of a file has at its end as long as it is being written. */
#define NFW_RECORD_UNFINISHED ".new"

/*
 * A record in any directory (AT_FDCWD: file is a path); durable: it survives a crash of the machine. Reading: 0;
 * NFW_E_NOT_FOUND where there is no such file or it is not whole; or a negative errno.
 */
int nfw_record_write_at(int directory, const char *file, const struct nfw_record *record, bool durable);
int nfw_record_read_at(
        int directory, const char *file, const char *name, bool with_policy, struct nfw_record *ret_record);

int nfw_record_write(const struct nfw_context *context, const struct nfw_record *record);
/* 0; NFW_E_NOT_FOUND where there is no such record or it is not whole; or a negative errno. */
int nfw_record_read(const struct nfw_context *context,
                    const char *name,
                    const char *id,
                    struct nfw_record *ret_record);
/*
 * The same without the policy: what attaching a port needs, whatever the policy's size. Nobody changes a record, so
 * the context keeps the one that was read last.
 */
int nfw_record_read_settings(struct nfw_context *context,
                             const char *name,
                             const char *id,
                             struct nfw_record *ret_record);
/* The same, not kept; NFW_E_NOT_FOUND also where it was written in another network namespace. */
int nfw_record_read_own(const struct nfw_context *context,
                        const char *name,
                        const char *id,
                        struct nfw_record *ret_record);
void nfw_record_forget_settings(struct nfw_context *context);
bool nfw_record_exists(const struct nfw_context *context, const char *name, const char *id);
void nfw_record_remove(const struct nfw_context *context, const char *name, const char *id);

/*
 * Removes what nothing refers to: of the policy name everything but the record id (NULL: all of it), of other
 * policies in force what the context's shadow does not have. Whoever writes records holds the lock until the commit,
 * so that what the holder of the lock finds and does not know was left by somebody who died. The records of policies
 * that are not in the kernel at all stay: see below.
 */
void nfw_record_remove_orphans(const struct nfw_context *context, const char *name, const char *id);
/* Removes what the callback says no to; without an id: what its writer has not finished. */
void nfw_record_remove_unwanted(const struct nfw_context *context,
                                bool (*is_wanted)(const char *name, const char *id, void *userdata),
                                void *userdata);

/*
 * Calls back for the record, without its policy, of each policy that the context's shadow does not have although nobody
 * has unloaded it: somebody else took it out of the kernel. name may be NULL, for all; they come sorted. Until the
 * callback returns other than 0; returns that, or a negative errno.
 */
int nfw_record_foreach_missing(const struct nfw_context *context,
                               const char *name,
                               int (*callback)(const struct nfw_record *record, void *userdata),
                               void *userdata);

/*
 * The id of the record of a policy whose marker is gone, so that nobody says which version is in force. Where somebody died
 * while replacing it there are two; the older one is what was acknowledged. 0, NFW_E_NOT_FOUND or a negative errno.
 */
int nfw_record_find_id(const struct nfw_context *context, const char *name, char ret_id[static NFW_ID_MAX]);

/* What the record enforces in a table. The plan borrows from the record's policy. */
int nfw_record_compile(const struct nfw_record *record,
                       enum nfw_table table,
                       struct nfw_ir **ret_ir,
                       struct nfw_plan **ret_plan);
