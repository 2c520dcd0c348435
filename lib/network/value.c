/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network/value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char *const modes[] = {
        [NFW_NETWORK_ISOLATED] = "isolated",
        [NFW_NETWORK_NAT] = "nat",
        [NFW_NETWORK_ROUTE] = "route",
        [NFW_NETWORK_OPEN] = "open",
};

const char *nfw_network_mode_name(enum nfw_network_mode mode) {
        return modes[mode];
}

bool nfw_network_name_is_valid(const char *name) {
        size_t n = strlen(name);

        return n > 0 && n <= NFW_NETWORK_NAME_MAX && strspn(name, LETTERS_AND_DIGITS) > 0 &&
               strspn(name, LETTERS_AND_DIGITS "._-") == n;
}

bool nfw_network_link_is_valid(const char *name) {
        size_t n = strlen(name);

        if (n == 0 || n > NFW_NETWORK_BRIDGE_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return false;
        for (size_t i = 0; i < n; i++)
                if (name[i] <= ' ' || name[i] > '~' || strchr("/:\"*\\%", name[i]))
                        return false;
        return true;
}

bool nfw_network_parse_number(const char *text, unsigned int max, unsigned int *ret_number) {
        unsigned long number = 0;
        size_t n = strlen(text);

        if (n == 0 || n > 9 || strspn(text, "0123456789") != n)
                return false;
        for (size_t i = 0; i < n; i++)
                number = number * 10 + (unsigned long)(text[i] - '0');
        if (number > max)
                return false;
        *ret_number = (unsigned int)number;
        return true;
}

static bool parse_one_of(const char *text, const char *yes, const char *no, bool *ret_yes) {
        if (strcmp(text, yes) != 0 && strcmp(text, no) != 0)
                return false;
        *ret_yes = strcmp(text, yes) == 0;
        return true;
}

bool nfw_network_parse_yes(const char *text, bool *ret_yes) {
        return parse_one_of(text, "yes", "no", ret_yes);
}

bool nfw_network_parse_on(const char *text, bool *ret_on) {
        return parse_one_of(text, "on", "off", ret_on);
}

bool nfw_network_parse_uuid(const char *text, char ret_uuid[static NFW_NETWORK_UUID_MAX]) {
        char uuid[NFW_NETWORK_UUID_MAX];
        size_t n = 0;

        for (; *text; text++) {
                if (*text == '-')
                        continue;
                if (!isxdigit((unsigned char)*text) || n == NFW_NETWORK_UUID_MAX - 1)
                        return false;
                uuid[n++] = (char)tolower((unsigned char)*text);
                if (n == 8 || n == 13 || n == 18 || n == 23)
                        uuid[n++] = '-';
        }
        if (n != NFW_NETWORK_UUID_MAX - 1)
                return false;
        uuid[n] = '\0';
        memcpy(ret_uuid, uuid, sizeof(uuid));
        return true;
}

bool nfw_network_parse_netmask(const char *text, uint8_t *ret_length) {
        struct nfw_addr mask;
        uint8_t length = 0;

        if (nfw_addr_parse(text, &mask) != 0 || mask.family != AF_INET)
                return false;
        while (length < 32 && mask.bytes[length / 8] & 0x80 >> length % 8)
                length++;
        for (unsigned int i = length; i < 32; i++)
                if (mask.bytes[i / 8] & 0x80 >> i % 8)
                        return false;
        *ret_length = length;
        return true;
}

bool nfw_network_parse_mode(const char *text, enum nfw_network_mode *ret_mode) {
        /* An isolated network is one without <forward>. */
        for (int mode = NFW_NETWORK_NAT; mode <= NFW_NETWORK_OPEN; mode++)
                if (strcmp(text, modes[mode]) == 0) {
                        *ret_mode = mode;
                        return true;
                }
        return false;
}

struct nfw_prefix nfw_network_prefix_of(const struct nfw_addr *addr, uint8_t length) {
        struct nfw_prefix prefix = { .length = length, .addr = *addr };

        for (size_t bit = length; bit < 8 * nfw_addr_size(addr->family); bit++)
                prefix.addr.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
        return prefix;
}

bool nfw_network_prefixes_overlap(const struct nfw_prefix *a, const struct nfw_prefix *b) {
        uint8_t length = NFW_MIN(a->length, b->length);
        struct nfw_prefix x, y;

        if (a->addr.family != b->addr.family)
                return false;
        x = nfw_network_prefix_of(&a->addr, length);
        y = nfw_network_prefix_of(&b->addr, length);
        return nfw_addr_equal(&x.addr, &y.addr);
}

uint8_t nfw_network_default_length(const struct nfw_addr *addr) {
        if (addr->family == AF_INET6)
                return 64;
        if (!(addr->bytes[0] & 0x80))
                return 8;
        return addr->bytes[0] & 0x40 ? 24 : 16;
}
