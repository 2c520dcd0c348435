/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/nwfilter/change_parts.h"
#include "engine/nwfilter/record.h"
#include "engine/nwfilter/restore.h"

struct define {
        const struct nfw_nwfilter *given;
        bool dry_run;
        char *text;                  /* as it is going to be stored */
        struct nfw_nwfilter *filter; /* as it is going to be read */
        char *old_text;              /* what the file held before, or NULL */
        bool is_written;
        struct nfw_compilations tried;
        struct nfw_nwfilter_change change;
};

static void define_deinit(struct define *define) {
        nfw_nwfilter_change_deinit(&define->change);
        nfw_compilations_deinit(&define->tried);
        nfw_nwfilter_free(define->filter);
        free(define->text);
        free(define->old_text);
}

/* --- what is stored ------------------------------------------------------------------------------------------ */

static int report_uuid(struct nfw_report *report,
                       const struct nfw_nwfilter *filter,
                       const char *name,
                       const char *uuid) {
        int r;

        r = nfw_report_error(report, "nwfilter/uuid", &filter->pos,
                             "leave the uuid out, or undefine the other filter first",
                             "filter `%s` with uuid %s exists already", name, uuid);
        return r < 0 ? r : NFW_E_REFUSED;
}

/* Where its file is gone or broken, how it is in force tells. NFW_E_NOT_FOUND, or a negative errno. */
static int find_old(struct nfw_nwfilters *filters,
                    const char *name,
                    const struct nfw_nwfilter **ret_old,
                    bool *ret_is_hosts_own) {
        const struct nfw_definition *old;
        int r;

        r = nfw_definitions_find(&filters->definitions, name, NULL, &old);
        *ret_is_hosts_own = r == 0 && !old->is_builtin;
        if (r > 0)
                r = nfw_definitions_find(&filters->records, name, NULL, &old);
        if (r == 0)
                *ret_old = old->filter;
        return r > 0 ? NFW_E_NOT_FOUND : r;
}

/* A name and a UUID belong together, as with libvirt; but a host's own takes the place of one that comes with us. */
static int choose_uuid(struct nfw_nwfilters *filters,
                       const struct nfw_nwfilter *filter,
                       struct nfw_report *report,
                       char ret_uuid[static NFW_UUID_MAX]) {
        nfw_cleanup(nfw_freep) char *other = NULL;
        const struct nfw_nwfilter *old;
        bool is_hosts_own;
        int r;

        r = find_old(filters, filter->name, &old, &is_hosts_own);
        if (r < 0)
                return r;
        if (r == 0 && old->uuid[0] && strlen(old->uuid) < NFW_UUID_MAX) {
                bool is_other = filter->uuid[0] && strcasecmp(filter->uuid, old->uuid) != 0;

                if (is_other && is_hosts_own)
                        return report_uuid(report, filter, filter->name, old->uuid);
                if (!is_other) {
                        strcpy(ret_uuid, old->uuid);
                        return 0;
                }
        }
        if (!filter->uuid[0] || strlen(filter->uuid) >= NFW_UUID_MAX)
                return nfw_uuid_new(ret_uuid);

        r = nfw_definitions_name_of(&filters->definitions, filter->uuid, &other);
        if (r < 0)
                return r;
        if (r == 0 && strcmp(other, filter->name) != 0)
                return report_uuid(report, filter, other, filter->uuid);
        strcpy(ret_uuid, filter->uuid);
        return 0;
}

static int prepare(struct define *define, struct nfw_nwfilters *filters, struct nfw_report *report) {
        struct nfw_nwfilter with_uuid = *define->given;
        char uuid[NFW_UUID_MAX];
        int r;

        if (define->filter)
                return 0;
        if (!nfw_nwfilter_is_name(define->given->name)) {
                r = nfw_report_error(report, "nwfilter/name", &define->given->pos, NULL,
                                     "`%s` cannot be the name of a file, as that of a filter must",
                                     define->given->name);
                return r < 0 ? r : NFW_E_INVALID;
        }
        r = choose_uuid(filters, define->given, report, uuid);
        if (r != 0)
                return r;
        with_uuid.uuid = uuid;
        r = nfw_nwfilter_write(&with_uuid, &define->text);
        return r < 0 ? r
                     : nfw_nwfilter_read(define->given->file, define->text, strlen(define->text), report,
                                         &define->filter);
}

