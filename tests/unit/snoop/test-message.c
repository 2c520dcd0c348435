/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

#include <linux/if_ether.h>

#include <nfwpolicy/nfwpolicy.h>

#include "frames.h"

#define GUEST    0x0a000005
#define OTHER    0x0a000006
#define SERVER   0x0a000001

#define DHCP_END 255

static const uint8_t mac[6] = { 0x52, 0x54, 0, 0, 0, 0x0a };
static const uint8_t link_local[16] = { 0xfe, 0x80, [15] = 5 };
static const uint8_t global[16] = { 0xfd, 0, [15] = 5 };
static const uint8_t solicited[16] = { 0xff, 0x02, [11] = 1, [12] = 0xff, [15] = 5 };
static const uint8_t unspecified[16] = { 0 };

static struct frame f;

static struct nfw_snoop_message read_as(bool from_guest, uint16_t ether_type) {
        struct nfw_snoop_message message;

        assert_int_equal(nfw_snoop_read(from_guest, ether_type, f.data, f.n, &message), 0);
        return message;
}

static void refuse(bool from_guest, uint16_t ether_type) {
        struct nfw_snoop_message message;

        assert_int_equal(nfw_snoop_read(from_guest, ether_type, f.data, f.n, &message), NFW_E_INVALID);
}

static void assert_address(const struct nfw_snoop_message *message,
                           size_t i,
                           const void *bytes,
                           uint8_t family) {
        struct nfw_addr addr;

        assert_true(i < message->n_addresses);
        nfw_addr_from_bytes(family, bytes, &addr);
        assert_true(nfw_addr_equal(&message->addresses[i].addr, &addr));
}

static void assert_ipv4(const struct nfw_snoop_message *message, uint32_t address) {
        uint32_t bytes = htonl(address);

        assert_int_equal(message->n_addresses, 1);
        assert_address(message, 0, &bytes, AF_INET);
}

static void make_arp(uint32_t sender, uint32_t target) {
        f.n = 0;
        put_u16(&f, 1);
        put_u16(&f, ETH_P_IP);
        put_u16(&f, 0x0604);
        put_u16(&f, 1);
        put(&f, mac, 6);
        put_u32(&f, sender);
        put_zeros(&f, 6);
        put_u32(&f, target);
}

static void test_arp(void **state) {
        struct nfw_snoop_message message;

        (void)state;
        make_arp(GUEST, OTHER);
        message = read_as(true, ETH_P_ARP);
        assert_int_equal(message.kind, NFW_SNOOP_CLAIM);
        assert_true(message.has_mac);
        assert_memory_equal(message.mac, mac, 6);
        assert_ipv4(&message, GUEST);

        /* What others say, and a probe. */
        assert_int_equal(read_as(false, ETH_P_ARP).kind, NFW_SNOOP_NOTHING);
        make_arp(0, GUEST);
        assert_int_equal(read_as(true, ETH_P_ARP).kind, NFW_SNOOP_NOTHING);

        make_arp(GUEST, OTHER);
        f.n--;
        refuse(true, ETH_P_ARP);
        make_arp(GUEST, OTHER);
        f.data[4] = 8;
        refuse(true, ETH_P_ARP);
}

static void test_ipv4_source(void **state) {
        struct nfw_snoop_message message;
        static const uint32_t nobody[] = { 0, 0x7f000001, 0xe0000001, 0xffffffff };

        (void)state;
        begin_ipv4(&f, IPPROTO_UDP, GUEST, OTHER);
        put_udp(&f, 1000, 2000);
        finish(&f, true);
        message = read_as(true, ETH_P_IP);
        assert_int_equal(message.kind, NFW_SNOOP_CLAIM);
        assert_false(message.has_mac);
        assert_ipv4(&message, GUEST);
        assert_int_equal(read_as(false, ETH_P_IP).kind, NFW_SNOOP_NOTHING);

        for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
                begin_ipv4(&f, IPPROTO_UDP, nobody[i], OTHER);
                put_udp(&f, 1000, 2000);
                finish(&f, true);
                assert_int_equal(read_as(true, ETH_P_IP).kind, NFW_SNOOP_NOTHING);
        }
        f.n--;
        refuse(true, ETH_P_IP);
}

