/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

#include "dns/record.h"

/* No honest answer comes near these; with the reader's own bounds they bound the work that a message can ask for. */
#define MAX_ALIASES    64
#define MAX_CANDIDATES 512

struct alias {
        struct nfw_dns_name owner;
        size_t owner_length;
        size_t target; /* an offset in the message */
        uint32_t ttl;
};

struct collector {
        const struct nfw_dns_message *message;
        struct nfw_dns_answer *answer;

        struct {
                size_t offset; /* a place in the message where the name stands */
                size_t length;
        } chain[NFW_DNS_MAX_CHAIN];
        struct alias aliases[MAX_ALIASES];
        size_t n_aliases;
        size_t n_candidates;
};

/* Where a name that is nothing but a pointer points to, else where it stands: equal places, equal names. */
static size_t name_place(const struct nfw_dns_message *message, size_t offset) {
        if (message->data[offset] >= 0xc0)
                return nfw_dns_u16(message->data + offset) & 0x3fff;
        return offset;
}

/* Whether the name at offset is on the chain. */
static bool is_on_chain(const struct collector *c, size_t offset) {
        const struct nfw_dns_answer *answer = c->answer;
        size_t place = name_place(c->message, offset);
        struct nfw_dns_name_info info;
        struct nfw_dns_name name;

        for (size_t i = 0; i < answer->n_chain; i++)
                if (c->chain[i].offset == place)
                        return true;

        if (nfw_dns_name_read(c->message->data, c->message->size, offset, &name, &info) || !info.is_text)
                return false;
        for (size_t i = 0; i < answer->n_chain; i++)
                if (c->chain[i].length == info.length &&
                    !memcmp(answer->chain[i].text, name.text, info.length))
                        return true;
        return false;
}

/* The first alias of the name that the chain ends with, or NULL. */
static const struct alias *find_alias(const struct collector *c) {
        size_t last = c->answer->n_chain - 1, length = c->chain[last].length;

        for (size_t i = 0; i < c->n_aliases; i++)
                if (c->aliases[i].owner_length == length &&
                    !memcmp(c->aliases[i].owner.text, c->answer->chain[last].text, length))
                        return c->aliases + i;
        return NULL;
}

/* Follows the aliases from the queried name; their order in the message does not matter, loops end. */
static void follow_aliases(struct collector *c) {
        struct nfw_dns_answer *answer = c->answer;

        while (answer->n_chain < NFW_DNS_MAX_CHAIN) {
                struct nfw_dns_name *name = answer->chain + answer->n_chain;
                const struct alias *alias = find_alias(c);
                struct nfw_dns_name_info info;

                if (!alias || is_on_chain(c, alias->target))
                        return;
                if (nfw_dns_name_read(c->message->data, c->message->size, alias->target, name, &info) ||
                    !info.is_text)
                        return;

                c->chain[answer->n_chain].offset = name_place(c->message, alias->target);
                c->chain[answer->n_chain].length = info.length;
                answer->n_chain++;
                answer->ttl = alias->ttl < answer->ttl ? alias->ttl : answer->ttl;
        }
}

static void add_address(struct collector *c, uint8_t family, const uint8_t *bytes) {
        struct nfw_dns_answer *answer = c->answer;
        struct nfw_addr addr;

        if (++c->n_candidates > MAX_CANDIDATES || answer->n_addresses == NFW_DNS_MAX_ADDRESSES) {
                answer->n_dropped++;
                return;
        }

        nfw_addr_from_bytes(family, bytes, &addr);
        for (size_t i = 0; i < answer->n_addresses; i++)
                if (nfw_addr_equal(answer->addresses + i, &addr))
                        return;
        answer->addresses[answer->n_addresses++] = addr;
}

