/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "net/mac.h"
#include "nwfilter/filter.h"
#include "nwfilter/text.h"

#define IPSET_NAME_MAX  31
#define IPSET_FLAGS_MAX 6

static int parse_number(const struct nfw_nwfilter_attribute_info *info,
                        const char *text,
                        uint64_t *ret_number) {
        uint64_t number;
        uint32_t word;

        if (nfw_nwfilter_word_find(info, text, strlen(text), &word)) {
                *ret_number = word;
                return 0;
        }
        if (!nfw_text_to_number(text, info->max, &number) || number < info->min)
                return NFW_E_INVALID;
        *ret_number = number;
        return 0;
}

/* The length of a mask of ones and then zeros, or -1. */
static int mask_length(const uint8_t *mask, size_t size) {
        size_t length = 0;

        while (length < size * 8 && mask[length / 8] & 0x80 >> length % 8)
                length++;
        for (size_t i = length; i < size * 8; i++)
                if (mask[i / 8] & 0x80 >> i % 8)
                        return -1;
        return (int)length;
}

static int parse_mac_mask(const char *text, struct nfw_nwfilter_constant *constant) {
        int length;

        if (!nfw_mac_parse(text, constant->mac))
                return NFW_E_INVALID;
        length = mask_length(constant->mac, sizeof(constant->mac));
        if (length < 0)
                return NFW_E_INVALID;
        constant->number = (uint64_t)length;
        return 0;
}

static int parse_ip(uint8_t family, const char *text, struct nfw_addr *ret_addr) {
        struct nfw_addr addr;

        if (nfw_addr_parse(text, &addr) != 0 || addr.family != family)
                return NFW_E_INVALID;
        *ret_addr = addr;
        return 0;
}

static int parse_ip_mask(uint8_t family, const char *text, uint64_t *ret_length) {
        struct nfw_addr mask;
        uint64_t number;
        int length;

        if (text[0] != '0' || text[1] == '\0') {
                if (nfw_text_to_number(text, 8 * nfw_addr_size(family), &number)) {
                        *ret_length = number;
                        return 0;
                }
        }
        if (parse_ip(family, text, &mask) != 0)
                return NFW_E_INVALID;
        length = mask_length(mask.bytes, nfw_addr_size(family));
        if (length < 0)
                return NFW_E_INVALID;
        *ret_length = (uint64_t)length;
        return 0;
}

/* A list of words, or one of the words with all or none of the bits for itself. */
static int parse_bits(const struct nfw_nwfilter_attribute_info *info,
                      const char *text,
                      size_t size,
                      uint64_t alone,
                      uint64_t *ret_bits) {
        uint64_t bits = 0;
        size_t n = 0;

        for (size_t begin = 0, end; begin <= size; begin = end + 1, n++) {
                uint32_t word;

                for (end = begin; end < size && text[end] != ',';)
                        end++;
                if (!nfw_nwfilter_word_find(info, text + begin, end - begin, &word))
                        return NFW_E_INVALID;
                if ((word == 0 || word == alone) && (n > 0 || end < size))
                        return NFW_E_INVALID;
                bits |= word;
        }
        *ret_bits = bits;
        return 0;
}

static int parse_tcp_flags(const struct nfw_nwfilter_attribute_info *info,
                           const char *text,
                           struct nfw_nwfilter_constant *constant) {
        const char *slash = strchr(text, '/');

        if (!slash || parse_bits(info, text, (size_t)(slash - text), 0x3f, &constant->mask) != 0)
                return NFW_E_INVALID;
        return parse_bits(info, slash + 1, strlen(slash + 1), 0x3f, &constant->number);
}

static bool is_ipset_flags(const char *text) {
        for (size_t n = 1; n <= IPSET_FLAGS_MAX; n++, text += 4) {
                if (strncasecmp(text, "src", 3) != 0 && strncasecmp(text, "dst", 3) != 0)
                        return false;
                if (text[3] != ',')
                        return text[3] == '\0';
        }
        return false;
}

