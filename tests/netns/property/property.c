/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies, random packets: what the kernel does with a packet is what the evaluator says. NFW_SEED repeats
 * a run, NFW_POLICIES makes it longer, up to 600.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <nfwpolicy/nfwpolicy.h>

#include "../namespace.h"
#include "../shared/trials.h"
#include "base/macros.h"
#include "ir/lower.h"
#include "ir/plan/plan.h"
#include "nft/element.h"
#include "nft/names.h"
#include "nft/socket.h"
#include "packet.h"
#include "wire.h"

#define N_POLICIES 100
#define N_PACKETS  100

#define NAME       "property"

struct trial {
        struct world world;
        struct wire *wire;
        struct nfw_context *context;
        struct nfw_nft_socket *nft;
        uint64_t next_tag;
        char directory[32];
        char *text;
        struct nfw_policy *policy;
        struct nfw_ir *ir;
};

static bool is_parameter(void *userdata, enum nfw_parameter parameter, const struct nfw_addr *addr) {
        struct nfw_addr other;
        size_t which = addr->family == AF_INET6;

        (void)userdata;
        switch (parameter) {
        case NFW_PARAMETER_RESOLVERS:
                other = world_addr(world_resolver[which]);
                return nfw_addr_equal(addr, &other);
        case NFW_PARAMETER_LOCAL:
                other = world_addr(world_local[which]);
                return nfw_addr_equal(addr, &other);
        case NFW_PARAMETER_SUBNETS:
                other = world_addr(world_subnet[which]);
                return memcmp(addr->bytes, other.bytes, which ? 8 : 3) == 0;
        case NFW_N_PARAMETERS:
                break;
        }
        return false;
}

static bool any_matches(const struct nfw_domain *patterns, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (nfw_domain_matches(&patterns[i], name))
                        return true;
        return false;
}

static bool is_learned(void *userdata, size_t learned, const struct nfw_addr *addr) {
        const struct trial *trial = userdata;
        const struct nfw_ir_learned *entry = &trial->ir->learned.items[learned];

        for (size_t i = 0; i < trial->world.n_grants; i++) {
                const struct grant *grant = &trial->world.grants[i];

                if (nfw_addr_equal(&grant->addr, addr) &&
                    any_matches(entry->patterns.items, entry->patterns.n, grant->name))
                        return true;
        }
        return false;
}

/* The learner's part: every grant goes to the sets whose patterns match its name. */
static void put_grants(struct trial *trial) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        const struct nfw_plan_options options = { .policy = NAME, .id = "0", .nflog_group = 1 };
        struct nfw_nft_failure failure;

        assert_int_equal(nfw_plan_new(trial->ir, &options, &plan), 0);
        assert_int_equal(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch), 0);
        nfw_vec_foreach (learned, &plan->learned) {
                for (size_t i = 0; i < trial->world.n_grants; i++) {
                        const struct grant *grant = &trial->world.grants[i];
                        size_t set = grant->addr.family == AF_INET ? learned->set4 : learned->set6;
                        struct nfw_nft_grant_note note = { .resolver = world_addr(world_resolver[0]) };

                        if (!any_matches(learned->patterns.items, learned->patterns.n, grant->name))
                                continue;
                        (void)snprintf(note.name, sizeof(note.name), "%s", grant->name);
                        assert_int_equal(nfw_nft_put_grant(batch, NFW_NFT_ADD, NFW_TABLE_INET,
                                                           plan->sets.items[set].name, WIRE_PORT,
                                                           &grant->addr, 3600 * 1000, &note),
                                         0);
                }
        }
        if (!nfw_nft_batch_is_empty(batch))
                assert_int_equal(nfw_nft_commit(trial->nft, batch, 0, false, &failure), 0);
}

static void print_report(const struct nfw_report *report) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++)
                print_message("%s\n", nfw_diagnostic_text(nfw_report_diagnostic(report, i)));
}

static void load(struct trial *trial) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        const struct nfw_lower_options options = { .table = NFW_TABLE_INET };
        struct nfw_load *load = NULL;
        int r;

        trial->text = world_policy(&trial->world);
        assert_non_null(trial->text);
        assert_int_equal(nfw_report_new(&report), 0);
        r = nfw_policy_read_buffer(NAME ".yaml", trial->text, strlen(trial->text), report, &trial->policy);
        if (r != 0) {
                print_report(report);
                fail_msg("a policy of ours is refused:\n%s", trial->text);
        }
        assert_int_equal(nfw_lower(trial->policy, &options, &trial->ir), 0);

        assert_int_equal(nfw_load_new(trial->policy, NAME, &load), 0);
        assert_int_equal(nfw_load_add_port(load, WIRE_PORT), 0);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(world_resolver); i++)
                assert_int_equal(nfw_load_add_resolver(load, world_resolver[i], report), 0);
        nfw_load_set_require_learner(load, false);
        r = nfw_load_commit(trial->context, load, report);
        nfw_load_free(load);
        if (r != 0) {
                print_report(report);
                fail_msg("the policy cannot be loaded (%d):\n%s", r, trial->text);
        }
        world_learn(&trial->world);
        put_grants(trial);
}