/* All but the options. */
static void begin_dhcp(bool from_guest, uint32_t ciaddr, uint32_t yiaddr) {
        begin_ipv4(&f, IPPROTO_UDP, from_guest ? 0 : SERVER, 0xffffffff);
        put_udp(&f, from_guest ? 68 : 67, from_guest ? 67 : 68);
        put_u8(&f, from_guest ? 1 : 2);
        put_u8(&f, 1);
        put_u8(&f, 6);
        put_u8(&f, 0);
        put_u32(&f, 0x12345678);
        put_u32(&f, 0);
        put_u32(&f, ciaddr);
        put_u32(&f, yiaddr);
        put_zeros(&f, 8);
        put(&f, mac, 6);
        put_zeros(&f, 10 + 64 + 128);
        put_u32(&f, 0x63825363);
}

static void put_type(unsigned int type) {
        uint8_t value = (uint8_t)type;

        put_option(&f, 53, &value, 1);
}

static void put_u32_option(unsigned int code, uint32_t value) {
        uint32_t bytes = htonl(value);

        put_option(&f, code, &bytes, 4);
}

static struct nfw_snoop_message read_dhcp(bool from_guest) {
        struct nfw_snoop_message message;

        put_u8(&f, DHCP_END);
        finish(&f, true);
        message = read_as(from_guest, ETH_P_IP);
        assert_true(message.is_dhcp);
        return message;
}

static void test_dhcp_client(void **state) {
        struct nfw_snoop_message message;

        (void)state;
        begin_dhcp(true, 0, 0);
        put_type(1);
        message = read_dhcp(true);
        assert_int_equal(message.kind, NFW_SNOOP_REQUEST);
        assert_int_equal(message.transaction, 0x12345678);
        assert_memory_equal(message.mac, mac, 6);

        begin_dhcp(true, 0, 0);
        put_type(3);
        put_u32_option(50, GUEST);
        message = read_dhcp(true);
        assert_int_equal(message.kind, NFW_SNOOP_REQUEST);
        assert_ipv4(&message, GUEST);

        begin_dhcp(true, 0, 0);
        put_type(4);
        put_u32_option(50, GUEST);
        message = read_dhcp(true);
        assert_int_equal(message.kind, NFW_SNOOP_DECLINE);
        assert_ipv4(&message, GUEST);

        begin_dhcp(true, GUEST, 0);
        put_type(7);
        message = read_dhcp(true);
        assert_int_equal(message.kind, NFW_SNOOP_RELEASE);
        assert_ipv4(&message, GUEST);

        /* An offer is no lease, and a guest is no server. */
        begin_dhcp(false, 0, GUEST);
        put_type(2);
        put_u32_option(51, 3600);
        assert_int_equal(read_dhcp(false).kind, NFW_SNOOP_NOTHING);
        begin_dhcp(false, 0, GUEST);
        put_type(5);
        put_u32_option(51, 3600);
        put_u8(&f, DHCP_END);
        set_u16(&f, 20, 68);
        set_u16(&f, 22, 67);
        finish(&f, true);
        refuse(true, ETH_P_IP);
}