static void add_hints(struct collector *c, const struct nfw_dns_record *record) {
        struct nfw_dns_svcb_param param;
        struct nfw_dns_svcb svcb;

        if (nfw_dns_svcb_open(c->message->data, record, &svcb) || svcb.priority == 0)
                return;
        while (!nfw_dns_svcb_next(&svcb, &param)) {
                uint8_t family = param.key == NFW_DNS_SVCB_IPV4HINT ? AF_INET : AF_INET6;
                size_t size = family == AF_INET ? 4 : 16;

                if (param.key != NFW_DNS_SVCB_IPV4HINT && param.key != NFW_DNS_SVCB_IPV6HINT)
                        continue;
                for (size_t i = 0; i < param.size; i += size)
                        add_address(c, family, param.value + i);
        }
}

static void add_record(struct collector *c, const struct nfw_dns_record *record) {
        size_t n_before = c->n_candidates;

        if (record->class != NFW_DNS_CLASS_IN)
                return;
        if (record->type != NFW_DNS_TYPE_A && record->type != NFW_DNS_TYPE_AAAA &&
            record->type != NFW_DNS_TYPE_HTTPS && record->type != NFW_DNS_TYPE_SVCB)
                return;
        if (!is_on_chain(c, record->owner))
                return;

        if (record->type == NFW_DNS_TYPE_A)
                add_address(c, AF_INET, c->message->data + record->rdata);
        else if (record->type == NFW_DNS_TYPE_AAAA)
                add_address(c, AF_INET6, c->message->data + record->rdata);
        else
                add_hints(c, record);

        if (c->n_candidates > n_before && record->ttl < c->answer->ttl)
                c->answer->ttl = record->ttl;
}

static int collect_aliases(struct collector *c) {
        const struct nfw_dns_message *message = c->message;
        size_t offset = message->head.end;
        struct nfw_dns_name_info info;
        struct nfw_dns_record record;
        int r;

        for (size_t i = 0; i < message->head.n_answers && c->n_aliases < MAX_ALIASES;
             i++, offset = record.end) {
                struct alias *alias = c->aliases + c->n_aliases;

                r = nfw_dns_record_read(message->data, message->size, offset, &record);
                if (r)
                        return r;
                if (record.type != NFW_DNS_TYPE_CNAME || record.class != NFW_DNS_CLASS_IN)
                        continue;

                r = nfw_dns_name_read(message->data, message->size, record.owner, &alias->owner, &info);
                if (r)
                        return r;
                if (!info.is_text)
                        continue;
                alias->owner_length = info.length;
                alias->target = record.rdata;
                alias->ttl = record.ttl;
                c->n_aliases++;
        }
        return 0;
}

static int collect_addresses(struct collector *c) {
        const struct nfw_dns_message *message = c->message;
        size_t offset = message->head.end;
        struct nfw_dns_record record;
        int r;

        for (size_t i = 0; i < message->head.n_answers; i++, offset = record.end) {
                r = nfw_dns_record_read(message->data, message->size, offset, &record);
                if (r)
                        return r;
                add_record(c, &record);
        }
        return 0;
}

int nfw_dns_answer_collect(const struct nfw_dns_message *message, struct nfw_dns_answer *ret_answer) {
        const struct nfw_dns_head *head = &message->head;
        struct collector c;
        int r;

        if (!head->is_response || head->opcode != 0 || message->rcode != 0 || head->truncated ||
            head->question.class != NFW_DNS_CLASS_IN)
                return NFW_E_INVALID;

        c.message = message;
        c.answer = ret_answer;
        c.n_aliases = c.n_candidates = 0;
        memset(c.chain, 0, sizeof(c.chain));
        c.chain[0].offset = NFW_DNS_HEADER_SIZE;
        c.chain[0].length = strlen(head->question.name.text);

        ret_answer->chain[0] = head->question.name;
        ret_answer->n_chain = 1;
        ret_answer->n_addresses = ret_answer->n_dropped = 0;
        ret_answer->ttl = UINT32_MAX;

        r = collect_aliases(&c);
        if (r)
                return r;
        follow_aliases(&c);
        r = collect_addresses(&c);
        if (r)
                return r;

        if (ret_answer->n_addresses == 0)
                ret_answer->ttl = 0;
        return 0;
}