static int copy_lower(const char *text, char **ret_copy) {
        char *lower = strdup(text);

        if (!lower)
                return -ENOMEM;
        for (char *c = lower; *c; c++)
                if (*c >= 'A' && *c <= 'Z')
                        *c = (char)(*c - 'A' + 'a');
        *ret_copy = lower;
        return 0;
}

static int copy(const char *text, char **ret_copy) {
        char *result = strdup(text);

        if (!result)
                return -ENOMEM;
        *ret_copy = result;
        return 0;
}

static int parse(enum nfw_nwfilter_protocol protocol,
                 const struct nfw_nwfilter_attribute_info *info,
                 const char *text,
                 struct nfw_nwfilter_constant *constant) {
        uint8_t family = nfw_nwfilter_protocol_family(protocol);
        uint32_t word;
        int r;

        switch (info->type) {
        case NFW_NWFILTER_TYPE_NUMBER:
                return parse_number(info, text, &constant->number);
        case NFW_NWFILTER_TYPE_MAC:
                return nfw_mac_parse(text, constant->mac) ? 0 : NFW_E_INVALID;
        case NFW_NWFILTER_TYPE_MAC_MASK:
                return parse_mac_mask(text, constant);
        case NFW_NWFILTER_TYPE_IP:
                return parse_ip(family, text, &constant->addr);
        case NFW_NWFILTER_TYPE_IP_MASK:
                return parse_ip_mask(family, text, &constant->number);
        case NFW_NWFILTER_TYPE_BOOLEAN:
                if (!nfw_nwfilter_word_find(info, text, strlen(text), &word))
                        return NFW_E_INVALID;
                constant->number = word;
                return 0;
        case NFW_NWFILTER_TYPE_STATE:
                r = parse_bits(info, text, strlen(text), NFW_NWFILTER_STATE_NONE, &constant->number);
                return r ? r : copy(text, &constant->text);
        case NFW_NWFILTER_TYPE_TCP_FLAGS:
                return parse_tcp_flags(info, text, constant);
        case NFW_NWFILTER_TYPE_IPSET:
                return nfw_text_is_name(text, "_.:-+ ", IPSET_NAME_MAX) ? copy(text, &constant->text)
                                                                        : NFW_E_INVALID;
        case NFW_NWFILTER_TYPE_IPSET_FLAGS:
                return is_ipset_flags(text) ? copy_lower(text, &constant->text) : NFW_E_INVALID;
        case NFW_NWFILTER_TYPE_COMMENT:
                return nfw_text_is_visible(text, NFW_NWFILTER_COMMENT_MAX) ? copy(text, &constant->text)
                                                                           : NFW_E_INVALID;
        }
        return NFW_E_INVALID;
}

static const char *expected(enum nfw_nwfilter_protocol protocol,
                            const struct nfw_nwfilter_attribute_info *info) {
        bool is_v6 = nfw_nwfilter_protocol_family(protocol) == AF_INET6;

        if (info->type == NFW_NWFILTER_TYPE_IP)
                return is_v6 ? "an IPv6 address" : "an IPv4 address";
        if (info->type == NFW_NWFILTER_TYPE_IP_MASK)
                return is_v6 ? "a mask of ones and then zeros such as ffff:ffff:: or its length from 0 to 128"
                             : "a mask of ones and then zeros such as 255.255.0.0 or its length from 0 to 32";
        return info->expected;
}

int nfw_nwfilter_constant_parse(enum nfw_nwfilter_protocol protocol,
                                enum nfw_nwfilter_attribute attribute,
                                const char *text,
                                struct nfw_nwfilter_constant *ret_constant,
                                const char **ret_expected) {
        const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(attribute);
        struct nfw_nwfilter_constant constant = { 0 };
        int r;

        r = parse(protocol, info, text, &constant);
        if (r) {
                if (r == NFW_E_INVALID)
                        *ret_expected = expected(protocol, info);
                return r;
        }
        *ret_constant = constant;
        return 0;
}

void nfw_nwfilter_constant_deinit(struct nfw_nwfilter_constant *constant) {
        free(constant->text);
        constant->text = NULL;
}
