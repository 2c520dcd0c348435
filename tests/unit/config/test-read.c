/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

struct fixture {
        struct nfw_config *config;
        struct nfw_report *report;
};

static int setup(void **state) {
        struct fixture *fixture = calloc(1, sizeof(*fixture));

        if (!fixture)
                return -1;
        fixture->config = calloc(1, sizeof(*fixture->config));
        if (!fixture->config || nfw_report_new(&fixture->report) < 0)
                return -1;
        *state = fixture;
        return 0;
}

static int teardown(void **state) {
        struct fixture *fixture = *state;

        nfw_config_free(fixture->config);
        nfw_report_free(fixture->report);
        free(fixture);
        return 0;
}

static int feed(struct fixture *fixture, const char *text) {
        nfw_report_clear(fixture->report);
        return nfw_config_read_buffer(fixture->config, "test.conf", text, strlen(text), fixture->report);
}

static void read_all(struct fixture *fixture, const char *text) {
        assert_int_equal(feed(fixture, text), 0);
        assert_int_equal(nfw_report_n_diagnostics(fixture->report), 0);
}

/* "LINE:COLUMN CODE TEXT|HINT" */
static const char *line_of(const struct fixture *fixture, size_t index) {
        static char line[512];
        const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(fixture->report, index);
        const char *hint;

        assert_non_null(diagnostic);
        assert_int_equal(nfw_diagnostic_severity(diagnostic), NFW_SEVERITY_ERROR);
        assert_string_equal(nfw_diagnostic_file(diagnostic), "test.conf");
        hint = nfw_diagnostic_hint(diagnostic);
        snprintf(line, sizeof(line), "%u:%u %s %s|%s", nfw_diagnostic_line(diagnostic),
                 nfw_diagnostic_column(diagnostic), nfw_diagnostic_code(diagnostic),
                 nfw_diagnostic_text(diagnostic), hint ? hint : "");
        return line;
}

/* The one thing that is wrong with a text. */
static void refuse(struct fixture *fixture, const char *text, const char *expected) {
        assert_int_equal(feed(fixture, text), NFW_E_INVALID);
        assert_string_equal(line_of(fixture, 0), expected);
        assert_int_equal(nfw_report_n_diagnostics(fixture->report), 1);
}

static void assert_setting(const struct fixture *fixture, enum nfw_setting setting, const char *expected) {
        const char *text = nfw_config_get(fixture->config, setting);

        if (!expected) {
                assert_null(text);
                return;
        }
        assert_non_null(text);
        assert_string_equal(text, expected);
}

/* --- what is right ------------------------------------------------------------------------------------------ */

static void test_every_setting(void **state) {
        static const char *const expected[NFW_N_SETTINGS] = {
                [NFW_SETTING_RESOLVERS] = "192.0.2.53 2001:db8::53",
                [NFW_SETTING_MIN_TTL] = "30",
                [NFW_SETTING_MAX_TTL] = "604800",
                [NFW_SETTING_MAX_NAMES] = "1000000",
                [NFW_SETTING_LOG_DENIED] = "yes",
                [NFW_SETTING_TABLE_NAME] = "lab-2",
                [NFW_SETTING_NFLOG_GROUP] = "65535",
                [NFW_SETTING_STATE_DIRECTORY] = "/run/lab",
                [NFW_SETTING_STORE_DIRECTORY] = "/var/lib/the lab",
                [NFW_SETTING_POLICIES_DIRECTORY] = "/etc/lab/policies.d",
                [NFW_SETTING_GROUP] = "virt",
                [NFW_SETTING_BUS] = "no",
                [NFW_SETTING_VERBOSE] = "yes",
        };
        struct fixture *fixture = *state;

        read_all(fixture, "# everything\n"
                          "[Defaults]\n"
                          "Resolvers=192.0.2.53, 2001:DB8:0::53\n"
                          "MinTTL=30\n"
                          "MaxTTL=604800\n"
                          "MaxNames=1000000\n"
                          "LogDenied=on\n"
                          "\n"
                          "[Kernel]\n"
                          "TableName=lab-2\n"
                          "NflogGroup=65535\n"
                          "; and the daemon\n"
                          "[Daemon]\n"
                          "StateDirectory=/run/lab\n"
                          "StoreDirectory=/var/lib/the lab\n"
                          "PoliciesDirectory=/etc/lab/policies.d\n"
                          "Group=virt\n"
                          "Bus=off\n"
                          "Verbose=TRUE");
        for (int i = 0; i < NFW_N_SETTINGS; i++)
                assert_setting(fixture, (enum nfw_setting)i, expected[i]);
        assert_int_equal(nfw_config_number(fixture->config, NFW_SETTING_MAX_NAMES, 7), 1000000);
        assert_int_equal(fixture->config->resolvers.n, 2);
        assert_false(fixture->config->any_resolver);
}

