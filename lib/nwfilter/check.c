/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nwfilter/element.h"

/* Protocols with ports (IANA protocol numbers). */
static const uint8_t port_protocols[] = { 6, 17, 33, 132, 136 };

#define IPPROTO_ICMPV6_NUMBER 58

static const char *name_of(const struct nfw_nwfilter_value *value) {
        return nfw_nwfilter_attribute_name(value->attribute);
}

static const struct nfw_nwfilter_value *find(const struct nfw_nwfilter_rule *rule,
                                             enum nfw_nwfilter_attribute attribute) {
        nfw_vec_foreach (value, &rule->values)
                if (value->attribute == attribute)
                        return value;
        return NULL;
}

static size_t count(const struct nfw_nwfilter_rule *rule, enum nfw_nwfilter_attribute attribute) {
        size_t n = 0;

        nfw_vec_foreach (value, &rule->values)
                n += value->attribute == attribute;
        return n;
}

static bool is_end_of_range(const struct nfw_nwfilter_attribute_info *info) {
        return info->has_of && (info->type == NFW_NWFILTER_TYPE_NUMBER || info->type == NFW_NWFILTER_TYPE_IP);
}

static bool is_below(const struct nfw_nwfilter_attribute_info *info,
                     const struct nfw_nwfilter_constant *a,
                     const struct nfw_nwfilter_constant *b) {
        if (info->type == NFW_NWFILTER_TYPE_IP)
                return memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes)) < 0;
        return a->number < b->number;
}

/* What stands beside another value: that one must be there, and an end must be behind its start. */
static int check_of(struct nfw_reader *reader,
                    const struct nfw_nwfilter_rule *rule,
                    const struct nfw_nwfilter_value *value) {
        const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(value->attribute);
        const struct nfw_nwfilter_value *of;
        const char *name;

        if (!info->has_of)
                return 0;
        name = nfw_nwfilter_attribute_name(info->of);
        of = nfw_nwfilter_rule_of(rule, value);
        if (!of && count(rule, info->of) > 1)
                return nfw_problems_error(&reader->problems, "nwfilter/ambiguous", &value->pos,
                                          "write both in the same element", "which %s does %s belong to?",
                                          name, name_of(value));
        if (!of)
                return nfw_problems_error(&reader->problems, "nwfilter/incomplete", &value->pos, NULL,
                                          "%s needs %s, which is not there", name_of(value), name);
        if (!is_end_of_range(info))
                return 0;
        if (of->negate != value->negate)
                return nfw_problems_error(&reader->problems, "nwfilter/ambiguous", &value->pos,
                                          "write both in the same element",
                                          "%s and %s are one range, but match differs", name, name_of(value));
        if (!of->access.name && !value->access.name && is_below(info, &value->constant, &of->constant))
                return nfw_problems_error(&reader->problems, "nwfilter/empty-range", &value->pos, NULL,
                                          "%s='%.64s' is below %s='%.64s'", name_of(value), value->text, name,
                                          of->text);
        return 0;
}

static bool has_ports(uint64_t protocol) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(port_protocols); i++)
                if (port_protocols[i] == protocol)
                        return true;
        return false;
}

/* The elements ip and ipv6 look for ports, types and codes in packets of any protocol, unless they name one. */
static int check_protocol(struct nfw_reader *reader,
                          const struct nfw_nwfilter_rule *rule,
                          const struct nfw_nwfilter_value *value) {
        bool is_port =
                value->attribute >= NFW_NWFILTER_SRCPORTSTART && value->attribute <= NFW_NWFILTER_DSTPORTEND;
        bool is_type = value->attribute >= NFW_NWFILTER_TYPE && value->attribute <= NFW_NWFILTER_CODE_END;
        const struct nfw_nwfilter_value *protocol = find(rule, NFW_NWFILTER_PROTOCOL);

        if ((rule->protocol != NFW_NWFILTER_IP && rule->protocol != NFW_NWFILTER_IPV6) ||
            (!is_port && !is_type))
                return 0;
        if (!protocol || protocol->negate || count(rule, NFW_NWFILTER_PROTOCOL) > 1)
                return nfw_problems_error(&reader->problems, "nwfilter/incomplete", &value->pos, NULL,
                                          "%s needs one protocol%s", name_of(value),
                                          protocol && protocol->negate ? ", and not with match='no'" : "");
        if (protocol->access.name)
                return 0;
        if (is_port && !has_ports(protocol->constant.number))
                return nfw_problems_error(
                        &reader->problems, "nwfilter/incomplete", &value->pos, NULL,
                        "%s needs a protocol with ports: tcp, udp, udplite, sctp or 33 (DCCP)",
                        name_of(value));
        if (is_type && protocol->constant.number != IPPROTO_ICMPV6_NUMBER)
                return nfw_problems_error(&reader->problems, "nwfilter/incomplete", &value->pos, NULL,
                                          "%s needs protocol='icmpv6'", name_of(value));
        return 0;
}

static int check_flags(struct nfw_reader *reader, const struct nfw_nwfilter_value *value) {
        if (value->attribute != NFW_NWFILTER_FLAGS || (value->constant.number & ~value->constant.mask) == 0)
                return 0;
        return nfw_problems_warning(
                &reader->problems, "nwfilter/never", &value->pos,
                "before the slash are the flags that are looked at, behind it those that are set",
                "no packet has flags='%.64s'", value->text);
}

int nfw_reader_check_rule(struct nfw_reader *reader, const struct nfw_nwfilter_rule *rule) {
        int r;

        nfw_vec_foreach (value, &rule->values) {
                r = check_of(reader, rule, value);
                if (r == 0)
                        r = check_protocol(reader, rule, value);
                if (r == 0)
                        r = check_flags(reader, value);
                if (r < 0)
                        return r;
        }
        return 0;
}
