/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy: whatever is read, the answer, the report and the model must agree with each other. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "policy/feed.h"
#include "policy/policy.h"
#include "policy/sink.h"
#include "policy/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what) {
        if (condition)
                return;
        fprintf(stderr, "%s\n", what);
        abort();
}

/* What goes to a terminal must not be able to speak to it. */
static void check_text(const char *text) {
        size_t size = text ? strlen(text) : 0;

        for (size_t i = 0; i < size;) {
                uint32_t character;
                size_t n = nfw_utf8_decode(text + i, size - i, &character);

                require(n > 0 && nfw_utf8_is_visible(character), "a diagnostic that is not plain text");
                i += n;
        }
}

static void check_report(const struct nfw_report *report) {
        size_t n = nfw_report_n_diagnostics(report);

        require(n <= 3 * (NFW_SINK_MAX + 1), "diagnostics without bounds");
        for (size_t i = 0; i < n; i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                require(strncmp(nfw_diagnostic_code(diagnostic), "policy/", 7) == 0, "a foreign code");
                require(strcmp(nfw_diagnostic_file(diagnostic), "fuzz") == 0, "a foreign file");
                require(nfw_diagnostic_line(diagnostic) > 0 ||
                                strcmp(nfw_diagnostic_code(diagnostic), "policy/more") == 0,
                        "a diagnostic without a position");
                check_text(nfw_diagnostic_text(diagnostic));
                check_text(nfw_diagnostic_hint(diagnostic));
        }
}

static void check_domain(const struct nfw_domain *domain) {
        char text[NFW_DOMAIN_TEXT_MAX + 2];
        struct nfw_domain again;
        const char *reason;

        require(nfw_domain_parse(nfw_domain_format(domain, text), &again, &reason) == 0,
                "a pattern that is none");
        require(again.kind == domain->kind && strcmp(again.name, domain->name) == 0,
                "a pattern that changes");
}

static void check_prefix(const struct nfw_prefix *prefix) {
        char addr[NFW_ADDR_TEXT_MAX], text[NFW_ADDR_TEXT_MAX + 4];
        struct nfw_prefix again;
        const char *reason;
        bool host_bits;

        (void)snprintf(text, sizeof(text), "%s/%u", nfw_addr_format(&prefix->addr, addr), prefix->length);
        require(nfw_prefix_parse(text, &again, &host_bits, &reason) == 0 && !host_bits,
                "a prefix that is none");
        require(memcmp(&again, prefix, sizeof(again)) == 0, "a prefix that changes");
}

static void check_rule(const struct nfw_policy_rule *rule) {
        require(rule->name && rule->name[strspn(rule->name, " ")] != '\0', "a rule without a name");
        check_text(rule->name);
        require(rule->action == NFW_ACTION_ALLOW || rule->action == NFW_ACTION_DENY,
                "a rule without an action");
        require(rule->ports.n == 0 || (rule->protocols != 0 && !(rule->protocols & NFW_PROTOCOL_ICMP)),
                "ports of a protocol that has none");

        nfw_vec_foreach (domain, &rule->domains)
                check_domain(domain);
        nfw_vec_foreach (prefix, &rule->prefixes)
                check_prefix(prefix);
        nfw_vec_foreach (ports, &rule->ports)
                require(ports->first >= 1 && ports->first <= ports->last, "a range that is none");
}

/* So that the lines of a small input are long as well. */
#define TAIL 24

/* What is left out: whole lines, each with a value that stands as far from its beginning as the first one. */
static void check_run(const char *source, const struct nfw_run *run) {
        size_t n_prefix = run->second - run->begin, n_lines = 0;

        require(run->begin > 0 && source[run->begin - 1] == '\n' && source[run->end - 1] == '\n', "no lines");
        for (const char *line = source + run->begin; line < source + run->end; n_lines++) {
                require(strspn(line, " ") == n_prefix - 2 && strncmp(line + n_prefix - 2, "- ", 2) == 0,
                        "another list");
                require(strcspn(line + n_prefix, " \t\r\n#,[]{}\"'?%") > 0, "no value");
                line = strchr(line, '\n') + 1;
        }
        require(n_lines == run->n_values, "another number of values");
}

