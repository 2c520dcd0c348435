/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that other implementations were seen to judge, and what must be learned from each. */
#include <stdio.h>
#include <stdlib.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "build.h"
#include "dns/index.h"
#include "dns/pending.h"

#define N_COLUMNS 4

static size_t from_hex(const char *hex, uint8_t *ret_data, size_t size) {
        size_t n = 0;

        for (; hex[0] && hex[1]; hex += 2, n++) {
                unsigned int octet;

                assert_true(n < size);
                assert_int_equal(sscanf(hex, "%2x", &octet), 1);
                ret_data[n] = (uint8_t)octet;
        }
        assert_int_equal(*hex, 0);
        return n;
}

/* The query that the guest must have sent: the reply's own header and question, with QR unset. */
static int make_query(const uint8_t *reply, size_t size, struct nfw_dns_head *ret_query) {
        static uint8_t query[512];
        struct nfw_dns_head head;

        if (nfw_dns_head_parse(reply, size, &head))
                return NFW_E_INVALID;
        memcpy(query, reply, head.end);
        query[2] &= 0x7f;
        memset(query + 6, 0, 6);
        return nfw_dns_head_parse(query, head.end, ret_query);
}

static void learn(const char *pattern, const uint8_t *data, size_t size, char *ret_learned) {
        static const struct nfw_dns_flow flow = { .protocol = 17, .guest_port = 40000, .server_port = 53 };
        static struct nfw_dns_answer answer;
        struct nfw_dns_head query, head;
        struct nfw_dns_message reply;
        struct nfw_dns_pending *pending;
        struct nfw_dns_index *index;
        struct nfw_dns_ids ids = { 0 };
        struct nfw_domain domain;
        const char *reason;

        *ret_learned = 0;
        assert_int_equal(nfw_domain_parse(pattern, &domain, &reason), 0);
        assert_int_equal(nfw_dns_index_new(&index), 0);
        assert_int_equal(nfw_dns_index_add(index, &domain, 7), 0);
        assert_int_equal(nfw_dns_pending_new(8, 1000, &pending), 0);

        if (!make_query(data, size, &query))
                assert_int_equal(nfw_dns_pending_add(pending, &flow, &query, 0), 0);

        if (!nfw_dns_head_parse(data, size, &head) && nfw_dns_pending_find(pending, &flow, &head, 0) &&
            !nfw_dns_message_parse(data, size, &reply) && !nfw_dns_answer_collect(&reply, &answer)) {
                for (size_t i = 0; i < answer.n_chain; i++)
                        assert_int_equal(nfw_dns_index_match(index, answer.chain[i].text, &ids), 0);
                for (size_t i = 0; i < answer.n_addresses && ids.vec.n > 0; i++) {
                        char text[NFW_ADDR_TEXT_MAX];

                        if (nfw_addr_is_special(answer.addresses + i))
                                continue;
                        if (*ret_learned)
                                strcat(ret_learned, ",");
                        strcat(ret_learned, nfw_addr_format(answer.addresses + i, text));
                }
        }

        nfw_vec_deinit(&ids.vec);
        nfw_dns_index_free(index);
        nfw_dns_pending_free(pending);
}

static void test_replies(void **state) {
        FILE *file = fopen(NFW_TEST_CONFORMANCE "/dns/replies.tsv", "re");
        nfw_cleanup(nfw_freep) char *line = NULL;
        size_t size = 0, n_rows = 0;

        (void)state;
        if (!file) {
                print_message("no " NFW_TEST_CONFORMANCE "/dns/replies.tsv\n");
                skip();
        }

        while (getline(&line, &size, file) > 0) {
                char *rest = line, *columns[N_COLUMNS];
                char learned[4096];
                uint8_t data[4096];

                line[strcspn(line, "\n")] = 0;
                if (!*line || *line == '#')
                        continue;
                for (size_t i = 0; i < N_COLUMNS; i++)
                        columns[i] = strsep(&rest, "\t");
                assert_non_null(columns[3]);

                learn(columns[1], data, from_hex(columns[3], data, sizeof(data)), learned);
                if (strcmp(learned, columns[2]))
                        fail_msg("%s: learned '%s', not '%s'", columns[0], learned, columns[2]);
                n_rows++;
        }
        fclose(file);
        assert_true(n_rows > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_replies),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
