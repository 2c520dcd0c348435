/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Resource records on the wire (RFC 1035, section 4.1.3). For the files of this layer only. */

#include "dns/name.h"

enum {
        NFW_DNS_CLASS_IN = 1,

        NFW_DNS_TYPE_A = 1,
        NFW_DNS_TYPE_CNAME = 5,
        NFW_DNS_TYPE_AAAA = 28,
        NFW_DNS_TYPE_OPT = 41,
        NFW_DNS_TYPE_SVCB = 64,
        NFW_DNS_TYPE_HTTPS = 65,

        NFW_DNS_SVCB_IPV4HINT = 4,
        NFW_DNS_SVCB_IPV6HINT = 6,
};

struct nfw_dns_record {
        size_t owner; /* offsets in the message */
        size_t rdata;
        size_t end;
        uint16_t rdata_size;
        uint16_t type;
        uint16_t class;
        uint32_t ttl;   /* a set top bit counts as 0 (RFC 2181, section 8) */
        size_t n_steps; /* the labels and pointers of its names, as far as they have been read */
};

/* An OPT record has the upper bits of the RCODE where others begin their TTL (RFC 6891, section 6.1.3). */
static inline uint8_t nfw_dns_extended_rcode(const uint8_t *data, const struct nfw_dns_record *record) {
        return data[record->rdata - 6];
}

/* Reads the record at offset, without a look into its RDATA. 0 or NFW_E_INVALID. */
int nfw_dns_record_read(const uint8_t *data, size_t size, size_t offset, struct nfw_dns_record *ret_record);

/*
 * Checks that the RDATA is what its type says, to the last octet. Types that this reader has no need of, and
 * classes other than IN, have no format here and are right. 0 or NFW_E_INVALID.
 */
int nfw_dns_record_check(const uint8_t *data, size_t size, struct nfw_dns_record *record);

/* The parameters of a SVCB or HTTPS record (RFC 9460, section 2.2). */
struct nfw_dns_svcb {
        const uint8_t *data;
        size_t offset;
        size_t end;
        uint16_t priority; /* 0: AliasMode, whose parameters say nothing */
        int last_key;      /* -1: none yet */
};

struct nfw_dns_svcb_param {
        uint16_t key;
        uint16_t size;
        const uint8_t *value;
};

/* 0 or NFW_E_INVALID. */
int nfw_dns_svcb_open(const uint8_t *data,
                      const struct nfw_dns_record *record,
                      struct nfw_dns_svcb *ret_svcb);
/* The next parameter: 0; NFW_E_EMPTY behind the last; or NFW_E_INVALID. */
int nfw_dns_svcb_next(struct nfw_dns_svcb *svcb, struct nfw_dns_svcb_param *ret_param);
