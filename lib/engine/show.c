/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lock.h"
#include "engine/network/network.h"
#include "engine/not_found.h"
#include "engine/port_record.h"
#include "engine/record/record.h"
#include "engine/state.h"
#include "engine/verify_resolvers.h"
#include "ir/text.h"
#include "nft/list.h"
#include "nft/names.h"
#include "nft/text/text.h"
#include "nft/verify/verify.h"

static int show_compiled(const struct nfw_context *context,
                         const struct nfw_record *record,
                         enum nfw_table table,
                         enum nfw_format format,
                         FILE *stream) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        int r;

        r = nfw_record_compile(record, table, &ir, &plan);
        if (r < 0)
                return r;

        if (format == NFW_FORMAT_NFT)
                return nfw_nft_print_plan(plan, context->table_name, stream);

        fprintf(stream, "# policy %s in table %s\n", record->name, nfw_nft_family_name(table));
        return nfw_ir_print(ir, stream);
}

static int show_kernel(const struct nfw_context *context, const struct nfw_nft_policy *policy, FILE *stream) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        int r;

        r = nfw_nft_list_policy(context->table_name, policy, &text);
        if (r < 0)
                return r;

        fputs(text, stream);
        return 0;
}

static int show(struct nfw_context *context,
                const char *name,
                enum nfw_format format,
                struct nfw_report *report,
                FILE *stream) {
        const struct nfw_nft_policy *policy;
        struct nfw_record record = { 0 };
        int r;

        r = nfw_shadow_refresh(&context->shadow, context->nft);
        if (r < 0)
                return r;

        policy = nfw_shadow_any_policy(&context->shadow, name);
        if (!policy)
                return nfw_report_no_policy(report, &context->shadow, name);

        if (format != NFW_FORMAT_KERNEL) {
                r = nfw_record_read(context, name, policy->id, &record);
                if (r != 0)
                        return r == NFW_E_NOT_FOUND ? nfw_report_no_record(report, name) : r;
        }

        r = 0;
        for (int table = 0; r == 0 && table < NFW_N_TABLES; table++) {
                policy = nfw_shadow_policy(&context->shadow, name, table);
                if (!policy)
                        continue;
                r = format == NFW_FORMAT_KERNEL ? show_kernel(context, policy, stream)
                                                : show_compiled(context, &record, table, format, stream);
        }
        nfw_record_deinit(&record);
        return r;
}

/**
 * nfw_show() - print a loaded policy
 * @context:  the context
 * @name:     the policy
 * @format:   how
 * @report:   what is wrong is added here; may be NULL
 * @ret_text: the text; the caller frees it
 *
 * Where the policy is in both tables, both are printed.
 *
 * Return: 0; NFW_E_NOT_FOUND; or a negative errno.
 */
nfw_public int nfw_show(struct nfw_context *context,
                        const char *name,
                        enum nfw_format format,
                        struct nfw_report *report,
                        char **ret_text) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        char *text = NULL;
        size_t size;
        FILE *stream;
        int r;

        r = nfw_state_prepare(context, report);
        if (r < 0)
                return r;

        stream = open_memstream(&text, &size);
        if (!stream)
                return -ENOMEM;

        r = nfw_lock_acquire(&lock, context);
        if (r == 0) {
                nfw_shadow_invalidate(&context->shadow);
                r = show(context, name, format, report, stream);
        }
        nfw_lock_release(&lock);

        if (fclose(stream) != 0 && r == 0)
                r = -ENOMEM;
        if (r != 0) {
                free(text);
                return r;
        }

        *ret_text = text;
        return 0;
}

/* One for each table, made when it is needed. */
struct verifiers {
        struct nfw_nft_verifier *tables[NFW_N_TABLES];
};

static void verifiers_deinit(struct verifiers *verifiers) {
        for (int table = 0; table < NFW_N_TABLES; table++)
                nfw_nft_verifier_free(verifiers->tables[table]);
}

static int verify_policy(struct nfw_context *context,
                         struct nfw_nft_verifier *verifier,
                         const struct nfw_nft_policy *policy,
                         struct nfw_report *report) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        struct nfw_record record = { 0 };
        int r;

        r = nfw_record_read(context, policy->name, policy->id, &record);
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_report_no_record(report, policy->name);
                return r < 0 ? r : NFW_E_DIFFERS;
        }
        if (r < 0)
                return r;

        r = nfw_record_compile(&record, policy->table, NULL, &plan);
        if (r == 0)
                r = nfw_nft_verifier_compare(verifier, plan);
        nfw_record_deinit(&record);
        return r;
}

struct missing {
        struct nfw_report *report;
        size_t n;
};

static int tell_missing(const struct nfw_record *record, void *userdata) {
        struct missing *missing = userdata;

        missing->n++;
        return nfw_report_missing_policy(missing->report, record);
}

/* Nobody who knows of us has taken it out: then its record would be gone as well. */
static int verify_port(const struct nfw_context *context,
                       const struct nfw_port_record *record,
                       struct nfw_report *report) {
        const struct nfw_shadow_port *port = nfw_shadow_port(&context->shadow, record->interface);
        int r;

        if (!port)
                r = nfw_report_error(
                        report, "kernel/missing-port", NULL, NULL,
                        "port %s was put under policy %s and is not in the maps any more: nothing "
                        "restricts it",
                        record->interface, record->policy);
        else if (strcmp(port->policy, record->policy) != 0 || strcmp(port->binding, record->id) != 0)
                r = nfw_report_error(report, "kernel/foreign-element", NULL, NULL,
                                     "the maps do not lead port %s to policy %s as when it was attached",
                                     record->interface, record->policy);
        else if (record->is_persistent && !port->standby)
                r = nfw_report_error(report, "kernel/missing-element", NULL, NULL,
                                     "persistent port %s is in one table only", record->interface);
        else
                return 0;
        return r < 0 ? r : NFW_E_DIFFERS;
}