static void unload(struct trial *trial) {
        assert_int_equal(nfw_unload(trial->context, NAME, true, NULL), 0);
        trial->ir = nfw_ir_free(trial->ir);
        trial->policy = nfw_policy_free(trial->policy);
        free(trial->text);
        trial->text = NULL;
}

static const char *verdict_name(bool passes) {
        return passes ? "accept" : "drop";
}

static void compare(struct trial *trial, const struct packet *packet, enum wire_fate fate) {
        const struct nfw_evaluate_port port = { is_parameter, is_learned, trial };
        const struct nfw_ir_rule *rule = NULL;
        bool expected =
                nfw_evaluate(trial->ir, NFW_EGRESS, &packet->facts, &port, &rule) == NFW_VERDICT_ACCEPT;

        if (fate == WIRE_UNSEEN)
                fail_msg("%s\nhas not come to the rules", packet->text);
        if (expected == (fate == WIRE_PASSED))
                return;
        for (size_t i = 0; i < trial->world.n_grants; i++) {
                char text[NFW_ADDR_TEXT_MAX];

                print_message("granted: %s %s\n", trial->world.grants[i].name,
                              nfw_addr_format(&trial->world.grants[i].addr, text));
        }
        print_message("%s", trial->text);
        fail_msg("%s\nkernel: %s, evaluator: %s by rule \"%s\"", packet->text,
                 verdict_name(fate == WIRE_PASSED), verdict_name(expected), rule ? rule->name : "");
}

static void one_policy(struct trial *trial) {
        static struct packet packets[N_PACKETS];
        enum wire_fate fates[N_PACKETS];
        uint64_t first = trial->next_tag;

        load(trial);
        for (size_t i = 0; i < N_PACKETS; i++) {
                struct packet *packet = &packets[i];

                packet_random(&trial->world, trial->policy, trial->next_tag++, packet);
                if (packet->opening_size > 0)
                        wire_send_from_outside(trial->wire, packet->opening, packet->opening_size);
                for (size_t part = 0; part < 2 && packet->size[part] > 0; part++)
                        wire_send_from_guest(trial->wire, packet->octets[part], packet->size[part]);
        }
        wire_settle(trial->wire, first, N_PACKETS, fates);
        for (size_t i = 0; i < N_PACKETS; i++)
                compare(trial, &packets[i], fates[i]);
        unload(trial);
}

static void test_kernel_and_evaluator_agree(void **state) {
        struct trial *trial = *state;
        unsigned long n = trials_number("NFW_POLICIES", N_POLICIES);

        /* Source ports come from the numbers of packets: beyond, one would be of a connection that is there. */
        assert_true(n <= 60000 / N_PACKETS);
        for (unsigned long i = 0; i < n; i++) {
                uint64_t this_seed = trial->world.random.state;

                /* Printed before, so that it is there whatever happens. */
                print_message("policy %lu: NFW_SEED=%llu NFW_POLICIES=1\n", i, (unsigned long long)this_seed);
                one_policy(trial);
        }
}

static int setup(void **state) {
        struct trial *trial = calloc(1, sizeof(*trial));

        assert_non_null(trial);
        strcpy(trial->directory, "/tmp/nfw-property-XXXXXX");
        assert_non_null(mkdtemp(trial->directory));
        trial->world.random.state = trials_seed();
        trial->next_tag = 1;
        trial->wire = wire_new();
        assert_int_equal(nfw_context_new(&trial->context), 0);
        assert_int_equal(nfw_context_set_state_directory(trial->context, trial->directory), 0);
        assert_int_equal(nfw_nft_socket_new(NFW_NFT_TABLE_DEFAULT, &trial->nft), 0);
        *state = trial;
        return 0;
}

static int teardown(void **state) {
        struct trial *trial = *state;
        char command[64];

        (void)snprintf(command, sizeof(command), "rm -rf %s", trial->directory);
        run(command);
        nfw_ir_free(trial->ir);
        nfw_policy_free(trial->policy);
        free(trial->text);
        nfw_nft_socket_free(trial->nft);
        nfw_context_free(trial->context);
        wire_free(trial->wire);
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
