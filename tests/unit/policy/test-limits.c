/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/reader.h"
#include "read.h"

#define HEAD "{version: 1.0, rules: [{name: a, action: allow, priority: 1, egress: {"
#define TAIL "}}]}\n"

/* Made by a stream, because what is to be refused is long. */
struct text {
        char *data;
        size_t size;
        FILE *stream;
};

static void text_begin(struct text *text) {
        *text = (struct text){ 0 };
        text->stream = open_memstream(&text->data, &text->size);
        assert_non_null(text->stream);
}

static int text_read(struct text *text, struct nfw_report **ret_report, struct nfw_policy **ret_policy) {
        int r;

        assert_int_equal(fclose(text->stream), 0);
        assert_int_equal(nfw_report_new(ret_report), 0);
        r = nfw_policy_read_buffer("test.yaml", text->data, text->size, *ret_report, ret_policy);
        free(text->data);
        return r;
}

static void expect_refusal(struct text *text, const char *code) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_policy *policy = NULL;

        assert_int_equal(text_read(text, &report, &policy), NFW_E_INVALID);
        if (!has_code(report, NFW_SEVERITY_ERROR, code, 0, 0)) {
                print_report(report);
                fail_msg("%s is missing", code);
        }
        assert_null(policy);
}

static void put_nested(struct text *text, size_t depth) {
        text_begin(text);
        for (size_t i = 0; i < depth; i++)
                (void)fputc('[', text->stream);
        for (size_t i = 0; i < depth; i++)
                (void)fputc(']', text->stream);
}

static void test_depth(void **state nfw_unused) {
        struct text text;

        put_nested(&text, NFW_YAML_DEPTH_MAX);
        expect_refusal(&text, "policy/wrong-type");
        put_nested(&text, NFW_YAML_DEPTH_MAX + 1);
        expect_refusal(&text, "policy/too-deep");
        put_nested(&text, 100000);
        expect_refusal(&text, "policy/too-deep");

        text_begin(&text);
        for (size_t i = 0; i < 1000; i++)
                (void)fputs("- ", text.stream);
        expect_refusal(&text, "policy/too-deep");
}

/* A valid policy and as many spaces behind it as there is room for. */
static void put_filled(struct text *text, size_t size) {
        text_begin(text);
        (void)fputs(HEAD "ports: [1]" TAIL "#", text->stream);
        (void)fprintf(text->stream, "%*s", (int)(size - (size_t)ftell(text->stream)), "");
}

static void test_size(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        struct text text;

        put_filled(&text, NFW_POLICY_SIZE_MAX + 1);
        expect_refusal(&text, "policy/too-large");
        put_filled(&text, NFW_POLICY_SIZE_MAX);
        assert_int_equal(text_read(&text, &report, &policy), 0);
        assert_int_equal(policy->source_size, NFW_POLICY_SIZE_MAX);
}

static void test_name_length(void **state nfw_unused) {
        for (int n = NFW_RULE_NAME_MAX; n <= NFW_RULE_NAME_MAX + 1; n++) {
                nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
                nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
                struct text text;
                int r;

                text_begin(&text);
                (void)fprintf(text.stream,
                              "version: 1.0\nrules: [{name: '%0*d', action: allow, priority: 1}]\n", n, 7);
                r = text_read(&text, &report, &policy);
                if (n == NFW_RULE_NAME_MAX)
                        assert_int_equal(r, 0);
                else {
                        assert_int_equal(r, NFW_E_INVALID);
                        assert_true(has_code(report, NFW_SEVERITY_ERROR, "policy/bad-name", 2, 16));
                }
        }
}

static void test_scalar_length(void **state nfw_unused) {
        struct text text;

        text_begin(&text);
        (void)fprintf(text.stream, HEAD "domains: ['%0*d']" TAIL, NFW_YAML_SCALAR_MAX + 1, 7);
        expect_refusal(&text, "policy/too-long");
        text_begin(&text);
        (void)fprintf(text.stream, HEAD "%0*d: [a]" TAIL, NFW_YAML_SCALAR_MAX + 1, 7);
        expect_refusal(&text, "policy/too-long");
}

