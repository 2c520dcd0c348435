/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "nft-common.h"

#define SET4 "web-allow1-learned4"
#define SET6 "web-allow1-learned6"

static bool kernel_is_at_least(unsigned int major, unsigned int minor) {
        unsigned int x = 0, y = 0;
        struct utsname name;

        assert_int_equal(uname(&name), 0);
        assert_int_equal(sscanf(name.release, "%u.%u", &x, &y), 2);
        return x > major || (x == major && y >= minor);
}

static void test_stale_generation(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        struct fixture *fixture = *state;
        uint32_t generation, later;

        assert_int_equal(nfw_nft_generation(fixture->nft, &generation), 0);
        run("nft add table inet other");
        assert_int_equal(nfw_nft_put_table(fixture->batch, NFW_TABLE_INET), 0);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, plan, true), 0);
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, generation, false, NULL),
                         NFW_NFT_STALE);
        assert_output("nft list tables", "table inet other\n");

        assert_int_equal(nfw_nft_generation(fixture->nft, &later), 0);
        assert_int_not_equal(later, generation);
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, later, false, NULL), 0);
        assert_output("nft list tables", "table inet other\ntable inet nfwpolicy\n");
}

static void test_dry_run(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_everything(NFW_TABLE_INET);
        struct nfw_nft_failure failure;
        struct fixture *fixture = *state;
        uint32_t before, after;

        assert_int_equal(nfw_nft_generation(fixture->nft, &before), 0);
        assert_int_equal(nfw_nft_put_table(fixture->batch, NFW_TABLE_INET), 0);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, plan, true), 0);
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, before, true, &failure), 0);
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, before + 1, true, &failure),
                         NFW_NFT_STALE);
        assert_output("nft list ruleset", "");
        assert_int_equal(nfw_nft_generation(fixture->nft, &after), 0);
        assert_int_equal(before, after);

        /* It is the same batch that is then committed. */
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, before, false, &failure), 0);
}

/* The graph is checked in the end only: here it has a loop. */
static void test_dry_run_checks_the_graph(void **state) {
        struct nfw_nft_failure failure;
        struct fixture *fixture = *state;

        run("nft add table inet nfwpolicy");
        run("nft 'add map inet nfwpolicy egress { type ifname : verdict; }'");
        run("nft add chain inet nfwpolicy web-egress");
        run("nft add rule inet nfwpolicy web-egress iifname vmap @egress");
        run("nft 'add chain inet nfwpolicy base { type filter hook prerouting priority 0; }'");
        run("nft add rule inet nfwpolicy base iifname vmap @egress");
        assert_int_equal(nfw_nft_put_dispatch(fixture->batch, NFW_NFT_ADD, NFW_TABLE_INET, NFW_EGRESS,
                                              "vnet0", "web-egress", NULL),
                         0);
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, 0, true, &failure), -EMLINK);
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, 0, false, &failure), -EMLINK);
}

static void test_failure_names_the_rule(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        struct nfw_nft_failure failure;
        struct nfw_plan_rule *rule;
        struct fixture *fixture = *state;

        /* A set that the table does not have. */
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "wrong");
        rule->pos.line = 4711;
        plan_parameter(rule, NFW_FIELD_IP_DADDR, NFW_PARAMETER_LOCAL, false);
        plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "fine again");
        assert_int_equal(nfw_nft_put_table(fixture->batch, NFW_TABLE_INET), 0);
        commit(fixture);
        run("nft delete set inet nfwpolicy local4");
        assert_int_equal(nfw_nft_put_plan(fixture->batch, plan, true), 0);
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, 0, false, &failure), -ENOENT);
        assert_int_equal(failure.error, ENOENT);
        assert_string_equal(failure.origin.what, "rule");
        assert_string_equal(failure.origin.name, "wrong");
        assert_string_equal(failure.origin.pos.file, "policy.yaml");
        assert_int_equal(failure.origin.pos.line, 4711);
        assert_output("nft list sets | grep web || true", "");
}

