/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library's view of links and addresses, against what ip(8) made. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <nfwpolicy/nfwpolicy.h>

#include "namespace.h"
#include "rtnl/link.h"
#include "rtnl/monitor.h"

static int setup(void **state) {
        struct nfw_rtnl *rtnl = NULL;

        assert_int_equal(nfw_rtnl_new(&rtnl), 0);
        *state = rtnl;
        return 0;
}

static int teardown(void **state) {
        *state = nfw_rtnl_free(*state);
        assert_null(*state);
        return 0;
}

static void test_link_by_name(void **state) {
        struct nfw_link lo, veth, peer, bridge;

        run("ip link add va type veth peer name vb && ip link add brx type bridge && ip link set va master brx");
        assert_int_equal(nfw_rtnl_link_by_name(*state, "lo", &lo), 0);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "va", &veth), 0);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "vb", &peer), 0);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "brx", &bridge), 0);
        assert_int_equal(lo.index, if_nametoindex("lo"));
        assert_string_equal(veth.name, "va");
        assert_int_equal(veth.index, if_nametoindex("va"));
        assert_true(bridge.is_bridge);
        assert_false(veth.is_bridge);
        assert_int_equal(veth.master, bridge.index);
        assert_int_equal(peer.master, 0);
        assert_int_equal(bridge.master, 0);
        run("ip link set va nomaster");
        assert_int_equal(nfw_rtnl_link_by_name(*state, "va", &veth), 0);
        assert_int_equal(veth.master, 0);
        run("ip link del va && ip link del brx");
}

/* The kernel answers to each of them, and knows packets by the name only. */
static void test_alternative_name(void **state) {
        struct nfw_link link = { .index = 7 };

        run("ip link add va type veth peer name vb && ip link property add dev va altname guest7 altname "
            "a-name-that-is-longer-than-any-link-has");
        assert_int_equal(nfw_rtnl_link_by_name(*state, "guest7", &link), NFW_E_NOT_FOUND);
        assert_int_equal(link.index, 7);
        assert_int_equal(nfw_rtnl_link_by_altname(*state, "guest7", &link), 0);
        assert_string_equal(link.name, "va");
        assert_int_equal(nfw_rtnl_link_by_altname(*state, "a-name-that-is-longer-than-any-link-has", &link),
                         0);
        assert_int_equal(nfw_rtnl_link_by_altname(*state, "guest8", &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_link_by_altname(*state, "", &link), NFW_E_NOT_FOUND);
        run("ip link del va");
}

/* What is held answers as the kernel does, and nothing is seen of what changes until it is released. */
static void test_hold(void **state) {
        struct nfw_prefixes asked = { 0 }, held = { 0 };
        struct nfw_link link, va, brx;

        run("ip link add va type veth peer name vb && ip link add brx type bridge && ip link set va master brx && "
            "ip addr add 192.0.2.7/24 dev vb && ip addr add 2001:db8::7/64 dev vb nodad && "
            "ip addr add 192.0.2.6/24 dev brx && ip link property add dev va altname guest7");
        assert_int_equal(nfw_rtnl_link_by_name(*state, "va", &va), 0);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "brx", &brx), 0);
        assert_int_equal(nfw_rtnl_addresses(*state, if_nametoindex("vb"), &asked), 0);

        nfw_rtnl_hold(*state);
        for (int i = 0; i < 1000; i++)
                assert_int_equal(nfw_rtnl_link_by_name(*state, "va", &link), 0);
        run("ip link del vb");
        assert_int_equal(nfw_rtnl_link_by_name(*state, "va", &link), 0);
        assert_int_equal(link.index, va.index);
        assert_int_equal(link.master, brx.index);
        assert_int_equal(nfw_rtnl_link_by_index(*state, brx.index, &link), 0);
        assert_string_equal(link.name, "brx");
        assert_true(link.is_bridge);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "vb", &link), 0);
        assert_int_equal(nfw_rtnl_addresses(*state, link.index, &held), 0);
        assert_int_equal(held.vec.n, asked.vec.n);
        for (size_t i = 0; i < asked.vec.n; i++) {
                assert_int_equal(held.vec.items[i].length, asked.vec.items[i].length);
                assert_true(nfw_addr_equal(&held.vec.items[i].addr, &asked.vec.items[i].addr));
        }
        assert_int_equal(nfw_rtnl_link_by_name(*state, "guest7", &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "v", &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_link_by_index(*state, 4711, &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_addresses(*state, 4711, &held), NFW_E_NOT_FOUND);
        held.vec.n = 0;
        assert_int_equal(nfw_rtnl_addresses(*state, 0, &held), 0);
        assert_true(held.vec.n > asked.vec.n);

        nfw_rtnl_release(*state);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "va", &link), NFW_E_NOT_FOUND);
        nfw_prefixes_deinit(&asked);
        nfw_prefixes_deinit(&held);
        run("ip link del brx");
}

