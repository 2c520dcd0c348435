/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nfwpolicy/nfwpolicy.h>

#include "dns/record.h"

int nfw_dns_svcb_open(const uint8_t *data,
                      const struct nfw_dns_record *record,
                      struct nfw_dns_svcb *ret_svcb) {
        size_t offset, n_steps = 0;
        int r;

        if (record->rdata_size < 2)
                return NFW_E_INVALID;
        r = nfw_dns_name_skip(data, record->end, record->rdata + 2, false, &n_steps, &offset);
        if (r)
                return r;

        *ret_svcb = (struct nfw_dns_svcb){
                .data = data,
                .offset = offset,
                .end = record->end,
                .priority = nfw_dns_u16(data + record->rdata),
                .last_key = -1,
        };
        return 0;
}

static bool is_list_of(size_t size, size_t item_size) {
        return size > 0 && size % item_size == 0;
}

int nfw_dns_svcb_next(struct nfw_dns_svcb *svcb, struct nfw_dns_svcb_param *ret_param) {
        struct nfw_dns_svcb_param param;
        const uint8_t *p = svcb->data + svcb->offset;

        if (svcb->offset == svcb->end)
                return NFW_E_EMPTY;
        if (svcb->end - svcb->offset < 4)
                return NFW_E_INVALID;

        param.key = nfw_dns_u16(p);
        param.size = nfw_dns_u16(p + 2);
        param.value = p + 4;
        if (param.size > svcb->end - svcb->offset - 4 || param.key <= svcb->last_key)
                return NFW_E_INVALID;
        if ((param.key == NFW_DNS_SVCB_IPV4HINT && !is_list_of(param.size, 4)) ||
            (param.key == NFW_DNS_SVCB_IPV6HINT && !is_list_of(param.size, 16)))
                return NFW_E_INVALID;

        svcb->offset += 4 + (size_t)param.size;
        svcb->last_key = param.key;
        *ret_param = param;
        return 0;
}
