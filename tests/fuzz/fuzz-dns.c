/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A DNS message: what our reader accepts, libldns must accept and understand in the same way. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/dns/ldns_opinion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libldns needs long for large ones; nothing is found there that is not found here. */
#define SECOND_OPINION_MAX 4096

static void require(bool condition, const char *what) {
        if (condition)
                return;
        fprintf(stderr, "%s\n", what);
        abort();
}

static void check_answer(const struct nfw_dns_message *message) {
        static struct nfw_dns_answer answer;

        if (nfw_dns_answer_collect(message, &answer))
                return;

        require(message->head.is_response && message->rcode == 0, "an answer that is none");
        require(answer.n_chain >= 1 && answer.n_chain <= NFW_DNS_MAX_CHAIN, "a chain without bounds");
        require(answer.n_addresses <= NFW_DNS_MAX_ADDRESSES, "addresses without bounds");
        require(answer.ttl <= INT32_MAX, "a TTL with the top bit");
        for (size_t i = 0; i < answer.n_chain; i++) {
                const char *text = answer.chain[i].text;

                require(strnlen(text, NFW_DOMAIN_TEXT_MAX) < NFW_DOMAIN_TEXT_MAX, "a name that does not end");
                for (; *text; text++)
                        require(*text > ' ' && *text < 0x7f &&
                                        !strchr("\"\\ABCDEFGHIJKLMNOPQRSTUVWXYZ", *text),
                                "a name that is not text");
        }
        for (size_t i = 0; i < answer.n_addresses; i++)
                for (size_t k = 0; k < i; k++)
                        require(!nfw_addr_equal(answer.addresses + i, answer.addresses + k),
                                "an address twice");
}

/* What follows a head changes nothing about it. */
static void check_head(const uint8_t *data, const struct nfw_dns_head *head) {
        struct nfw_dns_head alone;

        require(!nfw_dns_head_parse(data, head->end, &alone), "a head that does not stand alone");
        require(alone.id == head->id && alone.is_response == head->is_response &&
                        alone.opcode == head->opcode && alone.rcode == head->rcode && alone.end == head->end,
                "another head");
        require(strcmp(alone.question.name.text, head->question.name.text) == 0 &&
                        alone.question.type == head->question.type &&
                        alone.question.class == head->question.class,
                "another question");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct nfw_dns_message message;
        struct nfw_dns_head head;
        bool has_head = !nfw_dns_head_parse(data, size, &head);

        if (has_head)
                check_head(data, &head);
        if (nfw_dns_message_parse(data, size, &message))
                return 0;

        require(has_head, "a message without a head");
        require(message.rcode % 16 == head.rcode, "another RCODE");
        check_answer(&message);
        if (size <= SECOND_OPINION_MAX) {
                const char *difference = opinion_of(data, size);

                require(!difference, difference);
        }
        return 0;
}
