/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeps back ports of networks with a policy, as it is sent. What it does to packets is tested in tests/vm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft/image/image.h"
#include "nft/names.h"
#include "nft/network/network.h"
#include "nft/table.h"

#define MAX 4

struct fixture {
        struct nfw_network *networks[MAX];
        struct nfw_nft_networks view;
        struct nfw_nft_image image;
};

static void add(struct fixture *fixture, const char *bridge, const char *forward) {
        char text[256];

        snprintf(
                text, sizeof(text),
                "<network><name>of-%s</name><bridge name='%s'/>%s<ip address='10.%zu.0.1' prefix='24'/></network>",
                bridge, bridge, forward, fixture->view.n);
        assert_true(fixture->view.n < MAX);
        assert_int_equal(
                nfw_network_parse("net", text, strlen(text), NULL, &fixture->networks[fixture->view.n++]), 0);
}

/* The whole table, with the guard of these networks. */
static void take(struct fixture *fixture) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        const struct nlmsghdr *message;
        int left;

        fixture->view.items = (const struct nfw_network *const *)fixture->networks;
        fixture->image =
                (struct nfw_nft_image){ .table = NFW_TABLE_BRIDGE, .table_name = NFW_NFT_TABLE_DEFAULT };
        assert_int_equal(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch), 0);
        assert_int_equal(nfw_nft_put_table(batch, NFW_TABLE_BRIDGE), 0);
        assert_int_equal(nfw_nft_put_network_guard(batch, &fixture->view), 0);
        message = nfw_nft_batch_data(batch);
        left = (int)nfw_nft_batch_size(batch);
        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
                assert_int_equal(nfw_nft_image_take(&fixture->image, message, NULL), 0);
        assert_int_equal(nfw_nft_image_finish(&fixture->image), 0);
}

static void deinit(struct fixture *fixture) {
        nfw_nft_image_deinit(&fixture->image);
        for (size_t i = 0; i < fixture->view.n; i++)
                nfw_network_free(fixture->networks[i]);
}

static size_t n_elements(const struct fixture *fixture, const char *set) {
        const struct nfw_nft_image_set *found = nfw_nft_image_find_set(&fixture->image, set, 0);

        assert_non_null(found);
        return nfw_nft_image_n_elements(found);
}

static const char *rule(const struct fixture *fixture, const char *chain, size_t index, size_t n) {
        const struct nfw_nft_image_chain *found = nfw_nft_image_find_chain(&fixture->image, chain);

        assert_non_null(found);
        assert_int_equal(found->rules.n, n);
        return found->rules.items[index].text;
}

static void test_guard(void **state nfw_unused) {
        struct fixture f = { 0 };

        add(&f, "virbr0", "");
        add(&f, "virbr1", "<forward mode='route' dev='eth1'/>");
        add(&f, "virbr2", "<forward dev='eth1'/>");
        take(&f);
        assert_int_equal(n_elements(&f, "networks"), 3);
        assert_int_equal(n_elements(&f, "network_uplinks"), 1); /* of two networks */
        /* The maps are asked first. */
        assert_non_null(strstr(rule(&f, "prerouting", 0, 2), "egress"));
        assert_null(strstr(rule(&f, "prerouting", 0, 2), "network_egress"));
        assert_non_null(strstr(rule(&f, "prerouting", 1, 2), "network_egress"));
        assert_non_null(strstr(rule(&f, "postrouting", 1, 2), "network_ingress"));
        assert_non_null(strstr(rule(&f, "network_egress", 0, 2), "network_uplinks"));
        assert_non_null(strstr(rule(&f, "network_egress", 1, 2), "drop"));
        assert_string_not_equal(rule(&f, "network_egress", 1, 2), rule(&f, "network_ingress", 1, 2));
        deinit(&f);
}

static void test_nobody_to_guard(void **state nfw_unused) {
        struct fixture f = { 0 };

        take(&f);
        assert_null(nfw_nft_image_find_set(&f.image, "networks", 0));
        assert_null(nfw_nft_image_find_chain(&f.image, "network_egress"));
        assert_non_null(strstr(rule(&f, "prerouting", 0, 1), "egress"));
        deinit(&f);
}

/* The rule that leads ports to their policies is put back in the same batch. */
static void test_removal(void **state nfw_unused) {
        static const uint16_t expected[] = {
                NFT_MSG_DELRULE, NFT_MSG_NEWRULE, NFT_MSG_DELRULE,  NFT_MSG_NEWRULE,  NFT_MSG_DELRULE,
                NFT_MSG_DELRULE, NFT_MSG_DELSET,  NFT_MSG_DELCHAIN, NFT_MSG_DELCHAIN,
        };
        nfw_cleanup(nfw_nft_network_objects_deinit) struct nfw_nft_network_objects objects = { 0 };
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        const struct nlmsghdr *message;
        size_t n = 0;
        int left;

        assert_int_equal(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch), 0);
        assert_int_equal(nfw_nft_put_network_guard_removal(batch, &objects), 0);
        assert_int_equal(nfw_nft_batch_size(batch), 0);

        assert_int_equal(nfw_vec_push(&objects.chains, strdup("network_egress")), 0);
        assert_int_equal(nfw_vec_push(&objects.chains, strdup("network_ingress")), 0);
        assert_int_equal(nfw_vec_push(&objects.sets, strdup("networks")), 0);
        assert_int_equal(nfw_nft_put_network_guard_removal(batch, &objects), 0);
        message = nfw_nft_batch_data(batch);
        left = (int)nfw_nft_batch_size(batch);
        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left), n++) {
                assert_true(n < NFW_ARRAY_SIZE(expected));
                assert_int_equal(NFNL_MSG_TYPE(message->nlmsg_type), expected[n]);
        }
        assert_int_equal(n, NFW_ARRAY_SIZE(expected));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_guard),
                cmocka_unit_test(test_nobody_to_guard),
                cmocka_unit_test(test_removal),
        };

        return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
