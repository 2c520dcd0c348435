/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies of name servers, honest and hostile, and what is learned from each: tests/data/dns. */
#include <stdio.h>
#include <stdlib.h>

#include <nfwpolicy/nfwpolicy.h>

#include "../cases.h"
#include "base/macros.h"
#include "dns/index.h"
#include "dns/pending.h"
#include "words.h"

#define REPLIES NFW_TEST_SOURCE "/tests/data/dns/*.yaml"

/* What a port has learned from the replies to one question. */
struct lesson {
        struct nfw_dns_index *index;
        struct nfw_dns_pending *pending;
        struct nfw_dns_flow flow;
        char addresses[4096]; /* in the order of the reply, with commas */
        char name[NFW_DOMAIN_TEXT_MAX];
        uint32_t ttl;
};

struct count {
        size_t cases, wrong;
};

/* The records of one section. How many there are. */
static unsigned int build_section(struct build *b, struct fy_node *reply, const char *key) {
        struct fy_node *item;
        unsigned int n = 0;
        void *iterator = NULL;

        for (; (item = next_of(reply, key, &iterator)); n++)
                build_words(b, fy_node_get_scalar0(item));
        return n;
}

static unsigned int hexadecimal(const char *text, unsigned int otherwise) {
        return text ? (unsigned int)strtoul(text, NULL, 16) : otherwise;
}

static void build_message(struct build *b, struct fy_node *reply, const char *question, unsigned int flags) {
        const char *const sections[] = { "answer", "authority", "additional" };
        const char *counts = text_of(reply, "counts");
        unsigned int n[4] = { 1 };

        build_header(b, hexadecimal(text_of(reply, "flags"), flags), 0);
        if (node_of(reply, "question"))
                n[0] = build_section(b, reply, "question");
        else
                build_words(b, question);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sections); i++)
                n[i + 1] = build_section(b, reply, sections[i]);
        if (counts)
                assert_int_equal(sscanf(counts, "%u %u %u %u", n, n + 1, n + 2, n + 3), 4);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(n); i++) {
                b->data[4 + 2 * i] = (uint8_t)(n[i] >> 8);
                b->data[5 + 2 * i] = (uint8_t)n[i];
        }
        if (text_of(reply, "id")) {
                unsigned int id = hexadecimal(text_of(reply, "id"), 0);

                b->data[0] = (uint8_t)(id >> 8);
                b->data[1] = (uint8_t)id;
        }
}

static void build_reply_of(struct build *b, struct fy_node *reply, const char *question) {
        if (!text_of(reply, "raw")) {
                build_message(b, reply, question, 0x8180);
                return;
        }
        b->n = 0;
        build_words(b, text_of(reply, "raw"));
}

static void set_server(struct nfw_dns_flow *flow, const char *from) {
        char address[NFW_ADDR_TEXT_MAX];

        assert_int_equal(sscanf(from, "%45s %hu", address, &flow->server_port), 2);
        assert_int_equal(nfw_addr_parse(address, &flow->server), 0);
}

static void lesson_init(struct lesson *lesson, const char *question) {
        static struct build query;
        struct nfw_dns_head head;

        *lesson = (struct lesson){ .flow = { .protocol = IPPROTO_UDP, .guest_port = 40000 } };
        assert_int_equal(nfw_addr_parse("10.77.1.2", &lesson->flow.guest), 0);
        set_server(&lesson->flow, "203.0.113.53 53");
        assert_int_equal(nfw_dns_index_new(&lesson->index), 0);
        assert_int_equal(nfw_dns_pending_new(8, 1000, &lesson->pending), 0);

        build_header(&query, 0x0100, 0);
        build_words(&query, question);
        if (nfw_dns_head_parse(query.data, query.n, &head) == 0)
                assert_int_equal(nfw_dns_pending_add(lesson->pending, &lesson->flow, &head, 0), 0);
}

static void lesson_deinit(struct lesson *lesson) {
        nfw_dns_index_free(lesson->index);
        nfw_dns_pending_free(lesson->pending);
}

static void add_pattern(struct lesson *lesson, const char *pattern) {
        struct nfw_domain domain;
        const char *reason;

        assert_int_equal(nfw_domain_parse(pattern, &domain, &reason), 0);
        assert_int_equal(nfw_dns_index_add(lesson->index, &domain, 7), 0);
}

/* A pattern, or a list of them. */
static void add_patterns(struct lesson *lesson, struct fy_node *test) {
        struct fy_node *item;
        void *iterator = NULL;

        if (fy_node_is_scalar(node_of(test, "rule")))
                add_pattern(lesson, text_of(test, "rule"));
        else
                while ((item = next_of(test, "rule", &iterator)))
                        add_pattern(lesson, fy_node_get_scalar0(item));
}

