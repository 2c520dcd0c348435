/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A strict reader of DNS messages (RFC 1035, section 4) for bytes that a guest or anybody on its network may
 * have made. It allocates nothing, never recurses, follows compression pointers backwards only and bounded, and
 * accepts a message only if all four sections are well formed to the last octet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/domain.h"

#define NFW_DNS_MAX_ADDRESSES 256
#define NFW_DNS_MAX_CHAIN     16
/* No honest message comes near these; they bound the work that one of 64 KiB can ask for. */
#define NFW_DNS_MAX_RECORDS 1024
#define NFW_DNS_MAX_STEPS   65536

/* A name as text: lower case, no trailing dot, "" for the root. */
struct nfw_dns_name {
        char text[NFW_DOMAIN_TEXT_MAX];
};

struct nfw_dns_question {
        struct nfw_dns_name name;
        uint16_t type;
        uint16_t class;
};

/* What a message begins with: its header and its one question. */
struct nfw_dns_head {
        uint16_t id;
        bool is_response;
        uint8_t opcode;
        bool truncated;
        uint8_t rcode; /* the lower four bits */
        uint16_t n_answers;
        uint16_t n_authority;
        uint16_t n_additional;
        struct nfw_dns_question question;
        size_t end; /* the offset of the first record */
};

/*
 * Reads no further than the question, at a cost that does not depend on what follows: enough for a query, and to
 * know whether a reply is worth more. 0, or NFW_E_INVALID where that much is not well formed, has a name that is not
 * text as its question (a label with a dot, a quote, a backslash, a space or anything that is not printable ASCII),
 * has a number of questions other than one, or says that more than NFW_DNS_MAX_RECORDS records follow.
 */
int nfw_dns_head_parse(const void *data, size_t size, struct nfw_dns_head *ret_head);

/* A checked message; the data is borrowed. */
struct nfw_dns_message {
        const uint8_t *data;
        size_t size;
        struct nfw_dns_head head;
        uint16_t rcode; /* with the upper bits of an OPT record (RFC 6891, section 6.1.3) */
};

/*
 * Reads all of it. 0, or NFW_E_INVALID where the head is not right, anything is not well formed to the last octet,
 * or the names of all records together go through more than NFW_DNS_MAX_STEPS labels and pointers.
 */
int nfw_dns_message_parse(const void *data, size_t size, struct nfw_dns_message *ret_message);

/* What a reply says of the question's name. */
struct nfw_dns_answer {
        struct nfw_dns_name chain[NFW_DNS_MAX_CHAIN]; /* the queried name, then its aliases in order */
        size_t n_chain;
        struct nfw_addr addresses[NFW_DNS_MAX_ADDRESSES]; /* each once */
        size_t n_addresses;
        size_t n_dropped; /* addresses beyond the bound; duplicates may be among them */
        uint32_t ttl;     /* seconds: the smallest of the aliases' and the addresses' records */
};

/*
 * Collects the addresses (A, AAAA, ipv4hint and ipv6hint of HTTPS and SVCB, RFC 9460) whose owner is the queried
 * name or is reached from it by the CNAMEs of the same answer. 0; or NFW_E_INVALID where the message is not an
 * answer to learn from: no reply, opcode not QUERY, RCODE not NOERROR, truncated, class not IN.
 * A reply without any address is 0 with n_addresses 0.
 */
int nfw_dns_answer_collect(const struct nfw_dns_message *message, struct nfw_dns_answer *ret_answer);