/* Of 100,000 errors the first hundred and how many there are more; an error is not lost among the warnings. */
static void test_diagnostics_are_bounded(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_policy *policy = NULL;
        struct text text;
        const struct nfw_diagnostic *last;

        text_begin(&text);
        (void)fputs(HEAD "ips: [10.1.1.1/8", text.stream);
        for (int i = 0; i < 1000; i++)
                (void)fputs(", 10.1.1.1/8", text.stream);
        for (int i = 0; i < 100000; i++)
                (void)fputs(", x", text.stream);
        (void)fputs("]" TAIL, text.stream);

        assert_int_equal(text_read(&text, &report, &policy), NFW_E_INVALID);
        assert_int_equal(nfw_report_n_diagnostics(report), 2 * NFW_SINK_MAX + 2);
        last = nfw_report_diagnostic(report, 2 * NFW_SINK_MAX + 1);
        assert_string_equal(nfw_diagnostic_code(last), "policy/more");
        assert_int_equal(nfw_diagnostic_severity(last), NFW_SEVERITY_ERROR);
        assert_non_null(strstr(nfw_diagnostic_text(last), "99900 "));
}

static void test_too_many_rules(void **state nfw_unused) {
        struct text text;

        text_begin(&text);
        (void)fputs("version: 1.0\nrules: [", text.stream);
        for (int i = 0; i <= NFW_POLICY_RULES_MAX; i++)
                (void)fprintf(text.stream, "%s{name: r%d, action: deny, priority: 1}", i > 0 ? "," : "", i);
        (void)fputs("]", text.stream);
        expect_refusal(&text, "policy/too-many");
}

static void test_too_many_domains(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        struct text text;

        for (int n = NFW_POLICY_DOMAINS_MAX; n <= NFW_POLICY_DOMAINS_MAX + 1; n++) {
                text_begin(&text);
                (void)fputs(HEAD "domains: [a0", text.stream);
                for (int i = 1; i < n; i++)
                        (void)fprintf(text.stream, ",a%d", i);
                (void)fputs("]" TAIL, text.stream);
                if (n == NFW_POLICY_DOMAINS_MAX) {
                        assert_int_equal(text_read(&text, &report, &policy), 0);
                        assert_int_equal(policy->rules.items[0].domains.n, n);
                } else
                        expect_refusal(&text, "policy/too-many");
        }
}

/* Every small list has its own table: a long one before them must not make them slow. */
static void test_many_addresses_and_rules(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        struct text text;

        text_begin(&text);
        (void)fputs(HEAD "ips: [10.0.0.0", text.stream);
        for (unsigned int i = 1; i < 100000; i++)
                (void)fprintf(text.stream, ",10.%u.%u.%u", i >> 16, (i >> 8) & 255, i & 255);
        (void)fputs("]}}", text.stream);
        for (unsigned int i = 0; i < 20000; i++)
                (void)fprintf(text.stream, ",\n{name: r%u, action: deny, priority: %u, egress: {ports: [1]}}",
                              i, i % 7);
        (void)fputs("]}", text.stream);

        assert_int_equal(text_read(&text, &report, &policy), 0);
        assert_int_equal(nfw_report_n_diagnostics(report), 0);
        assert_int_equal(policy->rules.n, 20001);
        for (size_t i = 1; i < policy->rules.n; i++) {
                const struct nfw_policy_rule *a = &policy->rules.items[i - 1], *b = &policy->rules.items[i];

                assert_true(a->priority < b->priority ||
                            (a->priority == b->priority && a->pos.line < b->pos.line));
        }
}

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER true
#elif defined(__has_feature)
#define HAS_SANITIZER __has_feature(address_sanitizer)
#else
#define HAS_SANITIZER false
#endif

static size_t address_space(void) {
        size_t n_pages = 0;
        FILE *stream = fopen("/proc/self/statm", "re");

        assert_non_null(stream);
        assert_int_equal(fscanf(stream, "%zu", &n_pages), 1);
        (void)fclose(stream);
        return n_pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Reads it in a process that may have only so much more memory than it has. What comes out, or -1 where it died. */
static int read_within(const char *data, size_t size, size_t n_more) {
        struct rlimit limit = { .rlim_cur = address_space() + n_more, .rlim_max = RLIM_INFINITY };
        int status;
        pid_t pid;

        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
                nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
                int r = -ENOMEM;

                if (setrlimit(RLIMIT_AS, &limit) == 0 && nfw_report_new(&report) == 0)
                        r = nfw_policy_read_buffer("test.yaml", data, size, report, &policy);
                _exit(r < 0 ? 255 : r);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) && WEXITSTATUS(status) != 255 ? WEXITSTATUS(status) : -1;
}

/*
 * Each is repeated until there are two MiB. libfyaml alone takes 70 to 430 times the size of them, because it must
 * have seen a comma, an end or another line before it knows what it has read.
 */
