/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libnftnl/expr.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft/compile.h"
#include "nft/element.h"
#include "nft/grant_note.h"
#include "nft/image/image.h"
#include "nft/names.h"
#include "nft/read.h"
#include "plans.h"

static int setup(void **state) {
        struct nfw_nft_batch *batch;

        if (nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch) < 0)
                return -1;
        *state = batch;
        return 0;
}

static int teardown(void **state) {
        nfw_nft_batch_free(*state);
        return 0;
}

static int keep(const struct nfw_nft_element *element, void *userdata) {
        *(struct nfw_nft_element *)userdata = *element;
        return 0;
}

static struct nfw_nft_element only_element(const struct nfw_nft_batch *batch, uint16_t type) {
        const struct nlmsghdr *message = nfw_nft_batch_data(batch);
        struct nfw_nft_element element = { 0 };

        assert_ptr_equal(message, nfw_nft_batch_last(batch));
        assert_int_equal(NFNL_MSG_TYPE(message->nlmsg_type), type);
        assert_int_equal(nfw_nft_parse_elements(message, keep, &element), 0);
        return element;
}

static void test_grant(void **state) {
        struct nfw_nft_grant_note note = { .name = "example.com" }, decoded;
        struct nfw_addr addr = { AF_INET, { 192, 0, 2, 1 } };
        struct nfw_nft_batch *batch = *state;
        struct nfw_nft_element element;

        assert_int_equal(
                nfw_nft_put_grant(batch, NFW_NFT_ADD, NFW_TABLE_INET, "s", "vnet0", &addr, 5000, &note), 0);
        element = only_element(batch, NFT_MSG_NEWSETELEM);
        assert_int_equal(element.key.size, 20);
        assert_memory_equal(element.key.data, "vnet0\0\0\0\0\0\0\0\0\0\0\0\xc0\x00\x02\x01", 20);
        nfw_nft_grant_note_decode(element.userdata.data, element.userdata.size, &decoded);
        assert_string_equal(decoded.name, "example.com");

        nfw_nft_batch_reset(batch);
        assert_int_equal(
                nfw_nft_put_grant(batch, NFW_NFT_DESTROY, NFW_TABLE_INET, "s", "vnet0", &addr, 0, NULL), 0);
        element = only_element(batch, 30);
        assert_null(element.userdata.data);
}

static uint64_t timeout_of(struct nfw_nft_batch *batch, uint64_t timeout_ms) {
        struct nfw_addr addr = { AF_INET, { 192, 0, 2, 1 } };

        nfw_nft_batch_reset(batch);
        assert_int_equal(
                nfw_nft_put_grant(batch, NFW_NFT_ADD, NFW_TABLE_INET, "s", "vnet0", &addr, timeout_ms, NULL),
                0);
        return only_element(batch, NFT_MSG_NEWSETELEM).expiration_ms;
}

/* Less than a tick of the kernel, of up to ten milliseconds, was for ever. */
static void test_short_timeouts(void **state) {
        assert_int_equal(timeout_of(*state, 0), 20);
        assert_int_equal(timeout_of(*state, 1), 20);
        assert_int_equal(timeout_of(*state, 20), 20);
        assert_int_equal(timeout_of(*state, 21), 21);
        assert_int_equal(timeout_of(*state, 604800000), 604800000);
}

static void put_expiration(struct nfw_nft_batch *batch, bool has_expiration) {
        static const struct nfw_nft_origin origin = { .what = "set" };
        struct nfw_nft_element_list list = {
                .batch = batch, .type = NFT_MSG_NEWSETELEM, .set = "s", .origin = &origin
        };

        nfw_nft_batch_reset(batch);
        assert_int_equal(nfw_nft_element_begin(&list, "key", 4), 0);
        if (has_expiration)
                mnl_attr_put_u64(list.message, NFTA_SET_ELEM_EXPIRATION, 0);
        nfw_nft_element_end(&list);
        assert_int_equal(nfw_nft_element_list_end(&list), 0);
}

