/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <nfwpolicy/nfwpolicy.h>

#include "build.h"
#include "dns/wire.h"

static struct build b;

/* From a copy of exact size, so that a sanitizer sees a read beyond the end. */
static int parse(struct nfw_dns_message *ret_message) {
        static uint8_t *copy;
        int r;

        free(copy);
        copy = malloc(b.n > 0 ? b.n : 1);
        assert_non_null(copy);
        memcpy(copy, b.data, b.n);
        r = nfw_dns_message_parse(copy, b.n, ret_message);
        if (r) {
                free(copy);
                copy = NULL;
        }
        return r;
}

static void assert_valid(void) {
        struct nfw_dns_message message;

        assert_int_equal(parse(&message), 0);
}

static void assert_invalid(void) {
        struct nfw_dns_message message;

        assert_int_equal(parse(&message), NFW_E_INVALID);
}

static void test_header(void **state) {
        struct nfw_dns_message message;

        (void)state;
        build_header(&b, 0x8583, 0);
        build_question(&b, "example.com", 28);
        assert_int_equal(parse(&message), 0);
        assert_int_equal(message.head.id, 0x1234);
        assert_true(message.head.is_response);
        assert_int_equal(message.head.opcode, 0);
        assert_false(message.head.truncated);
        assert_int_equal(message.rcode, 3);
        assert_int_equal(message.head.question.type, 28);
        assert_int_equal(message.head.question.class, 1);
        assert_string_equal(message.head.question.name.text, "example.com");

        build_header(&b, 0x2a00, 0);
        build_question(&b, "", 1);
        assert_int_equal(parse(&message), 0);
        assert_false(message.head.is_response);
        assert_int_equal(message.head.opcode, 5);
        assert_true(message.head.truncated);
        assert_string_equal(message.head.question.name.text, "");
}

static void test_every_cut_and_any_tail_is_invalid(void **state) {
        size_t n;

        (void)state;
        build_reply(&b, "www.example.com", 1, 2);
        build_cname(&b, NULL, 60, "cdn.example.net");
        build_a(&b, "cdn.example.net", 60, 0xc0000201);
        assert_valid();

        n = b.n;
        for (b.n = 0; b.n < n; b.n++)
                assert_invalid();
        b.n = n;
        build_u8(&b, 0);
        assert_invalid();
}

static void test_number_of_questions(void **state) {
        (void)state;
        build_reply(&b, "example.com", 1, 0);
        b.data[5] = 2;
        build_question(&b, "example.com", 1);
        assert_invalid();
        b.n = 12;
        b.data[5] = 0;
        assert_invalid();
}

static void test_case_is_folded(void **state) {
        struct nfw_dns_message message;

        (void)state;
        build_reply(&b, "wWw.EXAMPLE.com", 1, 0);
        assert_int_equal(parse(&message), 0);
        assert_string_equal(message.head.question.name.text, "www.example.com");
}

static void test_question_that_is_not_text(void **state) {
        static const char bad[] = { '\0', '\t', '\n', ' ', '.', '\\', '"', '\x7f', '\x80', '\xff' };

        (void)state;
        for (size_t i = 0; i < sizeof(bad); i++) {
                build_reply(&b, "aXb.example.com", 1, 0);
                b.data[14] = (uint8_t)bad[i];
                assert_invalid();
        }
        build_reply(&b, "_a-*/b.example.com", 1, 0);
        assert_valid();
}

static void test_owner_that_is_not_text_is_well_formed(void **state) {
        (void)state;
        build_reply(&b, "example.com", 1, 1);
        build_a(&b, "a b", 60, 0xc0000201);
        assert_valid();
}

