/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/siphash.h"
#include "engine/nwfilter/record.h"
#include "nft/probe.h"

/* Of a filter's name, so that there is room for what is behind it; see NFW_NFT_NAME_MAX. */
#define NAME_MAX_KERNEL (NFW_KERNEL_NAME_PREFIX_MAX - 3)

struct nfw_compiled *nfw_compiled_free(struct nfw_compiled *compiled) {
        if (!compiled)
                return NULL;
        nfw_plan_free(compiled->plan);
        nfw_filter_ir_free(compiled->ir);
        nfw_nwfilter_tree_free(compiled->tree);
        free(compiled->filter);
        free(compiled->values);
        free(compiled->name);
        free(compiled);
        return NULL;
}

NFW_DEFINE_CLEANUP(struct nfw_compiled, nfw_compiled_free)

void nfw_compilations_deinit(struct nfw_compilations *compilations) {
        nfw_vec_foreach (compiled, &compilations->vec)
                nfw_compiled_free(*compiled);
        nfw_vec_deinit(&compilations->vec);
}

static uint64_t hash_text(uint64_t hash, const char *text) {
        const struct nfw_siphash_key key = { .k0 = hash };

        return nfw_siphash(&key, text, strlen(text) + 1);
}

/* What the port gives to what is compiled. */
static int make_values(const struct nfw_filter_ir *ir,
                       const struct nfw_nwfilter_parameters *values,
                       char **ret_text) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return -ENOMEM;
        nfw_vec_foreach (name, &ir->compiled) {
                const struct nfw_nwfilter_parameter *parameter = nfw_nwfilter_parameters_find(values, *name);

                if (!parameter)
                        continue;
                nfw_vec_foreach (value, &parameter->values)
                        fprintf(stream, "%s=%s\n", *name, *value);
        }
        if (fclose(stream) != 0)
                return -ENOMEM;
        *ret_text = nfw_steal(text);
        return 0;
}

/* The same for the same definitions, whoever compiles them and when. */
static int make_id(struct nfw_compiled *compiled, bool has_reject) {
        uint64_t hash = hash_text(has_reject, NFW_VERSION);

        hash = hash_text(hash, compiled->values);
        hash = hash_text(hash, compiled->compat ? "compat" : "");
        nfw_vec_foreach (filter, &compiled->tree->filters) {
                nfw_cleanup(nfw_freep) char *text = NULL;
                int r = nfw_nwfilter_write(*filter, &text);

                if (r < 0)
                        return r;
                hash = hash_text(hash, text);
        }
        snprintf(compiled->id, sizeof(compiled->id), "%016" PRIx64, hash);
        return 0;
}

static bool is_plain(const struct nfw_compiled *compiled) {
        const char *name = compiled->filter;

        if (compiled->compat || compiled->values[0] || !isalpha((unsigned char)name[0]) ||
            strlen(name) > NAME_MAX_KERNEL || strcmp(name, NFW_FILTER_NAMED_SETS) == 0 ||
            strcmp(name, NFW_FILTER_BLOCKED) == 0)
                return false;
        for (; *name; name++)
                if (!isalnum((unsigned char)*name) && !strchr("_.-", *name))
                        return false;
        return true;
}

void nfw_kernel_name_prefix(const char *filter, char ret_prefix[static NFW_KERNEL_NAME_PREFIX_MAX]) {
        bool is_letter = isalpha((unsigned char)filter[0]);

        (void)snprintf(ret_prefix, NFW_KERNEL_NAME_PREFIX_MAX, "%s%.*s.", is_letter ? "" : "f",
                       NAME_MAX_KERNEL, filter);
        for (char *c = ret_prefix; *c; c++)
                if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
                        *c = '_';
}

