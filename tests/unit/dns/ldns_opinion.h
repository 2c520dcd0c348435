/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What libldns thinks of a message that our reader accepts. Only this way round: libldns also takes much that
 * ours refuses on purpose (pointers forwards, an A record without RDATA, octets behind the end, …).
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "dns/record.h"

struct opinion_types {
        bool has_tsig; /* libldns leaks on these */
        bool has_hints;
        /*
         * RDATA that our reader takes as it is. libldns reads by type in any class, may refuse it, and where it
         * needs fewer octets than there are it goes on behind those: from there on it reads another message.
         */
        bool has_unchecked;
        size_t n_aliases;
};

static inline bool opinion_is_text_rdata(const uint8_t *data, const struct nfw_dns_record *record) {
        size_t offset = record->rdata;

        while (offset < record->end)
                offset += 1 + (size_t)data[offset];
        return record->rdata_size > 0 && offset == record->end;
}

static inline bool opinion_type_is_checked(const uint8_t *data, const struct nfw_dns_record *record) {
        static const uint16_t types[] = { 1,  2,  3,  4,  5,  6,  7,  8,  9,  12, 14,
                                          15, 17, 18, 21, 26, 28, 33, 36, 39, 64, 65 };

        if (record->type == 41)
                return record->rdata_size == 0;
        if (record->class != 1)
                return false;
        if (record->type == 16)
                return opinion_is_text_rdata(data, record);
        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
                if (types[i] == record->type)
                        return true;
        return false;
}

static inline void opinion_look_at_types(const struct nfw_dns_message *message,
                                         struct opinion_types *ret_types) {
        size_t offset = message->head.end, n = 0;
        struct nfw_dns_record record;

        *ret_types = (struct opinion_types){ 0 };
        while (!nfw_dns_record_read(message->data, message->size, offset, &record)) {
                if (record.type == 250)
                        ret_types->has_tsig = true;
                if (record.type == 64 || record.type == 65)
                        ret_types->has_hints = true;
                if (!opinion_type_is_checked(message->data, &record))
                        ret_types->has_unchecked = true;
                if (record.type == 5 && n < message->head.n_answers)
                        ret_types->n_aliases++;
                offset = record.end;
                n++;
        }
}

static inline bool opinion_is_text(const ldns_rdf *name) {
        const uint8_t *p = ldns_rdf_data(name);

        for (; *p; p += *p + 1)
                for (uint8_t i = 1; i <= *p; i++)
                        if (p[i] <= ' ' || p[i] >= 0x7f || strchr(".\\\"", p[i]))
                                return false;
        return true;
}

static inline uint32_t opinion_ttl(const ldns_rr *rr) {
        return ldns_rr_ttl(rr) > INT32_MAX ? 0 : ldns_rr_ttl(rr);
}

struct opinion_chain {
        const ldns_rdf *names[NFW_DNS_MAX_CHAIN];
        size_t n;
        uint32_t ttl;
};

static inline bool opinion_on_chain(const struct opinion_chain *chain, const ldns_rdf *name) {
        for (size_t i = 0; i < chain->n; i++)
                if (ldns_dname_compare(chain->names[i], name) == 0)
                        return true;
        return false;
}

static inline void opinion_follow(const ldns_pkt *pkt, struct opinion_chain *ret_chain) {
        const ldns_rr_list *answer = ldns_pkt_answer(pkt);
        const ldns_rdf *target;

        ret_chain->names[0] = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0));
        ret_chain->n = 1;
        ret_chain->ttl = UINT32_MAX;
        do {
                target = NULL;
                for (size_t i = 0; i < ldns_rr_list_rr_count(answer) && !target; i++) {
                        const ldns_rr *rr = ldns_rr_list_rr(answer, i);

                        if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_CNAME ||
                            ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ||
                            ldns_dname_compare(ldns_rr_owner(rr), ret_chain->names[ret_chain->n - 1]) != 0)
                                continue;
                        target = ldns_rr_rdf(rr, 0);
                        if (opinion_on_chain(ret_chain, target) || !opinion_is_text(target) ||
                            ret_chain->n == NFW_DNS_MAX_CHAIN)
                                return;
                        ret_chain->names[ret_chain->n++] = target;
                        if (opinion_ttl(rr) < ret_chain->ttl)
                                ret_chain->ttl = opinion_ttl(rr);
                }
        } while (target);
}