/* Of thousands of errors the first one is told, and the next batch finds nothing of them. */
static void test_many_failures(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        struct nfw_addr addr = address("192.0.2.1");
        struct nfw_nft_failure failure;
        struct fixture *fixture = *state;

        load(fixture, plan);
        for (unsigned int i = 0; i < 20000; i++) {
                addr.bytes[2] = (uint8_t)(i >> 8);
                addr.bytes[3] = (uint8_t)i;
                assert_int_equal(nfw_nft_put_grant(fixture->batch, NFW_NFT_DELETE, NFW_TABLE_INET,
                                                   i == 0 ? SET4 : SET6, "vnet0", &addr, 0, NULL),
                                 0);
        }
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, 0, false, &failure), -ENOENT);
        assert_string_equal(failure.origin.name, SET4);

        nfw_nft_batch_reset(fixture->batch);
        assert_int_equal(nfw_nft_put_grant(fixture->batch, NFW_NFT_ADD, NFW_TABLE_INET, SET4, "vnet0", &addr,
                                           60000, NULL),
                         0);
        commit(fixture);
}

static void test_empty_batch(void **state) {
        struct fixture *fixture = *state;

        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, 0, false, NULL), 0);
}

static int count(const struct nfw_nft_grant *grant, void *userdata) {
        assert_string_equal(grant->interface, "vnet0");
        (*(size_t *)userdata)++;
        return 0;
}

static void put_grant(struct fixture *fixture,
                      enum nfw_nft_element_op op,
                      const char *addr,
                      uint64_t timeout_ms,
                      const char *name) {
        struct nfw_nft_grant_note note = { .resolver = address("192.0.2.53") };
        struct nfw_addr parsed = address(addr);

        snprintf(note.name, sizeof(note.name), "%s", name);
        assert_int_equal(nfw_nft_put_grant(fixture->batch, op, NFW_TABLE_INET,
                                           parsed.family == AF_INET ? SET4 : SET6, "vnet0", &parsed,
                                           timeout_ms, &note),
                         0);
}

static int get_grant(struct fixture *fixture, const char *addr, struct nfw_nft_grant *ret_grant) {
        struct nfw_addr parsed = address(addr);

        return nfw_nft_get_grant(fixture->nft, NFW_TABLE_INET, parsed.family == AF_INET ? SET4 : SET6,
                                 "vnet0", &parsed, ret_grant);
}

static void test_grants(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        struct nfw_nft_failure failure;
        struct nfw_nft_grant grant;
        struct fixture *fixture = *state;
        size_t n = 0;

        load(fixture, plan);
        put_grant(fixture, NFW_NFT_ADD, "198.51.100.7", 60000, "github.com");
        put_grant(fixture, NFW_NFT_ADD, "2001:db8::7", 60000, "www.github.com");
        commit(fixture);
        assert_output("nft list set inet nfwpolicy " SET4
                      " | grep -c 'comment \"github.com via 192.0.2.53\"'",
                      "1\n");

        assert_int_equal(get_grant(fixture, "198.51.100.7", &grant), 0);
        assert_string_equal(grant.interface, "vnet0");
        assert_string_equal(grant.note.name, "github.com");
        assert_true(nfw_addr_equal(&grant.note.resolver, &(struct nfw_addr){ AF_INET, { 192, 0, 2, 53 } }));
        assert_in_range(grant.expires_ms, 30000, 60000);
        assert_int_equal(get_grant(fixture, "2001:db8::7", &grant), 0);
        assert_string_equal(grant.note.name, "www.github.com");
        assert_int_equal(get_grant(fixture, "2001:db8::8", &grant), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_nft_dump_grants(fixture->nft, NFW_TABLE_INET, SET4, count, &n), 0);
        assert_int_equal(n, 1);

        /* Extending: delete and add in one batch works everywhere, adding again since 6.12. */
        put_grant(fixture, NFW_NFT_DELETE, "198.51.100.7", 0, "");
        put_grant(fixture, NFW_NFT_ADD, "198.51.100.7", 600000, "api.github.com");
        commit(fixture);
        assert_int_equal(get_grant(fixture, "198.51.100.7", &grant), 0);
        assert_string_equal(grant.note.name, "api.github.com");
        assert_in_range(grant.expires_ms, 300000, 600000);
        put_grant(fixture, NFW_NFT_ADD, "198.51.100.7", 1200000, "api.github.com");
        commit(fixture);
        assert_int_equal(get_grant(fixture, "198.51.100.7", &grant), 0);
        if (kernel_is_at_least(6, 12))
                assert_in_range(grant.expires_ms, 900000, 1200000);
        else
                assert_in_range(grant.expires_ms, 300000, 600000);

        put_grant(fixture, NFW_NFT_DELETE, "198.51.100.7", 0, "");
        commit(fixture);
        assert_int_equal(get_grant(fixture, "198.51.100.7", &grant), NFW_E_NOT_FOUND);
        put_grant(fixture, NFW_NFT_DELETE, "198.51.100.7", 0, "");
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, 0, false, &failure), -ENOENT);
        assert_string_equal(failure.origin.what, "grant");
        nfw_nft_batch_reset(fixture->batch);
        if (!kernel_is_at_least(6, 3))
                return;
        put_grant(fixture, NFW_NFT_DESTROY, "198.51.100.7", 0, "");
        put_grant(fixture, NFW_NFT_DESTROY, "2001:db8::7", 0, "");
        commit(fixture);
        assert_int_equal(get_grant(fixture, "2001:db8::7", &grant), NFW_E_NOT_FOUND);
}

