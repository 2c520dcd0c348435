/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/mac.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* 16 for what is none. */
static int digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

bool nfw_mac_parse(const char *text, uint8_t ret_mac[static NFW_MAC_SIZE]) {
        uint8_t mac[NFW_MAC_SIZE];

        for (size_t i = 0; i < sizeof(mac); i++) {
                int high = digit(*text), low;

                if (high == 16)
                        return false;
                low = digit(*++text);
                if (low < 16) {
                        mac[i] = (uint8_t)(high << 4 | low);
                        text++;
                } else {
                        mac[i] = (uint8_t)high;
                }
                if (*text++ != (i < sizeof(mac) - 1 ? ':' : '\0'))
                        return false;
        }
        memcpy(ret_mac, mac, sizeof(mac));
        return true;
}

const char *nfw_mac_format(const uint8_t mac[static NFW_MAC_SIZE], char buffer[static NFW_MAC_TEXT_MAX]) {
        (void)snprintf(buffer, NFW_MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                       mac[3], mac[4], mac[5]);
        return buffer;
}