/* Kernels tell of what has just ended that 0 ms are left, and of what never does nothing. */
static void test_expired_is_not_for_ever(void **state) {
        put_expiration(*state, true);
        assert_int_equal(only_element(*state, NFT_MSG_NEWSETELEM).expiration_ms, 1);
        put_expiration(*state, false);
        assert_int_equal(only_element(*state, NFT_MSG_NEWSETELEM).expiration_ms, 0);
}

struct message {
        uint16_t type;
        size_t n_elements;
};

static int count_element(const struct nfw_nft_element *element nfw_unused, void *userdata) {
        ++*(size_t *)userdata;
        return 0;
}

static size_t read_messages(const struct nfw_nft_batch *batch, struct message *ret_messages, size_t max) {
        const struct nlmsghdr *message = nfw_nft_batch_data(batch);
        int left = (int)nfw_nft_batch_size(batch);
        size_t n = 0;

        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left), n++) {
                assert_true(n < max);
                ret_messages[n] = (struct message){ .type = NFNL_MSG_TYPE(message->nlmsg_type) };
                assert_int_equal(nfw_nft_parse_elements(message, count_element, &ret_messages[n].n_elements),
                                 0);
        }
        return n;
}

/* What is of one set is one message as long as it fits, and nothing changes its place. */
static void test_grants_of_one_set(void **state) {
        static const struct {
                enum nfw_nft_element_op op;
                const char *set;
        } grants[] = {
                { NFW_NFT_ADD, "a" }, { NFW_NFT_ADD, "a" }, { NFW_NFT_ADD, "b" }, { NFW_NFT_DELETE, "b" },
                { NFW_NFT_ADD, "b" }, { NFW_NFT_ADD, "b" }, { NFW_NFT_ADD, "a" },
        };
        static const struct message expected[] = {
                { NFT_MSG_NEWSETELEM, 2 }, { NFT_MSG_NEWSETELEM, 1 }, { NFT_MSG_DELSETELEM, 1 },
                { NFT_MSG_NEWSETELEM, 2 }, { NFT_MSG_NEWSETELEM, 1 },
        };
        struct nfw_nft_batch *batch = *state;
        struct nfw_nft_grant_list list = { .list.batch = batch };
        struct message messages[NFW_ARRAY_SIZE(grants)];

        assert_int_equal(nfw_nft_grant_list_end(&list), 0);
        assert_true(nfw_nft_batch_is_empty(batch));
        for (size_t i = 0; i < NFW_ARRAY_SIZE(grants); i++) {
                struct nfw_addr addr = { AF_INET, { 192, 0, 2, (uint8_t)i } };

                assert_int_equal(nfw_nft_grant_list_put(&list, grants[i].op, NFW_TABLE_INET, grants[i].set,
                                                        "vnet0", &addr, 1000, NULL),
                                 0);
        }
        assert_int_equal(nfw_nft_grant_list_end(&list), 0);
        assert_int_equal(read_messages(batch, messages, NFW_ARRAY_SIZE(messages)), NFW_ARRAY_SIZE(expected));
        for (size_t i = 0; i < NFW_ARRAY_SIZE(expected); i++) {
                assert_int_equal(messages[i].type, expected[i].type);
                assert_int_equal(messages[i].n_elements, expected[i].n_elements);
        }
}

static void test_more_grants_than_a_message_takes(void **state) {
        const struct nfw_nft_grant_note note = { .name = "a.example" };
        struct nfw_nft_batch *batch = *state;
        struct nfw_nft_grant_list list = { .list.batch = batch };
        struct message messages[16];
        size_t n, n_elements = 0;

        for (unsigned int i = 0; i < 2000; i++) {
                struct nfw_addr addr = { AF_INET, { 198, 18, (uint8_t)(i >> 8), (uint8_t)i } };

                assert_int_equal(nfw_nft_grant_list_put(&list, NFW_NFT_ADD, NFW_TABLE_INET, "a", "vnet0",
                                                        &addr, 1000, &note),
                                 0);
        }
        assert_int_equal(nfw_nft_grant_list_end(&list), 0);
        n = read_messages(batch, messages, NFW_ARRAY_SIZE(messages));
        assert_true(n > 1);
        for (size_t i = 0; i < n; i++)
                n_elements += messages[i].n_elements;
        assert_int_equal(n_elements, 2000);
}