static void test_longest_name(void **state) {
        struct nfw_dns_message message;
        char name[300];

        (void)state;
        /* Three labels of 63 and one of 61: 64 * 3 + 62 + 1 = 255 octets. */
        memset(name, 'a', sizeof(name));
        name[63] = name[127] = name[191] = '.';
        name[253] = 0;
        build_reply(&b, name, 1, 0);
        assert_int_equal(parse(&message), 0);
        assert_string_equal(message.head.question.name.text, name);

        name[253] = 'a';
        name[254] = 0;
        build_reply(&b, name, 1, 0);
        assert_invalid();

        /* The same by a pointer: each part is short enough, the whole is not. */
        name[253] = 0;
        build_reply(&b, name, 1, 1);
        build_labels(&b, "a");
        build_pointer(&b, BUILD_QNAME);
        build_rdata_begin(&b, 16, 0);
        assert_invalid();

        /* 127 labels of one octet. */
        for (size_t i = 0; i < 253; i++)
                name[i] = i % 2 ? '.' : 'x';
        build_reply(&b, name, 1, 0);
        assert_int_equal(parse(&message), 0);
        assert_string_equal(message.head.question.name.text, name);
}

static void test_label_types(void **state) {
        (void)state;
        for (unsigned int type = 0x40; type <= 0x80; type += 0x40) {
                build_reply(&b, "example.com", 1, 0);
                b.data[12] |= type;
                assert_invalid();
        }
}

static void assert_owner_pointer(size_t target, bool valid) {
        size_t begin;

        build_reply(&b, "example.com", 1, 1);
        build_pointer(&b, target);
        begin = build_rdata_begin(&b, 1, 60);
        build_u32(&b, 0xc0000201);
        build_rdata_end(&b, begin);
        if (valid)
                assert_valid();
        else
                assert_invalid();
}

static void test_pointers(void **state) {
        (void)state;
        assert_owner_pointer(12, true);
        assert_owner_pointer(20, true);  /* com */
        assert_owner_pointer(24, true);  /* the root */
        assert_owner_pointer(29, false); /* itself */
        assert_owner_pointer(31, false); /* forward */
        assert_owner_pointer(0x3fff, false);
        assert_owner_pointer(4, false);  /* the header */
        assert_owner_pointer(13, false); /* inside a label: its letters as a length */

        build_header(&b, 0x8180, 0);
        build_pointer(&b, 12);
        build_u32(&b, 0x00010001);
        assert_invalid();

        /* A label, then a pointer back to that label: backwards from where the pointer stands, and a loop. */
        build_reply(&b, "example.com", 1, 1);
        build_labels(&b, "loop");
        build_pointer(&b, b.n - 5);
        build_rdata_begin(&b, 16, 0);
        assert_invalid();

        /* A pointer to the zero inside the label before it would end, and reads an octet twice all the same. */
        build_reply(&b, "example.com", 1, 1);
        build_u16(&b, 0x0100);
        build_pointer(&b, b.n - 1);
        build_rdata_begin(&b, 16, 0);
        assert_invalid();
}

static void test_row_of_pointers(void **state) {
        size_t begin, last = BUILD_QNAME;

        (void)state;
        for (unsigned int n = 127; n <= 128; n++) {
                last = BUILD_QNAME;
                build_reply(&b, "example.com", 1, 2);
                build_u8(&b, 0);
                begin = build_rdata_begin(&b, 65280, 0);
                for (unsigned int i = 1; i < n; i++) {
                        build_pointer(&b, last);
                        last = b.n - 2;
                }
                build_rdata_end(&b, begin);
                build_pointer(&b, last);
                build_rdata_begin(&b, 65280, 0);
                if (n == 127)
                        assert_valid();
                else
                        assert_invalid();
        }
}

struct rdata_case {
        unsigned int type;
        size_t size;
        const char *rdata;
        bool valid;
};

