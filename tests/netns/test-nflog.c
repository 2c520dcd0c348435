/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that rules of the kernel's log to the receiver. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "namespace.h"
#include "nflog/receiver.h"

#define GROUP 4711

/* The last packet that came, and how many. */
struct seen {
        size_t n;
        struct nfw_nflog_message message;
        char prefix[128];
        uint8_t payload[70000];
};

static int on_message(const struct nfw_nflog_message *message, void *userdata) {
        struct seen *seen = userdata;

        assert_true(message->payload_size <= sizeof(seen->payload));
        seen->n++;
        seen->message = *message;
        (void)snprintf(seen->prefix, sizeof(seen->prefix), "%s", message->prefix);
        memcpy(seen->payload, message->payload, message->payload_size);
        return 0;
}

static int on_message_fail(const struct nfw_nflog_message *message, void *userdata) {
        (void)message;
        (void)userdata;
        return -ECANCELED;
}

static int setup(void **state) {
        struct nfw_nflog *nflog = NULL;

        run("nft flush ruleset");
        assert_int_equal(nfw_nflog_new(GROUP, &nflog), 0);
        *state = nflog;
        return 0;
}

static int teardown(void **state) {
        *state = nfw_nflog_free(*state);
        assert_null(*state);
        return 0;
}

static void log_loopback(void) {
        run("nft 'table inet t { chain c { type filter hook input priority 0; "
            "udp dport 9 log prefix \"p1\" group 4711; }; }'");
}

/*
 * Sends datagrams of size octets to the loopback address's discard port, and receives each: what was received
 * was logged. What is only sent may still wait for its turn on a busy machine.
 */