static void test_nothing(void **state) {
        struct fixture *fixture = *state;

        read_all(fixture, "");
        read_all(fixture, "\n\n# MinTTL=1\n   ; more\n\t\n[Defaults]\n[Kernel]\n");
        for (int i = 0; i < NFW_N_SETTINGS; i++)
                assert_setting(fixture, (enum nfw_setting)i, NULL);
        assert_int_equal(nfw_config_number(fixture->config, NFW_SETTING_MAX_NAMES, 7), 7);
}

static void test_blanks_and_line_ends(void **state) {
        struct fixture *fixture = *state;

        read_all(fixture, "\xef\xbb\xbf[Defaults]\r\n\t MinTTL \t=  6 \r\n  MaxTTL=7\t");
        assert_setting(fixture, NFW_SETTING_MIN_TTL, "6");
        assert_setting(fixture, NFW_SETTING_MAX_TTL, "7");
}

static void test_what_comes_later_counts(void **state) {
        struct fixture *fixture = *state;

        read_all(fixture, "[Defaults]\nMinTTL=6\nMinTTL=7\n");
        assert_setting(fixture, NFW_SETTING_MIN_TTL, "7");
        read_all(fixture, "[Defaults]\nMinTTL=8\n[Daemon]\nGroup=a\n[Defaults]\nMaxTTL=9\n");
        assert_setting(fixture, NFW_SETTING_MIN_TTL, "8");
        assert_setting(fixture, NFW_SETTING_MAX_TTL, "9");
        read_all(fixture, "[Defaults]\nMinTTL=\n[Daemon]\nGroup=\n");
        assert_setting(fixture, NFW_SETTING_MIN_TTL, NULL);
        assert_setting(fixture, NFW_SETTING_GROUP, NULL);
        assert_setting(fixture, NFW_SETTING_MAX_TTL, "9");
}

static void test_lists_add_up(void **state) {
        struct fixture *fixture = *state;

        read_all(fixture, "[Defaults]\nResolvers=192.0.2.1\nResolvers=192.0.2.2 192.0.2.3\n");
        assert_setting(fixture, NFW_SETTING_RESOLVERS, "192.0.2.1 192.0.2.2 192.0.2.3");
        read_all(fixture, "[Defaults]\nResolvers=\nResolvers=any\n");
        assert_setting(fixture, NFW_SETTING_RESOLVERS, "any");
        assert_true(fixture->config->any_resolver);
        assert_int_equal(fixture->config->resolvers.n, 0);
        read_all(fixture, "[Defaults]\nResolvers=\n");
        assert_setting(fixture, NFW_SETTING_RESOLVERS, NULL);
        assert_false(fixture->config->any_resolver);
        read_all(fixture, "[Defaults]\nResolvers= , \n");
        assert_setting(fixture, NFW_SETTING_RESOLVERS, NULL);
}

/* --- what is wrong ------------------------------------------------------------------------------------------ */