/* Whether any name on the way matches; the first one holds the addresses open. */
static bool find_name(struct lesson *lesson, const struct nfw_dns_answer *answer) {
        struct nfw_dns_ids ids = { 0 };

        for (size_t i = 0; i < answer->n_chain && ids.vec.n == 0; i++) {
                assert_int_equal(nfw_dns_index_match(lesson->index, answer->chain[i].text, &ids), 0);
                if (ids.vec.n > 0)
                        strcpy(lesson->name, answer->chain[i].text);
        }
        nfw_vec_deinit(&ids.vec);
        return lesson->name[0];
}

static void take_answer(struct lesson *lesson, const struct nfw_dns_answer *answer) {
        if (!find_name(lesson, answer))
                return;
        lesson->ttl = answer->ttl;
        for (size_t i = 0; i < answer->n_addresses; i++) {
                char text[NFW_ADDR_TEXT_MAX];

                if (nfw_addr_is_special(answer->addresses + i))
                        continue;
                if (lesson->addresses[0])
                        strcat(lesson->addresses, ",");
                strcat(lesson->addresses, nfw_addr_format(answer->addresses + i, text));
        }
}

/* The steps that docs/dns.rst lists, in their order. */
static void take_reply(struct lesson *lesson, struct fy_node *reply, const char *question) {
        static struct nfw_dns_answer answer;
        static struct build message;
        struct nfw_dns_flow flow = lesson->flow;
        struct nfw_dns_pending_question *pending;
        struct nfw_dns_message parsed;
        struct nfw_dns_head head;

        build_reply_of(&message, reply, question);
        if (text_of(reply, "from"))
                set_server(&flow, text_of(reply, "from"));
        if (nfw_dns_head_parse(message.data, message.n, &head) != 0)
                return;
        pending = nfw_dns_pending_find(lesson->pending, &flow, &head, 0);
        if (!pending || nfw_dns_message_parse(message.data, message.n, &parsed) != 0)
                return;
        nfw_dns_pending_remove(lesson->pending, pending);
        if (nfw_dns_answer_collect(&parsed, &answer) == 0)
                take_answer(lesson, &answer);
}

static void take_replies(struct lesson *lesson, struct fy_node *test) {
        struct fy_node *reply;
        void *iterator = NULL;

        if (!node_of(test, "replies"))
                take_reply(lesson, test, text_of(test, "ask"));
        while ((reply = next_of(test, "replies", &iterator)))
                take_reply(lesson, reply, text_of(test, "ask"));
}

static bool is_as_expected(const struct lesson *lesson, struct fy_node *test, const char *addresses) {
        const char *name = text_of(test, "as"), *lives = text_of(test, "lives");

        if (strcmp(lesson->addresses, addresses) != 0)
                print_error("%s: learned '%s', not '%s'\n", text_of(test, "case"), lesson->addresses,
                            addresses);
        else if (name && strcmp(lesson->name, name) != 0)
                print_error("%s: learned as '%s'\n", text_of(test, "case"), lesson->name);
        else if (lives && lesson->ttl != strtoul(lives, NULL, 10))
                print_error("%s: lives for %u s\n", text_of(test, "case"), lesson->ttl);
        else
                return true;
        return false;
}

static void run_case(struct fy_node *test, void *userdata) {
        struct count *count = userdata;
        struct lesson lesson;
        char addresses[4096];

        lesson_init(&lesson, text_of(test, "ask"));
        add_patterns(&lesson, test);
        take_replies(&lesson, test);
        join_texts(test, "learned", ",", addresses, sizeof(addresses));
        count->wrong += !is_as_expected(&lesson, test, addresses);
        lesson_deinit(&lesson);

        lesson_init(&lesson, text_of(test, "ask"));
        add_pattern(&lesson, "*");
        take_replies(&lesson, test);
        if (node_of(test, "anyway"))
                join_texts(test, "anyway", ",", addresses, sizeof(addresses));
        if (strcmp(lesson.addresses, addresses) != 0) {
                print_error("%s: a rule for all names learned '%s'\n", text_of(test, "case"),
                            lesson.addresses);
                count->wrong++;
        }
        lesson_deinit(&lesson);
        count->cases++;
}

static void test_replies(void **state nfw_unused) {
        struct count count = { 0 };

        for_each_case(REPLIES, run_case, &count);
        print_message("# %zu replies\n", count.cases);
        assert_int_equal(count.wrong, 0);
        assert_true(count.cases >= 150);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_replies),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
