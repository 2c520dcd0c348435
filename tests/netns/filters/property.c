/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random network filters, random frames: what the kernel does with a frame is what the evaluator says; and what is
 * written of a filter is the same filter. NFW_SEED repeats a run, NFW_TREES makes it longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <nfwpolicy/nfwpolicy.h>

#include "../namespace.h"
#include "../shared/trials.h"
#include "base/macros.h"
#include "compiled.h"
#include "ir/filter/evaluate.h"
#include "link.h"

#define N_TREES 200

struct trial {
        struct world world;
        struct link *link;
        struct nfw_context *context;
        struct nfw_report *report;
        char directory[32];
        char *texts[WORLD_MAX_FILTERS];
        struct compiled compiled;
        uint64_t next_tag;
        size_t n_frames;
        size_t n_passed;
        size_t n_bindings;
        size_t n_refused;
};

static void print_report(const struct nfw_report *report) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++)
                print_message("%s\n", nfw_diagnostic_text(nfw_report_diagnostic(report, i)));
}

/* More than cmocka prints of one message. */
static void print_trial(const struct trial *trial) {
        for (size_t i = 0; i < trial->world.n_filters; i++)
                fputs(trial->texts[i], stderr);
        nfw_vec_foreach (parameter, &trial->compiled.port.vec)
                nfw_vec_foreach (value, &parameter->values)
                        fprintf(stderr, "%s=%s\n", parameter->name, *value);
        if (system("nft list ruleset >&2") != 0)
                print_message("what is in the kernel cannot be listed\n");
        print_report(trial->report);
}

/* --- the filters ---------------------------------------------------------------------------------------------- */

static void define(struct trial *trial, size_t index, int *ret_result) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        const char *text = trial->texts[index];

        if (nfw_nwfilter_read_buffer("f.xml", text, strlen(text), trial->report, &filter) != 0) {
                print_trial(trial);
                fail_msg("a filter of ours is refused:\n%s", text);
        }
        *ret_result = nfw_nwfilter_define(trial->context, filter, false, trial->report);
}

/* The filters as they are now. NFW_E_INVALID where they cannot be bound. */
static int compile(struct trial *trial) {
        int r;

        compiled_deinit(&trial->compiled);
        r = compiled_init(&trial->world, trial->texts, trial->report, &trial->compiled);
        if (r != 0 && r != NFW_E_INVALID) {
                print_trial(trial);
                fail_msg("the filters cannot be compiled: %d", r);
        }
        return r;
}

static struct nfw_nwfilter_binding *binding_new(const struct trial *trial, const char *port, size_t which) {
        const struct world *world = &trial->world;
        struct nfw_nwfilter_binding *binding;

        assert_int_equal(nfw_nwfilter_binding_new(port, "f0", &binding), 0);
        assert_int_equal(nfw_nwfilter_binding_set_mac(binding, world->variables[0].values[which][0]), 0);
        for (size_t i = 1; i < WORLD_N_VARIABLES; i++)
                for (size_t k = 0; world->variables[i].by_port && k < world->variables[i].n; k++)
                        assert_int_equal(
                                nfw_nwfilter_binding_add_parameter(binding, world->variables[i].name,
                                                                   world->variables[i].values[which][k]),
                                0);
        return binding;
}

static int bind_port(struct trial *trial, const char *port, size_t which) {
        struct nfw_nwfilter_binding *binding = binding_new(trial, port, which);
        const struct nfw_nwfilter_binding *bindings[] = { binding };
        int r = nfw_nwfilter_bind(trial->context, bindings, 1, trial->report);

        nfw_nwfilter_binding_free(binding);
        return r;
}

/* What XML is written of a filter is the same filter, to its last rule and element. */
static void check_round_trip(struct trial *trial) {
        nfw_cleanup(nfw_freep) char *before = compiled_text(&trial->compiled), *after = NULL;
        char *texts[WORLD_MAX_FILTERS];
        struct compiled compiled;

        for (size_t i = 0; i < trial->world.n_filters; i++)
                assert_int_equal(nfw_nwfilter_write(trial->compiled.filters[i], &texts[i]), 0);
        assert_int_equal(compiled_init(&trial->world, texts, NULL, &compiled), 0);
        after = compiled_text(&compiled);
        assert_non_null(before);
        assert_non_null(after);
        if (strcmp(before, after) != 0) {
                print_trial(trial);
                fprintf(stderr, "%s\n%s\n", before, after);
                for (size_t i = 0; i < trial->world.n_filters; i++)
                        fputs(texts[i], stderr);
                fail_msg("what is written is another filter");
        }
        compiled_deinit(&compiled);
        for (size_t i = 0; i < trial->world.n_filters; i++)
                free(texts[i]);
}

/* --- the frames ----------------------------------------------------------------------------------------------- */

static void compare(struct trial *trial, const struct frame *frame, bool passed) {
        const struct nfw_filter_packet packet = { .frame = frame->bytes,
                                                  .size = frame->size,
                                                  .ct_state = NFW_CT_NEW };
        const struct nfw_filter_port port = { .tuples = trial->compiled.tuples };
        const struct nfw_ir_rule *rule = NULL;
        bool expected = nfw_filter_evaluate(trial->compiled.ir, frame->direction, &packet, &port, &rule) ==
                        NFW_VERDICT_ACCEPT;

        trial->n_frames++;
        trial->n_passed += passed;
        if (expected == passed)
                return;

        print_trial(trial);
        for (size_t i = 0; i < frame->size; i++)
                print_message("%02x%s", frame->bytes[i], i + 1 == frame->size ? "\n" : "");
        fail_msg("%s the guest: kernel: %s, evaluator: %s by rule \"%s\" (line %u)",
                 frame->direction == NFW_EGRESS ? "from" : "to", passed ? "passes" : "dropped",
                 expected ? "passes" : "dropped", rule ? rule->name : "", rule ? rule->pos.line : 0);
}

