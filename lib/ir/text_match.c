/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/text_match.h"

#include <inttypes.h>
#include <netinet/in.h>

#include "base/macros.h"

/* People do not read longer lists; the nft text has them all. */
#define MAX_LISTED 12

struct value_name {
        enum nfw_field field;
        uint32_t value;
        const char *name;
};

static const struct value_name value_names[] = {
        { NFW_FIELD_ETHER_TYPE, 0x0800, "ip" },
        { NFW_FIELD_ETHER_TYPE, 0x0806, "arp" },
        { NFW_FIELD_ETHER_TYPE, 0x8035, "rarp" },
        { NFW_FIELD_ETHER_TYPE, 0x8100, "vlan" },
        { NFW_FIELD_ETHER_TYPE, 0x86dd, "ip6" },
        { NFW_FIELD_ETHER_TYPE, 0x88a8, "qinq" },
        { NFW_FIELD_VLAN_TYPE, 0x0800, "ip" },
        { NFW_FIELD_VLAN_TYPE, 0x0806, "arp" },
        { NFW_FIELD_VLAN_TYPE, 0x8100, "vlan" },
        { NFW_FIELD_VLAN_TYPE, 0x86dd, "ip6" },
        { NFW_FIELD_VLAN_TYPE, 0x88a8, "qinq" },
        { NFW_FIELD_ARP_OPERATION, 1, "request" },
        { NFW_FIELD_ARP_OPERATION, 2, "reply" },
        { NFW_FIELD_CT_DIRECTION, 0, "original" },
        { NFW_FIELD_CT_DIRECTION, 1, "reply" },
        { NFW_FIELD_L4PROTO, IPPROTO_ICMP, "icmp" },
        { NFW_FIELD_L4PROTO, IPPROTO_TCP, "tcp" },
        { NFW_FIELD_L4PROTO, IPPROTO_UDP, "udp" },
        { NFW_FIELD_L4PROTO, IPPROTO_AH, "ah" },
        { NFW_FIELD_L4PROTO, IPPROTO_ICMPV6, "ipv6-icmp" },
        { NFW_FIELD_ICMPV6_TYPE, 131, "mld-listener-report" },
        { NFW_FIELD_ICMPV6_TYPE, 132, "mld-listener-done" },
        { NFW_FIELD_ICMPV6_TYPE, 133, "nd-router-solicit" },
        { NFW_FIELD_ICMPV6_TYPE, 135, "nd-neighbor-solicit" },
        { NFW_FIELD_ICMPV6_TYPE, 136, "nd-neighbor-advert" },
        { NFW_FIELD_ICMPV6_TYPE, 143, "mld2-listener-report" },
};

static const struct value_name flag_names[] = {
        { NFW_FIELD_CT_STATE, NFW_CT_INVALID, "invalid" },
        { NFW_FIELD_CT_STATE, NFW_CT_ESTABLISHED, "established" },
        { NFW_FIELD_CT_STATE, NFW_CT_RELATED, "related" },
        { NFW_FIELD_CT_STATE, NFW_CT_NEW, "new" },
        { NFW_FIELD_CT_STATE, NFW_CT_UNTRACKED, "untracked" },
};

static const char *const parameter_names[NFW_N_PARAMETERS] = {
        [NFW_PARAMETER_RESOLVERS] = "$resolvers",
        [NFW_PARAMETER_LOCAL] = "$local",
        [NFW_PARAMETER_SUBNETS] = "$subnets",
};

static const char *find_name(enum nfw_field field, uint32_t value) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(value_names); i++) {
                if (value_names[i].field == field && value_names[i].value == value)
                        return value_names[i].name;
        }
        return NULL;
}

static bool is_hexadecimal(enum nfw_field field) {
        return field == NFW_FIELD_ETHER_TYPE || field == NFW_FIELD_VLAN_TYPE ||
               field == NFW_FIELD_ARP_PTYPE || field == NFW_FIELD_LLC;
}

static void print_octets(const uint8_t *octets, size_t size, FILE *stream) {
        for (size_t i = 0; i < size; i++)
                fprintf(stream, "%s%02x", i ? ":" : "", octets[i]);
}

