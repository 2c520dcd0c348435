/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft/batch.h"
#include "nft/names.h"

static const struct nfw_nft_origin origin = { .what = "rule",
                                              .name = "first",
                                              .pos = { "policy.yaml", 4, 7 } };

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

static struct nlmsghdr *begin(struct nfw_nft_batch *batch, uint16_t type, const struct nfw_nft_origin *from) {
        struct nlmsghdr *message;

        assert_int_equal(nfw_nft_batch_begin(batch, type, NLM_F_CREATE, NFPROTO_INET, from, &message), 0);
        return message;
}

static void test_message(void **state) {
        struct nfw_nft_batch *batch = *state;
        const struct nfgenmsg *header;
        struct nlmsghdr *message;

        assert_true(nfw_nft_batch_is_empty(batch));
        assert_null(nfw_nft_batch_last(batch));

        message = begin(batch, NFT_MSG_NEWTABLE, &origin);
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, "nfwpolicy");
        assert_true(nfw_nft_batch_is_empty(batch));
        assert_int_equal(nfw_nft_batch_end(batch, message), 0);
        assert_false(nfw_nft_batch_is_empty(batch));
        assert_int_equal(nfw_nft_batch_size(batch), 16 + 4 + 16);

        message = nfw_nft_batch_data(batch);
        assert_ptr_equal(message, nfw_nft_batch_last(batch));
        assert_int_equal(message->nlmsg_type, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE);
        assert_int_equal(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
        header = mnl_nlmsg_get_payload(message);
        assert_int_equal(header->nfgen_family, NFPROTO_INET);
        assert_int_equal(header->version, NFNETLINK_V0);
}

static void test_origins(void **state) {
        struct nfw_nft_origin other = { .what = "set", .name = "second" };
        struct nfw_nft_batch *batch = *state;
        struct nlmsghdr *first, *second;

        first = begin(batch, NFT_MSG_NEWRULE, &origin);
        assert_int_equal(nfw_nft_batch_end(batch, first), 0);
        /* Given up: it leaves no trace. */
        (void)begin(batch, NFT_MSG_NEWTABLE, &other);
        second = begin(batch, NFT_MSG_NEWSET, &other);
        assert_int_equal(nfw_nft_batch_end(batch, second), 0);

        first = nfw_nft_batch_data(batch);
        second = nfw_nft_batch_last(batch);
        assert_int_equal(second->nlmsg_seq, first->nlmsg_seq + 1);
        assert_string_equal(nfw_nft_batch_origin(batch, first->nlmsg_seq)->name, "first");
        assert_int_equal(nfw_nft_batch_origin(batch, first->nlmsg_seq)->pos.line, 4);
        assert_string_equal(nfw_nft_batch_origin(batch, second->nlmsg_seq)->name, "second");
        assert_null(nfw_nft_batch_origin(batch, second->nlmsg_seq + 1));
        assert_null(nfw_nft_batch_origin(batch, first->nlmsg_seq - 1));
        assert_null(nfw_nft_batch_origin(batch, 0));
}

static void test_message_too_long(void **state) {
        static const uint8_t data[65000];
        struct nfw_nft_batch *batch = *state;
        struct nlmsghdr *message;

        message = begin(batch, NFT_MSG_NEWRULE, &origin);
        mnl_attr_put(message, 1, sizeof(data), data);
        assert_int_equal(nfw_nft_batch_end(batch, message), 0);

        message = begin(batch, NFT_MSG_NEWRULE, &origin);
        mnl_attr_put(message, 1, sizeof(data), data);
        mnl_attr_put(message, 1, 1000, data);
        assert_int_equal(nfw_nft_batch_end(batch, message), -EMSGSIZE);
        assert_int_equal(nfw_nft_batch_size(batch), MNL_ALIGN(16 + 4 + 4 + sizeof(data)));
}

