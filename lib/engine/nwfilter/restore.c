/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/restore.h"

#include <errno.h>
#include <string.h>

#include "engine/nwfilter/record.h"
#include "nft/read.h"

/*
 * What the kernel still has of it. Where it has nothing, the guest is not taken for another one: a learner that knows of it
 * tells the kernel again.
 */
static int find_known(struct nfw_context *context, const char *port, struct nfw_nft_guest *ret_guest) {
        const struct nfw_nft_filter_port *there =
                nfw_nft_filter_find_port(context->nwfilters->snapshot, port);
        struct nfw_link link = { .index = 0 };
        int r;

        if (there && there->guest.is_there)
                return nfw_nft_guest_copy(&there->guest, ret_guest);
        r = nfw_rtnl_link_by_name(context->rtnl, port, &link);
        if (r >= 0)
                ret_guest->link = link.index;
        return r < 0 ? r : 0;
}

static int add_port(struct nfw_nwfilter_restoration *restore,
                    struct nfw_context *context,
                    size_t index,
                    struct nfw_report *report) {
        const struct nfw_nwfilter_binding *binding = restore->wanted.bindings->vec.items[index];
        const struct nfw_compiled *compiled = restore->wanted.compiled.items[index];
        nfw_cleanup(nfw_nft_guest_deinit) struct nfw_nft_guest known = { 0 };
        int r;

        r = find_known(context, binding->port, &known);
        if (r == 0)
                r = nfw_nwfilter_change_add_port(&restore->change, context, binding, compiled, &known,
                                                 report);
        if (r > 0) {
                r = nfw_nwfilter_wanted_block(&restore->wanted, context, index, r, report);
                compiled = restore->wanted.compiled.items[index];
                if (r == 0)
                        r = nfw_nwfilter_change_add_port(&restore->change, context, binding, compiled, NULL,
                                                         report);
        }
        return r == 0 ? nfw_nwfilter_change_install(&restore->change, context->nwfilters, compiled) : r;
}

static int build_restore(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct nfw_nwfilter_restoration *restore = userdata;
        int r;

        nfw_nwfilter_change_deinit(&restore->change);
        restore->change.rebuilds = true;
        restore->is_foreign = context->nwfilters->snapshot->is_foreign;
        r = nfw_nwfilter_wanted_find(&restore->wanted, context, report);
        for (size_t i = 0; r == 0 && i < restore->wanted.bindings->vec.n; i++)
                r = add_port(restore, context, i, report);
        restore->change.keeps_records = restore->wanted.result != 0;
        return r == 0 ? nfw_nwfilter_change_put(&restore->change, context, report) : r;
}

static int applied_restore(nfw_unused struct nfw_context *context, nfw_unused void *userdata) {
        return -EAGAIN;
}

static int run(struct nfw_nwfilter_restoration *restore,
               struct nfw_context *context,
               struct nfw_report *report) {
        const struct nfw_nwfilter_transaction transaction = { .build = build_restore,
                                                              .applied = applied_restore,
                                                              .userdata = restore,
                                                              .change = &restore->change };

        return nfw_nwfilter_transaction_run(context, &transaction, report);
}

void nfw_nwfilter_restoration_deinit(struct nfw_nwfilter_restoration *restoration) {
        nfw_nwfilter_change_deinit(&restoration->change);
        nfw_nwfilter_wanted_deinit(&restoration->wanted);
        nfw_filter_record_log_deinit(&restoration->log);
}

int nfw_nwfilter_is_missing(struct nfw_context *context, bool *ret_is) {
        struct nfw_nft_table_state state;
        int r;

        r = nfw_nft_read_table(context->nwfilters->nft, NFW_TABLE_BRIDGE, &state);
        if (r == 0)
                *ret_is = !state.exists;
        return r;
}

int nfw_nwfilter_restoration_join(struct nfw_nwfilter_restoration *restoration,
                                  struct nfw_context *context,
                                  struct nfw_report *report) {
        const struct nfw_nwfilter_transaction transaction = { .build = build_restore,
                                                              .userdata = restoration,
                                                              .change = &restoration->change };

        context->nwfilters->refused.n = 0;
        return nfw_nwfilter_join(context, &transaction, report, &restoration->log);
}

int nfw_nwfilter_restoration_result(const struct nfw_nwfilter_restoration *restoration,
                                    struct nfw_context *context,
                                    struct nfw_report *report) {
        int compared = nfw_filter_records_compare(context->nwfilters, report);

        return compared < 0 ? compared : restoration->wanted.result;
}

/* --- what the kernel does not take ---------------------------------------------------------------------------- */

struct probe {
        const struct nfw_nwfilter_binding *binding; /* one of those that need it */
        struct nfw_nwfilter_change change;
        struct nfw_refused what;
};

