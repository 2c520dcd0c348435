/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has changed on the host between two looks at a port is seen by the second one: one context all the time. */
#include <sys/mount.h>

#include "engine/port.h"
#include "kernel.h"

static const struct nfw_record all_settings = {
        .parameters = { [NFW_PARAMETER_LOCAL] = true, [NFW_PARAMETER_SUBNETS] = true },
};
static const struct nfw_record resolver_settings = {
        .parameters = { [NFW_PARAMETER_RESOLVERS] = true },
};

static void add_text(const struct nfw_prefixes *values, char *text, size_t size) {
        char addr[NFW_ADDR_TEXT_MAX];

        nfw_vec_foreach (value, &values->vec)
                snprintf(text + strlen(text), size - strlen(text), " %s/%u",
                         nfw_addr_format(&value->addr, addr), value->length);
}

/* The table, the host's addresses, "|", the networks, "|", the resolvers. Or that there is no such interface. */
static void assert_port(struct kernel *kernel,
                        const char *interface,
                        const struct nfw_record *settings,
                        const char *expected) {
        struct nfw_port port;
        char text[512];
        int r;

        nfw_report_clear(kernel->report);
        r = nfw_port_init(&port, kernel->context, interface, settings, kernel->report);
        if (r == NFW_E_NOT_FOUND) {
                assert_string_equal(expected, "not found");
                return;
        }
        assert_int_equal(r, 0);
        snprintf(text, sizeof(text), "%s", port.table == NFW_TABLE_BRIDGE ? "bridge" : "inet");
        for (int i = 0; i < NFW_N_PARAMETERS; i++) {
                static const enum nfw_parameter order[] = { NFW_PARAMETER_LOCAL, NFW_PARAMETER_SUBNETS,
                                                            NFW_PARAMETER_RESOLVERS };

                add_text(&port.values[order[i]], text, sizeof(text));
                if (i < NFW_N_PARAMETERS - 1)
                        strcat(text, " |");
        }
        nfw_port_deinit(&port);
        if (strcmp(text, expected) != 0)
                fail_msg("%s is `%s`, not `%s`", interface, text, expected);
}

static void run(const char *command) {
        assert_int_equal(system(command), 0);
}

static void test_addresses_that_come_and_go(void **state) {
        struct kernel *kernel = *state;

        run("ip link add va type veth peer name vb");
        assert_port(kernel, "va", &all_settings, "inet | |");
        run("ip addr add 192.0.2.1/24 dev va");
        assert_port(kernel, "va", &all_settings, "inet 192.0.2.1/32 | 192.0.2.0/24 |");
        run("ip addr add 198.51.100.1/25 dev va && ip -6 addr add 2001:db8::1/64 dev va nodad");
        assert_port(kernel, "va", &all_settings,
                    "inet 192.0.2.1/32 198.51.100.1/32 2001:db8::1/128 | "
                    "192.0.2.0/24 198.51.100.0/25 2001:db8::/64 |");
        run("ip addr del 192.0.2.1/24 dev va && ip -6 addr del 2001:db8::1/64 dev va");
        assert_port(kernel, "va", &all_settings, "inet 198.51.100.1/32 | 198.51.100.0/25 |");
        run("ip addr del 198.51.100.1/25 dev va && ip addr add 198.51.100.1/24 dev va");
        assert_port(kernel, "va", &all_settings, "inet 198.51.100.1/32 | 198.51.100.0/24 |");
        run("ip link del va");
        assert_port(kernel, "va", &all_settings, "not found");
}

/* Within a second of its being added, which is when nothing tells that it is there. */
static void test_addresses_that_are_still_tentative(void **state) {
        struct kernel *kernel = *state;

        run("ip link add va type veth peer name vb && ip link set vb up && ip link set va addrgenmode none && "
            "ip link set va up");
        assert_port(kernel, "va", &all_settings, "inet | |");
        run("ip -6 addr add 2001:db8::1/64 dev va");
        assert_port(kernel, "va", &all_settings, "inet 2001:db8::1/128 | 2001:db8::/64 |");
        run("ip link del va");
}

static void test_names_that_change(void **state) {
        struct kernel *kernel = *state;

        run("ip link add va type veth peer name vb && ip addr add 192.0.2.1/24 dev va && "
            "ip addr add 203.0.113.1/24 dev vb");
        assert_port(kernel, "va", &all_settings, "inet 192.0.2.1/32 | 192.0.2.0/24 |");
        assert_port(kernel, "vb", &all_settings, "inet 203.0.113.1/32 | 203.0.113.0/24 |");
        run("ip link set va name vc");
        assert_port(kernel, "va", &all_settings, "not found");
        assert_port(kernel, "vc", &all_settings, "inet 192.0.2.1/32 | 192.0.2.0/24 |");
        run("ip link set vb name va");
        assert_port(kernel, "va", &all_settings, "inet 203.0.113.1/32 | 203.0.113.0/24 |");
        run("ip link del va && ip link add va type veth peer name vb && ip addr add 198.51.100.1/24 dev va");
        assert_port(kernel, "va", &all_settings, "inet 198.51.100.1/32 | 198.51.100.0/24 |");
        run("ip link del va");
}

