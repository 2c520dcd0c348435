/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nfwpolicy/nfwpolicy.h>

#include "frames.h"
#include "snoop/port.h"

static const struct nfw_addr a = { AF_INET, { 10, 0, 0, 5 } };
static const struct nfw_addr b = { AF_INET, { 10, 0, 0, 6 } };
static const struct nfw_addr server = { AF_INET, { 10, 0, 0, 1 } };
static const struct nfw_addr rogue = { AF_INET, { 10, 0, 0, 66 } };
static const struct nfw_addr link_local = { AF_INET6, { 0xfe, 0x80, [15] = 5 } };
static const struct nfw_addr other_link_local = { AF_INET6, { 0xfe, 0x80, [15] = 6 } };
static const struct nfw_addr global = { AF_INET6, { 0xfd, [15] = 5 } };
static const struct nfw_addr server6 = { AF_INET6, { 0xfe, 0x80, [15] = 1 } };

static struct nfw_snoop_changes changes;

static struct nfw_snoop_port *new_port(enum nfw_snoop_mode mode) {
        struct nfw_snoop_options options = { .mode = mode, .mac = { 2, 0, 0, 0, 0, 1 } };
        struct nfw_snoop_port *port;

        assert_int_equal(nfw_snoop_port_new(&options, &port), 0);
        return port;
}

static struct nfw_snoop_message about(enum nfw_snoop_kind kind,
                                      const struct nfw_addr *addr,
                                      uint32_t lifetime) {
        struct nfw_snoop_message message = { .kind = kind,
                                             .is_dhcp = kind != NFW_SNOOP_CLAIM,
                                             .transaction = 7,
                                             .mac = { 2, 0, 0, 0, 0, 1 } };

        message.has_mac = !addr || addr->family == AF_INET;
        message.server = message.has_mac ? server : server6;
        if (addr)
                message.addresses[message.n_addresses++] =
                        (struct nfw_snoop_address){ .addr = *addr, .lifetime = lifetime };
        return message;
}

static void say(struct nfw_snoop_port *port,
                bool from_guest,
                enum nfw_snoop_kind kind,
                const struct nfw_addr *addr,
                uint32_t lifetime,
                uint64_t now) {
        struct nfw_snoop_message message = about(kind, addr, lifetime);

        nfw_snoop_port_take(port, from_guest, &message, now, &changes);
}

static void lease(struct nfw_snoop_port *port, const struct nfw_addr *addr, uint32_t lifetime, uint64_t now) {
        say(port, true, NFW_SNOOP_REQUEST, addr, 0, now);
        assert_int_equal(changes.n, 0);
        say(port, false, NFW_SNOOP_LEASE, addr, lifetime, now);
}

static bool has(const struct nfw_snoop_port *port, const struct nfw_addr *addr) {
        const struct nfw_snoop_lease *leases;
        size_t n;

        leases = nfw_snoop_port_leases(port, &n);
        for (size_t i = 0; i < n; i++)
                if (nfw_addr_equal(&leases[i].addr, addr))
                        return true;
        return false;
}

static void test_first_claim_wins(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_ANY);

        (void)state;
        say(port, true, NFW_SNOOP_CLAIM, &a, 0, 1000);
        assert_int_equal(changes.n, 1);
        assert_false(changes.items[0].is_gone);
        assert_true(changes.items[0].lease.expires_ms == UINT64_MAX);
        say(port, true, NFW_SNOOP_CLAIM, &b, 0, 2000);
        assert_int_equal(changes.n, 0);
        assert_false(has(port, &b));
        assert_int_equal(nfw_snoop_port_counts(port)->refused_claim, 1);
        nfw_snoop_port_free(port);
}

static void test_only_the_guest_claims(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_ANY);
        struct nfw_snoop_message message = about(NFW_SNOOP_CLAIM, &a, 0);

        (void)state;
        nfw_snoop_port_take(port, false, &message, 1000, &changes);
        assert_int_equal(changes.n, 0);
        message.mac[5] = 9;
        nfw_snoop_port_take(port, true, &message, 1000, &changes);
        assert_int_equal(changes.n, 0);
        assert_int_equal(nfw_snoop_port_counts(port)->other_mac, 1);
        nfw_snoop_port_free(port);
}