static void print_value(enum nfw_field field, const uint8_t value[static NFW_VALUE_MAX], FILE *stream) {
        const struct nfw_field_info *info = nfw_field_info(field);
        char buffer[NFW_ADDR_TEXT_MAX];
        struct nfw_addr addr;
        const char *name;
        uint32_t number = 0;

        if (nfw_field_address_family(field) != 0) {
                nfw_addr_from_bytes(nfw_field_address_family(field), value, &addr);
                fputs(nfw_addr_format(&addr, buffer), stream);
                return;
        }
        if (info->size > sizeof(number)) {
                print_octets(value, info->size, stream);
                return;
        }

        for (size_t i = 0; i < info->size; i++)
                number = number << 8 | value[i];
        name = find_name(field, number);
        if (name)
                fputs(name, stream);
        else
                fprintf(stream, is_hexadecimal(field) ? "0x%04" PRIx32 : "%" PRIu32, number);
}

/* A range of values with names is as good as a list where it is no more than two of them. */
static bool is_pair_of_names(enum nfw_field field, const struct nfw_range *range) {
        bool has_names =
                field == NFW_FIELD_ETHER_TYPE || field == NFW_FIELD_L4PROTO || field == NFW_FIELD_ICMPV6_TYPE;

        return has_names && nfw_range_n_values(range, nfw_field_info(field)->size) == 2;
}

static void print_range(enum nfw_field field, const struct nfw_range *range, FILE *stream) {
        unsigned int length;

        print_value(field, range->first, stream);
        if (nfw_range_is_single(range))
                return;
        if (nfw_field_address_family(field) != 0 &&
            nfw_range_is_prefix(range, nfw_field_info(field)->size, &length)) {
                fprintf(stream, "/%u", length);
                return;
        }
        fputs(is_pair_of_names(field, range) ? ", " : "-", stream);
        print_value(field, range->last, stream);
}

static void print_list_item(size_t index, FILE *stream) {
        if (index > 0)
                fputs(", ", stream);
}

static void print_list_end(size_t n, FILE *stream) {
        if (n > MAX_LISTED)
                fprintf(stream, ", \u2026 (+%zu)", n - MAX_LISTED);
}

static void print_ranges(enum nfw_field field, const struct nfw_ranges *ranges, FILE *stream) {
        if (ranges->vec.n == 1 && !is_pair_of_names(field, &ranges->vec.items[0])) {
                print_range(field, &ranges->vec.items[0], stream);
                return;
        }

        fputs("{ ", stream);
        for (size_t i = 0; i < ranges->vec.n && i < MAX_LISTED; i++) {
                print_list_item(i, stream);
                print_range(field, &ranges->vec.items[i], stream);
        }
        print_list_end(ranges->vec.n, stream);
        fputs(" }", stream);
}

static void print_flags(enum nfw_field field, uint32_t flags, FILE *stream) {
        size_t n = 0;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(flag_names); i++) {
                if (flag_names[i].field == field && flags & flag_names[i].value)
                        fprintf(stream, "%s%s", n++ ? "," : "", flag_names[i].name);
        }
}

static void print_learned(const struct nfw_ir_learned *learned, FILE *stream) {
        char buffer[NFW_DOMAIN_TEXT_MAX + 2];

        fputs("learned(", stream);
        for (size_t i = 0; i < learned->patterns.n && i < MAX_LISTED; i++) {
                print_list_item(i, stream);
                fputs(nfw_domain_format(&learned->patterns.items[i], buffer), stream);
        }
        print_list_end(learned->patterns.n, stream);
        fputc(')', stream);
}

void nfw_ir_print_match(const struct nfw_ir *ir, const struct nfw_match *match, FILE *stream) {
        fprintf(stream, "%s %s", nfw_field_info(match->field)->name, match->negate ? "!= " : "");

        switch (match->kind) {
        case NFW_OPERAND_RANGES:
                print_ranges(match->field, &match->ranges, stream);
                break;
        case NFW_OPERAND_FLAGS:
                print_flags(match->field, match->flags, stream);
                break;
        case NFW_OPERAND_PARAMETER:
                fputs(parameter_names[match->parameter], stream);
                break;
        case NFW_OPERAND_LEARNED:
                print_learned(&ir->learned.items[match->learned], stream);
                break;
        default: /* for filters, which have a text of their own */
                break;
        }
}
