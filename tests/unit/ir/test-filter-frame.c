/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_fixture.h"
#include "filter_frames.h"

static struct nfw_filter_frame parse(const char *text, uint8_t *bytes) {
        struct nfw_filter_frame frame;

        assert_true(nfw_filter_frame_parse(bytes, frame_from_text(text, bytes), &frame));
        return frame;
}

static bool has(const char *text, enum nfw_field field) {
        uint8_t bytes[MAX_FRAME], value[NFW_VALUE_MAX];
        struct nfw_filter_frame frame = parse(text, bytes);

        return nfw_filter_frame_field(&frame, field, value);
}

static void is(const char *text, enum nfw_field field, uint64_t expected) {
        uint8_t bytes[MAX_FRAME], value[NFW_VALUE_MAX];
        struct nfw_filter_frame frame = parse(text, bytes);
        uint64_t number = 0;

        assert_true(nfw_filter_frame_field(&frame, field, value));
        for (size_t i = 0; i < nfw_field_info(field)->size; i++)
                number = number << 8 | value[i];
        assert_int_equal(number, expected);
        for (size_t i = nfw_field_info(field)->size; i < NFW_VALUE_MAX; i++)
                assert_int_equal(value[i], 0);
}

static void test_ethernet(void **state nfw_unused) {
        const char *arp = ARP(ALL, GUEST, REPLY, OTHER, IP_9, PEER, IP_2);
        struct nfw_filter_frame frame;

        is(arp, NFW_FIELD_ETHER_DADDR, 0xffffffffffff);
        is(arp, NFW_FIELD_ETHER_SADDR, 0x52540000000a);
        is(arp, NFW_FIELD_ETHER_TYPE, 0x0806);
        is(arp, NFW_FIELD_ARP_HTYPE, 1);
        is(arp, NFW_FIELD_ARP_PTYPE, 0x0800);
        is(arp, NFW_FIELD_ARP_OPERATION, 2);
        is(arp, NFW_FIELD_ARP_SADDR_ETHER, 0x525400000099);
        is(arp, NFW_FIELD_ARP_SADDR_IP, 0x0a000009);
        is(arp, NFW_FIELD_ARP_DADDR_ETHER, 0x52540000000b);
        is(arp, NFW_FIELD_ARP_DADDR_IP, 0x0a000002);
        assert_false(has(arp, NFW_FIELD_IP_SADDR));
        assert_false(has(arp, NFW_FIELD_L4PROTO));
        assert_false(has(arp, NFW_FIELD_VLAN_ID));
        assert_false(has(arp, NFW_FIELD_LLC));
        assert_false(nfw_filter_frame_parse("1234567890123", 13, &frame));
}

static void test_tag(void **state nfw_unused) {
        const char *tagged = TAGGED(PEER, GUEST, IPV4("0014", "11", IP_1, IP_2));

        is(TAGGED(PEER, GUEST, "0800"), NFW_FIELD_VLAN_ID, 7);
        is(PEER GUEST "8100 f123 0806", NFW_FIELD_VLAN_ID, 0x123);
        is(tagged, NFW_FIELD_VLAN_TYPE, 0x0800);
        assert_false(has(tagged, NFW_FIELD_IP_SADDR));
        assert_false(has(tagged, NFW_FIELD_L4PROTO));
        assert_false(has(PEER GUEST "8100 0007", NFW_FIELD_VLAN_TYPE));
}

static void test_ipv4(void **state nfw_unused) {
        const char *udp = UDP4(PEER, GUEST, IP_1, IP_2, PORT_1K, PORT_53);
        const char *fragment =
                PEER GUEST "0800 4500 001c 0001 0001 4011 0000" IP_1 IP_2 PORT_1K PORT_53 "00080000";
        const char *first =
                PEER GUEST "0800 4500 001c 0001 2000 4011 0000" IP_1 IP_2 PORT_1K PORT_53 "00080000";
        const char *options = PEER GUEST "0800 46b8 0020 0001 0000 4011 0000" IP_1 IP_2
                                         "01010101" PORT_1K PORT_53 "00080000";

        is(udp, NFW_FIELD_IP_SADDR, 0x0a000001);
        is(udp, NFW_FIELD_IP_DADDR, 0x0a000002);
        is(udp, NFW_FIELD_L4PROTO, IPPROTO_UDP);
        is(udp, NFW_FIELD_TH_SPORT, 1024);
        is(udp, NFW_FIELD_TH_DPORT, 53);
        is(udp, NFW_FIELD_IP_DSCP, 0);
        assert_false(has(udp, NFW_FIELD_ICMP_TYPE));
        assert_false(has(udp, NFW_FIELD_TCP_FLAGS));
        is(options, NFW_FIELD_TH_DPORT, 53);
        is(options, NFW_FIELD_IP_DSCP, 46);
        is(fragment, NFW_FIELD_L4PROTO, IPPROTO_UDP);
        assert_false(has(fragment, NFW_FIELD_TH_SPORT));
        is(first, NFW_FIELD_TH_SPORT, 1024);
}

