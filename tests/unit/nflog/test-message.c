/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <nfwpolicy/nfwpolicy.h>

#include "nflog/message.h"

struct fixture {
        _Alignas(struct nlmsghdr) char buffer[1024];
        struct nlmsghdr *message;
        struct nfw_nflog_message result;
};

static void begin(struct fixture *fixture, uint8_t family) {
        struct nfgenmsg *generic;

        memset(fixture, 0, sizeof(*fixture));
        fixture->message = mnl_nlmsg_put_header(fixture->buffer);
        fixture->message->nlmsg_type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET;
        generic = mnl_nlmsg_put_extra_header(fixture->message, sizeof(*generic));
        generic->nfgen_family = family;
}

static void put_header(struct fixture *fixture, uint16_t ether_type) {
        const struct nfulnl_msg_packet_hdr header = { .hw_protocol = htons(ether_type) };

        mnl_attr_put(fixture->message, NFULA_PACKET_HDR, sizeof(header), &header);
}

static int parse(struct fixture *fixture) {
        return nfw_nflog_message_parse(fixture->message, &fixture->result);
}

static void test_all(void **state) {
        struct fixture fixture;

        (void)state;
        begin(&fixture, AF_INET);
        put_header(&fixture, 0x0800);
        mnl_attr_put_u32(fixture.message, NFULA_MARK, 1);
        mnl_attr_put_u32(fixture.message, NFULA_IFINDEX_INDEV, htonl(3));
        mnl_attr_put_u32(fixture.message, NFULA_IFINDEX_OUTDEV, htonl(4));
        mnl_attr_put_strz(fixture.message, NFULA_PREFIX, "dns");
        mnl_attr_put(fixture.message, NFULA_PAYLOAD, 5, "hello");
        mnl_attr_put_u64(fixture.message, 200, 1);
        assert_int_equal(parse(&fixture), 0);
        assert_string_equal(fixture.result.prefix, "dns");
        assert_int_equal(fixture.result.in_interface, 3);
        assert_int_equal(fixture.result.out_interface, 4);
        assert_int_equal(fixture.result.ether_type, 0x0800);
        assert_int_equal(fixture.result.payload_size, 5);
        assert_memory_equal(fixture.result.payload, "hello", 5);
}

static void test_least(void **state) {
        struct fixture fixture;

        (void)state;
        begin(&fixture, AF_INET6);
        put_header(&fixture, 0x86dd);
        assert_int_equal(parse(&fixture), 0);
        assert_string_equal(fixture.result.prefix, "");
        assert_int_equal(fixture.result.in_interface, 0);
        assert_int_equal(fixture.result.out_interface, 0);
        assert_int_equal(fixture.result.payload_size, 0);
}

/* The port of a bridge counts in the bridge family, and the bridge in the others. */
static void test_bridge_port(void **state) {
        struct fixture fixture;

        (void)state;
        for (int family = 0; family < 2; family++) {
                begin(&fixture, family ? AF_BRIDGE : AF_INET);
                put_header(&fixture, 0x0800);
                mnl_attr_put_u32(fixture.message, NFULA_IFINDEX_INDEV, htonl(3));
                mnl_attr_put_u32(fixture.message, NFULA_IFINDEX_OUTDEV, htonl(4));
                mnl_attr_put_u32(fixture.message, NFULA_IFINDEX_PHYSINDEV, htonl(30));
                mnl_attr_put_u32(fixture.message, NFULA_IFINDEX_PHYSOUTDEV, htonl(40));
                assert_int_equal(parse(&fixture), 0);
                assert_int_equal(fixture.result.in_interface, family ? 30 : 3);
                assert_int_equal(fixture.result.out_interface, family ? 40 : 4);
        }
        begin(&fixture, AF_BRIDGE);
        put_header(&fixture, 0x0800);
        mnl_attr_put_u32(fixture.message, NFULA_IFINDEX_INDEV, htonl(3));
        assert_int_equal(parse(&fixture), 0);
        assert_int_equal(fixture.result.in_interface, 3);
}

