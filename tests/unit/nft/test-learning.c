/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests whose addresses are learned: what the kernel is told, as text and as octets. */
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/macros.h"
#include "nft/element_list.h"
#include "nft/filter/filter.h"
#include "nft/read.h"
#include "nft/userdata.h"

#define COPY(chain_)                                                                                         \
        "update @" chain_                                                                                    \
        " { iifname limit rate 10/second burst 20 packets } log prefix \"nfwpolicy learning guest address\"" \
        " group 28264 queue-threshold 1"
#define COPY_BACK(chain_)                                                                                    \
        "update @" chain_                                                                                    \
        " { oifname limit rate 10/second burst 20 packets } log prefix \"nfwpolicy learning guest address\"" \
        " group 28264 queue-threshold 1"
#define DROP "counter packets 0 bytes 0 drop"

static int setup(void **state) {
        struct nfw_learning_plan *plan;

        if (nfw_nft_learning_plan(28262, &plan) < 0)
                return -1;
        *state = plan;
        return 0;
}

static int teardown(void **state) {
        nfw_learning_plan_free(*state);
        return 0;
}

static char *print(const struct nfw_learning_plan *plan) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        assert_int_equal(nfw_nft_print_filter(plan->plan, "test-filter", stream), 0);
        assert_int_equal(fclose(stream), 0);
        return text;
}

/* The lines of one object of a table, without what they are indented by. */
static void check_object(const char *text, const char *head, const char *const *lines, size_t n) {
        char begin[64];
        const char *at;

        (void)snprintf(begin, sizeof(begin), "\t%s {\n", head);
        at = strstr(text, begin);
        assert_non_null(at);
        at += strlen(begin);
        for (size_t i = 0; i < n; i++) {
                size_t length = strcspn(at, "\n");

                assert_true(strncmp(at, "\t\t", 2) == 0);
                if (length - 2 != strlen(lines[i]) || strncmp(at + 2, lines[i], length - 2) != 0)
                        fail_msg("%s: expected\n%s\nfound\n%.*s", head, lines[i], (int)length - 2, at + 2);
                at += length + 1;
        }
        assert_true(strncmp(at, "\t}\n", 3) == 0);
}

#define CHECK(text_, head_, ...)                                                                             \
        do {                                                                                                 \
                static const char *const lines_[] = { __VA_ARGS__ };                                         \
                check_object(text_, head_, lines_, NFW_ARRAY_SIZE(lines_));                                  \
        } while (0)

static void test_sets(void **state) {
        nfw_cleanup(nfw_freep) char *text = print(*state);

        CHECK(text, "set learners", "type ifname", "comment \"guests' addresses, nflog group 28264\"");
        CHECK(text, "set learners-mac", "type ifname . ether_addr");
        CHECK(text, "set learning", "type ifname");
        CHECK(text, "set learning-types", "type ifname . ether_type");
        CHECK(text, "set leases4", "type ifname . ipv4_addr", "flags timeout");
        CHECK(text, "set leases6", "type ifname . ipv6_addr", "flags timeout");
        CHECK(text, "set rate-claims", "type ifname", "size 65535", "flags dynamic,timeout", "timeout 10s");
        CHECK(text, "set rate-dhcp-egress", "type ifname", "size 65535", "flags dynamic,timeout",
              "timeout 10s");
        CHECK(text, "set rate-dhcp-ingress", "type ifname", "size 65535", "flags dynamic,timeout",
              "timeout 10s");
}

static void test_chains_of_who_waits(void **state) {
        nfw_cleanup(nfw_freep) char *text = print(*state);

        CHECK(text, "chain learning-egress", "iifname . ether saddr != @learners-mac " DROP,
              "ip daddr 255.255.255.255 udp sport 68 udp dport 67 ether type ip goto learning-dhcp-egress",
              "ip6 saddr fe80::/10 ip6 daddr ff02::1:2 udp sport 546 udp dport 547 ether type ip6 "
              "goto learning-dhcp-egress",
              "ip6 saddr { ::, fe80::/10 } ip6 daddr { fe80::/10, ff02::/16 } ip6 hoplimit 255 icmpv6 type "
              "{ nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } ether type ip6 " COPY(
                      "rate-claims") " accept",
              "ip6 saddr { ::, fe80::/10 } ip6 daddr ff02::/16 ip6 hoplimit 1 icmpv6 type "
              "{ mld-listener-report, mld-listener-done, mld2-listener-report } ether type ip6 " COPY(
                      "rate-claims") " accept",
              "ether type arp " COPY("rate-claims") " drop", "ether type ip " COPY("rate-claims") " drop",
              "ether type ip6 " COPY("rate-claims") " drop", DROP);
        CHECK(text, "chain learning-ingress",
              "udp sport 67 udp dport 68 ether type ip goto learning-dhcp-ingress",
              "udp sport 547 udp dport 546 ether type ip6 goto learning-dhcp-ingress",
              "ip6 hoplimit 255 icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } "
              "ether type ip6 accept",
              "ip6 hoplimit 1 icmpv6 type mld-listener-query ether type ip6 accept", DROP);
        CHECK(text, "chain learning-dhcp-egress", COPY("rate-dhcp-egress") " accept", DROP);
        CHECK(text, "chain learning-dhcp-ingress", COPY_BACK("rate-dhcp-ingress") " accept", DROP);
}

