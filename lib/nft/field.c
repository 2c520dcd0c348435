/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/field.h"

#include <net/if.h>
#include <stddef.h>

#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>

static const struct nfw_nft_field fields[NFW_N_FIELDS] = {
        /*
         * From the frame, not by meta protocol: where the driver has taken a VLAN tag off, meta shows the type
         * behind the tag, while a payload expression puts the tag back.
         */
        [NFW_FIELD_ETHER_TYPE] = { .name = "ether type",
                                   .type_name = "ether_type",
                                   .type = NFW_NFT_TYPE_ETHER_TYPE,
                                   .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                   .source = NFW_NFT_SOURCE_PAYLOAD,
                                   .key = NFT_PAYLOAD_LL_HEADER,
                                   .offset = offsetof(struct ethhdr, h_proto),
                                   .size = 2 },
        [NFW_FIELD_IP_SADDR] = { .name = "ip saddr",
                                 .type_name = "ipv4_addr",
                                 .type = NFW_NFT_TYPE_IPV4_ADDR,
                                 .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                 .requirement = NFW_NFT_REQUIRE_IPV4,
                                 .source = NFW_NFT_SOURCE_PAYLOAD,
                                 .key = NFT_PAYLOAD_NETWORK_HEADER,
                                 .offset = 12,
                                 .size = 4 },
        [NFW_FIELD_IP_DADDR] = { .name = "ip daddr",
                                 .type_name = "ipv4_addr",
                                 .type = NFW_NFT_TYPE_IPV4_ADDR,
                                 .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                 .requirement = NFW_NFT_REQUIRE_IPV4,
                                 .source = NFW_NFT_SOURCE_PAYLOAD,
                                 .key = NFT_PAYLOAD_NETWORK_HEADER,
                                 .offset = 16,
                                 .size = 4 },
        [NFW_FIELD_IP6_SADDR] = { .name = "ip6 saddr",
                                  .type_name = "ipv6_addr",
                                  .type = NFW_NFT_TYPE_IPV6_ADDR,
                                  .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                  .requirement = NFW_NFT_REQUIRE_IPV6,
                                  .source = NFW_NFT_SOURCE_PAYLOAD,
                                  .key = NFT_PAYLOAD_NETWORK_HEADER,
                                  .offset = 8,
                                  .size = 16 },
        [NFW_FIELD_IP6_DADDR] = { .name = "ip6 daddr",
                                  .type_name = "ipv6_addr",
                                  .type = NFW_NFT_TYPE_IPV6_ADDR,
                                  .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                  .requirement = NFW_NFT_REQUIRE_IPV6,
                                  .source = NFW_NFT_SOURCE_PAYLOAD,
                                  .key = NFT_PAYLOAD_NETWORK_HEADER,
                                  .offset = 24,
                                  .size = 16 },
        [NFW_FIELD_IP6_HOPLIMIT] = { .name = "ip6 hoplimit",
                                     .type = NFW_NFT_TYPE_INTEGER,
                                     .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                     .requirement = NFW_NFT_REQUIRE_IPV6,
                                     .source = NFW_NFT_SOURCE_PAYLOAD,
                                     .key = NFT_PAYLOAD_NETWORK_HEADER,
                                     .offset = 7,
                                     .size = 1 },
        [NFW_FIELD_L4PROTO] = { .name = "meta l4proto",
                                .type_name = "inet_proto",
                                .type = NFW_NFT_TYPE_INET_PROTO,
                                .byteorder = NFW_NFT_BYTEORDER_NONE,
                                .source = NFW_NFT_SOURCE_META,
                                .key = NFT_META_L4PROTO,
                                .size = 1 },
        [NFW_FIELD_TH_SPORT] = { .name = "th sport",
                                 .type_name = "inet_service",
                                 .type = NFW_NFT_TYPE_INET_SERVICE,
                                 .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                 .requirement = NFW_NFT_REQUIRE_TRANSPORT,
                                 .source = NFW_NFT_SOURCE_PAYLOAD,
                                 .key = NFT_PAYLOAD_TRANSPORT_HEADER,
                                 .offset = 0,
                                 .size = 2 },
        [NFW_FIELD_TH_DPORT] = { .name = "th dport",
                                 .type_name = "inet_service",
                                 .type = NFW_NFT_TYPE_INET_SERVICE,
                                 .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                 .requirement = NFW_NFT_REQUIRE_TRANSPORT,
                                 .source = NFW_NFT_SOURCE_PAYLOAD,
                                 .key = NFT_PAYLOAD_TRANSPORT_HEADER,
                                 .offset = 2,
                                 .size = 2 },
        [NFW_FIELD_ICMPV6_TYPE] = { .name = "icmpv6 type",
                                    .type_name = "icmpv6_type",
                                    .type = NFW_NFT_TYPE_ICMPV6_TYPE,
                                    .byteorder = NFW_NFT_BYTEORDER_NETWORK,
                                    .requirement = NFW_NFT_REQUIRE_ICMPV6,
                                    .source = NFW_NFT_SOURCE_PAYLOAD,
                                    .key = NFT_PAYLOAD_TRANSPORT_HEADER,
                                    .offset = 0,
                                    .size = 1 },
        [NFW_FIELD_CT_STATE] = { .name = "ct state",
                                 .type = NFW_NFT_TYPE_CT_STATE,
                                 .byteorder = NFW_NFT_BYTEORDER_HOST,
                                 .source = NFW_NFT_SOURCE_CT,
                                 .key = NFT_CT_STATE,
                                 .size = 4 },
};

static const struct nfw_nft_field ports[NFW_N_DIRECTIONS] = {
        [NFW_EGRESS] = { .name = "iifname",
                         .type_name = "ifname",
                         .type = NFW_NFT_TYPE_IFNAME,
                         .byteorder = NFW_NFT_BYTEORDER_HOST,
                         .source = NFW_NFT_SOURCE_META,
                         .key = NFT_META_IIFNAME,
                         .size = IFNAMSIZ },
        [NFW_INGRESS] = { .name = "oifname",
                          .type_name = "ifname",
                          .type = NFW_NFT_TYPE_IFNAME,
                          .byteorder = NFW_NFT_BYTEORDER_HOST,
                          .source = NFW_NFT_SOURCE_META,
                          .key = NFT_META_OIFNAME,
                          .size = IFNAMSIZ },
};

const struct nfw_nft_field *nfw_nft_field(enum nfw_field field) {
        return &fields[field];
}

const struct nfw_nft_field *nfw_nft_port_field(enum nfw_direction direction) {
        return &ports[direction];
}