/* --- what is in force of it ---------------------------------------------------------------------------------- */

/* A port that does not keep the filter's name in the kernel moves; the others stay where they are. */
static int move_port(struct define *define,
                     struct nfw_context *context,
                     const struct nfw_nft_filter_port *port,
                     struct nfw_report *report) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        struct nfw_nwfilters *filters = context->nwfilters;
        const char *name = filters->snapshot->filters.items[port->filter].name;
        const struct nfw_compiled *compiled;
        int r;

        r = nfw_nwfilter_binding_load(context, port->interface, &binding);
        if (r != 0)
                return r < 0 ? r : 0;
        r = nfw_compile(context, filters, &define->tried, binding, report, &compiled);
        if (r == 0)
                r = nfw_nwfilter_change_install(&define->change, filters, compiled);
        if (r != 0 || strcmp(compiled->name, name) == 0)
                return r;
        return nfw_nwfilter_change_add_port(&define->change, context, binding, compiled,
                                            port->guest.is_there ? &port->guest : NULL, report);
}

static int move_ports(struct define *define,
                      struct nfw_context *context,
                      size_t filter,
                      struct nfw_report *report) {
        const struct nfw_nft_filter_port *port;
        int r = 0;

        for (port = context->nwfilters->snapshot->ports; port && r == 0; port = port->hh.next)
                if (port->filter == filter)
                        r = move_port(define, context, port, report);
        return r;
}

static int replace(struct define *define,
                   struct nfw_context *context,
                   size_t index,
                   struct nfw_report *report) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_nft_filter *filter = &filters->snapshot->filters.items[index];
        const struct nfw_compiled *compiled;
        int r;

        if (strcmp(filter->name, NFW_FILTER_BLOCKED) == 0)
                return nfw_nwfilter_change_unblock(&define->change, context, &define->tried,
                                                   define->filter->name, report);
        r = nfw_nwfilter_sample(context, index, &binding);
        if (r < 0 || !binding)
                return r;
        r = nfw_compile(context, filters, &define->tried, binding, report, &compiled);
        if (r != 0 || !nfw_compiled_has(compiled, define->filter->name))
                return r;
        if (compiled->ir->compiled.n == 0 && strcmp(compiled->name, filter->name) == 0)
                return nfw_nwfilter_change_install(&define->change, filters, compiled);
        return move_ports(define, context, index, report);
}

/* References need not be there yet, but must not lead back. */
static int check_tree(struct nfw_nwfilters *filters,
                      const struct nfw_nwfilter *filter,
                      struct nfw_report *report) {
        nfw_cleanup(nfw_nwfilter_tree_freep) struct nfw_nwfilter_tree *tree = NULL;
        nfw_cleanup(nfw_report_freep) struct nfw_report *problems = NULL;
        struct nfw_nwfilter_source source;
        int r;

        r = nfw_report_new(&problems);
        if (r < 0)
                return r;
        source = nfw_filter_records_source(filters, NULL);
        r = nfw_nwfilter_tree_new(&source, filter, problems, &tree);
        if (r <= 0)
                return r;
        for (size_t i = 0; i < nfw_report_n_diagnostics(problems); i++)
                if (strcmp(nfw_diagnostic_code(nfw_report_diagnostic(problems, i)),
                           "nwfilter/missing-filter") != 0)
                        return nfw_nwfilter_tree_new(&source, filter, report, &tree);
        return 0;
}

static int build(struct define *define, struct nfw_context *context, struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        define->change.defined = define->filter;
        r = check_tree(filters, define->filter, report);
        for (size_t i = 0; i < filters->snapshot->filters.n && r == 0; i++)
                r = replace(define, context, i, report);
        return r == 0 ? nfw_nwfilter_change_put(&define->change, context, report) : r;
}