static void test_chains_of_who_is_known(void **state) {
        nfw_cleanup(nfw_freep) char *text = print(*state);

        CHECK(text, "chain learned-egress", "iifname . ether saddr != @learners-mac return",
              "udp sport 68 udp dport 67 ether type ip goto learned-dhcp-egress",
              "udp sport 546 udp dport 547 ether type ip6 goto learned-dhcp-egress",
              "ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ether type ip6 " COPY(
                      "rate-claims"));
        CHECK(text, "chain learned-ingress",
              "udp sport 67 udp dport 68 ether type ip goto learned-dhcp-ingress",
              "udp sport 547 udp dport 546 ether type ip6 goto learned-dhcp-ingress");
        CHECK(text, "chain learned-dhcp-egress", COPY("rate-dhcp-egress") " return", DROP);
        CHECK(text, "chain learned-dhcp-ingress", COPY_BACK("rate-dhcp-ingress") " return", DROP);
}

static void test_groups(void **state nfw_unused) {
        static const struct {
                uint16_t group, learning;
        } cases[] = { { 1, 3 }, { 28262, 28264 }, { 65533, 65535 }, { 65534, 65533 }, { 65535, 65533 } };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                nfw_cleanup(nfw_learning_plan_freep) struct nfw_learning_plan *plan = NULL;

                assert_int_equal(nfw_nft_learning_plan(cases[i].group, &plan), 0);
                assert_int_equal(plan->plan->nflog_group, cases[i].learning);
                assert_int_equal(nfw_nft_learning_group(plan->plan->sets.items[NFW_LEARNING_PORTS].comment),
                                 cases[i].learning);
        }
        assert_int_equal(nfw_nft_learning_group(NULL), 0);
        assert_int_equal(nfw_nft_learning_group(""), 0);
        assert_int_equal(nfw_nft_learning_group("something else"), 0);
        assert_int_equal(nfw_nft_learning_group(NFW_LEARNING_COMMENT), 0);
        assert_int_equal(nfw_nft_learning_group(NFW_LEARNING_COMMENT "70000"), 0);
}

/* --- octets -------------------------------------------------------------------------------------------------- */

/* A line for each element: add or delete, set, key, whether it has a time, comment. */
struct listing {
        char *text;
        size_t size;
        FILE *stream;
        uint64_t least_ms, most_ms;
        uint16_t type;
        char set[64];
};

static int take_attribute(const struct nlattr *attribute, void *userdata) {
        struct listing *listing = userdata;

        if (mnl_attr_get_type(attribute) == NFTA_SET_ELEM_LIST_SET)
                (void)snprintf(listing->set, sizeof(listing->set), "%s", mnl_attr_get_str(attribute));
        return MNL_CB_OK;
}

static int take_element(const struct nfw_nft_element *element, void *userdata) {
        struct listing *listing = userdata;
        const char *comment = nfw_nft_userdata_comment(element->userdata.data, element->userdata.size,
                                                       NFTNL_UDATA_SET_ELEM_COMMENT);
        const uint8_t *key = element->key.data;

        fprintf(listing->stream, "%s %s %s", listing->type == NFT_MSG_NEWSETELEM ? "add" : "delete",
                listing->set, (const char *)key);
        for (size_t i = 16; i < element->key.size; i++)
                fprintf(listing->stream, "%s%02x", i == 16 ? " " : "", key[i]);
        fprintf(listing->stream, "%s%s\n", comment ? " " : "", comment ? comment : "");
        return 0;
}

