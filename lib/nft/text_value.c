/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <string.h>

#include "nft/match.h"
#include "nft/text-internal.h"

struct name {
        uint16_t value;
        const char *name;
};

static const struct name ether_types[] = {
        { 0x0800, "ip" }, { 0x0806, "arp" }, { 0x8100, "8021q" }, { 0x86dd, "ip6" }, { 0x88a8, "8021ad" },
};

static const struct name protocols[] = {
        { 1, "icmp" }, { 2, "igmp" }, { 6, "tcp" },        { 17, "udp" },   { 33, "dccp" },     { 47, "gre" },
        { 50, "esp" }, { 51, "ah" },  { 58, "ipv6-icmp" }, { 132, "sctp" }, { 136, "udplite" },
};

static const struct name icmpv6_types[] = {
        { 1, "destination-unreachable" }, { 2, "packet-too-big" },        { 3, "time-exceeded" },
        { 4, "parameter-problem" },       { 128, "echo-request" },        { 129, "echo-reply" },
        { 130, "mld-listener-query" },    { 131, "mld-listener-report" }, { 132, "mld-listener-done" },
        { 133, "nd-router-solicit" },     { 134, "nd-router-advert" },    { 135, "nd-neighbor-solicit" },
        { 136, "nd-neighbor-advert" },    { 137, "nd-redirect" },         { 138, "router-renumbering" },
        { 141, "ind-neighbor-solicit" },  { 142, "ind-neighbor-advert" }, { 143, "mld2-listener-report" },
};

static const struct type {
        enum nfw_nft_type type;
        const struct name *names;
        size_t n_names;
        size_t per_line;
} types[] = {
        { NFW_NFT_TYPE_INTEGER, NULL, 0, 1 },
        { NFW_NFT_TYPE_IPV4_ADDR, NULL, 0, 2 },
        { NFW_NFT_TYPE_IPV6_ADDR, NULL, 0, 1 },
        { NFW_NFT_TYPE_ETHER_TYPE, ether_types, NFW_ARRAY_SIZE(ether_types), 1 },
        { NFW_NFT_TYPE_INET_PROTO, protocols, NFW_ARRAY_SIZE(protocols), 5 },
        { NFW_NFT_TYPE_INET_SERVICE, NULL, 0, 5 },
        { NFW_NFT_TYPE_ICMPV6_TYPE, icmpv6_types, NFW_ARRAY_SIZE(icmpv6_types), 1 },
};

static const struct type *find_type(enum nfw_nft_type wanted) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(types); i++)
                if (types[i].type == wanted)
                        return &types[i];
        return &types[0];
}

static const char *find_name(const struct type *type, unsigned int number) {
        for (size_t i = 0; i < type->n_names; i++)
                if (type->names[i].value == number)
                        return type->names[i].name;
        return NULL;
}

/* Within a range nft prints numbers. */
static void print_value(FILE *stream, const struct nfw_nft_field *field, const uint8_t *value, bool by_name) {
        const struct type *type = find_type(field->type);
        char text[INET6_ADDRSTRLEN];
        unsigned int number = field->size == 1 ? value[0] : (unsigned int)value[0] << 8 | value[1];
        const char *name = by_name ? find_name(type, number) : NULL;

        if (field->type == NFW_NFT_TYPE_IPV4_ADDR)
                fputs(inet_ntop(AF_INET, value, text, sizeof(text)), stream);
        else if (field->type == NFW_NFT_TYPE_IPV6_ADDR)
                fputs(inet_ntop(AF_INET6, value, text, sizeof(text)), stream);
        else if (name)
                fputs(name, stream);
        else if (field->type == NFW_NFT_TYPE_ETHER_TYPE)
                fprintf(stream, "0x%04x", number);
        else
                fprintf(stream, "%u", number);
}

static bool has_prefixes(const struct nfw_nft_field *field) {
        return field->type == NFW_NFT_TYPE_IPV4_ADDR || field->type == NFW_NFT_TYPE_IPV6_ADDR;
}

void nfw_nft_print_range(FILE *stream, const struct nfw_nft_field *field, const struct nfw_range *range) {
        bool single = memcmp(range->first, range->last, field->size) == 0;
        int length = has_prefixes(field) ? nfw_nft_range_prefix_length(range, field->size) : -1;

        print_value(stream, field, range->first, single);
        if (single)
                return;
        if (length >= 0) {
                fprintf(stream, "/%d", length);
                return;
        }
        fputc('-', stream);
        print_value(stream, field, range->last, false);
}

size_t nfw_nft_elements_per_line(const struct nfw_nft_set *set) {
        return set->key.n_fields == 1 ? find_type(set->key.fields[0]->type)->per_line : 1;
}