/* nft takes fewer characters than libvirt, and one filter may be there several times, with other values. */
static int make_name(struct nfw_compiled *compiled, const char *name) {
        char prefix[NFW_KERNEL_NAME_PREFIX_MAX];
        uint64_t hash;

        if (name || is_plain(compiled)) {
                compiled->name = strdup(name ? name : compiled->filter);
                return compiled->name ? 0 : -ENOMEM;
        }
        hash = hash_text(compiled->compat, compiled->filter);
        hash = hash_text(hash, compiled->values);
        nfw_kernel_name_prefix(compiled->filter, prefix);
        if (asprintf(&compiled->name, "%s%s%08" PRIx32, prefix, compiled->compat ? "compat-" : "",
                     (uint32_t)hash) < 0) {
                compiled->name = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int ask_kernel(struct nfw_nwfilters *filters) {
        int r = 0;

        if (filters->knows_kernel)
                return 0;
        r = nfw_nft_probe_bridge_conntrack(filters->nft, &filters->has_conntrack);
        if (r == 0)
                r = nfw_nft_probe_bridge_reject(filters->nft, &filters->has_reject);
        filters->knows_kernel = r == 0;
        return r;
}

static int check_kernel(struct nfw_nwfilters *filters,
                        const struct nfw_filter_ir *ir,
                        struct nfw_report *report) {
        int r;

        if (!ir->needs_conntrack && !ir->needs_reject)
                return 0;
        r = ask_kernel(filters);
        if (r < 0 || !ir->needs_conntrack || filters->has_conntrack)
                return r;
        r = nfw_report_error(
                report, "kernel/no-bridge-conntrack", NULL,
                "load the module nf_conntrack_bridge (Linux 5.3, CONFIG_NF_CONNTRACK_BRIDGE)",
                "this kernel cannot track connections between bridge ports, and filter `%s` has rules that ask "
                "for them",
                ir->name);
        return r < 0 ? r : NFW_E_REFUSED;
}

static int report_unsupported(struct nfw_report *report, const struct nfw_pos *pos, const char *set) {
        int r;

        r = set ? nfw_report_error(report, "nwfilter/no-variable", NULL,
                                   "write the value itself in the filter",
                                   "the kernel has no sets for `%s`: no variable can stand there", set)
                : nfw_report_error(report, "nwfilter/unsupported", pos, NULL,
                                   "the kernel cannot ask for this in one rule");
        return r < 0 ? r : NFW_E_REFUSED;
}

static int report_size(struct nfw_report *report, const char *set) {
        int r = nfw_report_error(report, "nwfilter/too-large", NULL,
                                 "give some of the variables iterators of their own, as in '$NAME[@9]'",
                                 "too many variables are walked together for nft to list the set `%s`", set);

        return r < 0 ? r : NFW_E_REFUSED;
}

static int make_plan(struct nfw_nwfilters *filters,
                     struct nfw_compiled *compiled,
                     struct nfw_report *report) {
        const struct nfw_filter_plan_options options = {
                .name = compiled->name,
                .id = compiled->id,
                .has_reject = compiled->ir->needs_reject && filters->has_reject,
        };
        struct nfw_pos pos = NFW_POS_NONE;
        const char *set = NULL;
        int r;

        r = nfw_filter_plan_new(compiled->ir, compiled->tree, &options, &pos, &compiled->plan);
        if (r == 0)
                r = nfw_nft_check_filter(compiled->plan, &set);
        if (r == -EMSGSIZE)
                return report_size(report, set);
        return r == -EOPNOTSUPP ? report_unsupported(report, &pos, set) : r;
}

static int report_missing(struct nfw_report *report, const char *name) {
        int r;

        r = nfw_report_error(report, "nwfilter/no-filter", NULL,
                             "`nfwpolicy nwfilter-list` lists those that are defined",
                             "there is no filter `%s`", name);
        return r < 0 ? r : NFW_E_NOT_FOUND;
}

int nfw_compiled_make(struct nfw_nwfilters *filters,
                      struct nfw_compiled *compiled,
                      const struct nfw_nwfilter_parameters *values,
                      const char *name,
                      struct nfw_report *report) {
        const struct nfw_filter_options options = { .compat = compiled->compat, .port = values };
        int r;

        r = nfw_filter_lower(compiled->tree, &options, report, &compiled->ir);
        if (r == 0)
                r = check_kernel(filters, compiled->ir, report);
        if (r == 0)
                r = make_values(compiled->ir, values, &compiled->values);
        if (r == 0)
                r = make_id(compiled, compiled->ir->needs_reject && filters->has_reject);
        if (r == 0)
                r = make_name(compiled, name);
        return r == 0 ? make_plan(filters, compiled, report) : r;
}

static int compile(struct nfw_nwfilters *filters,
                   struct nfw_compiled *compiled,
                   const struct nfw_nwfilter_parameters *values,
                   struct nfw_report *report) {
        struct nfw_nwfilter_source source = nfw_filter_records_source(filters, report);
        const struct nfw_nwfilter *top;
        int r;

        top = source.find(source.userdata, compiled->filter);
        if (!top)
                return filters->definitions.error ? filters->definitions.error
                                                  : report_missing(report, compiled->filter);
        r = nfw_nwfilter_tree_new(&source, top, report, &compiled->tree);
        if (r != 0)
                return filters->definitions.error < 0 ? filters->definitions.error : r;
        return nfw_compiled_make(filters, compiled, values, NULL, report);
}

static int find(const struct nfw_compilations *compilations,
                const struct nfw_nwfilter_binding *binding,
                const struct nfw_nwfilter_parameters *values,
                const struct nfw_compiled **ret_compiled) {
        *ret_compiled = NULL;
        nfw_vec_foreach (item, &compilations->vec) {
                nfw_cleanup(nfw_freep) char *text = NULL;
                int r;

                if ((*item)->compat != binding->compat || strcmp((*item)->filter, binding->filter) != 0)
                        continue;
                if ((*item)->ir->compiled.n > 0) {
                        r = make_values((*item)->ir, values, &text);
                        if (r < 0)
                                return r;
                        if (strcmp(text, (*item)->values) != 0)
                                continue;
                }
                *ret_compiled = *item;
                return 0;
        }
        return 0;
}

static int find_or_compile(struct nfw_nwfilters *filters,
                           struct nfw_compilations *compilations,
                           const struct nfw_nwfilter_binding *binding,
                           const struct nfw_nwfilter_parameters *values,
                           struct nfw_report *report,
                           const struct nfw_compiled **ret_compiled) {
        nfw_cleanup(nfw_compiled_freep) struct nfw_compiled *compiled = NULL;
        int r;

        r = find(compilations, binding, values, ret_compiled);
        if (r < 0 || *ret_compiled)
                return r;

        compiled = calloc(1, sizeof(*compiled));
        if (!compiled || !(compiled->filter = strdup(binding->filter)))
                return -ENOMEM;
        compiled->compat = binding->compat;
        r = compile(filters, compiled, values, report);
        if (r == 0)
                r = nfw_vec_push(&compilations->vec, compiled);
        if (r == 0)
                *ret_compiled = nfw_steal(compiled);
        return r;
}

int nfw_compile(nfw_unused struct nfw_context *context,
                struct nfw_nwfilters *filters,
                struct nfw_compilations *compilations,
                const struct nfw_nwfilter_binding *binding,
                struct nfw_report *report,
                const struct nfw_compiled **ret_compiled) {
        struct nfw_nwfilter_parameters values = { 0 };
        int r;

        r = nfw_nwfilter_binding_values(binding, &values);
        if (r < 0)
                return r;
        r = find_or_compile(filters, compilations, binding, &values, report, ret_compiled);
        nfw_nwfilter_parameters_deinit(&values);
        return r;
}

bool nfw_compiled_has(const struct nfw_compiled *compiled, const char *filter) {
        nfw_vec_foreach (each, &compiled->tree->filters)
                if (strcmp((*each)->name, filter) == 0)
                        return true;
        return false;
}

/* --- a port's values ----------------------------------------------------------------------------------------- */

static bool learns(const struct nfw_nwfilter_parameters *values) {
        const struct nfw_nwfilter_parameter *how = nfw_nwfilter_parameters_find(values, "CTRL_IP_LEARNING");

        return !how || how->values.n == 0 || strcasecmp(how->values.items[0], "none") != 0;
}

static int add_elements(const struct nfw_compiled *compiled,
                        const struct nfw_nwfilter_binding *binding,
                        const struct nfw_nwfilter_parameters *values,
                        const struct nfw_nft_guest *guest,
                        size_t set,
                        struct nfw_report *report,
                        struct nfw_nft_filter_elements *elements) {
        const struct nfw_plan_set *to = &compiled->plan->sets.items[set];
        const struct nfw_filter_set *from = &compiled->ir->sets.items[to->source];
        struct nfw_filter_tuples tuples = { 0 };
        int r;

        if (to->has_timeout && learns(values) && nfw_learning_is_for(compiled, set, values))
                return nfw_learning_elements(compiled, set, binding->port, values, guest, report, elements);
        r = nfw_filter_set_tuples(compiled->ir, compiled->tree, from, values, false, report, &tuples);
        if (r != 0)
                return r;
        r = nfw_nft_encode_tuples(to, set, binding->port, tuples.vec.items, tuples.vec.n / to->n_fields,
                                  elements);
        nfw_filter_tuples_deinit(&tuples);
        return r;
}

bool nfw_compiled_learns(const struct nfw_compiled *compiled) {
        nfw_vec_foreach (set, &compiled->plan->sets)
                if (set->has_timeout)
                        return true;
        return false;
}

bool nfw_compiled_has_values(const struct nfw_compiled *compiled, size_t set) {
        const struct nfw_plan_set *plan_set = &compiled->plan->sets.items[set];

        return plan_set->per_port && !plan_set->connections;
}

int nfw_compiled_elements(const struct nfw_compiled *compiled,
                          const struct nfw_nwfilter_binding *binding,
                          const struct nfw_nft_guest *guest,
                          size_t set,
                          struct nfw_report *report,
                          struct nfw_nft_filter_elements *elements) {
        struct nfw_nwfilter_parameters values = { 0 };
        int r, result = 0;

        r = nfw_nwfilter_binding_values(binding, &values);
        /* What is wrong with the values is told of all sets at once. */
        for (size_t i = 0; i < compiled->plan->sets.n && r >= 0; i++) {
                if ((set != SIZE_MAX && set != i) || !nfw_compiled_has_values(compiled, i))
                        continue;
                r = add_elements(compiled, binding, &values, guest, i, report, elements);
                if (r > 0)
                        result = r;
        }
        nfw_nwfilter_parameters_deinit(&values);
        return r < 0 ? r : result;
}