static int verify_ports(struct nfw_context *context, const char *name, struct nfw_report *report) {
        nfw_cleanup(nfw_port_records_deinit) struct nfw_port_records records = { 0 };
        int r, result = 0;

        /* Of policies that are missing that has been told. Where all are, ports shall not wait for being looked at. */
        if (context->shadow.policies.n == 0)
                return 0;
        r = nfw_port_records_read(context, &records);
        nfw_vec_foreach (record, &records.vec) {
                if (r < 0)
                        return r;
                if ((name && strcmp(record->policy, name) != 0) ||
                    !nfw_shadow_any_policy(&context->shadow, record->policy))
                        continue;
                r = verify_port(context, record, report);
                result = r > 0 ? r : result;
        }
        return r < 0 ? r : result;
}

/* Networks run that are not in the kernel at all: what is left to tell where the table is gone. */
static int verify_networks(const struct nfw_context *context,
                           const struct nfw_nft_networks views[static NFW_N_TABLES],
                           struct nfw_report *report) {
        int r;

        if (!nfw_networks_are_missing(context, views, NFW_TABLE_INET) &&
            !nfw_networks_are_missing(context, views, NFW_TABLE_BRIDGE))
                return 0;
        r = nfw_report_error(report, "kernel/missing-networks", NULL,
                             "nfwpolicyd puts them back; or destroy and start them again",
                             "the rules of networks are not in the kernel any more");
        return r < 0 ? r : NFW_E_DIFFERS;
}

static int verify(struct nfw_context *context, const char *name, struct nfw_report *report) {
        nfw_cleanup(nfw_running_networks_deinit) struct nfw_running_networks running = { 0 };
        nfw_cleanup(verifiers_deinit) struct verifiers verifiers = { 0 };
        struct missing missing = { .report = report };
        struct nfw_nft_networks views[NFW_N_TABLES];
        bool differs;
        int r;

        r = nfw_shadow_refresh(&context->shadow, context->nft);
        if (r == 0)
                r = nfw_running_networks_read(context, &running);
        if (r == 0)
                r = nfw_running_networks_view(&running, context, views);
        if (r < 0)
                return r;
        r = nfw_record_foreach_missing(context, name, tell_missing, &missing);
        if (r < 0)
                return r;
        differs = missing.n > 0;
        if (name && !differs && !nfw_shadow_any_policy(&context->shadow, name))
                return nfw_report_no_policy(report, &context->shadow, name);

        nfw_vec_foreach (policy, &context->shadow.policies) {
                struct nfw_nft_verifier **verifier;

                if (name && strcmp(policy->name, name) != 0)
                        continue;
                verifier = &verifiers.tables[policy->table];
                r = *verifier ? 0 : nfw_nft_verifier_new(context->nft, policy->table, report, verifier);
                if (r == 0)
                        r = verify_policy(context, *verifier, policy, report);
                if (r < 0)
                        return r;
                differs |= r == NFW_E_DIFFERS;
        }
        r = name ? 0 : verify_networks(context, views, report);
        if (r < 0)
                return r;
        differs |= r == NFW_E_DIFFERS;
        for (int table = 0; table < NFW_N_TABLES; table++) {
                /* A table may be there without policies, to drop what it cannot do better. */
                if (!verifiers.tables[table] && !name && context->shadow.tables[table]) {
                        r = nfw_nft_verifier_new(context->nft, table, report, &verifiers.tables[table]);
                        if (r < 0)
                                return r;
                }
                if (!verifiers.tables[table])
                        continue;
                if (context->shadow.networks[table].chains.n > 0)
                        nfw_nft_verifier_set_networks(verifiers.tables[table], &views[table]);
                r = nfw_nft_verifier_compare(verifiers.tables[table], NULL);
                if (r < 0)
                        return r;
                differs |= r == NFW_E_DIFFERS;
        }
        r = verify_ports(context, name, report);
        if (r < 0)
                return r;
        differs |= r == NFW_E_DIFFERS;
        r = nfw_verify_resolvers(context, name, report);
        if (r < 0)
                return r;
        differs |= r == NFW_E_DIFFERS;
        return differs ? NFW_E_DIFFERS : 0;
}

/**
 * nfw_verify() - compare the kernel with what was compiled
 * @context: the context
 * @name:    the policy, or NULL for all that were loaded and not unloaded
 * @report:  every difference is added here, with the source position of the rule where there is one; may be NULL
 *
 * A policy that somebody else has taken out of the kernel altogether is a difference, too.
 *
 * Return: 0; NFW_E_DIFFERS; NFW_E_NOT_FOUND; or a negative errno.
 */
nfw_public int nfw_verify(struct nfw_context *context, const char *name, struct nfw_report *report) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        r = nfw_state_prepare(context, report);
        if (r < 0)
                return r;

        r = nfw_lock_acquire(&lock, context);
        if (r == 0) {
                nfw_shadow_invalidate(&context->shadow);
                r = verify(context, name, report);
        }
        nfw_lock_release(&lock);
        return r;
}
