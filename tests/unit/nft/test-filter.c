/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What filters become in the kernel: the same for what is written of them, and something else where they differ. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "ir/filter/plan.h"
#include "nft/filter/filter.h"

#define GRAMMAR  NFW_TEST_SOURCE "/tests/data/nwfilter/grammar"
#define BUILT_IN NFW_TEST_SOURCE "/data/filters"

/* What the files refer to and nobody gives a value. */
static const char *const variables[][2] = {
        { "MAC", "52:54:00:00:00:0a" },
        { "IP", "10.0.0.1" },
        { "IPV6", "fd00::1" },
        { "DHCPSERVER", "10.0.0.2" },
        { "GATEWAY_MAC", "1:2:3:4:5:6" },
};

struct compilation {
        struct nfw_nwfilter_parameters port;
        NFW_VEC(struct nfw_nwfilter *) filters; /* that were referred to */
        struct nfw_nwfilter_tree *tree;
        struct nfw_filter_ir *ir;
        struct nfw_plan *plan;
        char *text;
        struct nfw_pos pos; /* of a rule that is no plan */
};

static char *read_text(const char *directory, const char *name, const char *end) {
        char path[1024];
        char *text = NULL;
        size_t size = 0;
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/%s%s", directory, name, end);
        file = fopen(path, "re");
        if (!file)
                return NULL;
        assert_true(getdelim(&text, &size, '\0', file) > 0);
        (void)fclose(file);
        return text;
}

/* Those that nobody has shipped are empty. */
static const struct nfw_nwfilter *find(void *userdata, const char *name) {
        nfw_cleanup(nfw_freep) char *text = read_text(BUILT_IN, name, ".xml");
        struct compilation *compilation = userdata;
        struct nfw_nwfilter *filter;

        if (!text)
                assert_true(asprintf(&text, "<filter name='%s'/>", name) > 0);
        assert_int_equal(nfw_nwfilter_read(name, text, strlen(text), NULL, &filter), 0);
        assert_int_equal(nfw_vec_push(&compilation->filters, filter), 0);
        return filter;
}

static int make_text(struct compilation *compilation) {
        const struct nfw_filter_plan_options options = { .name = "test", .id = "0", .has_reject = true };
        size_t size;
        FILE *stream;
        int r;

        r = nfw_filter_plan_new(compilation->ir, compilation->tree, &options, &compilation->pos,
                                &compilation->plan);
        if (r < 0)
                return r;
        stream = open_memstream(&compilation->text, &size);
        assert_non_null(stream);
        assert_int_equal(nfw_nft_print_filter(compilation->plan, "test", stream), 0);
        assert_int_equal(fclose(stream), 0);
        return 0;
}

static int compile(const struct nfw_nwfilter *filter, struct compilation *compilation) {
        const struct nfw_nwfilter_source source = { .find = find, .userdata = compilation };
        const struct nfw_filter_options options = { .port = &compilation->port };
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        int r;

        *compilation = (struct compilation){ 0 };
        assert_int_equal(nfw_report_new(&report), 0);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(variables); i++)
                assert_int_equal(nfw_nwfilter_parameters_add(&compilation->port, variables[i][0],
                                                             variables[i][1], &NFW_POS_NONE),
                                 0);
        r = nfw_nwfilter_tree_new(&source, filter, report, &compilation->tree);
        if (r == 0)
                r = nfw_filter_lower(compilation->tree, &options, report, &compilation->ir);
        return r == 0 ? make_text(compilation) : r;
}

static void compilation_deinit(struct compilation *compilation) {
        free(compilation->text);
        nfw_plan_free(compilation->plan);
        nfw_filter_ir_free(compilation->ir);
        nfw_nwfilter_tree_free(compilation->tree);
        nfw_nwfilter_parameters_deinit(&compilation->port);
        nfw_vec_foreach (filter, &compilation->filters)
                nfw_nwfilter_free(*filter);
        nfw_vec_deinit(&compilation->filters);
}

/* False where the filter is not one that can be compiled. */
static bool check_written(const char *name, const char *text) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL, *again = NULL;
        nfw_cleanup(nfw_freep) char *written = NULL;
        struct compilation before, after;
        int r;

        if (nfw_nwfilter_read(name, text, strlen(text), NULL, &filter) != 0)
                return false;
        assert_int_equal(nfw_nwfilter_write(filter, &written), 0);
        assert_int_equal(nfw_nwfilter_read(name, written, strlen(written), NULL, &again), 0);
        r = compile(filter, &before);
        assert_int_equal(compile(again, &after), r);
        if (r == 0)
                assert_string_equal(before.text, after.text);
        compilation_deinit(&before);
        compilation_deinit(&after);
        return r == 0;
}

static size_t check_directory(const char *path) {
        struct dirent *entry;
        DIR *directory = opendir(path);
        size_t n = 0;

        assert_non_null(directory);
        while ((entry = readdir(directory))) {
                nfw_cleanup(nfw_freep) char *text = NULL;

                if (entry->d_name[0] == '.' || !strstr(entry->d_name, ".xml"))
                        continue;
                text = read_text(path, entry->d_name, "");
                assert_non_null(text);
                n += check_written(entry->d_name, text);
        }
        (void)closedir(directory);
        return n;
}

static void test_written_grammar(void **state nfw_unused) {
        /* The others are invalid, or look at variables that nobody gives. */
        assert_true(check_directory(GRAMMAR) >= 12);
}

static void test_written_built_in(void **state nfw_unused) {
        assert_int_equal(check_directory(BUILT_IN), 24);
}

