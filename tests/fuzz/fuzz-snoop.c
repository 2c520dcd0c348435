/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest and its servers send, one message behind the other: each has its direction, its ether type and its
 * length in front. Whatever they say, what is known of the port keeps its bounds.
 */
#include <stdlib.h>

#include "snoop/port.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
        if (!condition)
                abort();
}

static void check_leases(const struct nfw_snoop_port *port, uint64_t now_ms) {
        const struct nfw_snoop_lease *leases;
        size_t n, n_v4 = 0;

        leases = nfw_snoop_port_leases(port, &n);
        for (size_t i = 0; i < n; i++) {
                require(leases[i].expires_ms > now_ms);
                require(leases[i].addr.family == AF_INET || leases[i].addr.family == AF_INET6);
                n_v4 += leases[i].addr.family == AF_INET;
                for (size_t j = 0; j < i; j++)
                        require(!nfw_addr_equal(&leases[i].addr, &leases[j].addr));
        }
        require(n_v4 <= NFW_SNOOP_MAX_LEASES && n - n_v4 <= NFW_SNOOP_MAX_LEASES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct nfw_snoop_options options = { .mode = NFW_SNOOP_ANY, .mac = { 0x52, 0x54, 0, 0, 0, 0x0a } };
        struct nfw_snoop_port *port;
        uint64_t now_ms = 0;

        if (nfw_snoop_port_new(&options, &port) < 0)
                return 0;

        while (size >= 4) {
                bool from_guest = data[0] & 1;
                uint16_t ether_type = (uint16_t)(data[1] << 8 | data[2]);
                size_t length = data[3] * 2U;
                struct nfw_snoop_message message;
                struct nfw_snoop_changes changes;

                now_ms += data[0] * 10;
                data += 4;
                size -= 4;
                length = length < size ? length : size;
                if (nfw_snoop_read(from_guest, ether_type, data, length, &message) == 0) {
                        require(message.n_addresses <= NFW_SNOOP_MAX_ADDRESSES);
                        nfw_snoop_port_take(port, from_guest, &message, now_ms, &changes);
                        require(changes.n <= NFW_SNOOP_MAX_CHANGES);
                        check_leases(port, now_ms);
                }
                data += length;
                size -= length;
        }

        port = nfw_snoop_port_free(port);
        return 0;
}