static void test_sections(void **state) {
        struct fixture *fixture = *state;

        refuse(fixture, "[defaults]\nMinTTL=6\nMaxTTL=7\n",
               "1:2 config/unknown-section there is no section `defaults`|did you mean `[Defaults]`?");
        refuse(fixture, "\n  [Kernal]\nNflogGroup=6\n",
               "2:4 config/unknown-section there is no section `Kernal`|did you mean `[Kernel]`?");
        refuse(fixture, "[Network]\nDHCP=yes\n",
               "1:2 config/unknown-section there is no section `Network`|there are [Defaults], [Kernel] and [Daemon]");
        refuse(fixture, "MinTTL=6\n",
               "1:1 config/no-section `MinTTL` stands before the first section|it belongs to the section [Defaults]");
        refuse(fixture, "mintl=6\n",
               "1:1 config/no-section `mintl` stands before the first section|did you mean `MinTTL`?");
        refuse(fixture, "[Daemon\nMinTTL=x\n",
               "1:1 config/syntax this is no section's beginning|write `[`, its name, and `]`, and nothing behind it");
        refuse(fixture, "[] \nMinTTL=x\n",
               "1:1 config/syntax this is no section's beginning|write `[`, its name, and `]`, and nothing behind it");
        refuse(fixture, "[Daemon] # the daemon\nMinTTL=x\n",
               "1:1 config/syntax this is no section's beginning|write `[`, its name, and `]`, and nothing behind it");
        refuse(fixture, "[Ker\xff]\nNflogGroup=x\n", "1:5 config/syntax this is not UTF-8|");
        refuse(fixture, "[1234567890123456789012345678901234567890123456789]\nMinTTL=x\n",
               "1:2 config/unknown-section there is no section of so long a name|there are [Defaults], [Kernel] and "
               "[Daemon]");
}

static void test_keys(void **state) {
        struct fixture *fixture = *state;

        refuse(fixture, "[Defaults]\nMintTTL=6\n",
               "2:1 config/unknown-key [Defaults] has no `MintTTL`|did you mean `MinTTL`?");
        refuse(fixture, "[Defaults]\n  min_ttl=6\n",
               "2:3 config/unknown-key [Defaults] has no `min_ttl`|did you mean `MinTTL`?");
        refuse(fixture, "[Defaults]\nNflogGroup=6\n",
               "2:1 config/unknown-key [Defaults] has no `NflogGroup`|it belongs to the section [Kernel]");
        refuse(fixture, "[Defaults]\n1234567890123456789012345678901234567890123456789=6\n",
               "2:1 config/unknown-key there is no key of so long a name|");
}

static void test_syntax(void **state) {
        struct fixture *fixture = *state;

        refuse(fixture, "[Defaults]\n\n   MinTTL 6\n",
               "3:4 config/syntax this is no assignment|write Key=Value; a comment is a line of its own that begins "
               "with `#`");
        refuse(fixture, "[Defaults]\nMinTTL: 6\n", "2:7 config/syntax here must be a `=`|write Key=Value");
        refuse(fixture, "[Defaults]\nMinTTL=6 ; short\n",
               "2:10 config/syntax there is no comment behind a value|write it into a line of its own");
        refuse(fixture, "[Defaults]\nMinTTL=6 # short\n",
               "2:8 config/bad-value MinTTL must be a number from 1 to 86400, not `6 # short`|");
        refuse(fixture, "[Daemon]\nGroup=a\x01\n",
               "2:8 config/syntax this character has no place in a text|");
        refuse(fixture, "[Daemon]\nGroup=\xc3\xa4\xff\n", "2:8 config/syntax this is not UTF-8|");
}

static void test_long_lines(void **state) {
        char text[1024] = "[Daemon]\nStateDirectory=/";
        struct fixture *fixture = *state;
        size_t begin = strlen("[Daemon]\n"), n = strlen(text);

        while (n < begin + 198)
                text[n++] = 'a';
        read_all(fixture, text);
        assert_int_equal(strlen(nfw_config_get(fixture->config, NFW_SETTING_STATE_DIRECTORY)),
                         198 - strlen("StateDirectory="));
        text[n++] = 'a';
        refuse(fixture, text,
               "2:1 config/long-line a line of 199 characters is too long: 198 is the limit|a list may be given in "
               "several assignments, which add up");
}