/* Up to the first zero, with one behind it. strndup() may read one octet more under a sanitizer's strict checks. */
static char *copy_text(const uint8_t *data, size_t size) {
        const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
        size_t n = zero ? (size_t)(zero - data) : size;
        char *text = malloc(n + 1);

        if (text) {
                if (n > 0)
                        memcpy(text, data, n);
                text[n] = '\0';
        }
        return text;
}

/* What libfyaml gets must be the source, but for runs and breaks, and each place in it that of the same octet there. */
static void check_feed(const uint8_t *data, size_t size) {
        nfw_cleanup(nfw_freep) char *source = copy_text(data, size);
        nfw_cleanup(nfw_runs_deinit) struct nfw_runs runs = { 0 };
        struct nfw_feed_place in_text = { 0 }, at = { 0 };
        struct nfw_feed feed;
        size_t n_runs = 0, n_breaks = 0, n_left_out = 0;
        bool malformed;

        require(source, "no memory");
        if (nfw_utf8_check(source, strlen(source), &malformed) < strlen(source))
                return;
        require(nfw_runs_find(source, strlen(source), &runs) == 0, "no runs");
        require(nfw_feed_init(&feed, source, strlen(source), &runs, TAIL) == 0, "no feed");
        require(feed.refused_at <= strlen(source) && feed.end <= strlen(source), "a feed without bounds");
        require(feed.end == strlen(source) || feed.end <= feed.refused_at + TAIL, "a feed without an end");

        while (in_text.offset < feed.size) {
                struct nfw_feed_place place = nfw_feed_locate(&feed, &in_text);
                bool is_break = n_breaks < feed.breaks.vec.n &&
                                at.offset - n_left_out == feed.breaks.vec.items[n_breaks].offset;
                char c = feed.text[in_text.offset];

                if (n_runs < runs.vec.n && at.offset == runs.vec.items[n_runs].begin) {
                        const struct nfw_run *run = &runs.vec.items[n_runs++];

                        check_run(source, run);
                        n_left_out += run->end - run->begin;
                        at.offset = run->end;
                        at.line += run->n_values;
                        continue;
                }
                if (is_break) {
                        require(c == '\n' && source[at.offset - 1] == ',', "a break at another place");
                        in_text.offset += 1 + feed.breaks.vec.items[n_breaks].indent;
                        in_text.line++;
                        in_text.column = feed.breaks.vec.items[n_breaks++].indent;
                        continue;
                }
                require(c == source[at.offset] && place.offset == at.offset, "another octet");
                require(place.line == at.line, "another line");
                require(place.column == at.column || at.line == 0,
                        "another column"); /* a byte order mark has none */
                in_text.offset++;
                at.offset++;
                if (c == '\n') {
                        in_text.line++;
                        at.line++;
                        in_text.column = at.column = 0;
                } else if ((source[at.offset] & 0xc0) != 0x80) {
                        in_text.column++;
                        at.column++;
                }
        }
        /* It may end within a run. */
        if (n_runs < runs.vec.n && at.offset == runs.vec.items[n_runs].begin &&
            feed.end <= runs.vec.items[n_runs].end)
                at.offset = feed.end;
        require(at.offset == feed.end && n_breaks == feed.breaks.vec.n, "a feed that ends elsewhere");

        nfw_feed_deinit(&feed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        int r;

        if (nfw_report_new(&report) < 0)
                return 0;
        check_feed(data, size);

        r = nfw_policy_read_buffer("fuzz", (const char *)data, size, report, &policy);
        require(r == 0 || r == NFW_E_INVALID, "an answer that is not documented");
        require(nfw_report_has_errors(report) == (r != 0),
                "a report that says something else than the answer");
        require((policy != NULL) == (r == 0), "a policy that should not be there, or is not");
        check_report(report);
        if (!policy)
                return 0;

        require(policy->rules.n > 0, "a policy without rules");
        for (size_t i = 0; i < policy->rules.n; i++) {
                check_rule(&policy->rules.items[i]);
                require(i == 0 || policy->rules.items[i - 1].priority <= policy->rules.items[i].priority,
                        "rules that are out of order");
        }
        return 0;
}
