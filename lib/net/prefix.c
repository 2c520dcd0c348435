/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/prefix.h"

#include <arpa/inet.h>
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

/* Decimal digits without a leading zero, at most max. */
static int parse_length(const char *text, unsigned int max, uint8_t *ret_length) {
        unsigned int length = 0;

        if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
                return NFW_E_INVALID;
        for (; *text != '\0'; text++) {
                if (*text < '0' || *text > '9')
                        return NFW_E_INVALID;
                length = 10 * length + (unsigned int)(*text - '0');
                if (length > max)
                        return NFW_E_INVALID;
        }

        *ret_length = (uint8_t)length;
        return 0;
}

static bool clear_host_bits(struct nfw_prefix *prefix) {
        bool cleared = false;

        for (size_t i = prefix->length / 8; i < nfw_addr_size(prefix->addr.family); i++) {
                unsigned int kept = prefix->length > 8 * i ? prefix->length - 8 * (unsigned int)i : 0;
                uint8_t mask = (uint8_t)(0xff00 >> kept);

                if (prefix->addr.bytes[i] & (uint8_t)~mask)
                        cleared = true;
                prefix->addr.bytes[i] &= mask;
        }
        return cleared;
}

/* What stands before the slash, or before the end where there is none. */
static int parse_addr(const char *text, size_t size, struct nfw_addr *ret_addr, const char **ret_reason) {
        char addr[NFW_ADDR_TEXT_MAX];

        if (size == 0) {
                *ret_reason = "it is empty";
                return NFW_E_INVALID;
        }
        if (size >= sizeof(addr)) {
                *ret_reason = "it is neither an IPv4 nor an IPv6 address";
                return NFW_E_INVALID;
        }
        memcpy(addr, text, size);
        addr[size] = '\0';

        if (nfw_addr_parse(addr, ret_addr) == 0)
                return 0;
        if (strchr(addr, '%'))
                *ret_reason = "an address with a zone has a meaning on one host only";
        else if (strchr(addr, '-'))
                *ret_reason = "ranges of addresses are not supported; write them as prefixes";
        else
                *ret_reason = "it is neither an IPv4 nor an IPv6 address";
        return NFW_E_INVALID;
}

int nfw_prefix_parse(const char *text,
                     struct nfw_prefix *ret_prefix,
                     bool *ret_host_bits,
                     const char **ret_reason) {
        struct nfw_prefix prefix = { 0 };
        size_t n_addr = nfw_addr_parse_v4(text, &prefix.addr);

        if (n_addr == 0 || (text[n_addr] != '/' && text[n_addr] != '\0')) {
                int r;

                n_addr = strcspn(text, "/");
                r = parse_addr(text, n_addr, &prefix.addr, ret_reason);
                if (r != 0)
                        return r;
        }

        prefix.length = (uint8_t)(8 * nfw_addr_size(prefix.addr.family));
        if (text[n_addr] == '/' && parse_length(text + n_addr + 1, prefix.length, &prefix.length) != 0) {
                *ret_reason = prefix.addr.family == AF_INET
                                      ? "the prefix length must be a number from 0 to 32"
                                      : "the prefix length must be a number from 0 to 128";
                return NFW_E_INVALID;
        }

        *ret_host_bits = clear_host_bits(&prefix);
        *ret_prefix = prefix;
        return 0;
}

bool nfw_prefix_is_broadcast(const struct nfw_prefix *address, const struct nfw_addr *addr) {
        uint32_t own, asked, host_bits;

        if (address->addr.family != AF_INET || addr->family != AF_INET || address->length > 30)
                return false;
        memcpy(&own, address->addr.bytes, sizeof(own));
        memcpy(&asked, addr->bytes, sizeof(asked));
        host_bits = htonl(UINT32_MAX >> address->length);
        return asked == (own | host_bits) || asked == (own & ~host_bits);
}