static void test_values(void **state) {
        static const char *const numbers[] = { "0",  "86401", "-1",  "+1",
                                               "1s", "0x10",  "5 6", "99999999999999999999" };
        struct fixture *fixture = *state;

        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
                char text[128], expected[128];

                snprintf(text, sizeof(text), "[Defaults]\nMinTTL=%s\n", numbers[i]);
                snprintf(expected, sizeof(expected),
                         "2:8 config/bad-value MinTTL must be a number from 1 to 86400, not `%s`|",
                         numbers[i]);
                refuse(fixture, text, expected);
        }
        refuse(fixture, "[Defaults]\nMaxTTL=604801\n",
               "2:8 config/bad-value MaxTTL must be a number from 1 to 604800, not `604801`|");
        refuse(fixture, "[Defaults]\nMaxNames=1000001\n",
               "2:10 config/bad-value MaxNames must be a number from 1 to 1000000, not `1000001`|");
        refuse(fixture, "[Kernel]\nNflogGroup=65536\n",
               "2:12 config/bad-value NflogGroup must be a number from 1 to 65535, not `65536`|");
        refuse(fixture, "[Kernel]\nNflogGroup=0\n",
               "2:12 config/bad-value NflogGroup must be a number from 1 to 65535, not `0`|");
        refuse(fixture, "[Daemon]\nBus=perhaps\n",
               "2:5 config/bad-value `perhaps` is neither yes nor no|write `yes` or `no`");
        refuse(fixture, "[Daemon]\nStateDirectory=run\n",
               "2:16 config/bad-value `run` is no absolute path|write it from the root on, beginning with `/`");
        refuse(fixture, "[Daemon]\nGroup=a b\n", "2:7 config/bad-value `a b` is not one name|write one name");
        for (int i = 0; i < NFW_N_SETTINGS; i++)
                assert_setting(fixture, (enum nfw_setting)i, NULL);
}

static void test_table_names(void **state) {
        static const char *const wrong[] = { "7",    "-a", "a b",    "a/b",  "a\"",        "..",     "table",
                                             "inet", "xt", "accept", "vmap", "lab-filter", "-filter" };
        struct fixture *fixture = *state;
        char text[256];

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                snprintf(text, sizeof(text), "[Kernel]\nTableName=%s\n", wrong[i]);
                assert_int_equal(feed(fixture, text), NFW_E_INVALID);
                snprintf(text, sizeof(text), "2:11 config/bad-value `%s` cannot be a table's name|",
                         wrong[i]);
                assert_memory_equal(line_of(fixture, 0), text, strlen(text));
        }
        snprintf(text, sizeof(text), "[Kernel]\nTableName=a%064d\n", 0);
        assert_int_equal(feed(fixture, text), NFW_E_INVALID);
        snprintf(text, sizeof(text), "[Kernel]\nTableName=a%063d\n", 0);
        read_all(fixture, text);
        read_all(fixture, "[Kernel]\nTableName=tables\n");
        read_all(fixture, "[Kernel]\nTableName=A.b-c_1\n");
        assert_setting(fixture, NFW_SETTING_TABLE_NAME, "A.b-c_1");
}

static void test_resolvers(void **state) {
        struct fixture *fixture = *state;

        assert_int_equal(feed(fixture, "[Defaults]\nResolvers=192.0.2.1 1.2.3 ::1, fe80::1%eth0\n"),
                         NFW_E_INVALID);
        assert_int_equal(nfw_report_n_diagnostics(fixture->report), 2);
        assert_string_equal(
                line_of(fixture, 0),
                "2:21 config/bad-value `1.2.3` is no address of a name server|write an IPv4 or IPv6 "
                "address, such as 192.0.2.53, or `any`");
        assert_string_equal(
                line_of(fixture, 1),
                "2:32 config/bad-value `fe80::1%eth0` is no address of a name server|write an IPv4 or "
                "IPv6 address, such as 192.0.2.53, or `any`");
        read_all(fixture, "[Defaults]\nResolvers=\n");
        refuse(fixture, "[Defaults]\nResolvers=192.0.2.1 any\n",
               "2:21 config/bad-value `any` trusts every name server, so no other can be named|`Resolvers=` with "
               "nothing behind it empties the list");
        read_all(fixture, "[Defaults]\nResolvers=\nResolvers=any\n");
        refuse(fixture, "[Defaults]\nResolvers=192.0.2.1\n",
               "2:11 config/bad-value `any` trusts every name server, so no other can be named|`Resolvers=` with "
               "nothing behind it empties the list");
}

