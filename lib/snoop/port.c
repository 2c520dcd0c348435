/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snoop/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define MAX_PENDING 8
/* A client asks again within minutes; who answers later than this answers nobody. */
#define PENDING_LIFETIME_MS 60000

/* How often a guest may change its addresses: each time is a transaction in the kernel. */
#define MAX_TOKENS     16
#define MS_FOR_A_TOKEN 250

/* Addresses that a guest can simply take, besides the one that is link-local. */
#define MAX_CLAIMED_V4 1
#define MAX_CLAIMED_V6 8

struct pending {
        uint8_t family;
        uint32_t transaction;
        uint64_t since_ms;
        struct nfw_addr requested; /* family 0: none is named */
};

struct nfw_snoop_port {
        struct nfw_snoop_options options;
        struct nfw_snoop_counts counts;
        struct nfw_snoop_lease leases[2 * NFW_SNOOP_MAX_LEASES];
        size_t n_leases;
        struct pending pending[MAX_PENDING]; /* the oldest first */
        size_t n_pending;
        unsigned int tokens;
        uint64_t tokens_ms; /* when the last one came */
};

int nfw_snoop_port_new(const struct nfw_snoop_options *options, struct nfw_snoop_port **ret_port) {
        struct nfw_snoop_port *port;

        port = calloc(1, sizeof(*port));
        if (!port)
                return -ENOMEM;
        port->options = *options;
        port->options.n_servers = NFW_MIN(options->n_servers, (size_t)NFW_SNOOP_MAX_SERVERS);
        port->tokens = MAX_TOKENS;
        *ret_port = port;
        return 0;
}

struct nfw_snoop_port *nfw_snoop_port_free(struct nfw_snoop_port *port) {
        free(port);
        return NULL;
}

const struct nfw_snoop_lease *nfw_snoop_port_leases(const struct nfw_snoop_port *port, size_t *ret_n) {
        *ret_n = port->n_leases;
        return port->leases;
}

const struct nfw_snoop_counts *nfw_snoop_port_counts(const struct nfw_snoop_port *port) {
        return &port->counts;
}

