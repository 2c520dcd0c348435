/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "net/mac.h"
#include "nft/match.h"
#include "nft/text/internal.h"

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

static const struct name arp_operations[] = {
        { 1, "request" },   { 2, "reply" },   { 3, "rrequest" }, { 4, "rreply" },
        { 8, "inrequest" }, { 9, "inreply" }, { 10, "nak" },
};

static const struct name icmp_types[] = {
        { 0, "echo-reply" },           { 3, "destination-unreachable" },
        { 4, "source-quench" },        { 5, "redirect" },
        { 8, "echo-request" },         { 9, "router-advertisement" },
        { 10, "router-solicitation" }, { 11, "time-exceeded" },
        { 12, "parameter-problem" },   { 13, "timestamp-request" },
        { 14, "timestamp-reply" },     { 15, "info-request" },
        { 16, "info-reply" },          { 17, "address-mask-request" },
        { 18, "address-mask-reply" },
};

static const struct name icmp_codes[] = {
        { 0, "net-unreachable" },  { 1, "host-unreachable" },  { 2, "prot-unreachable" },
        { 3, "port-unreachable" }, { 4, "frag-needed" },       { 9, "net-prohibited" },
        { 10, "host-prohibited" }, { 13, "admin-prohibited" },
};

static const struct name icmpv6_codes[] = {
        { 0, "no-route" },         { 1, "admin-prohibited" }, { 3, "addr-unreachable" },
        { 4, "port-unreachable" }, { 5, "policy-fail" },      { 6, "reject-route" },
};

static const struct name dscps[] = {
        { 0x00, "cs0" },  { 0x08, "cs1" },  { 0x10, "cs2" },  { 0x18, "cs3" },   { 0x20, "cs4" },
        { 0x28, "cs5" },  { 0x30, "cs6" },  { 0x38, "cs7" },  { 0x01, "lephb" }, { 0x0a, "af11" },
        { 0x0c, "af12" }, { 0x0e, "af13" }, { 0x12, "af21" }, { 0x14, "af22" },  { 0x16, "af23" },
        { 0x1a, "af31" }, { 0x1c, "af32" }, { 0x1e, "af33" }, { 0x22, "af41" },  { 0x24, "af42" },
        { 0x26, "af43" }, { 0x2c, "va" },   { 0x2e, "ef" },
};

static const struct name ct_directions[] = { { 0, "original" }, { 1, "reply" } };

static const struct name tcp_flags[] = {
        { 0x01, "fin" }, { 0x02, "syn" }, { 0x04, "rst" }, { 0x08, "psh" },
        { 0x10, "ack" }, { 0x20, "urg" }, { 0x40, "ecn" }, { 0x80, "cwr" },
};

static const struct name tcp_options[] = {
        { 0, "eol" },  { 1, "nop" },       { 2, "maxseg" },  { 3, "window" }, { 4, "sack-perm" },
        { 5, "sack" }, { 8, "timestamp" }, { 19, "md5sig" }, { 30, "mptcp" }, { 34, "fastopen" },
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
        { NFW_NFT_TYPE_ETHER_ADDR, NULL, 0, 1 },
        { NFW_NFT_TYPE_ARP_OP, arp_operations, NFW_ARRAY_SIZE(arp_operations), 1 },
        { NFW_NFT_TYPE_ICMP_TYPE, icmp_types, NFW_ARRAY_SIZE(icmp_types), 1 },
        { NFW_NFT_TYPE_ICMP_CODE, icmp_codes, NFW_ARRAY_SIZE(icmp_codes), 1 },
        { NFW_NFT_TYPE_ICMPV6_CODE, icmpv6_codes, NFW_ARRAY_SIZE(icmpv6_codes), 1 },
        { NFW_NFT_TYPE_DSCP, dscps, NFW_ARRAY_SIZE(dscps), 1 },
        { NFW_NFT_TYPE_CT_DIR, ct_directions, NFW_ARRAY_SIZE(ct_directions), 1 },
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

static bool is_raw(const struct nfw_nft_field *field) {
        return field->name[0] == '@';
}

static void print_hexadecimal(FILE *stream, const uint8_t *value, size_t size) {
        uint64_t number = 0;

        for (size_t i = 0; i < size; i++)
                number = number << 8 | value[i];
        fprintf(stream, "0x%" PRIx64, number);
}

void nfw_nft_print_raw_range(FILE *stream, const struct nfw_nft_field *field, const struct nfw_range *range) {
        print_hexadecimal(stream, range->first, field->size);
        if (memcmp(range->first, range->last, field->size) != 0) {
                fputc('-', stream);
                print_hexadecimal(stream, range->last, field->size);
        }
}

void nfw_nft_print_raw_field(FILE *stream, const struct nfw_nft_field *field) {
        fprintf(stream, "@%s,%u,%u", field->key == NFT_PAYLOAD_LL_HEADER ? "ll" : "nh", 8 * field->offset,
                8u * field->size);
}

void nfw_nft_print_tcp_flags(FILE *stream, uint8_t flags) {
        const char *separator = "";

        if (!flags)
                fputs("0x0", stream);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(tcp_flags); i++)
                if (flags & tcp_flags[i].value) {
                        fprintf(stream, "%s%s", separator, tcp_flags[i].name);
                        separator = ",";
                }
}

void nfw_nft_print_tcp_option(FILE *stream, uint8_t kind) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(tcp_options); i++)
                if (tcp_options[i].value == kind) {
                        fputs(tcp_options[i].name, stream);
                        return;
                }
        fprintf(stream, "%u", kind);
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
        else if (field->type == NFW_NFT_TYPE_ETHER_ADDR)
                fputs(nfw_mac_format(value, text), stream);
        else if (name)
                fputs(name, stream);
        else if (field->type == NFW_NFT_TYPE_DSCP)
                fprintf(stream, "0x%02x", number);
        else if (is_raw(field))
                print_hexadecimal(stream, value, field->size);
        else if (field->type == NFW_NFT_TYPE_ETHER_TYPE)
                fprintf(stream, "0x%04x", number);
        else
                fprintf(stream, "%u", number);
}

/* Addresses are printed as such even where they are masks. */
static bool has_type(const struct nfw_nft_field *field) {
        return field->type == NFW_NFT_TYPE_IPV4_ADDR || field->type == NFW_NFT_TYPE_IPV6_ADDR ||
               field->type == NFW_NFT_TYPE_ETHER_ADDR;
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

void nfw_nft_print_bits(FILE *stream, const struct nfw_nft_field *field, const uint8_t *bits) {
        if (is_raw(field) || !has_type(field))
                print_hexadecimal(stream, bits, field->size);
        else
                print_value(stream, field, bits, false);
}

size_t nfw_nft_elements_per_line(const struct nfw_nft_set *set) {
        return set->key.n_fields == 1 ? find_type(set->key.fields[0]->type)->per_line : 1;
}