static void test_lifetimes(void **state) {
        struct fixture *fixture = *state;

        read_all(fixture, "[Defaults]\nMinTTL=60\nMaxTTL=60\n");
        assert_int_equal(nfw_config_check(fixture->config, fixture->report), 0);
        read_all(fixture, "[Defaults]\nMaxTTL=59\n");
        assert_int_equal(nfw_config_check(fixture->config, fixture->report), NFW_E_INVALID);
        assert_string_equal(line_of(fixture, 0),
                            "2:8 config/bad-lifetime MinTTL, 60 seconds, is above MaxTTL, 59 seconds|");
        /* against what it is when nothing is said */
        read_all(fixture, "[Defaults]\nMinTTL=\nMaxTTL=4\n");
        assert_int_equal(nfw_config_check(fixture->config, fixture->report), NFW_E_INVALID);
        assert_string_equal(line_of(fixture, 0),
                            "3:8 config/bad-lifetime MinTTL, 5 seconds, is above MaxTTL, 4 seconds|");
}

static void test_all_at_once(void **state) {
        struct fixture *fixture = *state;

        assert_int_equal(
                feed(fixture,
                     "[Defaults]\nMinTTL=x\nfoo\n[Nothing]\nMinTTL=y\n[Kernel]\nTable=a\nNflogGroup=7\n"),
                NFW_E_INVALID);
        assert_int_equal(nfw_report_n_diagnostics(fixture->report), 4);
        assert_string_equal(line_of(fixture, 0),
                            "2:8 config/bad-value MinTTL must be a number from 1 to 86400, not `x`|");
        assert_memory_equal(line_of(fixture, 1), "3:1 config/syntax", 17);
        assert_memory_equal(line_of(fixture, 2), "4:2 config/unknown-section", 26);
        assert_string_equal(line_of(fixture, 3),
                            "7:1 config/unknown-key [Kernel] has no `Table`|did you mean `TableName`?");
}

static void test_too_much(void **state) {
        struct fixture *fixture = *state;
        char *text = malloc(2000 * 2 + 1);
        size_t n;

        assert_non_null(text);
        for (size_t i = 0; i < 2000; i++)
                memcpy(text + 2 * i, "x\n", 3);
        assert_int_equal(feed(fixture, text), NFW_E_INVALID);
        free(text);
        n = nfw_report_n_diagnostics(fixture->report);
        assert_int_equal(n, NFW_CONFIG_MAX_PROBLEMS + 1);
        assert_memory_equal(line_of(fixture, n - 1), "64:1 config/more", 16);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_every_setting, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_blanks_and_line_ends, setup, teardown),
                cmocka_unit_test_setup_teardown(test_what_comes_later_counts, setup, teardown),
                cmocka_unit_test_setup_teardown(test_lists_add_up, setup, teardown),
                cmocka_unit_test_setup_teardown(test_sections, setup, teardown),
                cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
                cmocka_unit_test_setup_teardown(test_syntax, setup, teardown),
                cmocka_unit_test_setup_teardown(test_long_lines, setup, teardown),
                cmocka_unit_test_setup_teardown(test_values, setup, teardown),
                cmocka_unit_test_setup_teardown(test_table_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_resolvers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_lifetimes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_all_at_once, setup, teardown),
                cmocka_unit_test_setup_teardown(test_too_much, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
