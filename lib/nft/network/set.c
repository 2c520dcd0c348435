/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/element_list.h"
#include "nft/network/internal.h"
#include "nft/userdata.h"

#define KEY_MAX       64
#define INTERVAL      (NFT_SET_INTERVAL | NFT_SET_CONCAT)
#define INTERVAL_VMAP (INTERVAL | NFT_SET_MAP)

/* What stands for a port in a key; the others are fields of the IR. */
#define FIELD_IIFNAME -1
#define FIELD_OIFNAME -2
#define FIELD_NONE    -3

static const struct {
        const char *name;
        uint32_t flags;
        int fields[3];
} sets[NFW_NFT_N_NETWORK_SETS] = {
        [NFW_NFT_NETWORK_SET_BRIDGES] = { "networks", 0, { FIELD_IIFNAME, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_CROSS] = { "network_cross", 0, { FIELD_IIFNAME, FIELD_OIFNAME, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_SERVICES] = { "network_services",
                                           0,
                                           { FIELD_IIFNAME, NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT } },
        [NFW_NFT_NETWORK_SET_ANSWERS] = { "network_answers",
                                          0,
                                          { FIELD_OIFNAME, NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT } },
        [NFW_NFT_NETWORK_SET_TO4] = { "network_to4",
                                      INTERVAL_VMAP,
                                      { FIELD_OIFNAME, NFW_FIELD_IP_DADDR, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_TO6] = { "network_to6",
                                      INTERVAL_VMAP,
                                      { FIELD_OIFNAME, NFW_FIELD_IP6_DADDR, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_FROM4] = { "network_from4",
                                        INTERVAL_VMAP,
                                        { FIELD_IIFNAME, NFW_FIELD_IP_SADDR, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_FROM6] = { "network_from6",
                                        INTERVAL_VMAP,
                                        { FIELD_IIFNAME, NFW_FIELD_IP6_SADDR, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_PLAIN4] = { "network_plain4",
                                         INTERVAL,
                                         { NFW_FIELD_IP_SADDR, NFW_FIELD_IP_DADDR, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_PLAIN6] = { "network_plain6",
                                         INTERVAL,
                                         { NFW_FIELD_IP6_SADDR, NFW_FIELD_IP6_DADDR, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_NAT4] = { "network_nat4",
                                       NFT_SET_INTERVAL | NFT_SET_MAP,
                                       { NFW_FIELD_IP_SADDR, FIELD_NONE } },
        [NFW_NFT_NETWORK_SET_NAT6] = { "network_nat6",
                                       NFT_SET_INTERVAL | NFT_SET_MAP,
                                       { NFW_FIELD_IP6_SADDR, FIELD_NONE } },
};

static const struct nfw_nft_field *field(int which) {
        if (which == FIELD_IIFNAME)
                return nfw_nft_port_field(NFW_EGRESS);
        return which == FIELD_OIFNAME ? nfw_nft_port_field(NFW_INGRESS)
                                      : nfw_nft_field((enum nfw_field)which);
}

void nfw_nft_network_set(enum nfw_nft_network_set which, struct nfw_nft_set *ret_set) {
        *ret_set = (struct nfw_nft_set){ .name = sets[which].name, .flags = sets[which].flags };
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sets[which].fields) && sets[which].fields[i] != FIELD_NONE; i++)
                ret_set->key.fields[ret_set->key.n_fields++] = field(sets[which].fields[i]);
}

/* --- elements ------------------------------------------------------------------------------------------------ */

struct key {
        uint8_t first[KEY_MAX], last[KEY_MAX];
        size_t size;
};

static void push(struct key *key, const void *first, const void *last, size_t size) {
        memset(key->first + key->size, 0, nfw_nft_padded(size));
        memset(key->last + key->size, 0, nfw_nft_padded(size));
        memcpy(key->first + key->size, first, size);
        memcpy(key->last + key->size, last, size);
        key->size += nfw_nft_padded(size);
}

static void push_link(struct key *key, const char *name) {
        char padded[IFNAMSIZ] = { 0 };

        strcpy(padded, name);
        push(key, padded, padded, sizeof(padded));
}

static void push_prefix(struct key *key, const struct nfw_prefix *prefix) {
        size_t size = nfw_addr_size(prefix->addr.family);
        uint8_t last[16];

        memcpy(last, prefix->addr.bytes, size);
        for (size_t bit = prefix->length; bit < 8 * size; bit++)
                last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        push(key, prefix->addr.bytes, last, size);
}

static int put_element(struct nfw_nft_element_list *list,
                       const struct key *key,
                       bool is_range,
                       const char *chain,
                       const char *comment) {
        struct nfw_nft_userdata_buffer userdata = { .size = 0 };
        int r;

        r = nfw_nft_element_begin(list, key->first, key->size);
        if (r < 0)
                return r;
        if (is_range)
                nfw_nft_element_put_key_end(list, key->last, key->size);
        if (chain)
                nfw_nft_element_put_goto(list, chain);
        if (comment && nfw_nft_userdata_put_text(&userdata, NFTNL_UDATA_SET_ELEM_COMMENT, comment))
                nfw_nft_element_put_userdata(list, userdata.data, userdata.size);
        nfw_nft_element_end(list);
        return 0;
}

static int put_bridge(struct nfw_nft_element_list *list, const struct nfw_network *network) {
        struct key key = { .size = 0 };

        push_link(&key, network->bridge);
        return put_element(list, &key, false, NULL, network->name);
}

static int put_cross(struct nfw_nft_element_list *list, const struct nfw_network *network) {
        struct key key = { .size = 0 };

        push_link(&key, network->bridge);
        push_link(&key, network->bridge);
        return put_element(list, &key, false, NULL, NULL);
}

/* What libvirt opens for dnsmasq, whether it runs or not; DHCPv6 where there is IPv6, TFTP where it is asked for. */
static const struct service {
        uint8_t protocol;
        uint16_t port;   /* of the host */
        uint16_t answer; /* goes to this port of the guest */
        bool is_ipv6, is_tftp;
} services[] = {
        { IPPROTO_UDP, 67, 68, false, false },  { IPPROTO_TCP, 67, 68, false, false },
        { IPPROTO_UDP, 53, 53, false, false },  { IPPROTO_TCP, 53, 53, false, false },
        { IPPROTO_UDP, 547, 546, true, false }, { IPPROTO_UDP, 69, 69, false, true },
};

static bool has_tftp(const struct nfw_network *network) {
        nfw_vec_foreach (ip, &network->ips)
                if (ip->has_tftp)
                        return true;
        return false;
}

static int put_services(struct nfw_nft_element_list *list, const struct nfw_network *network, bool answers) {
        int r = 0;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(services) && r == 0; i++) {
                const struct service *service = &services[i];
                uint16_t port = htons(answers ? service->answer : service->port);
                struct key key = { .size = 0 };

                if ((service->is_ipv6 && !nfw_network_has_family(network, AF_INET6)) ||
                    (service->is_tftp && !has_tftp(network)))
                        continue;
                push_link(&key, network->bridge);
                push(&key, &service->protocol, &service->protocol, 1);
                push(&key, &port, &port, sizeof(port));
                r = put_element(list, &key, false, NULL, NULL);
        }
        return r;
}

static int put_ways(struct nfw_nft_element_list *list,
                    const struct nfw_nft_network_plan *plan,
                    const struct nfw_network *network,
                    uint8_t family,
                    bool from_guest) {
        int r = 0;

        if (network->mode == NFW_NETWORK_ISOLATED)
                return 0;
        nfw_vec_foreach (ip, &network->ips) {
                struct key key = { .size = 0 };

                if (r < 0 || ip->prefix.addr.family != family)
                        continue;
                push_link(&key, network->bridge);
                push_prefix(&key, &ip->prefix);
                r = put_element(list, &key, true, nfw_nft_network_way_of(plan, network, family, from_guest),
                                NULL);
        }
        return r;
}

/* Link-local multicast, and broadcast of IPv4. */
static const struct nfw_prefix untranslated[] = {
        { .length = 24, .addr = { .family = AF_INET, .bytes = { 224 } } },
        { .length = 32, .addr = { .family = AF_INET, .bytes = { 255, 255, 255, 255 } } },
        { .length = 16, .addr = { .family = AF_INET6, .bytes = { 0xff, 0x02 } } },
};

static int put_plain_pair(struct nfw_nft_element_list *list,
                          const struct nfw_prefix *from,
                          const struct nfw_prefix *to) {
        struct key key = { .size = 0 };

        push_prefix(&key, from);
        push_prefix(&key, to);
        return put_element(list, &key, true, NULL, NULL);
}

static int put_plain(struct nfw_nft_element_list *list,
                     const struct nfw_nft_network_plan *plan,
                     const struct nfw_network *network,
                     uint8_t family) {
        int r = 0;

        if (!nfw_network_has_family(network, family) || !nfw_nft_network_nat_of(plan, network, family))
                return 0;
        nfw_vec_foreach (ip, &network->ips) {
                if (ip->prefix.addr.family != family)
                        continue;
                r = put_plain_pair(list, &ip->prefix, &ip->prefix);
                for (size_t i = 0; i < NFW_ARRAY_SIZE(untranslated) && r == 0; i++)
                        if (untranslated[i].addr.family == family)
                                r = put_plain_pair(list, &ip->prefix, &untranslated[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int put_of_network(struct nfw_nft_element_list *list,
                          const struct nfw_nft_network_plan *plan,
                          const struct nfw_network *network,
                          enum nfw_nft_network_set which) {
        switch (which) {
        case NFW_NFT_NETWORK_SET_BRIDGES:
                return put_bridge(list, network);
        case NFW_NFT_NETWORK_SET_CROSS:
                return put_cross(list, network);
        case NFW_NFT_NETWORK_SET_SERVICES:
        case NFW_NFT_NETWORK_SET_ANSWERS:
                return put_services(list, network, which == NFW_NFT_NETWORK_SET_ANSWERS);
        case NFW_NFT_NETWORK_SET_TO4:
        case NFW_NFT_NETWORK_SET_TO6:
                return put_ways(list, plan, network, which == NFW_NFT_NETWORK_SET_TO4 ? AF_INET : AF_INET6,
                                false);
        case NFW_NFT_NETWORK_SET_FROM4:
        case NFW_NFT_NETWORK_SET_FROM6:
                return put_ways(list, plan, network, which == NFW_NFT_NETWORK_SET_FROM4 ? AF_INET : AF_INET6,
                                true);
        default:
                return put_plain(list, plan, network,
                                 which == NFW_NFT_NETWORK_SET_PLAIN4 ? AF_INET : AF_INET6);
        }
}

/* --- ranges of one field: edges in order --------------------------------------------------------------------- */

struct range {
        const struct nfw_prefix *prefix;
        const char *chain;
};

static int compare_ranges(const void *a, const void *b) {
        const struct range *x = a, *y = b;

        return memcmp(x->prefix->addr.bytes, y->prefix->addr.bytes, sizeof(x->prefix->addr.bytes));
}

/* False where it was the last value there is. */
static bool increment(uint8_t *value, size_t size) {
        while (size-- > 0)
                if (++value[size] != 0)
                        return true;
        return false;
}

static int put_end(struct nfw_nft_element_list *list, const uint8_t *value, size_t size) {
        int r = nfw_nft_element_begin(list, value, size);

        if (r < 0)
                return r;
        nfw_nft_element_put_flags(list, NFT_SET_ELEM_INTERVAL_END);
        nfw_nft_element_end(list);
        return 0;
}

/* No network reaches to the end of all addresses: multicast is there. */
static int put_edges(struct nfw_nft_element_list *list, const struct range *ranges, size_t n, size_t size) {
        static const uint8_t zero[16];
        int r = 0;

        /* Below the first is a gap, which nft wants to see begin at zero. */
        if (n > 0 && memcmp(ranges[0].prefix->addr.bytes, zero, size) != 0)
                r = put_end(list, zero, size);
        for (size_t i = 0; i < n && r == 0; i++) {
                struct key key = { .size = 0 };

                push_prefix(&key, ranges[i].prefix);
                r = put_element(list, &key, false, ranges[i].chain, NULL);
                if (r == 0 && increment(key.last, size))
                        r = put_end(list, key.last, size);
        }
        return r;
}

static int put_nats(struct nfw_nft_element_list *list,
                    const struct nfw_nft_network_plan *plan,
                    uint8_t family) {
        NFW_VEC(struct range) ranges = { 0 };
        int r = 0;

        for (size_t i = 0; i < plan->networks->n; i++) {
                const struct nfw_network *network = plan->networks->items[i];
                const char *chain = nfw_network_has_family(network, family)
                                            ? nfw_nft_network_nat_of(plan, network, family)
                                            : NULL;

                if (!chain)
                        continue;
                nfw_vec_foreach (ip, &network->ips)
                        if (r == 0 && ip->prefix.addr.family == family)
                                r = nfw_vec_push(&ranges, ((struct range){ &ip->prefix, chain }));
        }
        if (ranges.n > 1)
                qsort(ranges.items, ranges.n, sizeof(*ranges.items), compare_ranges);
        if (r == 0)
                r = put_edges(list, ranges.items, ranges.n, nfw_addr_size(family));
        nfw_vec_deinit(&ranges);
        return r;
}

static int put_elements(struct nfw_nft_batch *batch,
                        const struct nfw_nft_network_plan *plan,
                        enum nfw_nft_network_set which,
                        const struct nfw_nft_origin *origin) {
        struct nfw_nft_element_list list = { .batch = batch,
                                             .table = NFW_TABLE_INET,
                                             .type = NFT_MSG_NEWSETELEM,
                                             .set = sets[which].name,
                                             .origin = origin };
        int r = 0;

        if (which == NFW_NFT_NETWORK_SET_NAT4 || which == NFW_NFT_NETWORK_SET_NAT6)
                r = put_nats(&list, plan, which == NFW_NFT_NETWORK_SET_NAT4 ? AF_INET : AF_INET6);
        else
                for (size_t i = 0; i < plan->networks->n && r == 0; i++)
                        if (plan->networks->items[i]->mode != NFW_NETWORK_OPEN)
                                r = put_of_network(&list, plan, plan->networks->items[i], which);
        return r < 0 ? r : nfw_nft_element_list_end(&list);
}

int nfw_nft_put_network_sets(struct nfw_nft_batch *batch, const struct nfw_nft_network_plan *plan) {
        int r = 0;

        for (int which = 0; which < NFW_NFT_N_NETWORK_SETS && r == 0; which++) {
                struct nfw_nft_origin origin = { .what = "set", .name = sets[which].name };
                struct nfw_nft_set set;

                nfw_nft_network_set(which, &set);
                r = nfw_nft_put_set(batch, NFW_TABLE_INET, &set, NULL, &origin);
                if (r == 0)
                        r = put_elements(batch, plan, which, &origin);
        }
        return r;
}
