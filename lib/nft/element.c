/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/element.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/grant_note.h"
#include "nft/names.h"

/* Linux 6.3; the name is missing in older headers. */
#define MSG_DESTROYSETELEM 30

/* A port and an address. */
#define KEY_MAX (IFNAMSIZ + 16)

static uint16_t message_type(enum nfw_nft_element_op op) {
        switch (op) {
        case NFW_NFT_DELETE:
                return NFT_MSG_DELSETELEM;
        case NFW_NFT_DESTROY:
                return MSG_DESTROYSETELEM;
        default:
                return NFT_MSG_NEWSETELEM;
        }
}

/* The port's part of a key; the rest of the 16 octets is zero, as for the kernel's own names. */
static int encode_port(const char *interface, uint8_t key[static IFNAMSIZ]) {
        size_t n = strlen(interface);

        if (n == 0 || n >= IFNAMSIZ)
                return -EINVAL;
        memset(key, 0, IFNAMSIZ);
        memcpy(key, interface, n);
        return 0;
}

static bool is_of_list(const struct nfw_nft_element_list *list,
                       uint16_t type,
                       enum nfw_table table,
                       const char *set) {
        return list->message && list->type == type && list->table == table && strcmp(list->set, set) == 0;
}

/* Unless the last message is for the same, another one begins. */
static int turn_to(struct nfw_nft_grant_list *grants, uint16_t type, enum nfw_table table, const char *set) {
        struct nfw_nft_element_list *list = &grants->list;
        int r;

        if (is_of_list(list, type, table, set))
                return 0;
        r = nfw_nft_element_list_end(list);
        grants->origin = (struct nfw_nft_origin){ .what = "grant", .name = set };
        list->origin = &grants->origin;
        list->type = type;
        list->table = table;
        list->set = set;
        return r;
}

int nfw_nft_grant_list_put(struct nfw_nft_grant_list *grants,
                           enum nfw_nft_element_op op,
                           enum nfw_table table,
                           const char *set,
                           const char *interface,
                           const struct nfw_addr *addr,
                           uint64_t timeout_ms,
                           const struct nfw_nft_grant_note *note) {
        struct nfw_nft_element_list *list = &grants->list;
        uint8_t key[KEY_MAX];
        struct nfw_nft_userdata_buffer userdata;
        size_t n_addr = nfw_addr_size(addr->family);
        int r;

        r = encode_port(interface, key);
        if (r < 0)
                return r;
        memcpy(key + IFNAMSIZ, addr->bytes, n_addr);

        r = turn_to(grants, message_type(op), table, set);
        if (r == 0)
                r = nfw_nft_element_begin(list, key, IFNAMSIZ + n_addr);
        if (r < 0)
                return r;
        if (op == NFW_NFT_ADD) {
                nfw_nft_element_put_timeout(list, timeout_ms);
                if (note && nfw_nft_grant_note_encode(note, &userdata))
                        nfw_nft_element_put_userdata(list, userdata.data, userdata.size);
        }
        nfw_nft_element_end(list);
        return 0;
}

int nfw_nft_grant_list_end(struct nfw_nft_grant_list *grants) {
        return nfw_nft_element_list_end(&grants->list);
}

int nfw_nft_put_grant(struct nfw_nft_batch *batch,
                      enum nfw_nft_element_op op,
                      enum nfw_table table,
                      const char *set,
                      const char *interface,
                      const struct nfw_addr *addr,
                      uint64_t timeout_ms,
                      const struct nfw_nft_grant_note *note) {
        struct nfw_nft_grant_list grants = { .list.batch = batch };
        int r;

        r = nfw_nft_grant_list_put(&grants, op, table, set, interface, addr, timeout_ms, note);
        return r < 0 ? r : nfw_nft_grant_list_end(&grants);
}