static int build_probe(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_compiled *compiled;
        struct probe *probe = userdata;
        int r;

        nfw_nwfilter_change_deinit(&probe->change);
        probe->change.rebuilds = true;
        r = nfw_compile(context, filters, &filters->compiled, probe->binding, report, &compiled);
        if (r != 0)
                return r;
        memcpy(probe->what.id, compiled->id, sizeof(probe->what.id));
        r = nfw_nwfilter_change_install(&probe->change, filters, compiled);
        return r == 0 ? nfw_nwfilter_change_put(&probe->change, context, report) : r;
}

/* What was made of the binding's filter, by itself. 0 or a negative errno. */
static int probe_one(struct nfw_context *context, const struct nfw_nwfilter_binding *binding) {
        struct probe probe = { .binding = binding };
        const struct nfw_nwfilter_transaction transaction = { .build = build_probe,
                                                              .userdata = &probe,
                                                              .dry_run = true };
        int r;

        r = nfw_nwfilter_transaction_run(context, &transaction, NULL);
        nfw_nwfilter_change_deinit(&probe.change);
        if (r > 0 && probe.what.id[0])
                r = nfw_vec_push(&context->nwfilters->refused, probe.what);
        return r < 0 ? r : 0;
}

struct sample {
        struct nfw_refused what;
        const struct nfw_nwfilter_binding *binding;
};

struct samples {
        NFW_VEC(struct sample) vec;
};

static void samples_deinit(struct samples *samples) {
        nfw_vec_deinit(&samples->vec);
}

/* One of the bindings that need it for each filter. What is compiled may be made anew by whoever asks for it next. */
static int find_samples(const struct nfw_nwfilter_wanted *wanted, struct samples *samples) {
        int r = 0;

        for (size_t i = 0; i < wanted->compiled.n && r == 0; i++) {
                const struct nfw_compiled *compiled = wanted->compiled.items[i];
                struct sample sample = { .binding = wanted->bindings->vec.items[i] };
                bool is_known = strcmp(compiled->name, NFW_FILTER_BLOCKED) == 0;

                memcpy(sample.what.id, compiled->id, sizeof(sample.what.id));
                nfw_vec_foreach (other, &samples->vec)
                        is_known |= strcmp(other->what.id, sample.what.id) == 0;
                if (!is_known)
                        r = nfw_vec_push(&samples->vec, sample);
        }
        return r;
}

/* Which filters the kernel refuses; where it takes each of them and not all, none can be put in force. */
static int find_refused(const struct nfw_nwfilter_wanted *wanted, struct nfw_context *context) {
        nfw_cleanup(samples_deinit) struct samples samples = { 0 };
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        r = find_samples(wanted, &samples);
        nfw_vec_foreach (sample, &samples.vec)
                if (r == 0)
                        r = probe_one(context, sample->binding);
        if (r < 0 || filters->refused.n > 0)
                return r;
        nfw_vec_foreach (sample, &samples.vec)
                if (r == 0)
                        r = nfw_vec_push(&filters->refused, sample->what);
        return r;
}

int nfw_nwfilter_rebuild(struct nfw_context *context, struct nfw_report *report) {
        struct nfw_nwfilter_restoration restore = { 0 };
        int r;

        context->nwfilters->refused.n = 0;
        r = run(&restore, context, report);
        /* One that the kernel does not take must not leave the ports of all others without theirs. */
        if (r > 0 && !restore.is_foreign) {
                r = find_refused(&restore.wanted, context);
                if (r == 0)
                        r = run(&restore, context, report);
        }
        if (r == 0)
                r = restore.wanted.result;
        nfw_nwfilter_restoration_deinit(&restore);
        return r;
}

/**
 * nfw_nwfilter_restore() - put network filters in force again
 * @context: the context
 * @report:  what cannot be put back is added here; may be NULL
 *
 * Where the kernel has something else than the bindings and the records of definitions say, all of it is made again in
 * one transaction; else nothing is changed. Where there is no record the definition counts. Nothing passes a port that
 * cannot be put under its filter.
 *
 * Return: 0; a condition where some port could not be put under its filter, while all others are; or a negative errno.
 */
nfw_public int nfw_nwfilter_restore(struct nfw_context *context, struct nfw_report *report) {
        int r;

        r = nfw_nwfilter_verify(context, NULL);
        if (r == NFW_E_DIFFERS)
                r = nfw_nwfilter_rebuild(context, report);
        else if (r > 0)
                return nfw_nwfilter_verify(context, report);
        if (r >= 0) {
                int compared = nfw_filter_records_compare(context->nwfilters, report);

                r = compared < 0 ? compared : r;
        }
        return r;
}