static inline bool opinion_has_address(const struct nfw_dns_answer *answer, const ldns_rdf *rdf) {
        for (size_t i = 0; i < answer->n_addresses; i++)
                if (nfw_addr_size(answer->addresses[i].family) == ldns_rdf_size(rdf) &&
                    memcmp(answer->addresses[i].bytes, ldns_rdf_data(rdf), ldns_rdf_size(rdf)) == 0)
                        return true;
        return false;
}

static inline const char *opinion_compare_answer(const ldns_pkt *pkt,
                                                 const struct nfw_dns_answer *answer,
                                                 const struct opinion_types *types) {
        const ldns_rr_list *list = ldns_pkt_answer(pkt);
        struct opinion_chain chain;
        size_t n_distinct = 0;

        opinion_follow(pkt, &chain);
        if (chain.n != answer->n_chain)
                return "the chain has another length";

        for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
                const ldns_rr *rr = ldns_rr_list_rr(list, i);
                bool is_new = true;

                if ((ldns_rr_get_type(rr) != LDNS_RR_TYPE_A && ldns_rr_get_type(rr) != LDNS_RR_TYPE_AAAA) ||
                    ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN || !opinion_on_chain(&chain, ldns_rr_owner(rr)))
                        continue;
                if (opinion_ttl(rr) < chain.ttl)
                        chain.ttl = opinion_ttl(rr);
                if (!opinion_has_address(answer, ldns_rr_rdf(rr, 0)) && answer->n_dropped == 0)
                        return "an address is missing";
                for (size_t k = 0; k < i; k++) {
                        const ldns_rr *other = ldns_rr_list_rr(list, k);

                        if (ldns_rr_get_type(other) == ldns_rr_get_type(rr) &&
                            ldns_rr_get_class(other) == LDNS_RR_CLASS_IN &&
                            opinion_on_chain(&chain, ldns_rr_owner(other)) &&
                            ldns_rdf_compare(ldns_rr_rdf(other, 0), ldns_rr_rdf(rr, 0)) == 0)
                                is_new = false;
                }
                n_distinct += is_new;
        }

        if (types->has_hints || answer->n_dropped > 0)
                return NULL;
        if (answer->n_addresses != n_distinct)
                return "an address too many";
        if (answer->n_addresses > 0 && answer->ttl != chain.ttl)
                return "another TTL";
        return NULL;
}

static inline const char *opinion_compare(const ldns_pkt *pkt,
                                          const struct nfw_dns_message *message,
                                          const struct opinion_types *types) {
        static struct nfw_dns_answer answer;
        const ldns_rr *question;

        if (ldns_pkt_qdcount(pkt) != 1 || ldns_pkt_ancount(pkt) != message->head.n_answers)
                return "other counts";
        if (ldns_pkt_id(pkt) != message->head.id || ldns_pkt_qr(pkt) != message->head.is_response ||
            ldns_pkt_tc(pkt) != message->head.truncated ||
            (unsigned int)ldns_pkt_get_opcode(pkt) != message->head.opcode)
                return "another header";

        question = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);
        if ((unsigned int)ldns_rr_get_type(question) != message->head.question.type ||
            (unsigned int)ldns_rr_get_class(question) != message->head.question.class)
                return "another question";
        if (!opinion_is_text(ldns_rr_owner(question)))
                return "a question that is not text";

        if (nfw_dns_answer_collect(message, &answer))
                return NULL;
        if (ldns_pkt_get_rcode(pkt) != LDNS_RCODE_NOERROR)
                return "an answer that reports an error";
        return types->n_aliases > 64 ? NULL : opinion_compare_answer(pkt, &answer, types);
}

/* NULL where both agree or ours refuses; else in which way they do not. */
static inline const char *opinion_of(const uint8_t *data, size_t size) {
        struct nfw_dns_message message;
        struct opinion_types types;
        const char *difference;
        ldns_pkt *pkt = NULL;

        if (nfw_dns_message_parse(data, size, &message))
                return NULL;
        opinion_look_at_types(&message, &types);
        if (types.has_tsig || types.has_unchecked)
                return NULL;
        if (ldns_wire2pkt(&pkt, data, size) != LDNS_STATUS_OK)
                return types.has_hints ? NULL
                                       : "libldns refuses it"; /* it may know more of their parameters */

        difference = opinion_compare(pkt, &message, &types);
        ldns_pkt_free(pkt);
        return difference;
}
