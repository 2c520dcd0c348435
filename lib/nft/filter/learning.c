/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/filter/learning.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/chain.h"
#include "nft/element_list.h"
#include "nft/filter/internal.h"
#include "nft/read.h"
#include "nft/rule.h"
#include "nft/userdata.h"

/* As comments of elements, which nft shows. */
#define CLAIMED "claimed"
#define LEASED  "leased"

#define KEY_MAX (IFNAMSIZ + 16)

void nfw_nft_guest_deinit(struct nfw_nft_guest *guest) {
        nfw_vec_deinit(&guest->waits_for);
        nfw_vec_deinit(&guest->leases);
}

int nfw_nft_guest_copy(const struct nfw_nft_guest *guest, struct nfw_nft_guest *ret_guest) {
        struct nfw_nft_guest copy = *guest;
        int r = 0;

        memset(&copy.waits_for, 0, sizeof(copy.waits_for));
        memset(&copy.leases, 0, sizeof(copy.leases));
        nfw_vec_foreach (type, &guest->waits_for)
                if (r == 0)
                        r = nfw_vec_push(&copy.waits_for, *type);
        nfw_vec_foreach (lease, &guest->leases)
                if (r == 0)
                        r = nfw_vec_push(&copy.leases, *lease);
        if (r < 0) {
                nfw_nft_guest_deinit(&copy);
                return r;
        }
        nfw_nft_guest_deinit(ret_guest);
        *ret_guest = copy;
        return 0;
}

uint64_t nfw_nft_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int nfw_nft_learning_plan(uint16_t nflog_group, struct nfw_learning_plan **ret_plan) {
        const char *names[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS];

        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                        names[layer][direction] = nfw_nft_filter_base_chain(layer, direction)->name;
        return nfw_learning_plan_new(names, nfw_plan_learning_group(nflog_group), ret_plan);
}

static int put_set(struct nfw_nft_batch *batch, const struct nfw_plan_set *plan_set) {
        struct nfw_nft_origin origin = { .what = "set", .name = plan_set->name };
        struct nfw_nft_set set;
        int r;

        if (!plan_set->name)
                return 0;
        r = nfw_nft_set_from_plan(plan_set, &set);
        return r < 0 ? r : nfw_nft_put_set(batch, NFW_TABLE_BRIDGE, &set, NULL, &origin);
}

int nfw_nft_put_learning(struct nfw_nft_batch *batch, const struct nfw_learning_plan *learning) {
        const struct nfw_plan *plan = learning->plan;
        struct nfw_nft_origin origin = { .what = "chain", .name = plan->policy };
        int r = 0;

        nfw_vec_foreach (set, &plan->sets)
                if (r == 0)
                        r = put_set(batch, set);
        nfw_vec_foreach (block, &plan->blocks)
                if (r == 0)
                        r = nfw_nft_put_chain(batch, NFW_TABLE_BRIDGE, block->name, NULL, &origin);
        nfw_vec_foreach (block, &plan->blocks)
                nfw_vec_foreach (rule, &block->rules)
                        if (r == 0)
                                r = nfw_nft_put_rule(batch, plan, block, rule);
        return r;
}

int nfw_nft_put_learning_dispatch(struct nfw_nft_batch *batch, const struct nfw_learning_plan *learning) {
        int r = 0;

        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                        const struct nfw_plan_chain *chain = &learning->dispatch[layer][direction];

                        nfw_vec_foreach (rule, &chain->rules)
                                if (r == 0)
                                        r = nfw_nft_put_rule(batch, learning->plan, chain, rule);
                }
        return r;
}

/* --- guests -------------------------------------------------------------------------------------------------- */

static int put_element(struct nfw_nft_batch *batch,
                       bool add,
                       const char *set,
                       const char *port,
                       const void *value,
                       size_t size,
                       uint64_t timeout_ms,
                       const char *comment) {
        struct nfw_nft_origin origin = { .what = "guest of port", .name = port };
        struct nfw_nft_element_list list = { .batch = batch,
                                             .table = NFW_TABLE_BRIDGE,
                                             .type = add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
                                             .set = set,
                                             .origin = &origin };
        struct nfw_nft_userdata_buffer userdata = { .size = 0 };
        uint8_t key[KEY_MAX] = { 0 };
        size_t n = strlen(port);
        int r;

        if (n == 0 || n >= IFNAMSIZ || size > sizeof(key) - IFNAMSIZ)
                return -EINVAL;
        memcpy(key, port, n);
        if (size > 0)
                memcpy(key + IFNAMSIZ, value, size);
        r = nfw_nft_element_begin(&list, key, IFNAMSIZ + nfw_nft_padded(size));
        if (r < 0)
                return r;
        if (add && timeout_ms)
                nfw_nft_element_put_timeout(&list, timeout_ms);
        if (add && comment && nfw_nft_userdata_put_text(&userdata, NFTNL_UDATA_SET_ELEM_COMMENT, comment))
                nfw_nft_element_put_userdata(&list, userdata.data, userdata.size);
        nfw_nft_element_end(&list);
        return nfw_nft_element_list_end(&list);
}

static uint64_t time_left(uint64_t expires_ms) {
        uint64_t now = nfw_nft_now();

        if (expires_ms == UINT64_MAX)
                return 0;
        return expires_ms > now ? expires_ms - now : 1;
}

