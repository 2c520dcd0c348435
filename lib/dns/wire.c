/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nfwpolicy/nfwpolicy.h>

#include "dns/record.h"

#define MESSAGE_MAX 65535

static size_t n_records(const struct nfw_dns_head *head) {
        return (size_t)head->n_answers + head->n_authority + head->n_additional;
}

int nfw_dns_head_parse(const void *data, size_t size, struct nfw_dns_head *ret_head) {
        const uint8_t *bytes = data;
        struct nfw_dns_name_info info;
        struct nfw_dns_head head;
        int r;

        if (size < NFW_DNS_HEADER_SIZE || size > MESSAGE_MAX || nfw_dns_u16(bytes + 4) != 1)
                return NFW_E_INVALID;

        head.id = nfw_dns_u16(bytes);
        head.is_response = bytes[2] & 0x80;
        head.opcode = (bytes[2] >> 3) & 0x0f;
        head.truncated = bytes[2] & 0x02;
        head.rcode = bytes[3] & 0x0f;
        head.n_answers = nfw_dns_u16(bytes + 6);
        head.n_authority = nfw_dns_u16(bytes + 8);
        head.n_additional = nfw_dns_u16(bytes + 10);
        if (n_records(&head) > NFW_DNS_MAX_RECORDS)
                return NFW_E_INVALID;

        r = nfw_dns_name_read(bytes, size, NFW_DNS_HEADER_SIZE, &head.question.name, &info);
        if (r)
                return r;
        if (!info.is_text || size - info.end < 4)
                return NFW_E_INVALID;
        head.question.type = nfw_dns_u16(bytes + info.end);
        head.question.class = nfw_dns_u16(bytes + info.end + 2);
        head.end = info.end + 4;

        *ret_head = head;
        return 0;
}

int nfw_dns_message_parse(const void *data, size_t size, struct nfw_dns_message *ret_message) {
        const uint8_t *bytes = data;
        struct nfw_dns_message message;
        struct nfw_dns_record record;
        size_t offset, n_steps = 0;
        int r;

        r = nfw_dns_head_parse(data, size, &message.head);
        if (r)
                return r;
        message.data = bytes;
        message.size = size;
        message.rcode = message.head.rcode;

        offset = message.head.end;
        for (size_t i = n_records(&message.head); i > 0; i--) {
                r = nfw_dns_record_read(bytes, size, offset, &record);
                if (r)
                        return r;
                r = nfw_dns_record_check(bytes, size, &record);
                if (r)
                        return r;
                n_steps += record.n_steps;
                if (n_steps > NFW_DNS_MAX_STEPS)
                        return NFW_E_INVALID;
                if (record.type == NFW_DNS_TYPE_OPT)
                        message.rcode |= (uint16_t)(nfw_dns_extended_rcode(bytes, &record) << 4);
                offset = record.end;
        }
        if (offset != size)
                return NFW_E_INVALID;

        *ret_message = message;
        return 0;
}