/* chain: NULL for none. */
static int put_dispatch(struct nfw_nft_batch *batch,
                        enum nfw_nft_element_op op,
                        enum nfw_table table,
                        enum nfw_direction direction,
                        const char *interface,
                        const char *chain,
                        bool drops,
                        const char *binding) {
        struct nfw_nft_origin origin = { .what = "port", .name = interface };
        struct nfw_nft_element_list list = { .batch = batch,
                                             .table = table,
                                             .type = message_type(op),
                                             .set = nfw_nft_map_name(direction),
                                             .origin = &origin };
        uint8_t key[IFNAMSIZ];
        struct nfw_nft_userdata_buffer userdata;
        int r;

        if (binding && strlen(binding) >= NFW_NFT_BINDING_MAX)
                return -EINVAL;
        r = encode_port(interface, key);
        if (r < 0)
                return r;

        r = nfw_nft_element_begin(&list, key, sizeof(key));
        if (r < 0)
                return r;
        if (chain)
                nfw_nft_element_put_goto(&list, chain);
        else if (drops)
                nfw_nft_element_put_drop(&list);
        userdata.size = 0;
        if (binding && op == NFW_NFT_ADD &&
            nfw_nft_userdata_put_text(&userdata, NFTNL_UDATA_SET_ELEM_COMMENT, binding))
                nfw_nft_element_put_userdata(&list, userdata.data, userdata.size);
        nfw_nft_element_end(&list);
        return nfw_nft_element_list_end(&list);
}

int nfw_nft_put_dispatch(struct nfw_nft_batch *batch,
                         enum nfw_nft_element_op op,
                         enum nfw_table table,
                         enum nfw_direction direction,
                         const char *interface,
                         const char *chain,
                         const char *binding) {
        if (!chain && op == NFW_NFT_ADD)
                return -EINVAL;
        return put_dispatch(batch, op, table, direction, interface, chain, false, binding);
}

int nfw_nft_put_dispatch_drop(struct nfw_nft_batch *batch,
                              enum nfw_table table,
                              enum nfw_direction direction,
                              const char *interface,
                              const char *binding) {
        return put_dispatch(batch, NFW_NFT_ADD, table, direction, interface, NULL, true, binding);
}

/* The last address of a network: all host bits set. */
static void fill_host_bits(const struct nfw_prefix *prefix, uint8_t *bytes, size_t size) {
        memcpy(bytes, prefix->addr.bytes, size);
        for (size_t bit = prefix->length; bit < 8 * size; bit++)
                bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static int put_value(struct nfw_nft_element_list *list,
                     const uint8_t port[static IFNAMSIZ],
                     const struct nfw_prefix *value,
                     bool is_network) {
        uint8_t key[KEY_MAX], key_end[KEY_MAX];
        size_t n_addr = nfw_addr_size(value->addr.family);
        int r;

        if (!is_network && value->length != 8 * n_addr)
                return -EINVAL;
        memcpy(key, port, IFNAMSIZ);
        memcpy(key + IFNAMSIZ, value->addr.bytes, n_addr);

        r = nfw_nft_element_begin(list, key, IFNAMSIZ + n_addr);
        if (r < 0)
                return r;
        if (is_network) {
                memcpy(key_end, port, IFNAMSIZ);
                fill_host_bits(value, key_end + IFNAMSIZ, n_addr);
                nfw_nft_element_put_key_end(list, key_end, IFNAMSIZ + n_addr);
        }
        nfw_nft_element_end(list);
        return 0;
}

int nfw_nft_put_parameters(struct nfw_nft_batch *batch,
                           enum nfw_nft_element_op op,
                           enum nfw_table table,
                           enum nfw_parameter parameter,
                           const char *interface,
                           const struct nfw_prefix *values,
                           size_t n_values) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        struct nfw_nft_origin origin = { .what = "parameter of the port", .name = interface };
        uint8_t port[IFNAMSIZ];
        int r;

        r = encode_port(interface, port);
        if (r < 0)
                return r;

        /* Each family has a set of its own, and a message is about one set. */
        for (size_t i = 0; i < NFW_ARRAY_SIZE(families); i++) {
                struct nfw_nft_element_list list = {
                        .batch = batch,
                        .table = table,
                        .type = message_type(op),
                        .set = nfw_nft_parameter_set_name(parameter, families[i]),
                        .origin = &origin,
                };

                for (size_t j = 0; j < n_values; j++) {
                        if (values[j].addr.family != families[i])
                                continue;
                        r = put_value(&list, port, &values[j], parameter == NFW_PARAMETER_SUBNETS);
                        if (r < 0)
                                return r;
                }
                r = nfw_nft_element_list_end(&list);
                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_nft_put_parameter(struct nfw_nft_batch *batch,
                          enum nfw_nft_element_op op,
                          enum nfw_table table,
                          enum nfw_parameter parameter,
                          const char *interface,
                          const struct nfw_prefix *value) {
        return nfw_nft_put_parameters(batch, op, table, parameter, interface, value, 1);
}