/* The kernel makes its table larger while it is listed, and what was listed stands elsewhere then. */
static void test_grants_while_the_table_grows(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        struct fixture *fixture = *state;

        load(fixture, plan);
        for (int round = 0; round < 30; round++)
                for (int op = 0; op < 2; op++) {
                        size_t n = 0;

                        for (int i = 0; i < 3000; i++) {
                                char addr[INET_ADDRSTRLEN];

                                snprintf(addr, sizeof(addr), "198.18.%d.%d", i >> 8, i & 255);
                                put_grant(fixture, op == 0 ? NFW_NFT_ADD : NFW_NFT_DELETE, addr, 60000,
                                          "a.example");
                        }
                        commit(fixture);
                        assert_int_equal(nfw_nft_dump_grants(fixture->nft, NFW_TABLE_INET, SET4, count, &n),
                                         0);
                        assert_int_equal(n, op == 0 ? 3000 : 0);
                }
}

static void put_port(struct fixture *fixture, const char *interface, const char *policy) {
        static const struct {
                enum nfw_parameter parameter;
                const char *prefix;
                uint8_t length;
        } parameters[] = {
                { NFW_PARAMETER_RESOLVERS, "192.0.2.53", 32 },
                { NFW_PARAMETER_RESOLVERS, "2001:db8::53", 128 },
                { NFW_PARAMETER_LOCAL, "192.0.2.1", 32 },
                { NFW_PARAMETER_SUBNETS, "192.0.2.0", 24 },
                { NFW_PARAMETER_SUBNETS, "2001:db8::", 64 },
        };

        char chain[NFW_NFT_NAME_MAX];

        for (size_t i = 0; i < NFW_ARRAY_SIZE(parameters); i++) {
                struct nfw_prefix prefix = { .addr = address(parameters[i].prefix),
                                             .length = parameters[i].length };

                assert_int_equal(nfw_nft_put_parameter(fixture->batch, NFW_NFT_ADD, NFW_TABLE_INET,
                                                       parameters[i].parameter, interface, &prefix),
                                 0);
        }
        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                assert_int_equal(nfw_nft_put_dispatch(fixture->batch, NFW_NFT_ADD, NFW_TABLE_INET, direction,
                                                      interface, nfw_nft_chain_name(policy, direction, chain),
                                                      "fedcba9876543210"),
                                 0);
}

static void check_port(const struct nfw_nft_port *port, const char *interface, const char *policy) {
        assert_string_equal(port->interface, interface);
        assert_string_equal(port->policy, policy);
        assert_string_equal(port->binding, "fedcba9876543210");
        assert_int_equal(port->table, NFW_TABLE_INET);
        assert_int_equal(port->parameters[NFW_PARAMETER_RESOLVERS].n, 2);
        assert_int_equal(port->parameters[NFW_PARAMETER_LOCAL].n, 1);
        assert_int_equal(port->parameters[NFW_PARAMETER_LOCAL].items[0].length, 32);
        assert_int_equal(port->parameters[NFW_PARAMETER_SUBNETS].n, 2);
        assert_int_equal(port->parameters[NFW_PARAMETER_SUBNETS].items[0].length, 24);
        assert_int_equal(port->parameters[NFW_PARAMETER_SUBNETS].items[1].length, 64);
}