static void send_udp(size_t n, size_t size) {
        static const char data[65000] = "hello";
        static char received[sizeof(data)];
        const struct sockaddr_in address = { .sin_family = AF_INET,
                                             .sin_port = htons(9),
                                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        for (size_t i = 0; i < n; i++) {
                assert_int_equal(send(fd, data, size, 0), size);
                assert_int_equal(recv(fd, received, sizeof(received), 0), size);
        }
        (void)close(fd);
}

static int wait_and_dispatch(struct nfw_nflog *nflog, size_t max, struct seen *seen) {
        struct pollfd fd = { .fd = nfw_nflog_get_fd(nflog), .events = POLLIN };

        assert_int_equal(poll(&fd, 1, 60000), 1);
        return nfw_nflog_dispatch(nflog, max, on_message, seen);
}

static void test_message(void **state) {
        struct seen seen = { 0 };

        log_loopback();
        assert_int_equal(nfw_nflog_dispatch(*state, 10, on_message, &seen), 0);
        send_udp(1, 5);
        assert_int_equal(wait_and_dispatch(*state, 10, &seen), 1);
        assert_string_equal(seen.prefix, "p1");
        assert_int_equal(seen.message.in_interface, if_nametoindex("lo"));
        assert_int_equal(seen.message.out_interface, 0);
        assert_int_equal(seen.message.ether_type, 0x0800);
        assert_int_equal(seen.message.payload_size, 20 + 8 + 5);
        assert_int_equal(seen.payload[0], 0x45);
        assert_memory_equal(seen.payload + 28, "hello", 5);
        assert_int_equal(nfw_nflog_n_lost(*state), 0);
}

static void test_large_packet(void **state) {
        struct seen seen = { 0 };

        log_loopback();
        send_udp(1, 65000);
        assert_int_equal(wait_and_dispatch(*state, 10, &seen), 1);
        assert_int_equal(seen.message.payload_size, 65028);
}

static void test_no_prefix_and_output(void **state) {
        struct seen seen = { 0 };

        run("nft 'table inet t { chain c { type filter hook output priority 0; udp dport 9 log group 4711; }; }'");
        send_udp(1, 5);
        assert_int_equal(wait_and_dispatch(*state, 10, &seen), 1);
        assert_string_equal(seen.prefix, "");
        assert_int_equal(seen.message.in_interface, 0);
        assert_int_equal(seen.message.out_interface, if_nametoindex("lo"));
}

static void test_max_and_order(void **state) {
        struct seen seen = { 0 };

        log_loopback();
        for (size_t i = 1; i <= 5; i++)
                send_udp(1, i);
        assert_int_equal(wait_and_dispatch(*state, 2, &seen), 2);
        assert_int_equal(seen.message.payload_size, 28 + 2);
        assert_int_equal(wait_and_dispatch(*state, 100, &seen), 3);
        assert_int_equal(seen.message.payload_size, 28 + 5);
        assert_int_equal(seen.n, 5);
}

static void test_callback_error(void **state) {
        log_loopback();
        send_udp(1, 5);
        assert_int_equal(nfw_nflog_dispatch(*state, 10, on_message_fail, NULL), -ECANCELED);
}

/* In the bridge family the interface is the port, and the payload starts at the network header. */
static void test_bridge_port(void **state) {
        struct seen seen = { 0 };

        run("ip link add br0 type bridge && ip link set br0 up && ip link add va type veth peer name vb && "
            "ip link set va master br0 up && ip link set vb up && ip addr add 192.0.2.1/24 dev vb && "
            "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev vb");
        run("nft 'table bridge t { chain c { type filter hook prerouting priority 0; "
            "ether type ip iifname \"va\" log prefix \"bridge\" group 4711; }; }'");
        run("python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
            "s.sendto(b\"guest\", (\"192.0.2.2\", 53))'");
        assert_int_equal(wait_and_dispatch(*state, 10, &seen), 1);
        assert_string_equal(seen.prefix, "bridge");
        assert_int_equal(seen.message.in_interface, if_nametoindex("va"));
        assert_int_equal(seen.message.ether_type, 0x0800);
        assert_int_equal(seen.payload[0], 0x45);
        assert_memory_equal(seen.payload + 28, "guest", 5);
        run("ip link del va && ip link del br0");
}

static void test_group_in_use(void **state) {
        struct nfw_nflog *second = NULL;

        (void)state;
        assert_int_equal(nfw_nflog_new(GROUP, &second), NFW_E_IN_USE);
        assert_null(second);
        assert_int_equal(nfw_nflog_new(GROUP + 1, &second), 0);
        assert_null(nfw_nflog_free(second));
}

static void test_group_free_again(void **state) {
        struct nfw_nflog *first = NULL, *second = NULL;

        (void)state;
        assert_int_equal(nfw_nflog_new(99, &first), 0);
        nfw_nflog_free(first);
        assert_int_equal(nfw_nflog_new(99, &second), 0);
        nfw_nflog_free(second);
}

/* Who may not receive at all is told so, and not that somebody else does. */
static void test_unprivileged(void **state) {
        pid_t child;
        int status;

        (void)state;
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                struct nfw_nflog *nflog = NULL;

                if (setresuid(65534, 65534, 65534) < 0)
                        _exit(2);
                _exit(nfw_nflog_new(GROUP + 2, &nflog) == -EPERM ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_overflow_is_counted(void **state) {
        struct seen seen = { 0 };
        int size = 1, r;

        assert_int_equal(
                setsockopt(nfw_nflog_get_fd(*state), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)), 0);
        log_loopback();
        send_udp(1000, 100);
        do {
                r = wait_and_dispatch(*state, 100, &seen);
                assert_true(r >= 0);
        } while (r > 0 && seen.n < 100 && nfw_nflog_n_lost(*state) == 0);
        assert_true(nfw_nflog_n_lost(*state) > 0);
        assert_true(seen.n < 1000);
        while (nfw_nflog_dispatch(*state, 100, on_message, &seen) > 0)
                continue;

        /* It goes on working. */
        size_t n = seen.n;
        send_udp(1, 5);
        assert_int_equal(wait_and_dispatch(*state, 10, &seen), 1);
        assert_int_equal(seen.n, n + 1);
        assert_memory_equal(seen.payload + 28, "hello", 5);
}

/* With the receiver's own buffer size, a burst that nobody reads meanwhile arrives whole. */
static void test_burst(void **state) {
        struct seen seen = { 0 };

        log_loopback();
        send_udp(2000, 100);
        while (nfw_nflog_dispatch(*state, 100, on_message, &seen) > 0)
                continue;
        assert_int_equal(seen.n, 2000);
        assert_int_equal(nfw_nflog_n_lost(*state), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_message, setup, teardown),
                cmocka_unit_test_setup_teardown(test_large_packet, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_prefix_and_output, setup, teardown),
                cmocka_unit_test_setup_teardown(test_max_and_order, setup, teardown),
                cmocka_unit_test_setup_teardown(test_callback_error, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bridge_port, setup, teardown),
                cmocka_unit_test_setup_teardown(test_group_in_use, setup, teardown),
                cmocka_unit_test(test_group_free_again),
                cmocka_unit_test(test_unprivileged),
                cmocka_unit_test_setup_teardown(test_overflow_is_counted, setup, teardown),
                cmocka_unit_test_setup_teardown(test_burst, setup, teardown),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("nflog", tests, NULL, NULL);
}
