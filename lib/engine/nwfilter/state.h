/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a context knows of network filters: definitions, what became of them, and what the kernel holds. */

#include "engine/nwfilter/definition.h"
#include "nft/filter/filter.h"

/* A tree of filters as it goes into the kernel: once for all ports that give the same to what is compiled. */
struct nfw_compiled {
        char *filter; /* the top of the tree */
        bool compat;
        char *values;                   /* of what is compiled, "NAME=VALUE" one behind the other */
        char *name;                     /* in the kernel */
        char id[NFW_NFT_FILTER_ID_MAX]; /* depends on the definitions only */
        struct nfw_nwfilter_tree *tree;
        struct nfw_filter_ir *ir;
        struct nfw_plan *plan;
};

struct nfw_blocked;

struct nfw_compilations {
        NFW_VEC(struct nfw_compiled *) vec;
};

struct nfw_nwfilters {
        char table_name[NFW_NFT_TABLE_NAME_MAX + sizeof(NFW_NFT_FILTER_TABLE_SUFFIX)];
        struct nfw_nft_socket *nft;
        struct nfw_nft_batch *batch;
        struct nfw_nft_filter_snapshot *snapshot; /* NULL: to be read */
        struct nfw_definitions definitions;
        struct nfw_definitions records; /* of what is in force: see engine/nwfilter/record.h */
        struct nfw_compilations compiled;
        /* What the kernel did not take when all was made anew last, so that it is not taken for somebody's edit. */
        NFW_VEC(struct nfw_refused { char id[NFW_NFT_FILTER_ID_MAX]; }) refused;
        struct nfw_blocked *blocked;        /* NULL: to be made; nfw_compile_blocked() has it */
        struct nfw_learning_plan *learning; /* NULL: to be made; nfw_nwfilters_learning() has it */
        bool knows_kernel;                  /* what follows was asked */
        bool has_conntrack;
        bool has_reject;
};

/* The table's name is that of the policies' tables. Both are copied. 0 or a negative errno. filters may be NULL below. */
int nfw_nwfilters_new(const char *table_name,
                      const char *state_directory,
                      struct nfw_nwfilters **ret_filters);
void nfw_nwfilters_set_table_name(struct nfw_nwfilters *filters, const char *name);
struct nfw_nwfilters *nfw_nwfilters_free(struct nfw_nwfilters *filters);

void nfw_nwfilters_invalidate(struct nfw_nwfilters *filters);
/* Where a definition has changed, what was made of it goes; the caller holds nothing of it. 0 or a negative errno. */
int nfw_nwfilters_follow(struct nfw_nwfilters *filters);
/* All that was read of definitions and made of them. */
void nfw_nwfilters_forget(struct nfw_nwfilters *filters);
/* What is there so that addresses can be learned, for the context's nflog group. 0 or a negative errno. */
int nfw_nwfilters_learning(const struct nfw_context *context, const struct nfw_learning_plan **ret_plan);
/* Whether addresses may be learned for what is compiled. */
bool nfw_compiled_learns(const struct nfw_compiled *compiled);
struct nfw_compiled *nfw_compiled_free(struct nfw_compiled *compiled);
void nfw_compilations_deinit(struct nfw_compilations *compilations);

/*
 * Finds or compiles what the binding refers to, into where compilations are kept (the context's, or those of a
 * definition that is being tried). 0; NFW_E_INVALID, NFW_E_NOT_FOUND or NFW_E_REFUSED with the report; or a negative
 * errno.
 */
int nfw_compile(struct nfw_context *context,
                struct nfw_nwfilters *filters,
                struct nfw_compilations *compilations,
                const struct nfw_nwfilter_binding *binding,
                struct nfw_report *report,
                const struct nfw_compiled **ret_compiled);

/* What the names of a filter in the kernel begin with, wherever they are not just its name: then they end with a hash. */
#define NFW_KERNEL_NAME_PREFIX_MAX 51
void nfw_kernel_name_prefix(const char *filter, char ret_prefix[static NFW_KERNEL_NAME_PREFIX_MAX]);

/*
 * What ports are under whose filter cannot be put in force: it lets nothing pass. Its name in the kernel is no filter's.
 * 0 or a negative errno.
 */
#define NFW_FILTER_BLOCKED "blocked"
int nfw_compile_blocked(struct nfw_nwfilters *filters, const struct nfw_compiled **ret_compiled);
struct nfw_blocked *nfw_blocked_free(struct nfw_blocked *blocked);
bool nfw_compiled_is_refused(const struct nfw_nwfilters *filters, const struct nfw_compiled *compiled);
bool nfw_compiled_is_blocked(const struct nfw_nwfilters *filters, const struct nfw_compiled *compiled);

/* Whether the filter is in the tree. */
bool nfw_compiled_has(const struct nfw_compiled *compiled, const char *filter);

/* For the kernel, under that name, of a tree that is there; port is what is given to variables. As nfw_compile(). */
int nfw_compiled_make(struct nfw_nwfilters *filters,
                      struct nfw_compiled *compiled,
                      const struct nfw_nwfilter_parameters *values,
                      const char *name,
                      struct nfw_report *report);

/* Whether ports have elements in that set of the plan. */
bool nfw_compiled_has_values(const struct nfw_compiled *compiled, size_t set);
/*
 * The port's elements of one of the sets of the plan, or (SIZE_MAX) of all of them; as nfw_filter_set_tuples(). guest is
 * what has been learned, or NULL.
 */
int nfw_compiled_elements(const struct nfw_compiled *compiled,
                          const struct nfw_nwfilter_binding *binding,
                          const struct nfw_nft_guest *guest,
                          size_t set,
                          struct nfw_report *report,
                          struct nfw_nft_filter_elements *elements);

/*
 * One change of what is in force of filters, as nfw_transaction_run(): the lock, what the kernel holds, and a batch that
 * is refused where that has changed meanwhile. build() starts from scratch each time.
 */
struct nfw_nwfilter_change;

struct nfw_nwfilter_transaction {
        int (*build)(struct nfw_context *context, void *userdata, struct nfw_report *report);
        /* After the commit, and under the lock. Other than 0: the kernel is read anew next time. May be NULL. */
        int (*applied)(struct nfw_context *context, void *userdata);
        /* Nothing was committed. May be NULL. */
        void (*failed)(struct nfw_context *context, void *userdata);
        void *userdata;
        const struct nfw_nwfilter_change
                *change; /* that build() makes: what it puts in force is recorded; or NULL */
        bool dry_run;
};

int nfw_nwfilter_transaction_run(struct nfw_context *context,
                                 const struct nfw_nwfilter_transaction *transaction,
                                 struct nfw_report *report);

/*
 * What it builds as part of a transaction of policies, behind what is in the context's batch; neither applied() nor
 * failed() is called. The log says what was recorded for it. Under the lock, and it is ended under it, too: where it was
 * not committed, before the batch is built again. 0, what build() returned, -EAGAIN where somebody has committed since the
 * policies were read, or another negative errno.
 */
struct nfw_filter_record_log;

int nfw_nwfilter_join(struct nfw_context *context,
                      const struct nfw_nwfilter_transaction *transaction,
                      struct nfw_report *report,
                      struct nfw_filter_record_log *log);
void nfw_nwfilter_join_end(struct nfw_context *context, struct nfw_filter_record_log *log, bool is_committed);