static void test_interface_names(void **state) {
        struct nfw_addr addr = { AF_INET6, { 0x20, 0x01 } };
        struct nfw_nft_batch *batch = *state;

        assert_int_equal(nfw_nft_put_grant(batch, NFW_NFT_ADD, NFW_TABLE_INET, "s", "", &addr, 1, NULL),
                         -EINVAL);
        assert_int_equal(nfw_nft_put_grant(batch, NFW_NFT_ADD, NFW_TABLE_INET, "s", "sixteen-letters!", &addr,
                                           1, NULL),
                         -EINVAL);
        assert_int_equal(
                nfw_nft_put_grant(batch, NFW_NFT_ADD, NFW_TABLE_INET, "s", "fifteen-letters", &addr, 1, NULL),
                0);
        assert_int_equal(only_element(batch, NFT_MSG_NEWSETELEM).key.size, 32);
}

static void test_dispatch(void **state) {
        struct nfw_nft_batch *batch = *state;
        struct nfw_nft_element element;

        assert_int_equal(
                nfw_nft_put_dispatch(batch, NFW_NFT_ADD, NFW_TABLE_BRIDGE, NFW_INGRESS, "vnet0", NULL, NULL),
                -EINVAL);
        assert_int_equal(nfw_nft_put_dispatch(batch, NFW_NFT_ADD, NFW_TABLE_BRIDGE, NFW_INGRESS, "vnet0", "c",
                                              "0123456789abcdef0"),
                         -EINVAL);
        assert_true(nfw_nft_batch_is_empty(batch));

        assert_int_equal(nfw_nft_put_dispatch(batch, NFW_NFT_ADD, NFW_TABLE_BRIDGE, NFW_INGRESS, "vnet0",
                                              "web-ingress", "0123456789abcdef"),
                         0);
        element = only_element(batch, NFT_MSG_NEWSETELEM);
        assert_string_equal(element.chain, "web-ingress");
        assert_int_equal(element.userdata.size, 2 + 17);
        assert_memory_equal(element.userdata.data,
                            "\0\x11"
                            "0123456789abcdef",
                            19);
}

static void test_subnet(void **state) {
        struct nfw_prefix prefix = { .addr = { AF_INET, { 10, 32 } }, .length = 11 };
        struct nfw_nft_batch *batch = *state;
        struct nfw_nft_element element;

        assert_int_equal(
                nfw_nft_put_parameter(batch, NFW_NFT_ADD, NFW_TABLE_INET, NFW_PARAMETER_LOCAL, "a", &prefix),
                -EINVAL);
        assert_int_equal(nfw_nft_put_parameter(batch, NFW_NFT_ADD, NFW_TABLE_INET, NFW_PARAMETER_SUBNETS, "a",
                                               &prefix),
                         0);
        element = only_element(batch, NFT_MSG_NEWSETELEM);
        assert_memory_equal(element.key.data, "a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\x20\x00\x00", 20);
        assert_memory_equal(element.key_end.data, "a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\x3f\xff\xff", 20);
}

/* What the kernel would hold; to be deinitialised. */
static struct nfw_nft_image image_of(struct nfw_nft_batch *batch, const struct nfw_plan *plan) {
        struct nfw_nft_image image = { .table = plan->table, .table_name = NFW_NFT_TABLE_DEFAULT };
        const struct nlmsghdr *message;
        int left;

        nfw_nft_batch_reset(batch);
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), 0);
        message = nfw_nft_batch_data(batch);
        left = (int)nfw_nft_batch_size(batch);
        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
                assert_int_equal(nfw_nft_image_take(&image, message, NULL), 0);
        assert_int_equal(nfw_nft_image_finish(&image), 0);
        return image;
}

static size_t n_elements_in_kernel_form(struct nfw_nft_batch *batch, const char *elements) {
        static const enum nfw_field field = NFW_FIELD_TH_DPORT;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_begin("p", NFW_TABLE_INET);
        struct nfw_nft_image image;
        size_t n;

        plan_set(plan, "p-ports", true, 1, &field, elements);
        image = image_of(batch, plan);
        n = nfw_nft_image_n_elements(nfw_nft_image_find_set(&image, "p-ports", 0));
        nfw_nft_image_deinit(&image);
        return n;
}