static const struct rdata_case rdata_cases[] = {
        { 1, 4, "\xc0\0\2\1", true },
        { 1, 3, "\xc0\0\2", false },
        { 1, 5, "\xc0\0\2\1\1", false },
        { 1, 0, "", false },
        { 28, 16, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", true },
        { 28, 4, "\xc0\0\2\1", false },
        { 28, 17, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0", false },
        { 5, 2, "\xc0\x0c", true },
        { 5, 4, "\1a\xc0\x0c", true },
        { 5, 3, "\xc0\x0c\0", false },
        { 5, 1, "\xc0", false },
        { 5, 2, "\1a", false },
        { 5, 0, "", false },
        { 2, 2, "\xc0\x0c", true },
        { 2, 1, "\xc0", false },
        { 6, 24, "\xc0\x0c\xc0\x0c\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1", true },
        { 6, 23, "\xc0\x0c\xc0\x0c\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0", false },
        { 15, 4, "\0\1\xc0\x0c", true },
        { 15, 2, "\0\1", false },
        { 33, 7, "\0\1\0\1\0\1\0", true },
        { 33, 5, "\0\1\0\1\0", false },
        { 16, 2, "\1a", true },
        { 65280, 0, "", true },
        /* HTTPS and SVCB */
        { 65, 3, "\0\1\0", true },
        { 64, 3, "\0\0\0", true },
        { 65, 2, "\0\1", false },
        { 65, 4, "\0\1\xc0\x0c", false }, /* the target must not be compressed */
        { 65, 5, "\0\1\1a\0", true },
        { 65, 11, "\0\1\0\0\4\0\4\xc0\0\2\1", true },
        { 65, 10, "\0\1\0\0\4\0\3\xc0\0\2", false },
        { 65, 7, "\0\1\0\0\4\0\0", false },            /* an empty list of hints */
        { 65, 11, "\0\1\0\0\4\0\5\xc0\0\2\1", false }, /* a value beyond the end */
        { 65, 10, "\0\1\0\0\4\0\4\xc0\0\2", false },
        { 65, 6, "\0\1\0\0\4\0", false }, /* half a parameter */
        { 65, 11, "\0\1\0\0\6\0\4\xc0\0\2\1", false },
        { 65, 11, "\0\1\0\0\1\0\0\0\2\0\0", true },
        { 65, 11, "\0\1\0\0\2\0\0\0\1\0\0", false }, /* keys must ascend */
        { 65, 11, "\0\1\0\0\2\0\0\0\2\0\0", false },
};

static void test_rdata(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rdata_cases) / sizeof(*rdata_cases); i++) {
                const struct rdata_case *c = rdata_cases + i;
                struct nfw_dns_message message;
                size_t begin;

                /* In each of the three sections, with another record behind it. */
                for (unsigned int section = 7; section <= 11; section += 2) {
                        build_reply(&b, "example.com", 1, 0);
                        b.data[section] = 2;
                        build_pointer(&b, BUILD_QNAME);
                        begin = build_rdata_begin(&b, c->type, 60);
                        build_bytes(&b, c->rdata, c->size);
                        build_rdata_end(&b, begin);
                        build_a(&b, NULL, 60, 0xc0000202);
                        if (parse(&message) != (c->valid ? 0 : NFW_E_INVALID))
                                fail_msg("case %zu: type %u, %zu octets", i, c->type, c->size);
                }
        }
}

static void test_rdata_of_other_classes_is_opaque(void **state) {
        (void)state;
        build_reply(&b, "example.com", 1, 1);
        build_pointer(&b, BUILD_QNAME);
        build_rdata_begin(&b, 1, 0);
        assert_invalid();
        b.data[b.n - 7] = 254; /* NONE, as an UPDATE has it */
        assert_valid();
}

static void test_extended_rcode(void **state) {
        struct nfw_dns_message message;

        (void)state;
        build_reply(&b, "example.com", 1, 0);
        b.data[11] = 1;
        build_u8(&b, 0);
        build_u16(&b, 41);
        build_u16(&b, 1232);
        build_u32(&b, 0x01000000);
        build_u16(&b, 0);
        assert_int_equal(parse(&message), 0);
        assert_int_equal(message.rcode, 16); /* BADVERS */
}

static void test_size(void **state) {
        struct nfw_dns_message message;
        size_t begin;

        (void)state;
        build_reply(&b, "example.com", 1, 1);
        build_pointer(&b, BUILD_QNAME);
        begin = build_rdata_begin(&b, 65280, 0);
        while (b.n < 65535)
                build_u8(&b, 0);
        build_rdata_end(&b, begin);
        assert_valid();
        assert_int_equal(nfw_dns_message_parse(b.data, 65536, &message), NFW_E_INVALID);
}

