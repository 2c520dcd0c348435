/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nfwpolicy/nfwpolicy.h>

#include "snoop/message-internal.h"

/* RFC 8415, section 8: a type, a transaction of three octets, options. */
#define DHCP6_FIXED   4
#define OPTION_HEADER 4

/* In front of the options inside: IAID, T1 and T2; IAID only; address and two lifetimes. */
#define IA_NA_FIXED  12
#define IA_TA_FIXED  4
#define IAADDR_FIXED 24
#define IAADDR_VALID 20

enum option {
        OPTION_IA_NA = 3,
        OPTION_IA_TA = 4,
        OPTION_IAADDR = 5,
};

/* What each type means, by its number (section 7.3). */
static const struct {
        bool from_guest;
        enum nfw_snoop_kind kind;
} types[] = {
        [1] = { true, NFW_SNOOP_REQUEST }, /* Solicit: with rapid commit, Reply comes at once */
        [3] = { true, NFW_SNOOP_REQUEST }, /* Request */
        [5] = { true, NFW_SNOOP_REQUEST }, /* Renew */
        [6] = { true, NFW_SNOOP_REQUEST }, /* Rebind */
        [7] = { false, NFW_SNOOP_LEASE },  /* Reply */
        [8] = { true, NFW_SNOOP_RELEASE }, [9] = { true, NFW_SNOOP_DECLINE },
};

/* The next option of those in front of *left octets. 0, or NFW_E_INVALID where it does not end among them. */
static int next_option(
        const uint8_t **p, size_t *left, uint16_t *ret_code, const uint8_t **ret_value, size_t *ret_length) {
        size_t length;

        if (*left < OPTION_HEADER)
                return NFW_E_INVALID;
        length = nfw_snoop_u16(*p + 2);
        if (length > *left - OPTION_HEADER)
                return NFW_E_INVALID;

        *ret_code = nfw_snoop_u16(*p);
        *ret_value = *p + OPTION_HEADER;
        *ret_length = length;
        *p += OPTION_HEADER + length;
        *left -= OPTION_HEADER + length;
        return 0;
}

/* The addresses of one identity association. What the options inside an address say is not needed. */
static int read_addresses(const uint8_t *p, size_t left, struct nfw_snoop_message *message) {
        while (left > 0) {
                const uint8_t *value;
                struct nfw_addr addr;
                uint16_t code;
                size_t length;
                int r;

                r = next_option(&p, &left, &code, &value, &length);
                if (r)
                        return r;
                if (code != OPTION_IAADDR)
                        continue;
                if (length < IAADDR_FIXED)
                        return NFW_E_INVALID;
                nfw_addr_from_bytes(AF_INET6, value, &addr);
                nfw_snoop_add(message, &addr, nfw_snoop_u32(value + IAADDR_VALID));
        }
        return 0;
}

int nfw_snoop_read_dhcp6(bool from_guest,
                         const struct nfw_packet *packet,
                         struct nfw_snoop_message *message) {
        const uint8_t *p = packet->payload;
        size_t left = packet->payload_size;
        uint8_t type;

        if (left < DHCP6_FIXED)
                return NFW_E_INVALID;
        type = p[0];
        if (type >= sizeof(types) / sizeof(types[0]) || types[type].kind == NFW_SNOOP_NOTHING ||
            types[type].from_guest != from_guest)
                return 0;
        message->kind = types[type].kind;
        message->transaction = (uint32_t)p[1] << 16 | nfw_snoop_u16(p + 2);

        p += DHCP6_FIXED;
        left -= DHCP6_FIXED;
        while (left > 0) {
                const uint8_t *value;
                uint16_t code;
                size_t length, fixed;
                int r;

                r = next_option(&p, &left, &code, &value, &length);
                if (r)
                        return r;
                if (code != OPTION_IA_NA && code != OPTION_IA_TA)
                        continue;
                fixed = code == OPTION_IA_NA ? IA_NA_FIXED : IA_TA_FIXED;
                if (length < fixed)
                        return NFW_E_INVALID;
                r = read_addresses(value + fixed, length - fixed, message);
                if (r)
                        return r;
        }
        return 0;
}
