/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compiled.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/filter/plan.h"
#include "nft/filter/filter.h"

int compiled_parameters(const struct world *world, size_t port, struct nfw_nwfilter_parameters *ret_port) {
        struct nfw_nwfilter_parameters parameters = { 0 };

        for (size_t i = 0; i < WORLD_N_VARIABLES; i++) {
                const struct world_variable *variable = &world->variables[i];

                for (size_t k = 0; variable->by_port && k < variable->n; k++) {
                        int r = nfw_nwfilter_parameters_add(&parameters, variable->name,
                                                            variable->values[port][k], &NFW_POS_NONE);

                        if (r < 0) {
                                nfw_nwfilter_parameters_deinit(&parameters);
                                return r;
                        }
                }
        }
        *ret_port = parameters;
        return 0;
}

static const struct nfw_nwfilter *find(void *userdata, const char *name) {
        const struct compiled *compiled = userdata;

        for (size_t i = 0; i < compiled->n; i++)
                if (strcmp(compiled->filters[i]->name, name) == 0)
                        return compiled->filters[i];
        return NULL;
}

static int fill(struct compiled *compiled, struct nfw_report *report) {
        int result = 0;

        compiled->tuples = calloc(compiled->ir->sets.n + 1, sizeof(*compiled->tuples));
        if (!compiled->tuples)
                return -ENOMEM;
        for (size_t i = 0; i < compiled->ir->sets.n; i++) {
                int r = nfw_filter_set_tuples(compiled->ir, compiled->tree, &compiled->ir->sets.items[i],
                                              &compiled->port, false, report, &compiled->tuples[i]);

                if (r < 0)
                        return r;
                if (r > 0)
                        result = r;
        }
        return result;
}

int compiled_init(const struct world *world,
                  char *const texts[],
                  struct nfw_report *report,
                  struct compiled *ret_compiled) {
        const struct nfw_nwfilter_source source = { .find = find, .userdata = ret_compiled };
        const struct nfw_filter_options options = { .port = &ret_compiled->port };
        int r;

        *ret_compiled = (struct compiled){ 0 };
        r = compiled_parameters(world, 0, &ret_compiled->port);
        for (size_t i = 0; r == 0 && i < world->n_filters; i++) {
                r = nfw_nwfilter_read("f.xml", texts[i], strlen(texts[i]), report, &ret_compiled->filters[i]);
                if (r == 0)
                        ret_compiled->n++;
        }
        if (r == 0)
                r = nfw_nwfilter_tree_new(&source, ret_compiled->filters[0], report, &ret_compiled->tree);
        if (r == 0)
                r = nfw_filter_lower(ret_compiled->tree, &options, report, &ret_compiled->ir);
        return r == 0 ? fill(ret_compiled, report) : r;
}

void compiled_deinit(struct compiled *compiled) {
        for (size_t i = 0; compiled->tuples && i < compiled->ir->sets.n; i++)
                nfw_filter_tuples_deinit(&compiled->tuples[i]);
        free(compiled->tuples);
        nfw_filter_ir_free(compiled->ir);
        nfw_nwfilter_tree_free(compiled->tree);
        nfw_nwfilter_parameters_deinit(&compiled->port);
        for (size_t i = 0; i < compiled->n; i++)
                nfw_nwfilter_free(compiled->filters[i]);
        *compiled = (struct compiled){ 0 };
}

static void print_tuples(const struct nfw_filter_set *set,
                         const struct nfw_filter_tuples *tuples,
                         FILE *out) {
        fprintf(out, "%s\n", set->name);
        nfw_vec_foreach (range, &tuples->vec) {
                for (size_t i = 0; i < NFW_VALUE_MAX; i++)
                        fprintf(out, "%02x", range->first[i]);
                fputc('-', out);
                for (size_t i = 0; i < NFW_VALUE_MAX; i++)
                        fprintf(out, "%02x", range->last[i]);
                fputc('\n', out);
        }
}

static int print_plan(const struct compiled *compiled, FILE *out) {
        const struct nfw_filter_plan_options options = { .name = "f0", .id = "0", .has_reject = true };
        struct nfw_plan *plan;
        int r = nfw_filter_plan_new(compiled->ir, compiled->tree, &options, NULL, &plan);

        if (r == -EOPNOTSUPP)
                return 0;
        if (r < 0)
                return r;
        r = nfw_nft_print_filter(plan, "test", out);
        nfw_plan_free(plan);
        return r;
}

char *compiled_text(const struct compiled *compiled) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        int r;

        if (!out)
                return NULL;
        r = print_plan(compiled, out);
        for (size_t i = 0; i < compiled->ir->sets.n; i++)
                print_tuples(&compiled->ir->sets.items[i], &compiled->tuples[i], out);
        if (fclose(out) != 0 || r < 0) {
                free(text);
                return NULL;
        }
        return text;
}
