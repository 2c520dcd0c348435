/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns/record.h"

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"

/* RDATA that is a number of fixed octets, then names, then fixed octets again. */
struct rdata_format {
        uint8_t type;
        uint8_t n_before;
        uint8_t n_names;
        uint8_t n_after;
};

static const struct rdata_format formats[] = {
        { NFW_DNS_TYPE_A, 4, 0, 0 },
        { NFW_DNS_TYPE_AAAA, 16, 0, 0 },
        { NFW_DNS_TYPE_CNAME, 0, 1, 0 },
        { 2, 0, 1, 0 },  /* NS */
        { 6, 0, 2, 20 }, /* SOA */
        { 12, 0, 1, 0 }, /* PTR */
        { 15, 2, 1, 0 }, /* MX */
        { 33, 6, 1, 0 }, /* SRV */
        { 39, 0, 1, 0 }, /* DNAME */
        { 3, 0, 1, 0 },  /* MD */
        { 4, 0, 1, 0 },  /* MF */
        { 7, 0, 1, 0 },  /* MB */
        { 8, 0, 1, 0 },  /* MG */
        { 9, 0, 1, 0 },  /* MR */
        { 14, 0, 2, 0 }, /* MINFO */
        { 17, 0, 2, 0 }, /* RP */
        { 18, 2, 1, 0 }, /* AFSDB */
        { 21, 2, 1, 0 }, /* RT */
        { 26, 2, 2, 0 }, /* PX */
        { 36, 2, 1, 0 }, /* KX */
};

int nfw_dns_record_read(const uint8_t *data, size_t size, size_t offset, struct nfw_dns_record *ret_record) {
        struct nfw_dns_record record = { .owner = offset };
        const uint8_t *p;
        size_t end;
        int r;

        r = nfw_dns_name_skip(data, size, offset, true, &record.n_steps, &end);
        if (r)
                return r;
        if (size - end < 10)
                return NFW_E_INVALID;

        p = data + end;
        record.type = nfw_dns_u16(p);
        record.class = nfw_dns_u16(p + 2);
        record.ttl = nfw_dns_u32(p + 4);
        if (record.ttl > INT32_MAX)
                record.ttl = 0;
        record.rdata_size = nfw_dns_u16(p + 8);
        record.rdata = end + 10;
        if (record.rdata_size > size - record.rdata)
                return NFW_E_INVALID;
        record.end = record.rdata + record.rdata_size;

        *ret_record = record;
        return 0;
}

static int check_format(const uint8_t *data,
                        struct nfw_dns_record *record,
                        const struct rdata_format *format) {
        size_t offset = record->rdata + format->n_before;
        int r;

        if (offset > record->end)
                return NFW_E_INVALID;

        for (unsigned int i = 0; i < format->n_names; i++) {
                /* The RDATA's end, not the message's, is the end of what the name may take. */
                r = nfw_dns_name_skip(data, record->end, offset, true, &record->n_steps, &offset);
                if (r)
                        return r;
        }

        return record->end - offset == format->n_after ? 0 : NFW_E_INVALID;
}

static int check_svcb(const uint8_t *data, const struct nfw_dns_record *record) {
        struct nfw_dns_svcb_param param;
        struct nfw_dns_svcb svcb;
        int r;

        r = nfw_dns_svcb_open(data, record, &svcb);
        while (!r)
                r = nfw_dns_svcb_next(&svcb, &param);
        return r == NFW_E_EMPTY ? 0 : r;
}

int nfw_dns_record_check(const uint8_t *data, size_t size, struct nfw_dns_record *record) {
        if (record->end > size)
                return NFW_E_INVALID;
        if (record->class != NFW_DNS_CLASS_IN)
                return 0;
        if (record->type == NFW_DNS_TYPE_SVCB || record->type == NFW_DNS_TYPE_HTTPS)
                return check_svcb(data, record);

        for (size_t i = 0; i < NFW_ARRAY_SIZE(formats); i++)
                if (formats[i].type == record->type)
                        return check_format(data, record, formats + i);
        return 0;
}