static void test_snapshot(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *web = plan_typical("web", NFW_TABLE_INET);
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *db = plan_typical("web-db", NFW_TABLE_INET);
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *held = NULL;
        struct fixture *fixture = *state;
        uint32_t generation;

        held = snapshot(fixture);
        assert_false(held->tables[NFW_TABLE_INET] || held->tables[NFW_TABLE_BRIDGE]);
        nfw_nft_snapshot_free(nfw_steal(held));

        load(fixture, web);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, db, true), 0);
        put_port(fixture, "vnet10", "web-db");
        put_port(fixture, "vnet1", "web");
        put_port(fixture, "fifteen-letters", "web");
        commit(fixture);
        run("nft 'add chain inet nfwpolicy foreign-egress'");

        held = snapshot(fixture);
        assert_int_equal(nfw_nft_generation(fixture->nft, &generation), 0);
        assert_int_equal(held->generation, generation);
        assert_true(held->tables[NFW_TABLE_INET]);
        assert_false(held->tables[NFW_TABLE_BRIDGE]);
        assert_int_equal(held->policies.n, 2);
        assert_string_equal(held->policies.items[0].name, "web");
        assert_string_equal(held->policies.items[0].id, PLAN_ID);
        assert_int_equal(held->policies.items[0].sets.n, 3);
        assert_string_equal(held->policies.items[1].name, "web-db");
        assert_int_equal(held->policies.items[1].sets.n, 3);
        assert_int_equal(held->ports.n, 3);
        check_port(&held->ports.items[0], "fifteen-letters", "web");
        check_port(&held->ports.items[1], "vnet1", "web");
        check_port(&held->ports.items[2], "vnet10", "web-db");
}

static void test_snapshot_of_edited_maps(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *web = plan_typical("web", NFW_TABLE_INET);
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *held = NULL;

        static const struct {
                const char *interface;
                bool egress, ingress;
        } expected[] = { { "vnet0", true, true },
                         { "vnet1", true, false },
                         { "vnet2", false, true },
                         { "vnet3", true, true } };
        struct fixture *fixture = *state;

        load(fixture, web);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(expected); i++)
                put_port(fixture, expected[i].interface, "web");
        commit(fixture);
        run("nft delete element inet nfwpolicy ingress '{ \"vnet1\" }'");
        run("nft delete element inet nfwpolicy egress '{ \"vnet2\", \"vnet3\" }'");
        run("nft add element inet nfwpolicy egress '{ \"vnet3\" : drop, \"vnet4\" : accept }'");

        held = snapshot(fixture);
        assert_int_equal(held->ports.n, NFW_ARRAY_SIZE(expected));
        for (size_t i = 0; i < NFW_ARRAY_SIZE(expected); i++) {
                const struct nfw_nft_port *port = &held->ports.items[i];

                check_port(port, expected[i].interface, "web");
                assert_int_equal(port->is_missing[NFW_EGRESS], !expected[i].egress);
                assert_int_equal(port->is_missing[NFW_INGRESS], !expected[i].ingress);
                assert_int_equal(port->is_broken, i > 0);
        }
}

/* Nothing is read of a table that is not ours, and nothing is put into it. */
static void test_foreign_table(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *web = plan_typical("web", NFW_TABLE_INET);
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *held = NULL;
        nfw_cleanup(nfw_freep) char *before = NULL;
        struct nfw_nft_failure failure;
        struct fixture *fixture = *state;

        run("nft 'table bridge nfwpolicy { comment \"nfwpolicyish\"; }'");
        run("nft 'table inet nfwpolicy { chain web-egress { comment \"policy web\"; }; }'");
        before = output_of("nft list ruleset");
        held = snapshot(fixture);
        for (int table = 0; table < NFW_N_TABLES; table++) {
                assert_false(held->tables[table]);
                assert_true(held->foreign[table]);
        }
        assert_int_equal(held->policies.n, 0);

        assert_int_equal(nfw_nft_put_table(fixture->batch, NFW_TABLE_INET), 0);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, web, true), 0);
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, 0, false, &failure), -EEXIST);
        assert_string_equal(failure.origin.what, "table");
        assert_output("nft list ruleset", before);
}

static void put_replacement(struct fixture *fixture, const struct nfw_plan *plan) {
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *held = snapshot(fixture);

        nfw_vec_foreach (policy, &held->policies)
                if (strcmp(policy->name, plan->policy) == 0)
                        assert_int_equal(nfw_nft_put_policy_removal(fixture->batch, policy, false), 0);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, plan, false), 0);
        /* The strings of the removal live in the snapshot. */
        commit(fixture);
}