static void test_memory(void **state nfw_unused) {
        static const struct {
                const char *begin, *unit, *end;
                int r;
        } cases[] = {
                { "", "[", "", NFW_E_INVALID },
                { "", "{:", "", NFW_E_INVALID },
                { "", "[\n", "", NFW_E_INVALID },
                { "", "[a,", "", NFW_E_INVALID },
                { "", "{\"a\":", "", NFW_E_INVALID },
                { "", "- ", "", NFW_E_INVALID },
                { "[", "[],", "[]]", NFW_E_INVALID },
                { "[", "{},", "{}]", NFW_E_INVALID },
                { "{", "a: 1,", "}", NFW_E_INVALID },
                { "[", "\"\"", "]", NFW_E_INVALID },
                { "[", ": ", "]", NFW_E_INVALID },
                { "[", ":,", "]", NFW_E_INVALID },
                { "[", "\"a\"\n", "]", NFW_E_INVALID },
                { "", "[]", "", NFW_E_INVALID },
                { "", "&a ", "", NFW_E_INVALID },
                { "", "!a\n", "", NFW_E_INVALID },
                { "[", "*a,", "]", NFW_E_INVALID },
                { "a: \"x\n", "\" [", "", NFW_E_INVALID },
                { "a: |\n [\nb, 'c: [[[ '\n", "a[", "", NFW_E_INVALID },
                { "%YAML 1.2\n", "# [\n", "", NFW_E_INVALID },
                { HEAD "ports: [", "1,", "1]" TAIL, 0 },
                { HEAD "ports: [", "\"1\", ", "1]" TAIL, 0 },
                { "version: 1.0\nrules:\n- {name: a, action: allow, priority: 1, egress: {ports: [", "1,",
                  "1]}}", 0 },
        };

        const size_t size = 2 << 20;

        if (HAS_SANITIZER)
                skip();

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct text text;
                int r;

                text_begin(&text);
                (void)fputs(cases[i].begin, text.stream);
                while ((size_t)ftell(text.stream) < size)
                        (void)fputs(cases[i].unit, text.stream);
                (void)fputs(cases[i].end, text.stream);
                assert_int_equal(fclose(text.stream), 0);

                r = read_within(text.data, text.size, 10 * size);
                free(text.data);
                if (r != cases[i].r)
                        fail_msg("%d came of %s%s...", r, cases[i].begin, cases[i].unit);
        }
}

/* Policies that programs write, as large as they may be, each in one line. */
static void test_memory_of_large_policies(void **state nfw_unused) {
        struct text text;
        int r;

        if (HAS_SANITIZER)
                skip();

        text_begin(&text);
        (void)fputs("{\"version\":\"1.0\",\"rules\":[", text.stream);
        for (int i = 0; i < NFW_POLICY_RULES_MAX; i++)
                (void)fprintf(
                        text.stream,
                        "%s{\"name\":\"r%d[\",\"action\":\"allow\",\"priority\":%d,\"egress\":{\"ips\":[\"10.%d.%d.0/24\"]}}",
                        i > 0 ? "," : "", i, i, i >> 8 & 255, i & 255);
        (void)fputs("]}", text.stream);
        assert_int_equal(fclose(text.stream), 0);
        r = read_within(text.data, text.size, 10 * text.size);
        free(text.data);
        assert_int_equal(r, 0);

        text_begin(&text);
        (void)fputs("{\"version\":\"1.0\",\"rules\":[{\"name\":\"a\",\"action\":\"allow\",\"priority\":1,"
                    "\"egress\":{\"ips\":[\"::1\"",
                    text.stream);
        for (int i = 1; i < NFW_POLICY_PREFIXES_MAX; i++)
                (void)fprintf(text.stream, ",\"10.%d.%d.%d\"", i >> 16, i >> 8 & 255, i & 255);
        (void)fputs("]}}]}", text.stream);
        assert_int_equal(fclose(text.stream), 0);
        r = read_within(text.data, text.size, 12 * text.size);
        free(text.data);
        assert_int_equal(r, 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_size),
                cmocka_unit_test(test_name_length),
                cmocka_unit_test(test_scalar_length),
                cmocka_unit_test(test_diagnostics_are_bounded),
                cmocka_unit_test(test_too_many_rules),
                cmocka_unit_test(test_too_many_domains),
                cmocka_unit_test(test_many_addresses_and_rules),
                cmocka_unit_test(test_memory),
                cmocka_unit_test(test_memory_of_large_policies),
        };

        return cmocka_run_group_tests_name("policy/limits", tests, NULL, NULL);
}
