/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random messages, built and judged by libldns, then the same with octets changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "ldns_opinion.h"

#define N_MESSAGES 1500
#define N_CHANGES  20

static const char *const names[] = {
        "a.test.",          "B.test.",       "www.a.test.", "c.www.a.test.",
        "cdn.example.net.", "x.y.z.a.test.", "test.",       ".",
};

static const char *random_name(void) {
        return names[(size_t)random() % (sizeof(names) / sizeof(*names))];
}

static ldns_rr *random_record(void) {
        char text[256];
        ldns_rr *rr;
        long kind = random() % 12;
        unsigned int ttl = (unsigned int)(random() % 1000), n = (unsigned int)(random() % 40);

        if (kind < 4)
                snprintf(text, sizeof(text), "%s %u IN A 192.0.2.%u", random_name(), ttl, n);
        else if (kind < 6)
                snprintf(text, sizeof(text), "%s %u IN AAAA 2001:db8::%x", random_name(), ttl, n);
        else if (kind < 9)
                snprintf(text, sizeof(text), "%s %u IN CNAME %s", random_name(), ttl, random_name());
        else if (kind == 9)
                snprintf(text, sizeof(text), "%s %u IN MX 10 %s", random_name(), ttl, random_name());
        else if (kind == 10)
                snprintf(text, sizeof(text), "%s %u IN SOA %s %s 1 2 3 4 5", random_name(), ttl,
                         random_name(), random_name());
        else
                snprintf(text, sizeof(text), "%s %u IN TXT \"some text\"", random_name(), ttl);

        assert_int_equal(ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL), LDNS_STATUS_OK);
        return rr;
}

static void random_message(uint8_t **ret_data, size_t *ret_size) {
        ldns_pkt *pkt;

        pkt = ldns_pkt_query_new(ldns_dname_new_frm_str(random_name()), LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN,
                                 LDNS_RD);
        assert_non_null(pkt);
        ldns_pkt_set_qr(pkt, true);
        ldns_pkt_set_id(pkt, (uint16_t)random());
        if (random() % 4 == 0) {
                ldns_pkt_set_edns_udp_size(pkt, 1232);
                ldns_pkt_set_edns_do(pkt, true);
        }
        for (long n = random() % 8; n > 0; n--)
                ldns_pkt_push_rr(pkt, LDNS_SECTION_ANSWER, random_record());
        for (long n = random() % 3; n > 0; n--)
                ldns_pkt_push_rr(pkt, LDNS_SECTION_AUTHORITY, random_record());
        for (long n = random() % 3; n > 0; n--)
                ldns_pkt_push_rr(pkt, LDNS_SECTION_ADDITIONAL, random_record());

        assert_int_equal(ldns_pkt2wire(ret_data, pkt, ret_size), LDNS_STATUS_OK);
        ldns_pkt_free(pkt);
}

static void test_both_readers_agree(void **state) {
        unsigned int seed = (unsigned int)time(NULL);
        size_t n_changed_accepted = 0;

        (void)state;
        print_message("seed %u\n", seed);
        srandom(seed);

        for (int i = 0; i < N_MESSAGES; i++) {
                struct nfw_dns_message message;
                const char *difference;
                uint8_t *data;
                size_t size;

                random_message(&data, &size);
                assert_int_equal(nfw_dns_message_parse(data, size, &message), 0);
                difference = opinion_of(data, size);
                if (difference)
                        fail_msg("seed %u, message %d: %s", seed, i, difference);

                for (int k = 0; k < N_CHANGES; k++) {
                        size_t at = (size_t)random() % size;
                        uint8_t was = data[at];

                        data[at] = (uint8_t)random();
                        difference = opinion_of(data, size);
                        if (difference)
                                fail_msg("seed %u, message %d, change %d: %s", seed, i, k, difference);
                        n_changed_accepted += !nfw_dns_message_parse(data, size, &message);
                        data[at] = was;
                }
                free(data);
        }
        /* The changes would prove nothing if all of them were refused. */
        assert_true(n_changed_accepted > N_MESSAGES);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_both_readers_agree),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
