/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "net/domain.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define NAME_253                                                                                             \
        LABEL_63 "." LABEL_63 "." LABEL_63 ".a123456789a123456789a123456789a123456789a123456789a12345678.c"

static void test_parse(void **state nfw_unused) {
        static const struct {
                const char *text;
                enum nfw_domain_kind kind;
                const char *name;
        } cases[] = {
                { "example.com", NFW_DOMAIN_EXACT, "example.com" },
                { "EXAMPLE.Com", NFW_DOMAIN_EXACT, "example.com" },
                { "example.com.", NFW_DOMAIN_EXACT, "example.com" },
                { "localhost", NFW_DOMAIN_EXACT, "localhost" },
                { "_dmarc.example.com", NFW_DOMAIN_EXACT, "_dmarc.example.com" },
                { "r3---sn-x.example.com", NFW_DOMAIN_EXACT, "r3---sn-x.example.com" },
                { "1.2.3.4.in-addr.arpa", NFW_DOMAIN_EXACT, "1.2.3.4.in-addr.arpa" },
                { "xn--bcher-kva.example", NFW_DOMAIN_EXACT, "xn--bcher-kva.example" },
                { "b\xc3\xbc"
                  "cher.example",
                  NFW_DOMAIN_EXACT, "xn--bcher-kva.example" },
                { "B\xc3\x9c"
                  "CHER.Example",
                  NFW_DOMAIN_EXACT, "xn--bcher-kva.example" },
                { "bu\xcc\x88"
                  "cher.example",
                  NFW_DOMAIN_EXACT, "xn--bcher-kva.example" }, /* decomposed */
                { "stra\xc3\x9f"
                  "e.example",
                  NFW_DOMAIN_EXACT, "xn--strae-oqa.example" }, /* not "strasse" */
                { "b\xc3\xbc"
                  "cher\xe3\x80\x82"
                  "example",
                  NFW_DOMAIN_EXACT, "xn--bcher-kva.example" },
                { "*.example.com", NFW_DOMAIN_BELOW, "example.com" },
                { "*.Example.Com.", NFW_DOMAIN_BELOW, "example.com" },
                { "*.com", NFW_DOMAIN_BELOW, "com" },
                { "*.b\xc3\xbc"
                  "cher.example",
                  NFW_DOMAIN_BELOW, "xn--bcher-kva.example" },
                { "*", NFW_DOMAIN_ANY, "" },
                { LABEL_63 ".example", NFW_DOMAIN_EXACT, LABEL_63 ".example" },
                { NAME_253, NFW_DOMAIN_EXACT, NAME_253 },
                { NAME_253 ".", NFW_DOMAIN_EXACT, NAME_253 },
                { "*." NAME_253, NFW_DOMAIN_BELOW, NAME_253 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_domain domain;
                const char *reason = NULL;

                if (nfw_domain_parse(cases[i].text, &domain, &reason) != 0)
                        fail_msg("%s: %s", cases[i].text, reason);
                assert_int_equal(domain.kind, cases[i].kind);
                assert_string_equal(domain.name, cases[i].name);
        }
}

static void test_refused(void **state nfw_unused) {
        static const struct {
                const char *text, *reason; /* a part of it */
        } cases[] = {
                { "", "missing" },
                { ".", "missing" },
                { "*.", "missing" },
                { "*..", "missing" },
                { ".example.com", "empty" },
                { "example..com", "empty" },
                { "example.com..", "empty" },
                { "exa mple.com", "letters" },
                { " example.com", "letters" },
                { "example.com\n", "letters" },
                { "https://example.com", "letters" },
                { "example.com/x", "letters" },
                { "example.com:443", "letters" },
                { "user@example.com", "letters" },
                { "example.com,b.com", "letters" },
                { "-example.com", "begins nor ends" },
                { "example-.com", "begins nor ends" },
                { "**", "'*'" },
                { "*.*", "'*'" },
                { "*.*.example.com", "'*'" },
                { "*example.com", "'*'" },
                { "www.*.example.com", "'*'" },
                { "example.*", "'*'" },
                { "w*w.example.com", "'*'" },
                { "\xef\xbc\x8a.example.com", "'*'" }, /* a full-width one becomes '*' */
                { "10.0.0.1", "only addresses" },
                { "example.123", "only addresses" },
                { "\xef\xbc\x91"
                  "0.0.0.1",
                  "only addresses" }, /* full-width digits become digits */
                { LABEL_63 "x.example", "63" },
                { "a" NAME_253, "253" },
                { NAME_253 "c.d", "253" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_domain domain;
                const char *reason = NULL;

                if (nfw_domain_parse(cases[i].text, &domain, &reason) != NFW_E_INVALID)
                        fail_msg("%s was taken", cases[i].text);
                assert_non_null(reason);
                if (!strstr(reason, cases[i].reason))
                        fail_msg("%s: %s", cases[i].text, reason);
        }
}

static void test_refused_by_idna(void **state nfw_unused) {
        static const char *const cases[] = {
                "b\xc3\xbc"
                "cher\xff.example",                             /* not UTF-8 */
                "\xe2\x98\x83\xe2\x80\x8b\xf0\x9f\x98.example", /* cut in the middle */
                "a\xcc\x88-\xd7\x90"
                "b.example", /* directions mixed */
                "\xcc\x88"
                "a.example", /* begins with a combining character */
        };
        char text[8192];
        struct nfw_domain domain;
        const char *reason = NULL;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                reason = NULL;
                if (nfw_domain_parse(cases[i], &domain, &reason) != NFW_E_INVALID)
                        fail_msg("case %zu was taken as %s", i, domain.name);
                assert_non_null(reason);
        }

        for (size_t i = 0; i + 1 < sizeof(text); i += 2)
                memcpy(text + i, "\xc3\xbc", 2);
        text[sizeof(text) - 2] = '\0';
        assert_int_equal(nfw_domain_parse(text, &domain, &reason), NFW_E_INVALID);
}

static void test_matches(void **state nfw_unused) {
        static const struct {
                const char *pattern, *name;
                bool matches;
        } cases[] = {
                { "example.com", "example.com", true },
                { "example.com", "www.example.com", false },
                { "example.com", "example.co", false },
                { "*.example.com", "www.example.com", true },
                { "*.example.com", "a.b.example.com", true },
                { "*.example.com", "example.com", false },
                { "*.example.com", ".example.com", false },
                { "*.example.com", "badexample.com", false },
                { "*.example.com", "example.com.evil", false },
                { "*.example.com", "com", false },
                { "*.example.com", "", false },
                { "*", "example.com", true },
                { "*", "", true },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_domain domain;
                const char *reason;

                assert_int_equal(nfw_domain_parse(cases[i].pattern, &domain, &reason), 0);
                if (nfw_domain_matches(&domain, cases[i].name) != cases[i].matches)
                        fail_msg("%s and %s", cases[i].pattern, cases[i].name);
        }
}

static void test_format(void **state nfw_unused) {
        static const char *const cases[] = { "example.com", "*.example.com", "*", "*." NAME_253 };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                char buffer[NFW_DOMAIN_TEXT_MAX + 2];
                struct nfw_domain domain;
                const char *reason;

                assert_int_equal(nfw_domain_parse(cases[i], &domain, &reason), 0);
                assert_string_equal(nfw_domain_format(&domain, buffer), cases[i]);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),           cmocka_unit_test(test_refused),
                cmocka_unit_test(test_refused_by_idna), cmocka_unit_test(test_matches),
                cmocka_unit_test(test_format),
        };

        return cmocka_run_group_tests_name("net/domain", tests, NULL, NULL);
}