static void send_frames(struct trial *trial) {
        static struct frame frames[LINK_MAX_FRAMES];
        bool passed[LINK_MAX_FRAMES];
        uint64_t first = trial->next_tag;

        for (size_t i = 0; i < LINK_MAX_FRAMES; i++)
                frame_random(&trial->world, trial->compiled.ir, trial->compiled.tuples,
                             i % 2 == 0 ? NFW_EGRESS : NFW_INGRESS, trial->next_tag++, &frames[i]);
        link_send(trial->link, frames, LINK_MAX_FRAMES, first, passed);
        for (size_t i = 0; i < LINK_MAX_FRAMES; i++)
                compare(trial, &frames[i], passed[i]);
}

/* --- one tree ------------------------------------------------------------------------------------------------- */

/* What is refused is not there, and everything is as before. */
static bool is_refused(struct trial *trial, int compiled, int r) {
        trial->n_bindings++;
        if (compiled == 0 && r == 0)
                return false;
        /* There is more that the kernel may not know how to ask. */
        if (r == NFW_E_REFUSED || (compiled == NFW_E_INVALID && r == NFW_E_INVALID)) {
                trial->n_refused++;
                return true;
        }
        print_trial(trial);
        fail_msg("compiled: %d, in the kernel: %d", compiled, r);
        return true;
}

/* One filter of those in use becomes another one. */
static void change_one(struct trial *trial) {
        size_t index = random_below(&trial->world.random, (unsigned int)trial->world.n_filters);
        char *before = trial->texts[index];
        int r;

        trial->texts[index] = world_filter(&trial->world, index);
        assert_non_null(trial->texts[index]);
        nfw_report_clear(trial->report);
        define(trial, index, &r);
        if (is_refused(trial, compile(trial), r)) {
                free(trial->texts[index]);
                trial->texts[index] = before;
                assert_int_equal(compile(trial), 0);
                return;
        }
        free(before);
}

static void verify(struct trial *trial) {
        nfw_report_clear(trial->report);
        if (nfw_nwfilter_verify(trial->context, trial->report) != 0) {
                print_trial(trial);
                fail_msg("the kernel does not hold what it was given");
        }
}

static void one_tree(struct trial *trial) {
        static const char *const ports[] = { LINK_PORT, LINK_OTHER_PORT };
        char name[8];
        int r;

        world_draw(&trial->world);
        nfw_report_clear(trial->report);
        /* Those that are referred to first. */
        for (size_t i = trial->world.n_filters; i-- > 0;) {
                trial->texts[i] = world_filter(&trial->world, i);
                assert_non_null(trial->texts[i]);
                define(trial, i, &r);
                assert_int_equal(r, 0);
        }
        r = compile(trial);
        if (!is_refused(trial, r, bind_port(trial, ports[0], 0))) {
                bool other = bind_port(trial, ports[1], 1) == 0;

                check_round_trip(trial);
                send_frames(trial);
                verify(trial);
                change_one(trial);
                send_frames(trial);
                verify(trial);
                assert_int_equal(nfw_nwfilter_unbind(trial->context, ports, other ? 2 : 1, NULL), 0);
        }
        for (size_t i = 0; i < trial->world.n_filters; i++) {
                (void)snprintf(name, sizeof(name), "f%zu", i);
                assert_int_equal(nfw_nwfilter_undefine(trial->context, name, NULL), 0);
                free(trial->texts[i]);
                trial->texts[i] = NULL;
        }
}

static void test_kernel_and_evaluator_agree(void **state) {
        struct trial *trial = *state;
        unsigned long n = trials_number("NFW_TREES", N_TREES);

        for (unsigned long i = 0; i < n; i++) {
                /* Printed before, so that it is there whatever happens. */
                print_message("tree %lu: NFW_SEED=%llu NFW_TREES=1\n", i,
                              (unsigned long long)trial->world.random.state);
                one_tree(trial);
        }
        print_message("%zu frames, %zu passed; %zu of %zu bindings refused\n", trial->n_frames,
                      trial->n_passed, trial->n_refused, trial->n_bindings);
        if (n < 20)
                return;
        /* Otherwise it would show little. */
        assert_true(trial->n_refused * 3 < trial->n_bindings);
        assert_true(trial->n_passed * 5 > trial->n_frames && trial->n_passed * 5 < trial->n_frames * 4);
}

static int setup(void **state) {
        struct trial *trial = calloc(1, sizeof(*trial));

        assert_non_null(trial);
        strcpy(trial->directory, "/tmp/nfw-filters-XXXXXX");
        assert_non_null(mkdtemp(trial->directory));
        trial->world.random.state = trials_seed();
        trial->next_tag = 1;
        trial->link = link_new();
        assert_int_equal(nfw_report_new(&trial->report), 0);
        assert_int_equal(nfw_context_new(&trial->context), 0);
        assert_int_equal(nfw_context_set_state_directory(trial->context, trial->directory), 0);
        assert_int_equal(
                nfw_context_set_nwfilter_directories(trial->context, trial->directory, trial->directory), 0);
        *state = trial;
        return 0;
}

static int teardown(void **state) {
        struct trial *trial = *state;
        char command[64];

        (void)snprintf(command, sizeof(command), "rm -rf %s", trial->directory);
        run(command);
        compiled_deinit(&trial->compiled);
        for (size_t i = 0; i < WORLD_MAX_FILTERS; i++)
                free(trial->texts[i]);
        nfw_report_free(trial->report);
        nfw_context_free(trial->context);
        link_free(trial->link);
        free(trial);
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_kernel_and_evaluator_agree, setup, teardown),
        };

        enter_namespace();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