/* Addresses can be asked of anything that is long enough; the protocol only of what is consistent. */
static void test_broken_ipv4(void **state nfw_unused) {
        static const char *const broken[] = {
                PEER GUEST "0800 5500 001c 0001 0000 4011 0000" IP_1 IP_2 PORT_1K PORT_53 "00080000",
                PEER GUEST "0800 4400 001c 0001 0000 4011 0000" IP_1 IP_2 PORT_1K PORT_53 "00080000",
                PEER GUEST "0800 4500 001d 0001 0000 4011 0000" IP_1 IP_2 PORT_1K PORT_53 "00080000",
                PEER GUEST "0800 4500 0010 0001 0000 4011 0000" IP_1 IP_2 PORT_1K PORT_53 "00080000",
                PEER GUEST "0800 4f00 001c 0001 0000 4011 0000" IP_1 IP_2 PORT_1K PORT_53 "00080000",
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(broken); i++) {
                assert_false(has(broken[i], NFW_FIELD_L4PROTO));
                assert_false(has(broken[i], NFW_FIELD_TH_SPORT));
                is(broken[i], NFW_FIELD_IP_SADDR, 0x0a000001);
        }
}

#define HEADER6(length, next) PEER GUEST "86dd 6b800000" length next "ff" FD00_1 FD00_2

static void test_ipv6(void **state nfw_unused) {
        const char *plain = HEADER6("0008", "11") PORT_1K PORT_53 "00080000";
        const char *extended = HEADER6("0020", "00") "2b00000000000000"
                                                     "3c00000000000000"
                                                     "1100000000000000" PORT_1K PORT_53 "00080000";
        const char *fragment = HEADER6("0010", "2c") "1100000800000001" PORT_1K PORT_53 "00080000";
        const char *first = HEADER6("0010", "2c") "1100000100000001" PORT_1K PORT_53 "00080000";
        const char *authenticated =
                HEADER6("0014", "33") "1101000000000000 00000000" PORT_1K PORT_53 "00080000";

        is(plain, NFW_FIELD_L4PROTO, IPPROTO_UDP);
        is(plain, NFW_FIELD_TH_DPORT, 53);
        is(plain, NFW_FIELD_IP6_DSCP, 46);
        is(plain, NFW_FIELD_IP6_HOPLIMIT, 255);
        assert_false(has(plain, NFW_FIELD_IP_DSCP));
        is(extended, NFW_FIELD_L4PROTO, IPPROTO_UDP);
        is(extended, NFW_FIELD_TH_SPORT, 1024);
        is(fragment, NFW_FIELD_L4PROTO, IPPROTO_UDP);
        assert_false(has(fragment, NFW_FIELD_TH_SPORT));
        is(first, NFW_FIELD_TH_SPORT, 1024);
        is(authenticated, NFW_FIELD_L4PROTO, IPPROTO_AH);
        assert_false(has(HEADER6("0001", "00") "11", NFW_FIELD_L4PROTO));
        assert_false(has(HEADER6("0008", "00") "3c01 0000 00000000", NFW_FIELD_L4PROTO));
        assert_false(has(HEADER6("0003", "2c") "1100 00", NFW_FIELD_L4PROTO));
        assert_false(has(HEADER6("0009", "11") PORT_1K PORT_53 "00080000", NFW_FIELD_L4PROTO));
}

/* The kernel does not look whether all of an extension header is there, nor what is padding. */
static void test_cut_off(void **state nfw_unused) {
        const char *beyond = HEADER6("0008", "00") "1101 0000 00000000";
        const char *padded = HEADER6("0002", "11") PORT_1K PORT_53;
        const char *padded4 = PEER GUEST "0800 4500 0014 0001 0000 4011 0000" IP_1 IP_2 PORT_1K PORT_53;

        is(beyond, NFW_FIELD_L4PROTO, IPPROTO_UDP);
        assert_false(has(beyond, NFW_FIELD_TH_SPORT));
        assert_false(has(HEADER6("0008", "00") "3301 0000 00000000", NFW_FIELD_L4PROTO));
        is(padded, NFW_FIELD_TH_DPORT, 53);
        is(padded4, NFW_FIELD_TH_DPORT, 53);
        /* What there is of a header can be asked. */
        is(PEER GUEST "0800 4504 001c 0001 0000 4011 0000" IP_1 "0a", NFW_FIELD_IP_SADDR, 0x0a000001);
        assert_false(has(PEER GUEST "0800 4504 001c 0001 0000 4011 0000" IP_1 "0a", NFW_FIELD_IP_DADDR));
        is(PEER GUEST "0800 4504", NFW_FIELD_IP_DSCP, 1);
        assert_false(has(PEER GUEST "0800 45", NFW_FIELD_IP_DSCP));
        /* Behind the first fragment no more headers can be followed. */
        is(HEADER6("0008", "2c") "1100000800000001", NFW_FIELD_L4PROTO, IPPROTO_UDP);
        assert_false(has(HEADER6("0008", "2c") "3c00000800000001", NFW_FIELD_L4PROTO));
        assert_false(has(HEADER6("0008", "2c") "3300000800000001", NFW_FIELD_L4PROTO));
}