static void test_bridges_that_change(void **state) {
        struct kernel *kernel = *state;

        run("ip link add va type veth peer name vb && ip addr add 192.0.2.1/24 dev va && "
            "ip link add br1 type bridge && ip addr add 198.51.100.1/24 dev br1 && "
            "ip link add br2 type bridge && ip addr add 203.0.113.1/24 dev br2");
        assert_port(kernel, "va", &all_settings, "inet 192.0.2.1/32 | 192.0.2.0/24 |");
        run("ip link set va master br1");
        assert_port(kernel, "va", &all_settings, "bridge 198.51.100.1/32 | 198.51.100.0/24 |");
        run("ip addr add 198.51.100.2/24 dev br1");
        assert_port(kernel, "va", &all_settings,
                    "bridge 198.51.100.1/32 198.51.100.2/32 | 198.51.100.0/24 |");
        run("ip link set va master br2");
        assert_port(kernel, "va", &all_settings, "bridge 203.0.113.1/32 | 203.0.113.0/24 |");
        run("ip link set va nomaster");
        assert_port(kernel, "va", &all_settings, "inet 192.0.2.1/32 | 192.0.2.0/24 |");
        run("ip link set va master br2");
        assert_port(kernel, "va", &all_settings, "bridge 203.0.113.1/32 | 203.0.113.0/24 |");
        run("ip link del br2");
        assert_port(kernel, "va", &all_settings, "inet 192.0.2.1/32 | 192.0.2.0/24 |");
        run("ip link del br1 && ip link del va");
}

static void write_servers(const struct kernel *kernel, const char *text) {
        write_file(place_path(kernel->place, "resolv.conf"), text, strlen(text));
}

/* Long after it was last read, and at once. */
static void test_resolv_conf_edited(void **state) {
        struct kernel *kernel = *state;

        write_servers(kernel, "nameserver 192.0.2.53\n");
        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount(place_path(kernel->place, "resolv.conf"), "/etc/resolv.conf", "", MS_BIND, NULL) < 0) {
                print_message("/etc/resolv.conf cannot be another file\n");
                skip();
        }
        assert_port(kernel, "veth0", &resolver_settings, "inet | | 192.0.2.53/32");
        while (!kernel->context->resolvers.system.settled) {
                usleep(100000);
                assert_port(kernel, "veth0", &resolver_settings, "inet | | 192.0.2.53/32");
        }
        write_servers(kernel, "nameserver 192.0.2.54\n");
        assert_port(kernel, "veth0", &resolver_settings, "inet | | 192.0.2.54/32");
        write_servers(kernel, "nameserver 192.0.2.55\n");
        assert_port(kernel, "veth0", &resolver_settings, "inet | | 192.0.2.55/32");
        run("ip addr add 192.0.2.1/24 dev veth0");
        assert_port(kernel, "veth0", &resolver_settings, "inet | | 192.0.2.55/32 192.0.2.1/32");
        assert_int_equal(umount("/etc/resolv.conf"), 0);
}

/* And it goes into the kernel. */
static void test_attaching_again(void **state) {
        static const char *const port = "veth1";
        struct kernel *kernel = *state;
        const struct nfw_shadow_port *held;

        assert_int_equal(load(kernel, "one",
                              "{name: host, action: allow, priority: 1, "
                              "egress: {protocols: [tcp], domains: [\"www.example\"], ports: [\"443\"]}}",
                              "lo"),
                         0);
        for (int i = 0; i < 3; i++) {
                static const char *const commands[] = { "true", "ip addr add 198.51.100.7/24 dev veth1",
                                                        "ip addr del 198.51.100.7/24 dev veth1" };
                bool found = false;

                run(commands[i]);
                assert_int_equal(nfw_attach(kernel->context, "one", &port, 1, NULL), 0);
                nfw_shadow_invalidate(&kernel->context->shadow);
                assert_int_equal(nfw_shadow_refresh(&kernel->context->shadow, kernel->context->nft), 0);
                held = nfw_shadow_port(&kernel->context->shadow, port);
                assert_non_null(held);
                nfw_vec_foreach (value, &held->parameters[NFW_PARAMETER_RESOLVERS])
                        found |= value->addr.bytes[0] == 198 && value->addr.bytes[3] == 7;
                assert_int_equal(found, i == 1);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                kernel_test(test_addresses_that_come_and_go),
                kernel_test(test_addresses_that_are_still_tentative),
                kernel_test(test_names_that_change),
                kernel_test(test_bridges_that_change),
                kernel_test(test_resolv_conf_edited),
                kernel_test(test_attaching_again),
        };

        enter_namespace();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