/* Nothing behind the question is looked at, but for the number of records that the header gives. */
static void test_head(void **state) {
        struct nfw_dns_head head;

        (void)state;
        build_reply(&b, "www.Example.com", 28, 3);
        build_u16(&b, 0xffff);
        assert_int_equal(nfw_dns_head_parse(b.data, b.n, &head), 0);
        assert_int_equal(head.id, 0x1234);
        assert_true(head.is_response);
        assert_int_equal(head.n_answers, 3);
        assert_string_equal(head.question.name.text, "www.example.com");
        assert_int_equal(head.question.type, 28);
        assert_int_equal(head.question.class, 1);
        assert_int_equal(head.end, b.n - 2);
        assert_invalid();

        for (size_t size = 0; size < head.end; size++)
                assert_int_equal(nfw_dns_head_parse(b.data, size, &head), NFW_E_INVALID);
        b.data[5] = 2;
        assert_int_equal(nfw_dns_head_parse(b.data, b.n, &head), NFW_E_INVALID);
}

static void build_records(size_t n_answers, size_t n_authority, size_t n_additional) {
        build_reply(&b, "example.com", 1, (unsigned int)n_answers);
        b.data[8] = (uint8_t)(n_authority >> 8);
        b.data[9] = (uint8_t)n_authority;
        b.data[10] = (uint8_t)(n_additional >> 8);
        b.data[11] = (uint8_t)n_additional;
        for (size_t i = 0; i < n_answers + n_authority + n_additional; i++)
                build_a(&b, NULL, 60, 0xc0000201);
}

static void test_number_of_records(void **state) {
        struct nfw_dns_head head;

        (void)state;
        build_records(NFW_DNS_MAX_RECORDS, 0, 0);
        assert_valid();
        build_records(NFW_DNS_MAX_RECORDS - 2, 1, 1);
        assert_valid();
        build_records(NFW_DNS_MAX_RECORDS + 1, 0, 0);
        assert_invalid();
        build_records(NFW_DNS_MAX_RECORDS - 1, 1, 1);
        assert_invalid();
        assert_int_equal(nfw_dns_head_parse(b.data, b.n, &head), NFW_E_INVALID);
}

/* Records whose owners are pointers to a name of so many labels, and one more whose owner is the root. */
static void build_owners(size_t n_records, size_t n_labels) {
        build_header(&b, 0x8180, (unsigned int)n_records + 1);
        for (size_t i = 1; i < n_labels; i++)
                build_labels(&b, "a");
        build_u8(&b, 0);
        build_u32(&b, 0x00010001);
        for (size_t i = 0; i < n_records; i++)
                build_a(&b, NULL, 60, 0xc0000201);
        build_a(&b, "", 60, 0xc0000201);
}

/* With the pointer, an owner of 64 labels, of which the empty one is the last, takes 65 steps. */
static void test_number_of_steps(void **state) {
        (void)state;
        build_owners(NFW_DNS_MAX_STEPS / 65, 64);
        assert_valid();
        build_owners(NFW_DNS_MAX_STEPS / 65 + 1, 64);
        assert_invalid();
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_header),
                cmocka_unit_test(test_every_cut_and_any_tail_is_invalid),
                cmocka_unit_test(test_number_of_questions),
                cmocka_unit_test(test_case_is_folded),
                cmocka_unit_test(test_question_that_is_not_text),
                cmocka_unit_test(test_owner_that_is_not_text_is_well_formed),
                cmocka_unit_test(test_longest_name),
                cmocka_unit_test(test_label_types),
                cmocka_unit_test(test_pointers),
                cmocka_unit_test(test_row_of_pointers),
                cmocka_unit_test(test_rdata),
                cmocka_unit_test(test_rdata_of_other_classes_is_opaque),
                cmocka_unit_test(test_extended_rcode),
                cmocka_unit_test(test_size),
                cmocka_unit_test(test_head),
                cmocka_unit_test(test_number_of_records),
                cmocka_unit_test(test_number_of_steps),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
