/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/context.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "engine/network/network.h"
#include "engine/nwfilter/record.h"
#include "engine/record/record.h"
#include "engine/summary.h"

/**
 * nfw_context_new() - open this network namespace's kernel
 * @ret_context: the context
 *
 * The network namespace is the calling thread's at this moment; nothing is changed or locked yet.
 *
 * Return: 0, or a negative errno.
 */
nfw_public int nfw_context_new(struct nfw_context **ret_context) {
        nfw_cleanup(nfw_context_freep) struct nfw_context *context = NULL;
        struct stat st;
        int r;

        context = calloc(1, sizeof(*context));
        if (!context)
                return -ENOMEM;

        strcpy(context->table_name, NFW_NFT_TABLE_DEFAULT);
        context->nflog_group = NFW_NFLOG_GROUP_DEFAULT;
        context->defaults = (struct nfw_load_defaults)NFW_LOAD_DEFAULTS_INIT;
        if (stat("/proc/thread-self/ns/net", &st) < 0)
                return -errno;
        context->namespace = st.st_ino;
        r = nfw_record_new_number(&context->number);
        if (r < 0)
                return r;
        r = nfw_context_set_state_directory(context, NFW_STATE_DIRECTORY);
        if (r == 0)
                r = nfw_context_set_network_directory(context, NFW_NETWORK_DIRECTORY);
        if (r < 0)
                return r;

        r = nfw_nft_socket_new(context->table_name, &context->nft);
        if (r < 0)
                return r;

        r = nfw_rtnl_new(&context->rtnl);
        if (r < 0)
                return r;

        r = nfw_nft_batch_new(context->table_name, &context->batch);
        if (r < 0)
                return r;

        r = nfw_nwfilters_new(context->table_name, context->directory, &context->nwfilters);
        if (r < 0)
                return r;

        *ret_context = nfw_steal(context);
        return 0;
}

/**
 * nfw_context_free() - close everything that the context has open
 * @context: the context, or NULL
 *
 * What is in force stays in force. Learners and monitors that were made from it must be freed first.
 *
 * Return: NULL.
 */
nfw_public struct nfw_context *nfw_context_free(struct nfw_context *context) {
        if (!context)
                return NULL;

        nfw_nwfilters_free(context->nwfilters);
        nfw_record_forget_settings(context);
        nfw_load_defaults_deinit(&context->defaults);
        nfw_summaries_deinit(context);
        nfw_resolvers_deinit(&context->resolvers);
        nfw_leaving_deinit(&context->leaving);
        nfw_shadow_deinit(&context->shadow);
        nfw_nft_batch_free(context->batch);
        nfw_rtnl_free(context->rtnl);
        nfw_nft_socket_free(context->nft);
        free(context->directory);
        free(context->state_directory);
        free(context->network_directory);
        free(context);
        return NULL;
}

/*
 * A namespace has its own ruleset, so it has its own state; and so do tables of another name in it, since their
 * policies may have the same names.
 */
static int make_path(const char *state_directory,
                     const struct nfw_context *context,
                     const char *table_name,
                     char **ret_path) {
        bool is_default = strcmp(table_name, NFW_NFT_TABLE_DEFAULT) == 0;

        return asprintf(ret_path, "%s/net-%" PRIu64 "%s%s", state_directory, context->namespace,
                        is_default ? "" : "-", is_default ? "" : table_name) < 0
                       ? -ENOMEM
                       : 0;
}

/**
 * nfw_context_set_table_name() - use tables of another name
 * @context: the context, with which nothing else has been done yet
 * @name:    a letter, then letters, digits, '.', '_' and '-', at most 64 in all, none of nft's own words, such as
 *           "table", and not "-filter" at its end, which the table of network filters has behind the name; copied. The
 *           default is "nfwpolicy".
 *
 * What is loaded under one name has nothing to do with what is loaded under another: each has its state, its learner
 * and its store, and a packet must be accepted by both. Learners of both in one network namespace need different groups
 * as well; see nfw_context_set_nflog_group().
 *
 * Return: 0, -EINVAL where the name cannot be a table's, or -ENOMEM.
 */
nfw_public int nfw_context_set_table_name(struct nfw_context *context, const char *name) {
        char *directory;
        int r;

        if (!nfw_nft_table_name_is_valid(name))
                return -EINVAL;
        r = make_path(context->state_directory, context, name, &directory);
        if (r < 0)
                return r;

        strcpy(context->table_name, name);
        r = context->nwfilters ? nfw_filter_records_set_directory(context->nwfilters, directory) : 0;
        if (r < 0) {
                free(directory);
                return r;
        }
        nfw_nwfilters_set_table_name(context->nwfilters, name);
        free(context->directory);
        context->directory = directory;
        nfw_shadow_invalidate(&context->shadow);
        nfw_record_forget_settings(context);
        return 0;
}

/**
 * nfw_context_table_name() - what the tables are called
 * @context: the context, which keeps the text
 *
 * Return: the name that the tables of both families have.
 */
nfw_public const char *nfw_context_table_name(const struct nfw_context *context) {
        return context->table_name;
}

/**
 * nfw_context_set_state_directory() - keep the state elsewhere
 * @context: the context
 * @path:    an absolute path; the directory is made when something is stored. Copied.
 *
 * Everybody who manages one network namespace must use the same directory. The default is /run/nfwpolicy.
 *
 * Return: 0, -EINVAL where the path is not absolute, or -ENOMEM.
 */
nfw_public int nfw_context_set_state_directory(struct nfw_context *context, const char *path) {
        nfw_cleanup(nfw_freep) char *copy = NULL;
        char *directory;

        if (path[0] != '/')
                return -EINVAL;

        copy = strdup(path);
        if (!copy || make_path(path, context, context->table_name, &directory) < 0)
                return -ENOMEM;
        if (context->nwfilters && nfw_filter_records_set_directory(context->nwfilters, directory) < 0) {
                free(directory);
                return -ENOMEM;
        }

        free(context->state_directory);
        context->state_directory = nfw_steal(copy);
        free(context->directory);
        context->directory = directory;
        nfw_record_forget_settings(context);
        nfw_summaries_deinit(context);
        return 0;
}

/**
 * nfw_context_set_nflog_group() - use another nflog group for mirrored DNS messages
 * @context: the context
 * @group:   the group, 1 to 65535; the default is 28262
 *
 * Policies that are loaded from now on mirror there, and learners listen there. What a policy drops may be told on the
 * group behind it.
 *
 * Return: 0, or -EINVAL for group 0, which is the kernel's own log.
 */
nfw_public int nfw_context_set_nflog_group(struct nfw_context *context, uint16_t group) {
        if (group == 0)
                return -EINVAL;

        context->nflog_group = group;
        return 0;
}

int nfw_context_report_failure(struct nfw_report *report, int r, const struct nfw_nft_failure *failure) {
        const struct nfw_nft_origin *origin = &failure->origin;

        /* These say nothing about what was sent; whoever called knows better what to tell. */
        if (r >= 0 || r == -EPERM || r == -ENOMEM || !origin->what)
                return r;

        r = nfw_report_error(report, "kernel/refused", &origin->pos, NULL,
                             "the kernel refused %s%s%s: %s%s%s%s", origin->what, origin->name ? " " : "",
                             origin->name ? origin->name : "", nfw_strerror(failure->error),
                             failure->message[0] ? " (" : "", failure->message,
                             failure->message[0] ? ")" : "");
        return r < 0 ? r : NFW_E_REFUSED;
}
