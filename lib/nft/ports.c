/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/ports.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/udata.h>

#include "nft/match.h"
#include "nft/names.h"
#include "nft/owner.h"
#include "nft/read.h"
#include "nft/userdata.h"

struct reading {
        struct nfw_nft_snapshot *snapshot;
        enum nfw_table table;
        enum nfw_direction direction;
        enum nfw_parameter parameter;
        size_t first;    /* of the table's ports */
        size_t n_sorted; /* of them */
};

void nfw_nft_port_deinit(struct nfw_nft_port *port) {
        free(port->policy);
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                nfw_vec_deinit(&port->parameters[parameter]);
}

static int compare(const void *a, const void *b) {
        const struct nfw_nft_port *x = a, *y = b;

        return strcmp(x->interface, y->interface);
}

static void sort(struct reading *reading) {
        reading->n_sorted = reading->snapshot->ports.n - reading->first;
        if (reading->n_sorted > 0)
                qsort(reading->snapshot->ports.items + reading->first, reading->n_sorted,
                      sizeof(*reading->snapshot->ports.items), compare);
}

static struct nfw_nft_port *find(const struct reading *reading, const char *interface) {
        struct nfw_nft_port key;

        if (reading->n_sorted == 0)
                return NULL;
        strcpy(key.interface, interface);
        return bsearch(&key, reading->snapshot->ports.items + reading->first, reading->n_sorted, sizeof(key),
                       compare);
}

static bool is_standby(const struct nfw_nft_port *port) {
        return strcmp(port->binding, NFW_NFT_STANDBY) == 0;
}

static bool agree(const struct nfw_nft_port *a, const struct nfw_nft_port *b) {
        if (!a->policy || !b->policy)
                return !a->policy && !b->policy && is_standby(a) && is_standby(b);
        return strcmp(a->policy, b->policy) == 0;
}

/* The same port in the map of the other direction. */
static void merge(struct nfw_nft_port *port, struct nfw_nft_port *other, enum nfw_direction direction) {
        port->is_missing[direction] = false;
        port->is_broken = !agree(port, other);
        if (!port->policy) {
                port->policy = nfw_steal(other->policy);
                strcpy(port->binding, other->binding);
        }
        nfw_nft_port_deinit(other);
}

static int take(const struct nfw_nft_element *element, void *userdata) {
        struct reading *reading = userdata;
        struct nfw_nft_port port = { .table = reading->table, .is_broken = true }, *known;
        const char *binding = nfw_nft_userdata_comment(element->userdata.data, element->userdata.size,
                                                       NFTNL_UDATA_SET_ELEM_COMMENT);
        int r = 0;

        if (element->key.size != IFNAMSIZ || element->key.data[IFNAMSIZ - 1] != '\0')
                return 0;
        if (element->chain)
                r = nfw_nft_policy_of_chain(element->chain, reading->direction, &port.policy);
        if (r < 0)
                return r;

        memcpy(port.interface, element->key.data, IFNAMSIZ);
        /* What lets everything through is no standby of ours, whatever it says. */
        if (binding && strlen(binding) < sizeof(port.binding) &&
            (port.policy || element->drops || strcmp(binding, NFW_NFT_STANDBY) != 0))
                strcpy(port.binding, binding);
        known = find(reading, port.interface);
        if (known) {
                merge(known, &port, reading->direction);
                return 0;
        }

        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                port.is_missing[direction] = direction != (int)reading->direction;
        r = nfw_vec_push(&reading->snapshot->ports, port);
        if (r < 0)
                nfw_nft_port_deinit(&port);
        return r;
}

/* What no map leads to a policy, and is no standby, is not ours. */
static void drop_foreign(struct reading *reading) {
        struct nfw_nft_snapshot *snapshot = reading->snapshot;
        size_t n = reading->first;

        for (size_t i = n; i < snapshot->ports.n; i++) {
                struct nfw_nft_port *port = &snapshot->ports.items[i];

                if (port->policy || is_standby(port))
                        snapshot->ports.items[n++] = *port;
                else
                        nfw_nft_port_deinit(port);
        }
        snapshot->ports.n = n;
}

static int take_parameter(const struct nfw_nft_element *element, void *userdata) {
        const struct reading *reading = userdata;
        size_t n_addr = element->key.size - IFNAMSIZ;
        struct nfw_prefix prefix = { 0 };
        struct nfw_range range = { 0 };
        struct nfw_nft_port *port;
        int length;

        if ((element->key.size != IFNAMSIZ + 4 && element->key.size != IFNAMSIZ + 16) ||
            element->key.data[IFNAMSIZ - 1] != '\0')
                return 0;
        port = find(reading, (const char *)element->key.data);
        if (!port)
                return 0;

        memcpy(range.first, element->key.data + IFNAMSIZ, n_addr);
        memcpy(range.last, range.first, n_addr);
        if (element->key_end.size == element->key.size)
                memcpy(range.last, element->key_end.data + IFNAMSIZ, n_addr);
        length = nfw_nft_range_prefix_length(&range, n_addr);
        if (length < 0) /* somebody's own range; we have no way to name it */
                return 0;

        nfw_addr_from_bytes(n_addr == 4 ? AF_INET : AF_INET6, range.first, &prefix.addr);
        prefix.length = (uint8_t)length;
        return nfw_vec_push(&port->parameters[reading->parameter], prefix);
}

int nfw_nft_read_ports(struct nfw_nft_socket *nft, enum nfw_table table, struct nfw_nft_snapshot *snapshot) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        struct reading reading = { .snapshot = snapshot, .table = table, .first = snapshot->ports.n };
        int r = 0;

        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                reading.direction = direction;
                r = nfw_nft_read_elements(nft, table, nfw_nft_map_name(direction), take, &reading);
                sort(&reading);
        }
        drop_foreign(&reading);
        sort(&reading);

        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                for (size_t i = 0; i < NFW_ARRAY_SIZE(families) && r == 0; i++) {
                        reading.parameter = parameter;
                        r = nfw_nft_read_elements(nft, table,
                                                  nfw_nft_parameter_set_name(parameter, families[i]),
                                                  take_parameter, &reading);
                }
        return r;
}