static int compile_rule_of(const char *action, const char *elements, struct compilation *compilation) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL;
        int r;

        assert_true(asprintf(&text, "<filter name='t'>\n<rule action='%s' direction='in'>%s</rule></filter>",
                             action, elements) > 0);
        assert_int_equal(nfw_nwfilter_read("t.xml", text, strlen(text), NULL, &filter), 0);
        r = compile(filter, compilation);
        /* The names are borrowed. */
        compilation->pos.file = NULL;
        return r;
}

static int compile_rule(const char *elements, struct compilation *compilation) {
        return compile_rule_of("drop", elements, compilation);
}

static void assert_in_rule(const char *elements, const char *expected, bool is_there) {
        struct compilation compilation;

        assert_int_equal(compile_rule(elements, &compilation), 0);
        assert_int_equal(!!strstr(compilation.text, expected), is_there);
        compilation_deinit(&compilation);
}

/* The kernel takes what is in later fragments for ports, unless it is asked for three octets of the header. */
static void test_fragments(void **state nfw_unused) {
        static const char transport[] = "@th,0,24 0x0-0xffffff ";

        assert_in_rule("<udp dstportstart='53'/>", transport, true);
        assert_in_rule("<ip protocol='udp' dstportstart='53'/>", transport, true);
        assert_in_rule("<udp dstportstart='$PORT'/>", transport, true);
        assert_in_rule("<icmp code='1'/>", transport, true);
        assert_in_rule("<icmpv6 type='1'/>", transport, true);
        assert_in_rule("<tcp flags='SYN/SYN'/>", transport, true);
        assert_in_rule("<tcp option='5' match='no'/>", transport, true);
        assert_in_rule("<tcp ipset='s' ipsetflags='src,dst'/>", transport, true);
        assert_in_rule("<tcp srcipaddr='$IP'/>", transport, false);
}

/* A sender that the set has no room for is taken for one with too many connections, not for one with few. */
static void test_senders_that_are_not_counted(void **state nfw_unused) {
        static const struct {
                const char *action, *element, *match;
        } cases[] = {
                { "drop", "tcp", "oifname . ip saddr != @test/connections4-1 ether type ip counter" },
                { "reject", "tcp", "oifname . ip saddr != @test/connections4-1 ether type ip counter" },
                { "drop", "tcp-ipv6", "oifname . ip6 saddr != @test/connections6-1 ether type ip6 counter" },
                { "accept", "tcp", NULL },
                { "return", "tcp", NULL },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct compilation compilation;
                char element[128];

                (void)snprintf(element, sizeof(element), "<%s connlimit-above='3' dscp='1'/>",
                               cases[i].element);
                assert_int_equal(compile_rule_of(cases[i].action, element, &compilation), 0);
                assert_non_null(strstr(compilation.text, " ct count over 3 } counter"));
                if (cases[i].match)
                        assert_non_null(strstr(compilation.text, cases[i].match));
                else
                        assert_null(strstr(compilation.text, "saddr != @test/connections"));
                compilation_deinit(&compilation);
        }
}

/* A set of the same name stays when a filter is redefined, with the elements that it has. */
static void test_names_of_sets(void **state nfw_unused) {
        static const char *const rules[] = {
                "<mac srcmacaddr='$MAC'/>",
                "<mac srcmacaddr='$MAC' srcmacmask='ff:ff:ff:ff:ff:00'/>",
                "<mac srcmacaddr='$MAC' srcmacmask='ff:ff:ff:00:00:00'/>",
                "<mac srcmacaddr='$MAC[0]'/>",
                "<udp dstportstart='$PORT'/>",
                "<udp dstportstart='$PORT' dstportend='20'/>",
                "<udp dstportstart='$PORT' dstportend='21'/>",
                "<udp dstportstart='10' dstportend='$PORT'/>",
                "<udp dstportstart='11' dstportend='$PORT'/>",
                "<udp srcipfrom='$IP' srcipto='10.0.0.9'/>",
                "<udp srcipfrom='$IP' srcipto='10.0.0.8'/>",
                "<udp srcipaddr='$IP' srcipmask='$MASK'/>",
                "<udp srcipaddr='10.0.0.0' srcipmask='$MASK'/>",
                "<udp srcipaddr='10.0.1.0' srcipmask='$MASK'/>",
        };
        char names[NFW_ARRAY_SIZE(rules)][128];

        for (size_t i = 0; i < NFW_ARRAY_SIZE(rules); i++) {
                struct compilation compilation;

                assert_int_equal(compile_rule(rules[i], &compilation), 0);
                assert_true(compilation.plan->sets.n > 0);
                (void)snprintf(names[i], sizeof(names[i]), "%s", compilation.plan->sets.items[0].name);
                for (size_t k = 0; k < i; k++)
                        assert_string_not_equal(names[i], names[k]);
                compilation_deinit(&compilation);
        }
}

static void test_too_long_a_rule(void **state nfw_unused) {
        char elements[4096] = "";
        struct compilation compilation;

        for (int i = 0; i < NFW_PLAN_MAX_MATCHES; i++)
                strcat(elements, "<mac match='no' protocolid='arp'/>");
        assert_int_equal(compile_rule(elements, &compilation), 0);
        compilation_deinit(&compilation);
        strcat(elements, "<mac match='no' protocolid='arp'/>");
        assert_int_equal(compile_rule(elements, &compilation), -EOPNOTSUPP);
        assert_int_equal(compilation.pos.line, 2);
        compilation_deinit(&compilation);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_written_grammar), cmocka_unit_test(test_written_built_in),
                cmocka_unit_test(test_fragments),       cmocka_unit_test(test_senders_that_are_not_counted),
                cmocka_unit_test(test_names_of_sets),   cmocka_unit_test(test_too_long_a_rule),
        };

        return cmocka_run_group_tests_name("nft-filter", tests, NULL, NULL);
}