/* A gap before the first range, both edges of a range, none behind the last value there is. */
static void test_edges(void **state) {
        struct nfw_nft_batch *batch = *state;

        assert_int_equal(n_elements_in_kernel_form(batch, "5"), 3);
        assert_int_equal(n_elements_in_kernel_form(batch, "0-5"), 2);
        assert_int_equal(n_elements_in_kernel_form(batch, "0-65535"), 1);
        assert_int_equal(n_elements_in_kernel_form(batch, "1-5 9-65535"), 4);
        assert_int_equal(n_elements_in_kernel_form(batch, "9-65535 1-5"), 4);
        assert_int_equal(n_elements_in_kernel_form(batch, "1-5 6-7"), 5);
}

/* "payload 2+0 cmp 2 …": what is loaded, and how much is compared. */
static int describe(struct nftnl_expr *expr, void *userdata) {
        const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
        FILE *stream = userdata;
        uint32_t size;

        (void)fprintf(stream, " %s", name);
        if (strcmp(name, "meta") == 0)
                (void)fprintf(stream, " %u", nftnl_expr_get_u32(expr, NFTNL_EXPR_META_KEY));
        if (strcmp(name, "payload") == 0)
                (void)fprintf(stream, " %u+%u", nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_LEN),
                              nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET));
        if (strcmp(name, "cmp") == 0 && nftnl_expr_get(expr, NFTNL_EXPR_CMP_DATA, &size))
                (void)fprintf(stream, " %u", size);
        return 0;
}

#define assert_rule(rule_, expected_)                                                                        \
        do {                                                                                                 \
                char *text_ = NULL;                                                                          \
                size_t size_;                                                                                \
                FILE *stream_ = open_memstream(&text_, &size_);                                              \
                                                                                                             \
                assert_non_null(stream_);                                                                    \
                nftnl_expr_foreach((rule_)->rule, describe, stream_);                                        \
                (void)fclose(stream_);                                                                       \
                assert_string_equal(text_, expected_);                                                       \
                free(text_);                                                                                 \
        } while (0)

/*
 * The forms in which nft writes rules: the protocol directly before the first of the ports, and two ports that are
 * compared with a value each in one go.
 */
static void test_ports(void **state) {
        static const enum nfw_field pair[] = { NFW_FIELD_IP_DADDR, NFW_FIELD_TH_DPORT };
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_begin("p", NFW_TABLE_INET);
        struct nfw_nft_batch *batch = *state;
        const struct nfw_nft_image_chain *chain;
        struct nfw_nft_image image;
        struct nfw_plan_rule *rule;

        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_CONTINUE, NULL);
        plan_is(rule, NFW_FIELD_L4PROTO, false, "17");
        plan_is(rule, NFW_FIELD_IP_DADDR, false, "10.0.0.0/8");
        plan_is(rule, NFW_FIELD_TH_SPORT, false, "68");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "67");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_CONTINUE, NULL);
        plan_is(rule, NFW_FIELD_L4PROTO, false, "17");
        plan_is(rule, NFW_FIELD_TH_SPORT, false, "68-69");
        plan_is(rule, NFW_FIELD_TH_DPORT, false, "67");
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_CONTINUE, NULL);
        plan_is(rule, NFW_FIELD_L4PROTO, false, "17");
        plan_in(plan, rule, plan_set(plan, "p-s", false, 2, pair, "10.0.0.1 . 67"), false);
        rule = plan_rule(plan, NFW_EGRESS, NFW_VERDICT_CONTINUE, NULL);
        plan_is(rule, NFW_FIELD_L4PROTO, false, "50");
        plan_is(rule, NFW_FIELD_IP_DADDR, false, "10.0.0.0/8");
        plan_is(rule, NFW_FIELD_TH_SPORT, false, "68");

        _Static_assert(NFT_META_NFPROTO == 15 && NFT_META_L4PROTO == 16, "keys of meta");
        image = image_of(batch, plan);
        chain = nfw_nft_image_find_chain(&image, "p-egress");
        assert_non_null(chain);
        assert_int_equal(chain->rules.n, 4);
        assert_rule(&chain->rules.items[0],
                    " meta 15 cmp 1 payload 1+16 cmp 1 meta 16 cmp 1 payload 4+0 cmp 4");
        assert_rule(&chain->rules.items[1], " meta 16 cmp 1 payload 2+0 cmp 2 cmp 2 payload 2+2 cmp 2");
        assert_rule(&chain->rules.items[2], " meta 15 cmp 1 meta 16 cmp 1 payload 4+16 payload 2+2 lookup");
        assert_rule(&chain->rules.items[3],
                    " meta 16 cmp 1 meta 15 cmp 1 payload 1+16 cmp 1 payload 2+0 cmp 2");
        nfw_nft_image_deinit(&image);
}

