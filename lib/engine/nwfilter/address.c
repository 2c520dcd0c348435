/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "engine/nwfilter/state.h"

struct reading {
        struct nfw_nwfilter_binding_list *list;
        struct nfw_nft_guest *guests; /* of each binding */
};

static int compare(const void *port, const void *binding) {
        return strcmp(port, (*(const struct nfw_nwfilter_binding *const *)binding)->port);
}

static int find(const char *port, void *userdata, struct nfw_nft_guest **ret_guest) {
        const struct reading *reading = userdata;
        struct nfw_nwfilter_binding **found;

        found = bsearch(port, reading->list->vec.items, reading->list->vec.n,
                        sizeof(*reading->list->vec.items), compare);
        *ret_guest = found ? &reading->guests[found - reading->list->vec.items] : NULL;
        return 0;
}

static int take(struct nfw_bound_guest *guest, const struct nfw_nft_guest *from) {
        uint64_t now = nfw_nft_now();

        guest->is_there = from->is_there;
        if (from->leases.n == 0)
                return 0;
        guest->addresses = calloc(from->leases.n, sizeof(*guest->addresses));
        if (!guest->addresses)
                return -ENOMEM;
        nfw_vec_foreach (lease, &from->leases) {
                struct nfw_bound_address *address = &guest->addresses[guest->n_addresses++];

                nfw_addr_format(&lease->addr, address->text);
                address->is_claimed = lease->is_claimed;
                if (lease->expires_ms != UINT64_MAX)
                        address->left_ms = lease->expires_ms > now ? lease->expires_ms - now : 1;
        }
        return 0;
}

static int take_all(struct nfw_nwfilter_binding_list *list, const struct nfw_nft_guest *guests) {
        int r = 0;

        list->guests = calloc(list->vec.n + 1, sizeof(*list->guests));
        if (!list->guests)
                return -ENOMEM;
        for (size_t i = 0; i < list->vec.n && r == 0; i++)
                r = take(&list->guests[i], &guests[i]);
        return r;
}

int nfw_nwfilter_bindings_read_guests(const struct nfw_context *context,
                                      struct nfw_nwfilter_binding_list *list) {
        nfw_cleanup(nfw_freep) struct nfw_nft_guest *guests = calloc(list->vec.n + 1, sizeof(*guests));
        struct reading reading = { .list = list, .guests = guests };
        int r;

        if (!guests)
                return -ENOMEM;
        if (list->vec.n == 0)
                return 0;
        r = nfw_nft_read_guests(context->nwfilters->nft, find, &reading);
        if (r == 0)
                r = take_all(list, guests);
        for (size_t i = 0; i < list->vec.n; i++)
                nfw_nft_guest_deinit(&guests[i]);
        return r;
}

void nfw_nwfilter_bindings_forget_guests(struct nfw_nwfilter_binding_list *list) {
        for (size_t i = 0; i < list->vec.n && list->guests; i++)
                free(list->guests[i].addresses);
        free(list->guests);
        list->guests = NULL;
}

static const struct nfw_bound_guest *guest_of(const struct nfw_nwfilter_binding_list *list, size_t index) {
        return list->guests && index < list->vec.n ? &list->guests[index] : NULL;
}

static const struct nfw_bound_address *address_of(const struct nfw_nwfilter_binding_list *list,
                                                  size_t index,
                                                  size_t address) {
        const struct nfw_bound_guest *guest = guest_of(list, index);

        return guest && address < guest->n_addresses ? &guest->addresses[address] : NULL;
}

/**
 * nfw_nwfilter_binding_list_learning() - how addresses of a port's guest are learned
 * @list:  the list, which keeps the text
 * @index: which binding, from 0
 *
 * Return: "any" or "dhcp"; "" where none are learned, and behind the last one.
 */
nfw_public const char *nfw_nwfilter_binding_list_learning(const struct nfw_nwfilter_binding_list *list,
                                                          size_t index) {
        const struct nfw_bound_guest *guest = guest_of(list, index);
        const struct nfw_nwfilter_parameter *how;

        if (!guest || !guest->is_there)
                return "";
        how = nfw_nwfilter_parameters_find(&list->vec.items[index]->parameters, "CTRL_IP_LEARNING");
        return how && how->values.n > 0 && strcasecmp(how->values.items[0], "dhcp") == 0 ? "dhcp" : "any";
}

/**
 * nfw_nwfilter_binding_list_n_addresses() - how many addresses of a port's guest have been learned
 * @list:  the list
 * @index: which binding, from 0
 *
 * Return: the number of addresses.
 */
nfw_public size_t nfw_nwfilter_binding_list_n_addresses(const struct nfw_nwfilter_binding_list *list,
                                                        size_t index) {
        const struct nfw_bound_guest *guest = guest_of(list, index);

        return guest ? guest->n_addresses : 0;
}

/**
 * nfw_nwfilter_binding_list_address() - an address of a port's guest
 * @list:    the list, which keeps the text
 * @index:   which binding, from 0
 * @address: which of its addresses, from 0
 *
 * Return: the address, or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_binding_list_address(const struct nfw_nwfilter_binding_list *list,
                                                         size_t index,
                                                         size_t address) {
        const struct nfw_bound_address *found = address_of(list, index, address);

        return found ? found->text : NULL;
}

/**
 * nfw_nwfilter_binding_list_address_origin() - where an address of a port's guest comes from
 * @list:    the list
 * @index:   which binding, from 0
 * @address: which of its addresses, from 0
 *
 * Return: "leased" by a DHCP server or "claimed" by the guest; NULL behind the last address.
 */
nfw_public const char *nfw_nwfilter_binding_list_address_origin(const struct nfw_nwfilter_binding_list *list,
                                                                size_t index,
                                                                size_t address) {
        const struct nfw_bound_address *found = address_of(list, index, address);

        return !found ? NULL : found->is_claimed ? "claimed" : "leased";
}

/**
 * nfw_nwfilter_binding_list_address_expires_ms() - how long an address of a port's guest is valid
 * @list:    the list
 * @index:   which binding, from 0
 * @address: which of its addresses, from 0
 *
 * Return: milliseconds from when the list was made; 0 where it does not expire.
 */
nfw_public uint64_t nfw_nwfilter_binding_list_address_expires_ms(const struct nfw_nwfilter_binding_list *list,
                                                                 size_t index,
                                                                 size_t address) {
        const struct nfw_bound_address *found = address_of(list, index, address);

        return found ? found->left_ms : 0;
}