static bool has_option(const char *options, uint8_t kind, bool *ret_there) {
        struct nfw_ranges kinds = { 0 };
        struct nfw_range range = nfw_range_from_number(kind, 1);
        uint8_t bytes[MAX_FRAME];
        struct nfw_filter_frame frame;
        char text[512];
        bool found = false;

        snprintf(text, sizeof(text),
                 PEER GUEST IPV4("0030", "06", IP_1, IP_2) PORT_1K PORT_80 "00000001 00000000 %s", options);
        frame = parse(text, bytes);
        assert_int_equal(nfw_ranges_add(&kinds, &range), 0);
        *ret_there = nfw_filter_frame_has_option(&frame, &kinds, &found);
        nfw_ranges_deinit(&kinds);
        return found;
}

static void test_options(void **state nfw_unused) {
        const char *good = "7002 ffff 0000 0000 01 01 0402 0204 05b4";
        bool there;

        assert_true(has_option(good, 4, &there) && there);
        assert_true(has_option(good, 2, &there) && there);
        assert_true(has_option(good, 1, &there) && there);
        assert_false(has_option(good, 5, &there));
        assert_true(there);
        /* Without a length it has one octet; where the length leads beyond the header, it is not there. */
        assert_true(has_option("7002 ffff 0000 0000 0500 0402 0402 0402", 4, &there));
        assert_true(has_option("7002 ffff 0000 0000 0501 0402 0402 0402", 4, &there));
        assert_false(has_option("7002 ffff 0000 0000 05ff 0402 0402 0402", 4, &there));
        assert_false(has_option("7002 ffff 0000 0000 05ff 0402 0402 0402", 5, &there));
        /* Nor is what begins with the last octet. */
        assert_false(has_option("7002 ffff 0000 0000 0101 0101 0101 0105", 5, &there));
        assert_false(has_option("7002 ffff 0000 0000 0101 0101 0101 0501", 4, &there));
        /* A header that is not all there, or none, has no options. */
        assert_false(has_option("f002 ffff 0000 0000 0402 0402 0402 0402", 4, &there));
        assert_true(there);
        assert_false(has_option("4002 ffff 0000 0000 0402 0402 0402 0402", 4, &there));
        assert_true(there);
}

/* Whatever is cut off or flipped: nothing is read that is not there (sanitizers watch). */
static void test_any_length(void **state nfw_unused) {
        static const char *const frames[] = {
                ARP(ALL, GUEST, REPLY, OTHER, IP_9, PEER, IP_2),
                TCP4(PEER, GUEST, IP_1, IP_2, PORT_1K, PORT_53, SYN),
                HEADER6("0018", "00") "2b00000000000000"
                                      "1100000000000000" PORT_1K PORT_53 "00080000",
                TAGGED(PEER, GUEST, "0806"),
                "0180c2000000" PEER "0026 424203 0000 00 00 00 8000" PEER "00000000 8000" PEER
                "8001 0000 1400 0200 0f00",
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(frames); i++) {
                uint8_t bytes[MAX_FRAME];
                size_t size = frame_from_text(frames[i], bytes);

                for (size_t n = 0; n <= size * 9; n++) {
                        size_t length = n <= size ? n : size;
                        uint8_t *copy = malloc(length + 1), value[NFW_VALUE_MAX];
                        struct nfw_ranges none = { 0 };
                        struct nfw_filter_frame frame;
                        bool found;

                        assert_non_null(copy);
                        memcpy(copy, bytes, length);
                        copy = realloc(copy, length ? length : 1);
                        assert_non_null(copy);
                        if (n > size)
                                copy[(n - 1) / 8 % size] ^= (uint8_t)(1 << (n - 1) % 8);
                        assert_int_equal(nfw_filter_frame_parse(copy, length, &frame), length >= 14);
                        for (size_t field = 0; length >= 14 && field < NFW_N_FIELDS; field++)
                                nfw_filter_frame_field(&frame, (enum nfw_field)field, value);
                        if (length >= 14)
                                nfw_filter_frame_has_option(&frame, &none, &found);
                        free(copy);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ethernet),   cmocka_unit_test(test_tag),
                cmocka_unit_test(test_ipv4),       cmocka_unit_test(test_broken_ipv4),
                cmocka_unit_test(test_ipv6),       cmocka_unit_test(test_options),
                cmocka_unit_test(test_any_length), cmocka_unit_test(test_cut_off),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