static bool is_link_local6(const struct nfw_addr *addr) {
        return addr->family == AF_INET6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

static struct nfw_snoop_lease *find(struct nfw_snoop_port *port, const struct nfw_addr *addr) {
        for (size_t i = 0; i < port->n_leases; i++)
                if (nfw_addr_equal(&port->leases[i].addr, addr))
                        return &port->leases[i];
        return NULL;
}

static size_t count(const struct nfw_snoop_port *port, uint8_t family) {
        size_t n = 0;

        for (size_t i = 0; i < port->n_leases; i++)
                n += port->leases[i].addr.family == family;
        return n;
}

/* There is always room: each lease goes or comes once in a call. */
static void report(struct nfw_snoop_changes *changes, const struct nfw_snoop_lease *lease, bool is_gone) {
        if (changes->n < NFW_ARRAY_SIZE(changes->items))
                changes->items[changes->n++] =
                        (struct nfw_snoop_change){ .lease = *lease, .is_gone = is_gone };
}

static void drop(struct nfw_snoop_port *port,
                 struct nfw_snoop_lease *lease,
                 struct nfw_snoop_changes *changes) {
        report(changes, lease, true);
        *lease = port->leases[--port->n_leases];
}

static void drop_address(struct nfw_snoop_port *port,
                         const struct nfw_addr *addr,
                         struct nfw_snoop_changes *changes) {
        struct nfw_snoop_lease *lease = find(port, addr);

        if (lease)
                drop(port, lease, changes);
}

static bool spend_token(struct nfw_snoop_port *port, uint64_t now_ms) {
        uint64_t n = now_ms > port->tokens_ms ? (now_ms - port->tokens_ms) / MS_FOR_A_TOKEN : 0;

        if (n > 0) {
                port->tokens =
                        n >= MAX_TOKENS ? MAX_TOKENS : NFW_MIN(port->tokens + (unsigned int)n, MAX_TOKENS);
                port->tokens_ms += n * MS_FOR_A_TOKEN;
        }
        if (port->tokens == 0) {
                port->counts.too_often++;
                return false;
        }
        port->tokens--;
        return true;
}

static void expire(struct nfw_snoop_port *port, uint64_t now_ms, struct nfw_snoop_changes *changes) {
        for (size_t i = port->n_leases; i-- > 0;)
                if (port->leases[i].expires_ms <= now_ms)
                        drop(port, &port->leases[i], changes);
}

static bool add(struct nfw_snoop_port *port, const struct nfw_snoop_lease *lease) {
        if (count(port, lease->addr.family) >= NFW_SNOOP_MAX_LEASES) {
                port->counts.full++;
                return false;
        }
        port->leases[port->n_leases++] = *lease;
        return true;
}

/* Whether the guest can take the address although no server gave it. */
static bool may_claim(const struct nfw_snoop_port *port, const struct nfw_addr *addr) {
        size_t n = 0;

        if (is_link_local6(addr)) {
                for (size_t i = 0; i < port->n_leases; i++)
                        if (is_link_local6(&port->leases[i].addr))
                                return false;
                return true;
        }
        if (port->options.mode != NFW_SNOOP_ANY)
                return false;
        if (addr->family == AF_INET)
                return count(port, AF_INET) < MAX_CLAIMED_V4;
        for (size_t i = 0; i < port->n_leases; i++)
                n += port->leases[i].addr.family == AF_INET6 && port->leases[i].origin == NFW_SNOOP_CLAIMED &&
                     !is_link_local6(&port->leases[i].addr);
        return n < MAX_CLAIMED_V6;
}

static void claim(struct nfw_snoop_port *port,
                  const struct nfw_addr *addr,
                  uint64_t now_ms,
                  struct nfw_snoop_changes *changes) {
        struct nfw_snoop_lease lease = { .addr = *addr,
                                         .origin = NFW_SNOOP_CLAIMED,
                                         .expires_ms = UINT64_MAX };

        if (find(port, addr))
                return;
        if (!may_claim(port, addr)) {
                port->counts.refused_claim++;
                return;
        }
        if (spend_token(port, now_ms) && add(port, &lease))
                report(changes, &lease, false);
}

static void give(struct nfw_snoop_port *port,
                 const struct nfw_snoop_address *given,
                 uint64_t now_ms,
                 struct nfw_snoop_changes *changes) {
        struct nfw_snoop_lease lease = {
                .addr = given->addr,
                .origin = NFW_SNOOP_LEASED,
                .expires_ms = given->lifetime == NFW_SNOOP_FOR_EVER
                                      ? UINT64_MAX
                                      : now_ms + given->lifetime * UINT64_C(1000),
        };
        struct nfw_snoop_lease *old;

        if (given->lifetime == 0) {
                drop_address(port, &given->addr, changes);
                return;
        }
        if (!spend_token(port, now_ms))
                return;

        /* What the guest had taken before was of an earlier network or an earlier life. */
        if (given->addr.family == AF_INET)
                for (size_t i = port->n_leases; i-- > 0;)
                        if (port->leases[i].addr.family == AF_INET &&
                            port->leases[i].origin == NFW_SNOOP_CLAIMED &&
                            !nfw_addr_equal(&port->leases[i].addr, &given->addr))
                                drop(port, &port->leases[i], changes);

        old = find(port, &given->addr);
        if (old)
                *old = lease;
        if (old || add(port, &lease))
                report(changes, &lease, false);
}

static void forget_pending(struct nfw_snoop_port *port, size_t index) {
        port->n_pending--;
        memmove(&port->pending[index], &port->pending[index + 1],
                (port->n_pending - index) * sizeof(port->pending[0]));
}

static struct pending *find_pending(struct nfw_snoop_port *port,
                                    uint8_t family,
                                    uint32_t transaction,
                                    uint64_t now_ms) {
        while (port->n_pending > 0 && now_ms - port->pending[0].since_ms > PENDING_LIFETIME_MS)
                forget_pending(port, 0);
        for (size_t i = 0; i < port->n_pending; i++)
                if (port->pending[i].family == family && port->pending[i].transaction == transaction)
                        return &port->pending[i];
        return NULL;
}

/* Of DHCPv4 only the client's hardware address is in the message; DHCPv6 has none, and it is the other. */
static uint8_t family_of(const struct nfw_snoop_message *message) {
        return message->has_mac ? AF_INET : AF_INET6;
}

static void ask(struct nfw_snoop_port *port, const struct nfw_snoop_message *message, uint64_t now_ms) {
        struct pending *old = find_pending(port, family_of(message), message->transaction, now_ms);

        if (old)
                forget_pending(port, (size_t)(old - port->pending));
        else if (port->n_pending == MAX_PENDING)
                forget_pending(port, 0);
        port->pending[port->n_pending++] = (struct pending){
                .family = family_of(message),
                .transaction = message->transaction,
                .since_ms = now_ms,
                .requested = message->n_addresses > 0 ? message->addresses[0].addr
                                                      : (struct nfw_addr){ .family = 0 },
        };
}

static bool is_trusted(const struct nfw_snoop_port *port, const struct nfw_addr *server) {
        bool any = true;

        for (size_t i = 0; i < port->options.n_servers; i++) {
                if (port->options.servers[i].family != server->family)
                        continue;
                if (nfw_addr_equal(&port->options.servers[i], server))
                        return true;
                any = false;
        }
        return any;
}

static void answer(struct nfw_snoop_port *port,
                   const struct nfw_snoop_message *message,
                   uint64_t now_ms,
                   struct nfw_snoop_changes *changes) {
        struct pending *pending = find_pending(port, family_of(message), message->transaction, now_ms);

        if (!pending) {
                port->counts.unasked++;
                return;
        }
        if (!is_trusted(port, &message->server)) {
                port->counts.other_server++;
                return;
        }
        if (message->kind == NFW_SNOOP_REFUSAL) {
                if (pending->requested.family != 0)
                        drop_address(port, &pending->requested, changes);
        } else {
                for (size_t i = 0; i < message->n_addresses; i++)
                        give(port, &message->addresses[i], now_ms, changes);
        }
        forget_pending(port, (size_t)(pending - port->pending));
}

void nfw_snoop_port_take(struct nfw_snoop_port *port,
                         bool from_guest,
                         const struct nfw_snoop_message *message,
                         uint64_t now_ms,
                         struct nfw_snoop_changes *ret_changes) {
        ret_changes->n = 0;
        expire(port, now_ms, ret_changes);

        if (message->has_mac && memcmp(message->mac, port->options.mac, sizeof(message->mac)) != 0) {
                port->counts.other_mac++;
                return;
        }
        switch (message->kind) {
        case NFW_SNOOP_CLAIM:
                for (size_t i = 0; i < message->n_addresses && from_guest; i++)
                        claim(port, &message->addresses[i].addr, now_ms, ret_changes);
                break;
        case NFW_SNOOP_REQUEST:
                if (from_guest)
                        ask(port, message, now_ms);
                break;
        case NFW_SNOOP_LEASE:
        case NFW_SNOOP_REFUSAL:
                if (!from_guest)
                        answer(port, message, now_ms, ret_changes);
                break;
        case NFW_SNOOP_RELEASE:
        case NFW_SNOOP_DECLINE:
                for (size_t i = 0; i < message->n_addresses && from_guest; i++)
                        drop_address(port, &message->addresses[i].addr, ret_changes);
                break;
        case NFW_SNOOP_NOTHING:
                break;
        }
}

void nfw_snoop_port_expire(struct nfw_snoop_port *port,
                           uint64_t now_ms,
                           struct nfw_snoop_changes *ret_changes) {
        ret_changes->n = 0;
        expire(port, now_ms, ret_changes);
}

bool nfw_snoop_port_restore(struct nfw_snoop_port *port, const struct nfw_snoop_lease *lease) {
        struct nfw_snoop_lease *old = find(port, &lease->addr);

        if (old)
                *old = *lease;
        return old || add(port, lease);
}
