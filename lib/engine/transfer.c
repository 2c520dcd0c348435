/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dns/index.h"
#include "engine/learned.h"

struct moved {
        struct nfw_nft_grant grant;
        const char *set;
};

struct transfer {
        struct nfw_context *context;
        const struct nfw_nft_policy *old;
        const struct nfw_plan *new;
        NFW_VEC(const char *) renewed; /* interfaces, by name */
        struct nfw_dns_index *index;
        struct nfw_dns_ids ids;
        NFW_VEC(struct moved) moved;
};

static void transfer_deinit(struct transfer *transfer) {
        nfw_vec_deinit(&transfer->renewed);
        nfw_dns_index_free(transfer->index);
        nfw_vec_deinit(&transfer->ids.vec);
        nfw_vec_deinit(&transfer->moved);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_renewed(const struct transfer *transfer, const char *interface) {
        return transfer->renewed.n > 0 && bsearch(&interface, transfer->renewed.items, transfer->renewed.n,
                                                  sizeof(*transfer->renewed.items), compare_names);
}

static int find_renewed(struct transfer *transfer, const struct nfw_bindings *bindings) {
        const struct nfw_shadow *shadow = &transfer->context->shadow;
        int r;

        if (!bindings)
                return 0;
        nfw_vec_foreach (binding, &bindings->vec) {
                const char *interface = binding->port.interface;

                if (nfw_bindings_keep_grants(nfw_shadow_port(shadow, interface), binding,
                                             transfer->old->name))
                        continue;
                r = nfw_vec_push(&transfer->renewed, interface);
                if (r < 0)
                        return r;
        }
        if (transfer->renewed.n > 1)
                qsort(transfer->renewed.items, transfer->renewed.n, sizeof(*transfer->renewed.items),
                      compare_names);
        return 0;
}

static int take_grant(const char *from nfw_unused, const struct nfw_nft_grant *grant, void *userdata) {
        struct transfer *transfer = userdata;
        const struct nfw_shadow_port *port = nfw_shadow_port(&transfer->context->shadow, grant->interface);
        int r;

        if (grant->expires_ms == 0 || !grant->note.name[0] || !port || port->table != transfer->old->table ||
            strcmp(port->policy, transfer->old->name) != 0 || is_renewed(transfer, grant->interface))
                return 0;

        transfer->ids.vec.n = 0;
        r = nfw_dns_index_match(transfer->index, grant->note.name, &transfer->ids);
        if (r < 0)
                return r;

        nfw_vec_foreach (id, &transfer->ids.vec) {
                const struct nfw_plan_learned *learned = &transfer->new->learned.items[*id];
                size_t set = grant->addr.family == AF_INET ? learned->set4 : learned->set6;
                struct moved moved = { .grant = *grant, .set = transfer->new->sets.items[set].name };

                r = nfw_vec_push(&transfer->moved, moved);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* By key, and of one key the longest first: two sets that become one may hold the same address. */
static int compare(const void *a, const void *b) {
        const struct moved *x = a, *y = b;
        int c;

        c = strcmp(x->set, y->set);
        if (c == 0)
                c = strcmp(x->grant.interface, y->grant.interface);
        if (c == 0)
                c = memcmp(x->grant.addr.bytes, y->grant.addr.bytes, sizeof(x->grant.addr.bytes));
        if (c == 0)
                c = (x->grant.expires_ms < y->grant.expires_ms) - (x->grant.expires_ms > y->grant.expires_ms);
        return c;
}

static bool same_key(const struct moved *a, const struct moved *b) {
        return strcmp(a->set, b->set) == 0 && strcmp(a->grant.interface, b->grant.interface) == 0 &&
               nfw_addr_equal(&a->grant.addr, &b->grant.addr);
}

static int put_moved(struct transfer *transfer) {
        struct nfw_nft_grant_list grants = { .list.batch = transfer->context->batch };
        int r;

        if (transfer->moved.n == 0)
                return 0;

        qsort(transfer->moved.items, transfer->moved.n, sizeof(*transfer->moved.items), compare);
        for (size_t i = 0; i < transfer->moved.n; i++) {
                const struct moved *moved = &transfer->moved.items[i];

                if (i > 0 && same_key(moved, &transfer->moved.items[i - 1]))
                        continue;
                r = nfw_nft_grant_list_put(&grants, NFW_NFT_ADD, transfer->new->table, moved->set,
                                           moved->grant.interface, &moved->grant.addr,
                                           moved->grant.expires_ms, &moved->grant.note);
                if (r < 0)
                        return r;
        }
        return nfw_nft_grant_list_end(&grants);
}

int nfw_transfer_put(struct nfw_context *context,
                     const struct nfw_nft_policy *old,
                     const struct nfw_plan *new,
                     const struct nfw_bindings *bindings) {
        nfw_cleanup(
                transfer_deinit) struct transfer transfer = { .context = context, .old = old, .new = new };
        int r;

        r = find_renewed(&transfer, bindings);
        if (r == 0)
                r = nfw_dns_index_new(&transfer.index);
        if (r < 0)
                return r;
        for (size_t i = 0; i < new->learned.n; i++)
                nfw_vec_foreach (pattern, &new->learned.items[i].patterns) {
                        r = nfw_dns_index_add(transfer.index, pattern, i);
                        if (r < 0)
                                return r;
                }

        r = nfw_learned_dump(context->nft, old, take_grant, &transfer);
        return r < 0 ? r : put_moved(&transfer);
}