static void test_dhcp_server(void **state) {
        struct nfw_snoop_message message;
        uint32_t server = htonl(SERVER);

        (void)state;
        begin_dhcp(false, 0, GUEST);
        put_type(5);
        put_u32_option(51, 3600);
        message = read_dhcp(false);
        assert_int_equal(message.kind, NFW_SNOOP_LEASE);
        assert_ipv4(&message, GUEST);
        assert_int_equal(message.addresses[0].lifetime, 3600);
        assert_int_equal(message.server.family, AF_INET);
        assert_memory_equal(message.server.bytes, &server, 4);

        /* The answer to DHCPINFORM gives nothing. */
        begin_dhcp(false, GUEST, 0);
        put_type(5);
        assert_int_equal(read_dhcp(false).kind, NFW_SNOOP_NOTHING);

        begin_dhcp(false, 0, 0);
        put_type(6);
        assert_int_equal(read_dhcp(false).kind, NFW_SNOOP_REFUSAL);

        /* BOOTP has no times. */
        begin_dhcp(false, 0, GUEST);
        message = read_dhcp(false);
        assert_int_equal(message.kind, NFW_SNOOP_LEASE);
        assert_true(message.addresses[0].lifetime == NFW_SNOOP_FOR_EVER);
}

static void test_dhcp_options(void **state) {
        struct nfw_snoop_message message;
        uint8_t overload = 1;

        (void)state;
        /* The type where the file's name would be. */
        begin_dhcp(false, 0, GUEST);
        put_option(&f, 52, &overload, 1);
        put_u32_option(51, 60);
        memcpy(f.data + 28 + 108, "\x35\x01\x05\xff", 4);
        message = read_dhcp(false);
        assert_int_equal(message.kind, NFW_SNOOP_LEASE);
        assert_int_equal(message.addresses[0].lifetime, 60);

        /* An option that ends behind the message, and one of a wrong size. */
        begin_dhcp(false, 0, GUEST);
        put_u16(&f, 0x3505);
        put_u8(&f, 5);
        finish(&f, true);
        refuse(false, ETH_P_IP);
        begin_dhcp(false, 0, GUEST);
        put_option(&f, 51, "\0\0", 2);
        finish(&f, true);
        refuse(false, ETH_P_IP);

        /* Another hardware, and nothing that says DHCP. */
        begin_dhcp(true, 0, 0);
        f.data[28 + 1] = 6;
        finish(&f, true);
        refuse(true, ETH_P_IP);
        begin_dhcp(true, 0, 0);
        f.data[28 + 236] = 0;
        finish(&f, true);
        refuse(true, ETH_P_IP);
}

static void begin_dhcp6(bool from_guest, unsigned int type) {
        begin_ipv6(&f, IPPROTO_UDP, 64, link_local, link_local);
        put_udp(&f, from_guest ? 546 : 547, from_guest ? 547 : 546);
        put_u32(&f, type << 24 | 0xabcdef);
}

static void put_ia(unsigned int code, const uint8_t *address, uint32_t valid) {
        put_u16(&f, code);
        put_u16(&f, code == 3 ? 12 + 28 : 4 + 28);
        put_u32(&f, 1);
        if (code == 3)
                put_zeros(&f, 8);
        put_u16(&f, 5);
        put_u16(&f, 24);
        put(&f, address, 16);
        put_u32(&f, valid / 2);
        put_u32(&f, valid);
}

static void test_dhcp6(void **state) {
        static const unsigned int requests[] = { 1, 3, 5, 6 };
        struct nfw_snoop_message message;

        (void)state;
        for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
                begin_dhcp6(true, requests[i]);
                put_ia(3, global, 0);
                finish(&f, true);
                message = read_as(true, ETH_P_IPV6);
                assert_int_equal(message.kind, NFW_SNOOP_REQUEST);
                assert_int_equal(message.transaction, 0xabcdef);
        }

        begin_dhcp6(false, 7);
        put_u16(&f, 1);
        put_u16(&f, 3);
        put(&f, "abc", 3);
        put_ia(3, global, 600);
        put_ia(4, global, 700);
        finish(&f, true);
        message = read_as(false, ETH_P_IPV6);
        assert_int_equal(message.kind, NFW_SNOOP_LEASE);
        assert_int_equal(message.n_addresses, 2);
        assert_address(&message, 0, global, AF_INET6);
        assert_int_equal(message.addresses[0].lifetime, 600);
        assert_int_equal(message.addresses[1].lifetime, 700);

        begin_dhcp6(true, 8);
        put_ia(3, global, 0);
        finish(&f, true);
        assert_int_equal(read_as(true, ETH_P_IPV6).kind, NFW_SNOOP_RELEASE);
        begin_dhcp6(true, 9);
        put_ia(4, global, 0);
        finish(&f, true);
        assert_int_equal(read_as(true, ETH_P_IPV6).kind, NFW_SNOOP_DECLINE);

        /* Advertise is no lease; a guest sends no Reply. */
        begin_dhcp6(false, 2);
        put_ia(3, global, 600);
        finish(&f, true);
        assert_int_equal(read_as(false, ETH_P_IPV6).kind, NFW_SNOOP_NOTHING);
        begin_dhcp6(true, 7);
        put_ia(3, global, 600);
        finish(&f, true);
        assert_int_equal(read_as(true, ETH_P_IPV6).kind, NFW_SNOOP_NOTHING);
}