static void test_dhcp_only(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_DHCP);

        (void)state;
        say(port, true, NFW_SNOOP_CLAIM, &a, 0, 1000);
        say(port, true, NFW_SNOOP_CLAIM, &global, 0, 1000);
        assert_false(has(port, &a) || has(port, &global));
        /* Without it DHCPv6 itself would not work. */
        say(port, true, NFW_SNOOP_CLAIM, &link_local, 0, 1000);
        assert_true(has(port, &link_local));
        say(port, true, NFW_SNOOP_CLAIM, &other_link_local, 0, 1000);
        assert_false(has(port, &other_link_local));

        lease(port, &a, 60, 2000);
        assert_int_equal(changes.n, 1);
        assert_true(changes.items[0].lease.expires_ms == 62000);
        lease(port, &global, 60, 2000);
        assert_true(has(port, &a) && has(port, &global));
        nfw_snoop_port_free(port);
}

static void test_lease_after_claim(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_ANY);

        (void)state;
        say(port, true, NFW_SNOOP_CLAIM, &a, 0, 1000);
        lease(port, &b, 60, 2000);
        assert_int_equal(changes.n, 2);
        assert_true(changes.items[0].is_gone && nfw_addr_equal(&changes.items[0].lease.addr, &a));
        assert_false(changes.items[1].is_gone);
        /* A second lease stands beside the first. */
        lease(port, &a, 60, 3000);
        assert_true(has(port, &a) && has(port, &b));
        nfw_snoop_port_free(port);
}

static void test_renewal_and_expiry(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_DHCP);

        (void)state;
        lease(port, &a, 60, 0);
        lease(port, &a, 60, 30000);
        assert_int_equal(changes.n, 1);
        assert_true(changes.items[0].lease.expires_ms == 90000);
        nfw_snoop_port_expire(port, 89999, &changes);
        assert_int_equal(changes.n, 0);
        nfw_snoop_port_expire(port, 90000, &changes);
        assert_int_equal(changes.n, 1);
        assert_true(changes.items[0].is_gone);
        assert_false(has(port, &a));

        lease(port, &a, NFW_SNOOP_FOR_EVER, 100000);
        nfw_snoop_port_expire(port, UINT64_MAX - 1, &changes);
        assert_true(has(port, &a));
        nfw_snoop_port_free(port);
}

static void test_release_decline_refusal(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_DHCP);

        static const enum nfw_snoop_kind kinds[] = { NFW_SNOOP_RELEASE, NFW_SNOOP_DECLINE };

        (void)state;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                lease(port, &a, 60, 1000);
                say(port, false, kinds[i], &a, 0, 2000);
                assert_true(has(port, &a)); /* it is not the guest who says so */
                say(port, true, kinds[i], &b, 0, 2000);
                assert_int_equal(changes.n, 0);
                say(port, true, kinds[i], &a, 0, 2000);
                assert_int_equal(changes.n, 1);
                assert_true(changes.items[0].is_gone);
        }

        lease(port, &a, 60, 3000);
        say(port, true, NFW_SNOOP_REQUEST, &a, 0, 4000);
        say(port, false, NFW_SNOOP_REFUSAL, NULL, 0, 4000);
        assert_false(has(port, &a));

        /* A server takes an address back by a lifetime of 0. */
        lease(port, &global, 60, 5000);
        lease(port, &global, 0, 5000);
        assert_false(has(port, &global));
        nfw_snoop_port_free(port);
}

static void test_unasked_answers(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_DHCP);

        (void)state;
        say(port, false, NFW_SNOOP_LEASE, &a, 60, 1000);
        assert_int_equal(nfw_snoop_port_counts(port)->unasked, 1);
        /* One question has one answer, of the same IP version, and not for ever. */
        lease(port, &a, 60, 1000);
        say(port, false, NFW_SNOOP_LEASE, &b, 60, 1000);
        say(port, true, NFW_SNOOP_REQUEST, &a, 0, 2000);
        say(port, false, NFW_SNOOP_LEASE, &global, 60, 2000);
        say(port, false, NFW_SNOOP_LEASE, &b, 60, 2000 + 60001);
        assert_int_equal(nfw_snoop_port_counts(port)->unasked, 4);
        assert_false(has(port, &b) || has(port, &global));
        nfw_snoop_port_free(port);
}