/* What the driver took off, which the frame's type says nothing of. */
static void test_tag(void **state) {
        struct fixture fixture;
        struct nlattr *vlan;

        (void)state;
        begin(&fixture, AF_BRIDGE);
        put_header(&fixture, 0x0800);
        vlan = mnl_attr_nest_start(fixture.message, NFULA_VLAN);
        mnl_attr_put_u16(fixture.message, NFULA_VLAN_TCI, htons(7));
        mnl_attr_put_u16(fixture.message, NFULA_VLAN_PROTO, htons(0x88a8));
        mnl_attr_nest_end(fixture.message, vlan);
        assert_int_equal(parse(&fixture), 0);
        assert_true(fixture.result.is_bridge);
        assert_int_equal(fixture.result.ether_type, 0x0800);
        assert_int_equal(fixture.result.vlan_type, 0x88a8);

        begin(&fixture, AF_INET);
        put_header(&fixture, 0x0800);
        vlan = mnl_attr_nest_start(fixture.message, NFULA_VLAN);
        mnl_attr_put(fixture.message, NFULA_VLAN_PROTO, 1, "x");
        mnl_attr_nest_end(fixture.message, vlan);
        assert_int_equal(parse(&fixture), 0);
        assert_false(fixture.result.is_bridge);
        assert_int_equal(fixture.result.vlan_type, 0);
}

static void test_other_type(void **state) {
        struct fixture fixture;

        (void)state;
        begin(&fixture, AF_INET);
        put_header(&fixture, 0x0800);
        fixture.message->nlmsg_type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG;
        assert_int_equal(parse(&fixture), NFW_E_INVALID);
        fixture.message->nlmsg_type = NLMSG_DONE;
        assert_int_equal(parse(&fixture), NFW_E_INVALID);
}

static void test_no_packet_header(void **state) {
        struct fixture fixture;

        (void)state;
        begin(&fixture, AF_INET);
        mnl_attr_put(fixture.message, NFULA_PAYLOAD, 5, "hello");
        assert_int_equal(parse(&fixture), NFW_E_INVALID);
        begin(&fixture, AF_INET);
        fixture.message->nlmsg_len = MNL_NLMSG_HDRLEN;
        assert_int_equal(parse(&fixture), NFW_E_INVALID);
}

static void test_wrong_sizes(void **state) {
        static const struct {
                uint16_t type;
                size_t size;
        } attributes[] = {
                { NFULA_PACKET_HDR, 3 },
                { NFULA_IFINDEX_INDEV, 2 },
                { NFULA_IFINDEX_OUTDEV, 8 },
                { NFULA_IFINDEX_PHYSINDEV, 0 },
                { NFULA_IFINDEX_PHYSOUTDEV, 3 },
                { NFULA_PREFIX, 0 },
                { NFULA_PREFIX, 4 }, /* no NUL */
        };
        struct fixture fixture;

        (void)state;
        for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
                begin(&fixture, AF_INET);
                put_header(&fixture, 0x0800);
                mnl_attr_put(fixture.message, attributes[i].type, attributes[i].size, "abcdefgh");
                assert_int_equal(parse(&fixture), NFW_E_INVALID);
        }
}

/* An attribute that claims more than the message has is not read. */
static void test_attribute_beyond_end(void **state) {
        struct fixture fixture;
        struct nlattr *attribute;

        (void)state;
        begin(&fixture, AF_INET);
        put_header(&fixture, 0x0800);
        attribute = mnl_nlmsg_get_payload_tail(fixture.message);
        mnl_attr_put(fixture.message, NFULA_PAYLOAD, 5, "hello");
        attribute->nla_len = 60000;
        assert_int_equal(parse(&fixture), 0);
        assert_int_equal(fixture.result.payload_size, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all),         cmocka_unit_test(test_least),
                cmocka_unit_test(test_bridge_port), cmocka_unit_test(test_tag),
                cmocka_unit_test(test_other_type),  cmocka_unit_test(test_no_packet_header),
                cmocka_unit_test(test_wrong_sizes), cmocka_unit_test(test_attribute_beyond_end),
        };

        return cmocka_run_group_tests_name("nflog-message", tests, NULL, NULL);
}