/* What a reader of the kernel's answers takes for the end of an element's life is another attribute. */
static uint64_t timeout_of(const struct nlmsghdr *message) {
        const struct nlattr *list, *element, *attribute;

        mnl_attr_for_each(list, message, sizeof(struct nfgenmsg)) {
                if (mnl_attr_get_type(list) != NFTA_SET_ELEM_LIST_ELEMENTS)
                        continue;
                mnl_attr_for_each_nested(element, list) mnl_attr_for_each_nested(
                        attribute,
                        element) if (mnl_attr_get_type(attribute) ==
                                     NFTA_SET_ELEM_TIMEOUT) return be64toh(mnl_attr_get_u64(attribute));
        }
        return 0;
}

static char *list_messages(const struct nfw_nft_batch *batch, uint64_t *ret_timeouts) {
        struct listing listing = { .text = NULL };
        const struct nlmsghdr *message = nfw_nft_batch_data(batch);
        size_t n = 0;

        listing.stream = open_memstream(&listing.text, &listing.size);
        assert_non_null(listing.stream);
        for (;; message = (const void *)((const char *)message + NLMSG_ALIGN(message->nlmsg_len))) {
                listing.type = NFNL_MSG_TYPE(message->nlmsg_type);
                assert_int_equal(mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, &listing),
                                 MNL_CB_OK);
                assert_int_equal(nfw_nft_parse_elements(message, take_element, &listing), 0);
                if (ret_timeouts)
                        ret_timeouts[n++] = timeout_of(message);
                if (message == nfw_nft_batch_last(batch))
                        break;
        }
        assert_int_equal(fclose(listing.stream), 0);
        return listing.text;
}

static void fill_guest(struct nfw_nft_guest *guest) {
        const struct nfw_nft_lease leases[] = {
                { .addr = { AF_INET, { 192, 0, 2, 1 } }, .expires_ms = nfw_nft_now() + 60000 },
                { .addr = { AF_INET, { 192, 0, 2, 2 } }, .is_claimed = true, .expires_ms = UINT64_MAX },
                { .addr = { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, .expires_ms = 0 },
        };

        *guest = (struct nfw_nft_guest){ .is_there = true,
                                         .has_mac = true,
                                         .mac = { 0x52, 0x54, 0, 0, 0, 0x0a },
                                         .link = 7,
                                         .id = "0123456789abcdef",
                                         .waits = true };
        assert_int_equal(nfw_vec_push(&guest->waits_for, 0x0800), 0);
        assert_int_equal(nfw_vec_push(&guest->waits_for, 0x86dd), 0);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(leases); i++)
                assert_int_equal(nfw_vec_push(&guest->leases, leases[i]), 0);
}

static void test_guest(void **state) {
        static const char expected[] = "add learners vnet0 link 7, id 0123456789abcdef\n"
                                       "add learners-mac vnet0 52540000000a0000\n"
                                       "add learning vnet0\n"
                                       "add learning-types vnet0 08000000\n"
                                       "add learning-types vnet0 86dd0000\n"
                                       "add leases4 vnet0 c0000201 leased\n"
                                       "add leases4 vnet0 c0000202 claimed\n"
                                       "add leases6 vnet0 20010db8000000000000000000000001 leased\n";
        nfw_cleanup(nfw_nft_guest_deinit) struct nfw_nft_guest guest = { 0 };
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct nfw_nft_batch *batch;
        uint64_t timeouts[16];

        fill_guest(&guest);
        assert_int_equal(nfw_nft_batch_new("test-filter", &batch), 0);
        assert_int_equal(nfw_nft_put_guest(batch, true, *state, "vnet0", &guest), 0);
        text = list_messages(batch, timeouts);
        nfw_nft_batch_free(batch);
        assert_string_equal(text, expected);
        for (size_t i = 0; i < 5; i++)
                assert_int_equal(timeouts[i], 0);
        /* The clock goes on meanwhile; what is over already has the shortest time there is. */
        assert_in_range(timeouts[5], 1, 60000);
        assert_int_equal(timeouts[6], 0);
        assert_int_equal(timeouts[7], NFW_NFT_MIN_TIMEOUT_MS);
}