/* The memory moves as it grows; what was written must not change. */
static void test_grows(void **state) {
        struct nfw_nft_batch *batch = *state;
        struct nlmsghdr *message;
        uint32_t n = 0;
        int left;

        for (uint32_t i = 0; i < 50000; i++) {
                message = begin(batch, NFT_MSG_NEWSET, &origin);
                mnl_attr_put_u32(message, 1, i);
                assert_int_equal(nfw_nft_batch_end(batch, message), 0);
        }
        message = nfw_nft_batch_data(batch);
        left = (int)nfw_nft_batch_size(batch);
        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
                const struct nlattr *attribute =
                        mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg));

                assert_int_equal(mnl_attr_get_u32(attribute), n);
                assert_int_equal(message->nlmsg_seq, NFW_NFT_BATCH_SEQUENCE + n);
                n++;
        }
        assert_int_equal(n, 50000);
        assert_int_equal(left, 0);

        nfw_nft_batch_reset(batch);
        assert_true(nfw_nft_batch_is_empty(batch));
        assert_null(nfw_nft_batch_origin(batch, NFW_NFT_BATCH_SEQUENCE));
}

static void test_set_ids(void **state) {
        struct nfw_nft_batch *batch = *state;

        assert_int_equal(nfw_nft_batch_next_set_id(batch), 1);
        assert_int_equal(nfw_nft_batch_next_set_id(batch), 2);
        nfw_nft_batch_reset(batch);
        assert_int_equal(nfw_nft_batch_next_set_id(batch), 1);
}

/* Two batches, each of a table of its own, become one transaction. */
static void test_append(void **state) {
        static const struct nfw_nft_origin second = { .what = "filter", .name = "clean" };
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *other = NULL;
        struct nfw_nft_batch *batch = *state;
        const struct nlmsghdr *message;
        size_t size;
        int left;

        assert_int_equal(nfw_nft_batch_new("other", &other), 0);
        assert_int_equal(nfw_nft_batch_next_set_id(batch), 1);
        for (int i = 0; i < 3; i++)
                assert_int_equal(nfw_nft_batch_end(batch, begin(batch, NFT_MSG_NEWSET, &origin)), 0);
        size = nfw_nft_batch_size(batch);

        nfw_nft_batch_continue(other, batch);
        assert_int_equal(nfw_nft_batch_next_set_id(other), 2);
        for (int i = 0; i < 1000; i++) {
                struct nlmsghdr *each = begin(other, NFT_MSG_NEWRULE, &second);

                mnl_attr_put_strz(each, NFTA_RULE_TABLE, nfw_nft_batch_table_name(other));
                assert_int_equal(nfw_nft_batch_end(other, each), 0);
        }
        assert_int_equal(nfw_nft_batch_append(batch, other), 0);
        assert_int_equal(nfw_nft_batch_size(batch), size + nfw_nft_batch_size(other));
        assert_memory_not_equal((const uint8_t *)nfw_nft_batch_data(batch) + size, nfw_nft_batch_data(other),
                                16);
        assert_int_equal(nfw_nft_batch_next_set_id(batch), 3);

        message = nfw_nft_batch_data(batch);
        left = (int)nfw_nft_batch_size(batch);
        for (uint32_t i = 0; i < 1003; i++) {
                assert_true(mnl_nlmsg_ok(message, left));
                assert_int_equal(message->nlmsg_seq, NFW_NFT_BATCH_SEQUENCE + i);
                assert_int_equal(message->nlmsg_type & 0xff, i < 3 ? NFT_MSG_NEWSET : NFT_MSG_NEWRULE);
                assert_string_equal(nfw_nft_batch_origin(batch, message->nlmsg_seq)->what,
                                    i < 3 ? "rule" : "filter");
                if (i == 1002)
                        assert_ptr_equal(message, nfw_nft_batch_last(batch));
                message = mnl_nlmsg_next(message, &left);
        }
        assert_int_equal(left, 0);

        nfw_nft_batch_reset(other);
        assert_int_equal(nfw_nft_batch_append(batch, other), 0);
        assert_null(nfw_nft_batch_origin(batch, NFW_NFT_BATCH_SEQUENCE + 1003));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_message, setup, teardown),
                cmocka_unit_test_setup_teardown(test_origins, setup, teardown),
                cmocka_unit_test_setup_teardown(test_message_too_long, setup, teardown),
                cmocka_unit_test_setup_teardown(test_grows, setup, teardown),
                cmocka_unit_test_setup_teardown(test_set_ids, setup, teardown),
                cmocka_unit_test_setup_teardown(test_append, setup, teardown),
        };

        return cmocka_run_group_tests_name("nft/batch", tests, NULL, NULL);
}
