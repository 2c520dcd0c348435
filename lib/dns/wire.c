/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nfwpolicy/nfwpolicy.h>

#include "dns/record.h"

#define MESSAGE_MAX 65535

static void read_header(const uint8_t *data, struct nfw_dns_header *ret_header) {
        *ret_header = (struct nfw_dns_header){
                .id = nfw_dns_u16(data),
                .is_response = data[2] & 0x80,
                .opcode = (data[2] >> 3) & 0x0f,
                .truncated = data[2] & 0x02,
                .rcode = data[3] & 0x0f,
                .n_questions = nfw_dns_u16(data + 4),
                .n_answers = nfw_dns_u16(data + 6),
                .n_authority = nfw_dns_u16(data + 8),
                .n_additional = nfw_dns_u16(data + 10),
        };
}

int nfw_dns_message_parse(const void *data, size_t size, struct nfw_dns_message *ret_message) {
        const uint8_t *bytes = data;
        struct nfw_dns_message message;
        struct nfw_dns_name_info info;
        struct nfw_dns_record record;
        size_t offset, n_records;
        int r;

        if (size < NFW_DNS_HEADER_SIZE || size > MESSAGE_MAX)
                return NFW_E_INVALID;

        read_header(bytes, &message.header);
        if (message.header.n_questions != 1)
                return NFW_E_INVALID;

        r = nfw_dns_name_read(bytes, size, NFW_DNS_HEADER_SIZE, &message.question.name, &info);
        if (r)
                return r;
        if (!info.is_text || size - info.end < 4)
                return NFW_E_INVALID;
        message.question.type = nfw_dns_u16(bytes + info.end);
        message.question.class = nfw_dns_u16(bytes + info.end + 2);

        offset = info.end + 4;
        message.data = bytes;
        message.size = size;
        message.answers_offset = offset;

        n_records =
                (size_t)message.header.n_answers + message.header.n_authority + message.header.n_additional;
        for (; n_records > 0; n_records--) {
                r = nfw_dns_record_read(bytes, size, offset, &record);
                if (r)
                        return r;
                r = nfw_dns_record_check(bytes, size, &record);
                if (r)
                        return r;
                if (record.type == NFW_DNS_TYPE_OPT)
                        message.header.rcode |= (uint16_t)(nfw_dns_extended_rcode(bytes, &record) << 4);
                offset = record.end;
        }
        if (offset != size)
                return NFW_E_INVALID;

        *ret_message = message;
        return 0;
}