/* What comes with nfwpolicy needs no copy, which would stand before what comes with the next version. */
static int is_builtin(const struct define *define,
                      struct nfw_definitions *definitions,
                      bool *ret_is_builtin) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        const struct nfw_definition *there;
        int r;

        *ret_is_builtin = false;
        r = nfw_definitions_find(definitions, define->filter->name, NULL, &there);
        if (r != 0 || !there->is_builtin)
                return r < 0 ? r : 0;
        r = nfw_nwfilter_write(there->filter, &text);
        if (r == 0)
                *ret_is_builtin = strcmp(text, define->text) == 0;
        return r;
}

/* Before the commit, which may fail: then the old one is put back. */
static int write_definition(struct define *define, struct nfw_definitions *definitions) {
        const char *name = define->filter->name;
        bool is_there;
        int r;

        if (define->is_written)
                return 0;
        r = is_builtin(define, definitions, &is_there);
        if (r < 0 || is_there)
                return r;
        r = nfw_definitions_text(definitions, name, &define->old_text);
        if (r < 0)
                return r;
        r = nfw_definitions_write(definitions, name, define->text);
        define->is_written = r == 0;
        return r;
}

static int build_define(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        struct define *define = userdata;
        int r;

        nfw_nwfilter_change_deinit(&define->change);
        nfw_compilations_deinit(&define->tried);
        r = prepare(define, filters, report);
        if (r != 0)
                return r;
        filters->definitions.substitute = define->filter;
        r = build(define, context, report);
        filters->definitions.substitute = NULL;
        return r == 0 && !define->dry_run ? write_definition(define, &filters->definitions) : r;
}

static int applied_define(struct nfw_context *context, void *userdata) {
        struct nfw_nwfilters *filters = context->nwfilters;
        struct define *define = userdata;

        int r;

        define->is_written = false;
        r = nfw_nwfilter_change_apply(&define->change, filters);
        /* What was made of the old definition goes with it. */
        nfw_nwfilter_change_deinit(&define->change);
        nfw_nwfilters_forget(filters);
        return r;
}

static void failed_define(struct nfw_context *context, void *userdata) {
        struct nfw_definitions *definitions = &context->nwfilters->definitions;
        struct define *define = userdata;

        if (!define->is_written)
                return;
        if (define->old_text)
                (void)nfw_definitions_write(definitions, define->filter->name, define->old_text);
        else
                (void)nfw_definitions_remove(definitions, define->filter->name);
        define->is_written = false;
}

/**
 * nfw_nwfilter_define() - define a network filter, or change one
 * @context: the context
 * @filter:  the filter
 * @dry_run: only say whether it would be accepted
 * @report:  what is wrong is added here; may be NULL
 *
 * It is stored in the directory of nfw_context_set_nwfilter_directories(), with a UUID of its own where it has none; one
 * that is there just so among those that come with nfwpolicy is only put in force.
 * Where it is in use, by itself or as part of others, all ports change to the new one in one transaction, or none does
 * and the old definition stays.
 *
 * Return: 0; NFW_E_INVALID where it cannot be enforced on a port that is under it, or refers to itself; NFW_E_REFUSED
 * where another filter has its UUID, it has another one under this name, or the kernel refuses it; or a negative errno.
 */
nfw_public int nfw_nwfilter_define(struct nfw_context *context,
                                   const struct nfw_nwfilter *filter,
                                   bool dry_run,
                                   struct nfw_report *report) {
        nfw_cleanup(define_deinit) struct define define = { .given = filter, .dry_run = dry_run };
        const struct nfw_nwfilter_transaction transaction = {
                .build = build_define,
                .applied = applied_define,
                .failed = failed_define,
                .userdata = &define,
                .change = &define.change,
                .dry_run = dry_run,
        };

        return nfw_nwfilter_transaction_run(context, &transaction, report);
}