/* The same names of sets, the ports stay attached, and the new id is seen. */
static void test_replace(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *old = plan_everything(NFW_TABLE_INET);
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *new = plan_typical("all", NFW_TABLE_INET);
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *held = NULL;
        struct fixture *fixture = *state;

        load(fixture, old);
        put_port(fixture, "vnet0", "all");
        commit(fixture);

        memset(new->id, 'a', strlen(new->id));
        put_replacement(fixture, new);
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, new, fixture->report), 0);
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, old, fixture->report), NFW_E_DIFFERS);

        held = snapshot(fixture);
        assert_int_equal(held->policies.n, 1);
        assert_string_equal(held->policies.items[0].id, new->id);
        assert_int_equal(held->policies.items[0].sets.n, 3);
        assert_int_equal(held->ports.n, 1);
        check_port(&held->ports.items[0], "vnet0", "all");
        assert_output("nft list ruleset | grep -c 'comment \"policy all\"'", "2\n");
        assert_output("nft list ruleset | grep 'comment.*, id '",
                      "\t\tcomment \"policy all, id aaaaaaaaaaaaaaaa\"\n");

        put_replacement(fixture, old);
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, old, NULL), 0);
}

static void test_remove(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *web = plan_everything(NFW_TABLE_INET);
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *db = plan_typical("web-db", NFW_TABLE_INET);
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *held = NULL;
        nfw_cleanup(nfw_freep) char *alone = NULL;
        struct nfw_nft_failure failure;
        struct fixture *fixture = *state;

        load(fixture, db);
        alone = output_of("nft list ruleset");
        assert_int_equal(nfw_nft_put_plan(fixture->batch, web, true), 0);
        put_port(fixture, "vnet0", "all");
        commit(fixture);

        held = snapshot(fixture);
        assert_string_equal(held->policies.items[1].name, "all");
        assert_int_equal(nfw_nft_put_policy_removal(fixture->batch, &held->policies.items[1], true), 0);
        /* A port refers to the chains. */
        assert_int_equal(nfw_nft_commit(fixture->nft, fixture->batch, 0, false, &failure), -EBUSY);
        assert_string_equal(failure.origin.what, "policy");
        nfw_nft_batch_reset(fixture->batch);

        /* Somebody was tidy. */
        run("nft delete set inet nfwpolicy all.id");
        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                assert_int_equal(nfw_nft_put_dispatch(fixture->batch, NFW_NFT_DELETE, NFW_TABLE_INET,
                                                      direction, "vnet0", NULL, NULL),
                                 0);
        assert_int_equal(nfw_nft_put_policy_removal(fixture->batch, &held->policies.items[1], true), 0);
        commit(fixture);
        run("nft flush set inet nfwpolicy resolvers4");
        run("nft flush set inet nfwpolicy resolvers6");
        run("nft flush set inet nfwpolicy local4");
        run("nft flush set inet nfwpolicy subnets4");
        run("nft flush set inet nfwpolicy subnets6");
        assert_output("nft list ruleset", alone);

        assert_int_equal(nfw_nft_put_table_removal(fixture->batch, NFW_TABLE_INET), 0);
        commit(fixture);
        assert_output("nft list ruleset", "");
}

/* Many messages of 64 KiB, a send buffer that has to grow, every element there. */
static void test_large_set(void **state) {
        static const enum nfw_field field = NFW_FIELD_IP_DADDR;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_begin("large", NFW_TABLE_INET);
        struct fixture *fixture = *state;
        size_t index = plan_set(plan, "large-ip", false, 1, &field, "");

        for (uint32_t i = 0; i < 20000; i++) {
                struct nfw_range range = { .first = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
                                                      (uint8_t)i } };

                memcpy(range.last, range.first, sizeof(range.last));
                assert_int_equal(nfw_vec_push(&plan->sets.items[index].elements, range), 0);
        }
        plan_in(plan, plan_rule(plan, NFW_EGRESS, NFW_VERDICT_ACCEPT, "large"), index, false);
        load(fixture, plan);
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, fixture->report), 0);

        run("nft list set inet nfwpolicy large-ip | grep -q 'size 20000'");
        run("l=$(nft list ruleset); nft flush ruleset; echo \"$l\" | nft -f - && "
            "test \"$l\" = \"$(nft list ruleset)\"");
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, fixture->report), 0);

        run("nft flush set inet nfwpolicy large-ip");
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, fixture->report), NFW_E_DIFFERS);
        assert_in_range(nfw_report_n_diagnostics(fixture->report), 2, 50);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_stale_generation, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_dry_run, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_dry_run_checks_the_graph, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_failure_names_the_rule, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_many_failures, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_empty_batch, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_grants, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_grants_while_the_table_grows, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_snapshot, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_snapshot_of_edited_maps, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_foreign_table, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_replace, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_remove, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_large_set, fixture_setup, fixture_teardown),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("nft-commit", tests, NULL, NULL);
}
