/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A MAC address as six octets. */

#include <stdbool.h>
#include <stdint.h>

#define NFW_MAC_SIZE     6
#define NFW_MAC_TEXT_MAX 18

/* Six octets of one or two hexadecimal digits, with colons between them and nothing else. False: it is none. */
bool nfw_mac_parse(const char *text, uint8_t ret_mac[static NFW_MAC_SIZE]);
/* Writes it with two lower-case digits for each octet and returns buffer. */
const char *nfw_mac_format(const uint8_t mac[static NFW_MAC_SIZE], char buffer[static NFW_MAC_TEXT_MAX]);

/* Of several interfaces, so nobody's own: multicast or broadcast. */
static inline bool nfw_mac_is_group(const uint8_t mac[static NFW_MAC_SIZE]) {
        return mac[0] & 1;
}