static void test_server(void **state) {
        struct nfw_snoop_options options = {
                .mode = NFW_SNOOP_DHCP, .mac = { 2, 0, 0, 0, 0, 1 }, .servers = { server }, .n_servers = 1
        };
        struct nfw_snoop_message message = about(NFW_SNOOP_LEASE, &a, 60);
        struct nfw_snoop_port *port;

        (void)state;
        assert_int_equal(nfw_snoop_port_new(&options, &port), 0);
        say(port, true, NFW_SNOOP_REQUEST, &a, 0, 1000);
        message.server = rogue;
        nfw_snoop_port_take(port, false, &message, 1000, &changes);
        assert_int_equal(changes.n, 0);
        assert_int_equal(nfw_snoop_port_counts(port)->other_server, 1);
        /* The right one still may answer. */
        message.server = server;
        nfw_snoop_port_take(port, false, &message, 1000, &changes);
        assert_true(has(port, &a));
        /* It says nothing of the other IP version. */
        lease(port, &global, 60, 2000);
        assert_true(has(port, &global));
        nfw_snoop_port_free(port);
}

static void test_bounds(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_DHCP);
        struct nfw_addr addr = a;
        uint64_t now = 0;
        size_t n;

        (void)state;
        for (unsigned int i = 0; i < 100; i++, now += 1000) {
                addr.bytes[3] = (uint8_t)(i + 1);
                lease(port, &addr, 6000, now);
        }
        (void)nfw_snoop_port_leases(port, &n);
        assert_int_equal(n, NFW_SNOOP_MAX_LEASES);
        assert_int_equal(nfw_snoop_port_counts(port)->full, 100 - NFW_SNOOP_MAX_LEASES);

        /* Questions: the oldest is forgotten. */
        for (uint32_t i = 0; i < 1000; i++) {
                struct nfw_snoop_message message = about(NFW_SNOOP_REQUEST, &a, 0);

                message.transaction = i;
                nfw_snoop_port_take(port, true, &message, now, &changes);
        }
        say(port, false, NFW_SNOOP_REFUSAL, NULL, 0, now);
        assert_int_equal(nfw_snoop_port_counts(port)->unasked, 1);
        nfw_snoop_port_free(port);
}

static void test_rate(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_DHCP);
        size_t n_changes = 0;

        (void)state;
        for (unsigned int i = 0; i < 1000; i++) {
                lease(port, &a, 60 + i, 5000);
                n_changes += changes.n;
        }
        assert_true(n_changes > 0 && n_changes < 50);
        assert_int_equal(nfw_snoop_port_counts(port)->too_often, 1000 - n_changes);
        lease(port, &a, 60, 6000);
        assert_int_equal(changes.n, 1);
        nfw_snoop_port_free(port);
}

static void test_restore(void **state) {
        struct nfw_snoop_port *port = new_port(NFW_SNOOP_DHCP);
        struct nfw_snoop_lease old = { .addr = a, .origin = NFW_SNOOP_LEASED, .expires_ms = 5000 };

        (void)state;
        assert_true(nfw_snoop_port_restore(port, &old));
        assert_true(nfw_snoop_port_restore(port, &old));
        assert_true(has(port, &a));
        say(port, true, NFW_SNOOP_RELEASE, &a, 0, 1000);
        assert_int_equal(changes.n, 1);
        for (unsigned int i = 0; i < NFW_SNOOP_MAX_LEASES; i++) {
                old.addr.bytes[3] = (uint8_t)(i + 1);
                assert_true(nfw_snoop_port_restore(port, &old));
        }
        old.addr.bytes[3] = 200;
        assert_false(nfw_snoop_port_restore(port, &old));
        nfw_snoop_port_free(port);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_first_claim_wins),
                cmocka_unit_test(test_only_the_guest_claims),
                cmocka_unit_test(test_dhcp_only),
                cmocka_unit_test(test_lease_after_claim),
                cmocka_unit_test(test_renewal_and_expiry),
                cmocka_unit_test(test_release_decline_refusal),
                cmocka_unit_test(test_unasked_answers),
                cmocka_unit_test(test_server),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_rate),
                cmocka_unit_test(test_restore),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