/* A dump that is given up because something has changed does not stand in the way of the next one. */
static void test_dumps_under_change(void **state) {
        struct nfw_link link;
        int status;
        pid_t child;

        run("seq 300 | sed 's/.*/link add va& type veth peer name vb&/' | ip -batch -");
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                (void)setpgid(0, 0);
                (void)execl(
                        "/bin/sh", "sh", "-c",
                        "while :; do echo link add va type veth peer name vb; echo link del va; done | ip -batch -",
                        (char *)NULL);
                _exit(1);
        }
        for (int i = 0; i < 200; i++) {
                struct nfw_link_names names = { 0 };
                int r = nfw_rtnl_link_names(*state, &names);

                assert_true(r == 0 || r == -EINTR);
                assert_true(r != 0 || names.vec.n > 600);
                nfw_link_names_deinit(&names);
                nfw_rtnl_hold(*state);
                for (int j = 0; j < 200; j++)
                        assert_int_equal(nfw_rtnl_link_by_name(*state, "vb300", &link), 0);
                nfw_rtnl_release(*state);
        }
        assert_int_equal(kill(-child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        run("seq 300 | sed 's/.*/link del va&/' | ip -batch -; ip link del va 2>/dev/null; true");
}

static void test_link_by_index(void **state) {
        struct nfw_link link;

        assert_int_equal(nfw_rtnl_link_by_index(*state, 1, &link), 0);
        assert_string_equal(link.name, "lo");
        assert_int_equal(nfw_rtnl_link_by_index(*state, 0, &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_link_by_index(*state, 4711, &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_link_by_index(*state, UINT32_MAX, &link), NFW_E_NOT_FOUND);
}

static void test_no_such_link(void **state) {
        struct nfw_link link = { .index = 7 };

        assert_int_equal(nfw_rtnl_link_by_name(*state, "vnet0", &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "", &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "name-that-no-link-can-have", &link), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "a/b", &link), NFW_E_NOT_FOUND);
        assert_int_equal(link.index, 7);
}

/* A master that is no bridge does not make a bridge port. */
static void test_other_master(void **state) {
        struct nfw_link link;

        if (system("ip link add vrfx type vrf table 10 2>&1 | sed 's/^/# /'; test -e /sys/class/net/vrfx || "
                   "ip link show vrfx >/dev/null 2>&1") != 0) {
                print_message("this kernel has no VRF\n");
                skip();
        }
        run("ip link add va type veth peer name vb && ip link set va master vrfx");
        assert_int_equal(nfw_rtnl_link_by_name(*state, "va", &link), 0);
        assert_int_equal(link.master, 0);
        run("ip link del va && ip link del vrfx");
}

static bool has_name(const struct nfw_link_names *names, const char *name) {
        nfw_vec_foreach (item, &names->vec)
                if (strcmp(*item, name) == 0)
                        return true;
        return false;
}

static void test_link_names(void **state) {
        struct nfw_link_names names = { 0 };

        run("for i in $(seq 100); do echo link add pair$i-a type veth peer name pair$i-b; done | ip -batch -");
        assert_int_equal(nfw_rtnl_link_names(*state, &names), 0);
        assert_int_equal(names.vec.n, 201);
        assert_true(has_name(&names, "lo"));
        assert_true(has_name(&names, "pair1-a"));
        assert_true(has_name(&names, "pair100-b"));
        nfw_link_names_deinit(&names);
        assert_int_equal(names.vec.n, 0);
        run("for i in $(seq 100); do echo link del pair$i-a; done | ip -batch -");
}

/* Tens of thousands of octets of other names, before a link that has none. */
static void test_links_with_many_names(void **state) {
        struct nfw_link va, vb;

        run("ip link add va type veth peer name vb && "
            "for i in $(seq 300); do echo link property add dev va altname $(printf '%0100d' $i); done | ip -batch -");
        assert_int_equal(nfw_rtnl_link_by_name(*state, "vb", &vb), 0);
        assert_int_equal(nfw_rtnl_link_by_name(*state, "va", &va), 0);
        assert_int_equal(va.index, if_nametoindex("va"));
        assert_int_equal(nfw_rtnl_link_by_name(*state, "vb", &vb), 0);
        assert_int_equal(vb.index, if_nametoindex("vb"));
        run("ip link del va");
}

static bool has_address(const struct nfw_prefixes *prefixes, const char *text, unsigned int length) {
        struct nfw_addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

        assert_int_equal(inet_pton(addr.family, text, addr.bytes), 1);
        nfw_vec_foreach (item, &prefixes->vec)
                if (item->addr.family == addr.family && item->length == length &&
                    memcmp(item->addr.bytes, addr.bytes, sizeof(addr.bytes)) == 0)
                        return true;
        return false;
}

static void test_addresses(void **state) {
        struct nfw_prefixes all = { 0 }, some = { 0 };

        run("ip link add va type veth peer name vb && ip addr add 192.0.2.1/24 dev va && "
            "ip addr add 198.51.100.7/32 dev va && ip -6 addr add 2001:db8::1/64 dev va nodad && "
            "ip addr add 203.0.113.1/25 dev vb");
        assert_int_equal(nfw_rtnl_addresses(*state, if_nametoindex("va"), &some), 0);
        assert_int_equal(some.vec.n, 3);
        assert_true(has_address(&some, "192.0.2.1", 24));
        assert_true(has_address(&some, "198.51.100.7", 32));
        assert_true(has_address(&some, "2001:db8::1", 64));
        assert_int_equal(nfw_rtnl_addresses(*state, 0, &all), 0);
        assert_true(has_address(&all, "127.0.0.1", 8));
        assert_true(has_address(&all, "::1", 128));
        assert_true(has_address(&all, "192.0.2.1", 24));
        assert_true(has_address(&all, "203.0.113.1", 25));
        /* Appended, not replaced. */
        assert_int_equal(nfw_rtnl_addresses(*state, if_nametoindex("vb"), &some), 0);
        assert_int_equal(some.vec.n, 4);
        nfw_prefixes_deinit(&some);
        nfw_prefixes_deinit(&all);
        run("ip link del va");
}

/* The host's own address on a point-to-point link, not the other end's. */
static void test_peer_address(void **state) {
        struct nfw_prefixes prefixes = { 0 };

        run("ip link add va type veth peer name vb && ip addr add 192.0.2.1 peer 192.0.2.2 dev va && "
            "ip -6 addr add 2001:db8::1 peer 2001:db8::2 dev va nodad");
        assert_int_equal(nfw_rtnl_addresses(*state, if_nametoindex("va"), &prefixes), 0);
        assert_int_equal(prefixes.vec.n, 2);
        assert_true(has_address(&prefixes, "192.0.2.1", 32));
        assert_true(has_address(&prefixes, "2001:db8::1", 128));
        nfw_prefixes_deinit(&prefixes);
        run("ip link del va");
}

static void test_addresses_of_no_link(void **state) {
        struct nfw_prefixes prefixes = { 0 };

        assert_int_equal(nfw_rtnl_addresses(*state, 4711, &prefixes), NFW_E_NOT_FOUND);
        assert_int_equal(prefixes.vec.n, 0);
        nfw_prefixes_deinit(&prefixes);
}

static bool wait_for_change(struct nfw_rtnl_monitor *monitor) {
        struct pollfd fd = { .fd = nfw_rtnl_monitor_get_fd(monitor), .events = POLLIN };
        bool changed = false;

        assert_int_equal(poll(&fd, 1, 60000), 1);
        assert_int_equal(nfw_rtnl_monitor_dispatch(monitor, &changed), 0);
        return changed;
}

static void test_monitor(void **state) {
        struct nfw_rtnl_monitor *monitor = NULL;
        bool changed = true;

        (void)state;
        assert_int_equal(nfw_rtnl_monitor_new(&monitor), 0);
        assert_int_equal(nfw_rtnl_monitor_dispatch(monitor, &changed), 0);
        assert_false(changed);
        run("ip link add va type veth peer name vb");
        assert_true(wait_for_change(monitor));
        assert_int_equal(nfw_rtnl_monitor_dispatch(monitor, &changed), 0);
        assert_false(changed);
        run("ip addr add 192.0.2.1/24 dev va");
        assert_true(wait_for_change(monitor));
        run("ip addr del 192.0.2.1/24 dev va");
        assert_true(wait_for_change(monitor));
        run("ip link del va");
        assert_true(wait_for_change(monitor));
        assert_null(nfw_rtnl_monitor_free(monitor));
}

/* More changes than the socket holds are still a change. */
static void test_monitor_overflow(void **state) {
        struct nfw_rtnl_monitor *monitor = NULL;
        bool changed = false;
        int size = 1;

        (void)state;
        assert_int_equal(nfw_rtnl_monitor_new(&monitor), 0);
        assert_int_equal(
                setsockopt(nfw_rtnl_monitor_get_fd(monitor), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
        run("for i in $(seq 100); do echo link add va type veth peer name vb; echo link del va; done | ip -batch -");
        assert_int_equal(nfw_rtnl_monitor_dispatch(monitor, &changed), 0);
        assert_true(changed);
        assert_int_equal(nfw_rtnl_monitor_dispatch(monitor, &changed), 0);
        assert_false(changed);
        nfw_rtnl_monitor_free(monitor);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_link_by_name, setup, teardown),
                cmocka_unit_test_setup_teardown(test_alternative_name, setup, teardown),
                cmocka_unit_test_setup_teardown(test_hold, setup, teardown),
                cmocka_unit_test_setup_teardown(test_dumps_under_change, setup, teardown),
                cmocka_unit_test_setup_teardown(test_link_by_index, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_such_link, setup, teardown),
                cmocka_unit_test_setup_teardown(test_other_master, setup, teardown),
                cmocka_unit_test_setup_teardown(test_link_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_links_with_many_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
                cmocka_unit_test_setup_teardown(test_peer_address, setup, teardown),
                cmocka_unit_test_setup_teardown(test_addresses_of_no_link, setup, teardown),
                cmocka_unit_test(test_monitor),
                cmocka_unit_test(test_monitor_overflow),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("rtnl", tests, NULL, NULL);
}
