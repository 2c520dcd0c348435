/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

#include "snoop/message-internal.h"

/* RFC 2131, section 2: the fixed part, which ends with the four octets that tell DHCP from BOOTP. */
#define DHCP_FIXED     240
#define DHCP_COOKIE    0x63825363
#define OFFSET_XID     4
#define OFFSET_CIADDR  12
#define OFFSET_YIADDR  16
#define OFFSET_CHADDR  28
#define OFFSET_SNAME   44
#define SIZE_SNAME     64
#define OFFSET_FILE    108
#define SIZE_FILE      128
#define OFFSET_COOKIE  236

#define OP_REQUEST     1
#define OP_REPLY       2
#define HTYPE_ETHERNET 1

/* RFC 2132. */
enum option {
        OPTION_PAD = 0,
        OPTION_REQUESTED_ADDRESS = 50,
        OPTION_LEASE_TIME = 51,
        OPTION_OVERLOAD = 52,
        OPTION_MESSAGE_TYPE = 53,
        OPTION_END = 255,
};

enum message_type {
        TYPE_BOOTP = 0, /* no DHCP: there is no such option */
        TYPE_DISCOVER = 1,
        TYPE_REQUEST = 3,
        TYPE_DECLINE = 4,
        TYPE_ACK = 5,
        TYPE_NAK = 6,
        TYPE_RELEASE = 7,
};

struct options {
        uint8_t type;
        uint8_t overload;
        bool has_lease_time;
        uint32_t lease_time;
        bool has_requested;
        struct nfw_addr requested;
};

static int take_option(uint8_t code, const uint8_t *value, size_t length, struct options *options) {
        switch (code) {
        case OPTION_MESSAGE_TYPE:
                if (length != 1)
                        return NFW_E_INVALID;
                options->type = value[0];
                break;
        case OPTION_OVERLOAD:
                if (length != 1)
                        return NFW_E_INVALID;
                options->overload = value[0];
                break;
        case OPTION_LEASE_TIME:
                if (length != 4)
                        return NFW_E_INVALID;
                options->has_lease_time = true;
                options->lease_time = nfw_snoop_u32(value);
                break;
        case OPTION_REQUESTED_ADDRESS:
                if (length != 4)
                        return NFW_E_INVALID;
                options->has_requested = true;
                nfw_addr_from_bytes(AF_INET, value, &options->requested);
                break;
        default:
                break;
        }
        return 0;
}

static int read_options(const uint8_t *p, size_t left, struct options *options) {
        while (left > 0 && p[0] != OPTION_END) {
                size_t length;
                int r;

                if (p[0] == OPTION_PAD) {
                        p++;
                        left--;
                        continue;
                }
                if (left < 2)
                        return NFW_E_INVALID;
                length = p[1];
                if (length > left - 2)
                        return NFW_E_INVALID;
                r = take_option(p[0], p + 2, length, options);
                if (r)
                        return r;
                p += 2 + length;
                left -= 2 + length;
        }
        return 0;
}

/* RFC 2132, section 9.3: options may go on where the file's and the server's name would be. */
static int read_all_options(const uint8_t *data, size_t size, struct options *options) {
        uint8_t overload;
        int r;

        r = read_options(data + DHCP_FIXED, size - DHCP_FIXED, options);
        overload = options->overload;
        if (r == 0 && (overload & 1))
                r = read_options(data + OFFSET_FILE, SIZE_FILE, options);
        if (r == 0 && (overload & 2))
                r = read_options(data + OFFSET_SNAME, SIZE_SNAME, options);
        return r;
}

static void read_client(const uint8_t *data,
                        const struct options *options,
                        struct nfw_snoop_message *message) {
        struct nfw_addr ciaddr;

        nfw_addr_from_bytes(AF_INET, data + OFFSET_CIADDR, &ciaddr);
        switch (options->type) {
        case TYPE_BOOTP:
        case TYPE_DISCOVER:
                message->kind = NFW_SNOOP_REQUEST;
                break;
        case TYPE_REQUEST:
                message->kind = NFW_SNOOP_REQUEST;
                /* What a server may refuse. */
                nfw_snoop_add(message, options->has_requested ? &options->requested : &ciaddr, 0);
                break;
        case TYPE_DECLINE:
                message->kind = NFW_SNOOP_DECLINE;
                if (options->has_requested)
                        nfw_snoop_add(message, &options->requested, 0);
                break;
        case TYPE_RELEASE:
                message->kind = NFW_SNOOP_RELEASE;
                nfw_snoop_add(message, &ciaddr, 0);
                break;
        default:
                break;
        }
}

static void read_server(const uint8_t *data,
                        const struct options *options,
                        struct nfw_snoop_message *message) {
        struct nfw_addr yiaddr;

        nfw_addr_from_bytes(AF_INET, data + OFFSET_YIADDR, &yiaddr);
        switch (options->type) {
        case TYPE_BOOTP:
                message->kind = NFW_SNOOP_LEASE;
                nfw_snoop_add(message, &yiaddr, NFW_SNOOP_FOR_EVER);
                break;
        case TYPE_ACK:
                /* Without a time it answers DHCPINFORM (RFC 2131, section 4.3.5), and nothing is given. */
                message->kind = NFW_SNOOP_LEASE;
                if (options->has_lease_time)
                        nfw_snoop_add(message, &yiaddr, options->lease_time);
                break;
        case TYPE_NAK:
                message->kind = NFW_SNOOP_REFUSAL;
                break;
        default:
                break;
        }
}

int nfw_snoop_read_dhcp4(bool from_guest,
                         const struct nfw_packet *packet,
                         struct nfw_snoop_message *message) {
        const uint8_t *data = packet->payload;
        struct options options = { .type = TYPE_BOOTP };
        int r;

        if (packet->payload_size < DHCP_FIXED || nfw_snoop_u32(data + OFFSET_COOKIE) != DHCP_COOKIE ||
            data[0] != (from_guest ? OP_REQUEST : OP_REPLY) || data[1] != HTYPE_ETHERNET ||
            data[2] != sizeof(message->mac))
                return NFW_E_INVALID;
        r = read_all_options(data, packet->payload_size, &options);
        if (r)
                return r;

        message->transaction = nfw_snoop_u32(data + OFFSET_XID);
        memcpy(message->mac, data + OFFSET_CHADDR, sizeof(message->mac));
        message->has_mac = true;
        if (from_guest)
                read_client(data, &options, message);
        else
                read_server(data, &options, message);
        return 0;
}