static void test_dhcp6_lengths(void **state) {
        size_t whole;

        (void)state;
        begin_dhcp6(false, 7);
        put_ia(3, global, 600);
        finish(&f, true);
        whole = f.n;
        /* Cut anywhere inside the option: no part of it counts. */
        for (size_t n = 40 + 8 + 4 + 1; n < whole; n++) {
                f.n = n;
                finish(&f, true);
                refuse(false, ETH_P_IPV6);
        }
        f.n = 40 + 8 + 3;
        finish(&f, true);
        refuse(false, ETH_P_IPV6);
}

static void make_nd(unsigned int type, unsigned int hop_limit, const uint8_t *source, const uint8_t *target) {
        begin_ipv6(&f, IPPROTO_ICMPV6, hop_limit, source, solicited);
        put_u32(&f, type << 24);
        put_u32(&f, 0);
        put(&f, target, 16);
        finish(&f, false);
}

static void test_nd(void **state) {
        struct nfw_snoop_message message;

        (void)state;
        /* Duplicate address detection. */
        make_nd(135, 255, unspecified, global);
        message = read_as(true, ETH_P_IPV6);
        assert_int_equal(message.kind, NFW_SNOOP_CLAIM);
        assert_int_equal(message.n_addresses, 1);
        assert_address(&message, 0, global, AF_INET6);

        /* Whom it asks for is somebody else. */
        make_nd(135, 255, link_local, global);
        message = read_as(true, ETH_P_IPV6);
        assert_int_equal(message.n_addresses, 1);
        assert_address(&message, 0, link_local, AF_INET6);

        make_nd(136, 255, link_local, global);
        message = read_as(true, ETH_P_IPV6);
        assert_int_equal(message.n_addresses, 2);
        assert_address(&message, 1, global, AF_INET6);

        /* It came through a router: then it is no neighbour discovery, and its target means nothing. */
        make_nd(135, 64, unspecified, global);
        assert_int_equal(read_as(true, ETH_P_IPV6).kind, NFW_SNOOP_NOTHING);
        make_nd(136, 255, link_local, solicited);
        assert_int_equal(read_as(true, ETH_P_IPV6).n_addresses, 1);

        make_nd(135, 255, unspecified, global);
        f.n--;
        finish(&f, false);
        refuse(true, ETH_P_IPV6);
}

static void test_other_types(void **state) {
        (void)state;
        f.n = 0;
        put_zeros(&f, 60);
        assert_int_equal(read_as(true, 0x8035).kind, NFW_SNOOP_NOTHING);
        refuse(true, ETH_P_IP);
        f.n = 0;
        refuse(true, ETH_P_ARP);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_arp),           cmocka_unit_test(test_ipv4_source),
                cmocka_unit_test(test_dhcp_client),   cmocka_unit_test(test_dhcp_server),
                cmocka_unit_test(test_dhcp_options),  cmocka_unit_test(test_dhcp6),
                cmocka_unit_test(test_dhcp6_lengths), cmocka_unit_test(test_nd),
                cmocka_unit_test(test_other_types),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
