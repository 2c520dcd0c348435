/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/port_range.h"

#include <stddef.h>

#include <nfwpolicy/nfwpolicy.h>

/* Reads one port and moves the text behind it; NULL, or the literal that says what is wrong. */
static const char *parse_port(const char **text, uint16_t *ret_port) {
        const char *p = *text;
        unsigned int port = 0;

        if (*p < '0' || *p > '9')
                return "a port is a number from 1 to 65535, a range two of them with a '-' between";
        if (*p == '0')
                return p[1] >= '0' && p[1] <= '9' ? "a port has no leading zero" : "port 0 does not exist";

        for (; *p >= '0' && *p <= '9'; p++) {
                port = 10 * port + (unsigned int)(*p - '0');
                if (port > UINT16_MAX)
                        return "the highest port is 65535";
        }

        *text = p;
        *ret_port = (uint16_t)port;
        return NULL;
}

int nfw_port_range_parse(const char *text, struct nfw_port_range *ret_range, const char **ret_reason) {
        struct nfw_port_range range = { 0 };
        const char *reason;

        reason = parse_port(&text, &range.first);
        if (!reason) {
                range.last = range.first;
                if (*text == '-') {
                        text++;
                        reason = parse_port(&text, &range.last);
                }
        }
        if (!reason && *text != '\0')
                reason = "a port is a number from 1 to 65535, a range two of them with a '-' between";
        if (!reason && range.first > range.last)
                reason = "the first port of a range must not be above the last";
        if (reason) {
                *ret_reason = reason;
                return NFW_E_INVALID;
        }

        *ret_range = range;
        return 0;
}