static void test_refused_plans(void **state) {
        static const enum nfw_field wide[] = { NFW_FIELD_IP6_SADDR, NFW_FIELD_IP6_DADDR, NFW_FIELD_IP6_SADDR,
                                               NFW_FIELD_IP6_DADDR };
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_begin("p", NFW_TABLE_INET);
        struct nfw_nft_batch *batch = *state;
        size_t index;

        plan_is(plan_rule(plan, NFW_EGRESS, NFW_VERDICT_DROP, "frames"), NFW_FIELD_ETHER_TYPE, false,
                "0x806");
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), -EOPNOTSUPP);

        plan->chains[NFW_EGRESS].rules.items[0].matches.items[0].fields[0] = NFW_FIELD_TH_DPORT;
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), 0);
        index = plan_set(plan, "p-wide", false, 4, wide, "");
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), 0); /* 64 octets are what the kernel has */
        plan->sets.items[index].learned = 0;
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), -EINVAL);
        plan->sets.items[index].n_fields = 0;
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), -EINVAL);
}

static void test_long_policy_name(void **state) {
        char name[NFW_NFT_NAME_MAX];
        struct nfw_nft_batch *batch = *state;
        struct nfw_plan *plan;

        memset(name, 'x', sizeof(name));
        name[94] = '\0';
        plan = plan_begin(name, NFW_TABLE_INET);
        plan_rule(plan, NFW_EGRESS, NFW_VERDICT_CONTINUE, NULL)->mirror = NFW_MIRROR_QUERY;
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), 0);
        nfw_plan_free(plan);

        /* The kernel would cut the prefix, and with it the policy's id. */
        name[94] = 'x';
        name[95] = '\0';
        plan = plan_begin(name, NFW_TABLE_INET);
        plan_rule(plan, NFW_EGRESS, NFW_VERDICT_CONTINUE, NULL)->mirror = NFW_MIRROR_QUERY;
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), -ENAMETOOLONG);
        nfw_plan_free(plan);

        name[95] = 'x';
        name[100] = '\0';
        plan = plan_begin(name, NFW_TABLE_INET);
        assert_int_equal(nfw_nft_put_plan(batch, plan, true), -ENAMETOOLONG);
        nfw_plan_free(plan);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_grant, setup, teardown),
                cmocka_unit_test_setup_teardown(test_short_timeouts, setup, teardown),
                cmocka_unit_test_setup_teardown(test_expired_is_not_for_ever, setup, teardown),
                cmocka_unit_test_setup_teardown(test_grants_of_one_set, setup, teardown),
                cmocka_unit_test_setup_teardown(test_more_grants_than_a_message_takes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_interface_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_dispatch, setup, teardown),
                cmocka_unit_test_setup_teardown(test_subnet, setup, teardown),
                cmocka_unit_test_setup_teardown(test_edges, setup, teardown),
                cmocka_unit_test_setup_teardown(test_ports, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refused_plans, setup, teardown),
                cmocka_unit_test_setup_teardown(test_long_policy_name, setup, teardown),
        };

        return cmocka_run_group_tests_name("nft/messages", tests, NULL, NULL);
}