static void test_guest_that_goes(void **state) {
        static const char expected[] = "delete learners vnet0\n"
                                       "delete learners-mac vnet0 52540000000a0000\n"
                                       "delete learning vnet0\n"
                                       "delete learning-types vnet0 08000000\n"
                                       "delete learning-types vnet0 86dd0000\n"
                                       "delete leases4 vnet0 c0000201\n"
                                       "delete leases4 vnet0 c0000202\n"
                                       "delete leases6 vnet0 20010db8000000000000000000000001\n";
        nfw_cleanup(nfw_nft_guest_deinit) struct nfw_nft_guest guest = { 0 };
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct nfw_nft_batch *batch;
        uint64_t timeouts[16];

        fill_guest(&guest);
        assert_int_equal(nfw_nft_batch_new("test-filter", &batch), 0);
        assert_int_equal(nfw_nft_put_guest(batch, false, *state, "vnet0", &guest), 0);
        text = list_messages(batch, timeouts);
        nfw_nft_batch_free(batch);
        assert_string_equal(text, expected);
        for (size_t i = 0; i < 8; i++)
                assert_int_equal(timeouts[i], 0);
}

static void test_least_and_none(void **state) {
        struct nfw_nft_guest guest = { .link = 3 };
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct nfw_nft_batch *batch;

        assert_int_equal(nfw_nft_batch_new("test-filter", &batch), 0);
        assert_int_equal(nfw_nft_put_guest(batch, true, *state, "vnet0", &guest), 0);
        assert_true(nfw_nft_batch_is_empty(batch));

        guest.is_there = true;
        assert_int_equal(nfw_nft_put_guest(batch, true, *state, "", &guest), -EINVAL);
        assert_int_equal(nfw_nft_put_guest(batch, true, *state, "sixteen-letters!", &guest), -EINVAL);
        assert_true(nfw_nft_batch_is_empty(batch));
        assert_int_equal(nfw_nft_put_guest(batch, true, *state, "fifteen-letters", &guest), 0);
        text = list_messages(batch, NULL);
        nfw_nft_batch_free(batch);
        assert_string_equal(text, "add learners fifteen-letters link 3\n");
}

static void test_copies(void **state nfw_unused) {
        nfw_cleanup(nfw_nft_guest_deinit) struct nfw_nft_guest guest = { 0 };
        nfw_cleanup(nfw_nft_guest_deinit) struct nfw_nft_guest copy = { 0 };
        struct nfw_nft_guest nobody = { 0 };

        fill_guest(&guest);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(nfw_nft_guest_copy(&guest, &copy), 0);
                assert_ptr_not_equal(copy.leases.items, guest.leases.items);
                assert_int_equal(copy.leases.n, 3);
                assert_true(nfw_addr_equal(&copy.leases.items[2].addr, &guest.leases.items[2].addr));
                assert_int_equal(copy.waits_for.n, 2);
                assert_int_equal(copy.waits_for.items[1], 0x86dd);
                assert_string_equal(copy.id, guest.id);
                assert_memory_equal(copy.mac, guest.mac, sizeof(copy.mac));
        }
        assert_int_equal(nfw_nft_guest_copy(&nobody, &copy), 0);
        assert_false(copy.is_there);
        assert_int_equal(copy.leases.n, 0);
}

/* Both layers and directions, and only the first layer looks at guests that are known. */
static void test_dispatch(void **state) {
        struct nfw_nft_batch *batch;
        size_t n = 0;

        assert_int_equal(nfw_nft_batch_new("test-filter", &batch), 0);
        assert_int_equal(nfw_nft_put_learning_dispatch(batch, *state), 0);
        for (const struct nlmsghdr *message = nfw_nft_batch_data(batch);;
             message = (const void *)((const char *)message + NLMSG_ALIGN(message->nlmsg_len))) {
                assert_int_equal(NFNL_MSG_TYPE(message->nlmsg_type), NFT_MSG_NEWRULE);
                n++;
                if (message == nfw_nft_batch_last(batch))
                        break;
        }
        nfw_nft_batch_free(batch);
        assert_int_equal(n, 2 * 3 + 2 * 2);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_sets, setup, teardown),
                cmocka_unit_test_setup_teardown(test_chains_of_who_waits, setup, teardown),
                cmocka_unit_test_setup_teardown(test_chains_of_who_is_known, setup, teardown),
                cmocka_unit_test(test_groups),
                cmocka_unit_test_setup_teardown(test_guest, setup, teardown),
                cmocka_unit_test_setup_teardown(test_guest_that_goes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_least_and_none, setup, teardown),
                cmocka_unit_test(test_copies),
                cmocka_unit_test_setup_teardown(test_dispatch, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