int nfw_nft_put_guest(struct nfw_nft_batch *batch,
                      bool add,
                      const struct nfw_learning_plan *learning,
                      const char *port,
                      const struct nfw_nft_guest *guest) {
        const struct nfw_plan_set *sets = learning->plan->sets.items;
        char comment[64];
        int r = 0;

        if (guest->id[0])
                snprintf(comment, sizeof(comment), "link %" PRIu32 ", id %s", guest->link, guest->id);
        else
                snprintf(comment, sizeof(comment), "link %" PRIu32, guest->link);
        if (guest->is_there)
                r = put_element(batch, add, sets[NFW_LEARNING_PORTS].name, port, NULL, 0, 0, comment);
        if (r == 0 && guest->has_mac)
                r = put_element(batch, add, sets[NFW_LEARNING_MACS].name, port, guest->mac,
                                sizeof(guest->mac), 0, NULL);
        if (r == 0 && guest->waits)
                r = put_element(batch, add, sets[NFW_LEARNING_WAITS].name, port, NULL, 0, 0, NULL);
        nfw_vec_foreach (type, &guest->waits_for) {
                const uint8_t octets[] = { (uint8_t)(*type >> 8), (uint8_t)*type };

                if (r == 0)
                        r = put_element(batch, add, sets[NFW_LEARNING_TYPES].name, port, octets,
                                        sizeof(octets), 0, NULL);
        }
        nfw_vec_foreach (lease, &guest->leases) {
                bool is_ipv4 = lease->addr.family == AF_INET;

                if (r == 0)
                        r = put_element(batch, add,
                                        sets[is_ipv4 ? NFW_LEARNING_LEASES4 : NFW_LEARNING_LEASES6].name,
                                        port, lease->addr.bytes, nfw_addr_size(lease->addr.family),
                                        time_left(lease->expires_ms), lease->is_claimed ? CLAIMED : LEASED);
        }
        return r;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

struct reading {
        enum nfw_learning_set set;
        uint64_t now;
        int (*find)(const char *port, void *userdata, struct nfw_nft_guest **ret_guest);
        void *userdata;
};

static void take_comment(struct nfw_nft_guest *guest, const char *comment) {
        char id[NFW_NFT_GUEST_ID_MAX] = "";
        uint32_t link = 0;

        /* NOLINTNEXTLINE(cert-err34-c): we wrote it, and another number is another link */
        if (comment && sscanf(comment, "link %" SCNu32 ", id %16s", &link, id) >= 1) {
                guest->link = link;
                memcpy(guest->id, id, sizeof(id));
        }
}

static int take_lease(struct nfw_nft_guest *guest,
                      const struct nfw_nft_element *element,
                      uint8_t family,
                      const char *comment,
                      uint64_t now) {
        struct nfw_nft_lease lease = {
                .is_claimed = comment && strcmp(comment, CLAIMED) == 0,
                .expires_ms = element->expiration_ms ? now + element->expiration_ms : UINT64_MAX,
        };

        nfw_addr_from_bytes(family, element->key.data + IFNAMSIZ, &lease.addr);
        return nfw_vec_push(&guest->leases, lease);
}

static size_t value_size(enum nfw_learning_set set) {
        switch (set) {
        case NFW_LEARNING_MACS:
                return 8;
        case NFW_LEARNING_TYPES:
        case NFW_LEARNING_LEASES4:
                return 4;
        case NFW_LEARNING_LEASES6:
                return 16;
        default:
                return 0;
        }
}

static int take_element(const struct nfw_nft_element *element, void *userdata) {
        const struct reading *reading = userdata;
        const char *port = (const char *)element->key.data, *comment;
        const uint8_t *value = element->key.data + IFNAMSIZ;
        struct nfw_nft_guest *guest = NULL;
        int r;

        if (element->key.size != IFNAMSIZ + value_size(reading->set) || port[0] == '\0' ||
            port[IFNAMSIZ - 1] != '\0')
                return 0;
        r = reading->find(port, reading->userdata, &guest);
        if (r < 0 || !guest)
                return r;
        comment = nfw_nft_userdata_comment(element->userdata.data, element->userdata.size,
                                           NFTNL_UDATA_SET_ELEM_COMMENT);
        switch (reading->set) {
        case NFW_LEARNING_PORTS:
                guest->is_there = true;
                take_comment(guest, comment);
                break;
        case NFW_LEARNING_MACS:
                guest->has_mac = true;
                memcpy(guest->mac, value, sizeof(guest->mac));
                break;
        case NFW_LEARNING_WAITS:
                guest->waits = true;
                break;
        case NFW_LEARNING_TYPES:
                return nfw_vec_push(&guest->waits_for, (uint16_t)(value[0] << 8 | value[1]));
        case NFW_LEARNING_LEASES4:
                return take_lease(guest, element, AF_INET, comment, reading->now);
        case NFW_LEARNING_LEASES6:
                return take_lease(guest, element, AF_INET6, comment, reading->now);
        default:
                break;
        }
        return 0;
}

int nfw_nft_read_guests(struct nfw_nft_socket *nft,
                        int (*find)(const char *port, void *userdata, struct nfw_nft_guest **ret_guest),
                        void *userdata) {
        struct reading reading = { .find = find, .userdata = userdata };
        int r = 0;

        for (int set = 0; set <= NFW_LEARNING_LEASES6 && r == 0; set++) {
                reading.set = set;
                reading.now = nfw_nft_now();
                r = nfw_nft_read_elements(nft, NFW_TABLE_BRIDGE, nfw_learning_set_name(set), take_element,
                                          &reading);
        }
        return r;
}

uint16_t nfw_nft_learning_group(const char *comment) {
        unsigned long group;
        char *end;

        if (!comment || strncmp(comment, NFW_LEARNING_COMMENT, strlen(NFW_LEARNING_COMMENT)) != 0)
                return 0;
        group = strtoul(comment + strlen(NFW_LEARNING_COMMENT), &end, 10);
        return *end == '\0' && group <= UINT16_MAX ? (uint16_t)group : 0;
}
