/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/expr.h"
#include "nft/network/internal.h"
#include "nft/nftnl.h"

NFW_DEFINE_NFTNL_CLEANUP(nftnl_rule)

enum verdict {
        VERDICT_NONE, /* the lookup's */
        VERDICT_ACCEPT,
        VERDICT_RETURN,
        VERDICT_REJECT,
        VERDICT_JUMP,
        VERDICT_NAT,
};

/* A rule as what it looks at, in this order. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): so few */
struct rule {
        const char *chain;
        uint8_t family; /* 0: any */
        const char *iifname, *oifname;
        bool is_established;
        uint8_t protocol;
        int set;          /* enum nfw_nft_network_set, or -1 */
        bool is_outgoing; /* of the bridges: which of the two is looked up */
        enum verdict verdict;
        const char *target;
        const struct nfw_nft_network_nat *nat;
};

static int add_family(struct nftnl_rule *rule, uint8_t family) {
        uint8_t nfproto = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
        int r = nfw_nft_expr_meta(rule, NFT_META_NFPROTO, NFT_REG_1);

        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, &nfproto, sizeof(nfproto));
}

static int add_interface(struct nftnl_rule *rule, uint32_t key, const char *interface) {
        char name[IFNAMSIZ] = { 0 };
        int r;

        strcpy(name, interface);
        r = nfw_nft_expr_meta(rule, key, NFT_REG_1);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, name, sizeof(name));
}

static int add_established(struct nftnl_rule *rule) {
        static const uint32_t states = NFW_CT_ESTABLISHED | NFW_CT_RELATED, none;
        int r;

        r = nfw_nft_expr_load(rule, nfw_nft_field(NFW_FIELD_CT_STATE), 0, NFT_REG_1);
        if (r == 0)
                r = nfw_nft_expr_mask(rule, &states, sizeof(states));
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_NEQ, &none, sizeof(none));
}

static int add_protocol(struct nftnl_rule *rule, uint8_t protocol) {
        int r = nfw_nft_expr_meta(rule, NFT_META_L4PROTO, NFT_REG_1);

        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

static int add_lookup(struct nftnl_rule *rule, enum nfw_nft_network_set which, bool is_outgoing) {
        struct nfw_nft_set set;
        size_t octets = 0;
        int r = 0;

        nfw_nft_network_set(which, &set);
        if (is_outgoing)
                set.key.fields[0] = nfw_nft_port_field(NFW_INGRESS);
        for (size_t i = 0; i < set.key.n_fields && r == 0; i++) {
                r = nfw_nft_expr_load(rule, set.key.fields[i], 0, nfw_nft_register(octets));
                octets += nfw_nft_padded(set.key.fields[i]->size);
        }
        if (r < 0)
                return r;
        return set.flags & NFT_SET_MAP ? nfw_nft_expr_vmap(rule, set.name)
                                       : nfw_nft_expr_lookup(rule, set.name, 0, false);
}

static int add_immediate(struct nftnl_rule *rule, uint32_t reg, const void *value, size_t size) {
        struct nftnl_expr *expr = nftnl_expr_alloc("immediate");

        if (!expr)
                return -ENOMEM;
        nftnl_rule_add_expr(rule, expr);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, reg);
        return nftnl_expr_set(expr, NFTNL_EXPR_IMM_DATA, value, (uint32_t)size) < 0 ? -ENOMEM : 0;
}

static int add_ports(struct nftnl_rule *rule, const struct nfw_port_range *ports, uint32_t reg) {
        uint16_t first = htons(ports->first), last = htons(ports->last);
        int r = add_immediate(rule, reg, &first, sizeof(first));

        return r < 0 ? r : add_immediate(rule, reg + 1, &last, sizeof(last));
}

static int add_masquerade(struct nftnl_rule *rule, const struct nfw_nft_network_nat *nat, bool has_ports) {
        struct nftnl_expr *expr;
        int r;

        r = has_ports ? add_ports(rule, &nat->ports, NFT_REG_1) : 0;
        expr = r == 0 ? nftnl_expr_alloc("masq") : NULL;
        if (!expr)
                return -ENOMEM;
        nftnl_rule_add_expr(rule, expr);
        if (has_ports) {
                nftnl_expr_set_u32(expr, NFTNL_EXPR_MASQ_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
                nftnl_expr_set_u32(expr, NFTNL_EXPR_MASQ_REG_PROTO_MIN, NFT_REG_1);
                nftnl_expr_set_u32(expr, NFTNL_EXPR_MASQ_REG_PROTO_MAX, NFT_REG_2);
        }
        return 0;
}

/* With all that the kernel fills in where it is left out, so that what it holds can be compared with this. */
static int add_source(struct nftnl_rule *rule, const struct nfw_nft_network_nat *nat, bool has_ports) {
        bool is_range = !nfw_addr_equal(&nat->first, &nat->last);
        uint32_t last_reg = is_range ? NFT_REG_2 : NFT_REG_1, port_reg = last_reg + 1;
        struct nftnl_expr *expr;
        int r;

        r = add_immediate(rule, NFT_REG_1, nat->first.bytes, 4);
        if (r == 0 && is_range)
                r = add_immediate(rule, last_reg, nat->last.bytes, 4);
        if (r == 0 && has_ports)
                r = add_ports(rule, &nat->ports, port_reg);
        expr = r == 0 ? nftnl_expr_alloc("nat") : NULL;
        if (!expr)
                return -ENOMEM;
        nftnl_rule_add_expr(rule, expr);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_SNAT);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY, NFPROTO_IPV4);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MAX, last_reg);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FLAGS,
                           NF_NAT_RANGE_MAP_IPS | (has_ports ? NF_NAT_RANGE_PROTO_SPECIFIED : 0));
        if (has_ports) {
                nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN, port_reg);
                nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MAX, port_reg + 1);
        }
        return 0;
}

static int add_verdict(struct nftnl_rule *nftnl, const struct rule *rule) {
        int r;

        if (rule->verdict == VERDICT_NONE)
                return 0;
        r = nfw_nft_expr_counter(nftnl);
        if (r < 0)
                return r;
        switch (rule->verdict) {
        case VERDICT_ACCEPT:
                return nfw_nft_expr_verdict(nftnl, NF_ACCEPT);
        case VERDICT_RETURN:
                return nfw_nft_expr_verdict(nftnl, (uint32_t)NFT_RETURN);
        case VERDICT_REJECT:
                return nfw_nft_expr_reject(nftnl);
        case VERDICT_JUMP:
                return nfw_nft_expr_branch(nftnl, NFT_JUMP, rule->target);
        default:
                return rule->nat->first.family ? add_source(nftnl, rule->nat, rule->protocol)
                                               : add_masquerade(nftnl, rule->nat, rule->protocol);
        }
}

static int fill(struct nftnl_rule *nftnl, const struct rule *rule) {
        int r = 0;

        if (rule->family)
                r = add_family(nftnl, rule->family);
        if (r == 0 && rule->iifname)
                r = add_interface(nftnl, NFT_META_IIFNAME, rule->iifname);
        if (r == 0 && rule->oifname)
                r = add_interface(nftnl, NFT_META_OIFNAME, rule->oifname);
        if (r == 0 && rule->is_established)
                r = add_established(nftnl);
        if (r == 0 && rule->protocol)
                r = add_protocol(nftnl, rule->protocol);
        if (r == 0 && rule->set >= 0)
                r = add_lookup(nftnl, (enum nfw_nft_network_set)rule->set, rule->is_outgoing);
        return r < 0 ? r : add_verdict(nftnl, rule);
}

static int put(struct nfw_nft_batch *batch, const struct rule *rule) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *nftnl = nftnl_rule_alloc();
        struct nfw_nft_origin origin = { .what = "rule in the chain", .name = rule->chain };
        int r;

        if (!nftnl)
                return -ENOMEM;
        r = fill(nftnl, rule);
        return r != 0 ? r : nfw_nft_put_built_rule(batch, NFW_TABLE_INET, rule->chain, nftnl, &origin);
}

/*
 * Both ends of a packet are asked: where it comes from one network and goes to another, both must let it pass. So what
 * a chain allows it returns, and it accepts nothing.
 */
static const struct rule fixed_rules[] = {
        { .chain = NFW_NFT_NETWORK_FORWARD, .set = NFW_NFT_NETWORK_SET_CROSS, .verdict = VERDICT_ACCEPT },
        { .chain = NFW_NFT_NETWORK_FORWARD,
          .set = NFW_NFT_NETWORK_SET_BRIDGES,
          .is_outgoing = true,
          .verdict = VERDICT_JUMP,
          .target = NFW_NFT_NETWORK_TO },
        { .chain = NFW_NFT_NETWORK_FORWARD,
          .set = NFW_NFT_NETWORK_SET_BRIDGES,
          .verdict = VERDICT_JUMP,
          .target = NFW_NFT_NETWORK_FROM },

        { .chain = NFW_NFT_NETWORK_TO, .family = AF_INET, .set = NFW_NFT_NETWORK_SET_TO4 },
        { .chain = NFW_NFT_NETWORK_TO, .family = AF_INET6, .set = NFW_NFT_NETWORK_SET_TO6 },
        { .chain = NFW_NFT_NETWORK_TO, .set = -1, .verdict = VERDICT_REJECT },

        { .chain = NFW_NFT_NETWORK_FROM, .family = AF_INET, .set = NFW_NFT_NETWORK_SET_FROM4 },
        { .chain = NFW_NFT_NETWORK_FROM, .family = AF_INET6, .set = NFW_NFT_NETWORK_SET_FROM6 },
        { .chain = NFW_NFT_NETWORK_FROM, .set = -1, .verdict = VERDICT_REJECT },

        { .chain = NFW_NFT_NETWORK_INPUT, .set = NFW_NFT_NETWORK_SET_SERVICES, .verdict = VERDICT_ACCEPT },
        { .chain = NFW_NFT_NETWORK_OUTPUT, .set = NFW_NFT_NETWORK_SET_ANSWERS, .verdict = VERDICT_ACCEPT },

        { .chain = NFW_NFT_NETWORK_NAT,
          .family = AF_INET,
          .set = NFW_NFT_NETWORK_SET_PLAIN4,
          .verdict = VERDICT_RETURN },
        { .chain = NFW_NFT_NETWORK_NAT, .family = AF_INET, .set = NFW_NFT_NETWORK_SET_NAT4 },
        { .chain = NFW_NFT_NETWORK_NAT,
          .family = AF_INET6,
          .set = NFW_NFT_NETWORK_SET_PLAIN6,
          .verdict = VERDICT_RETURN },
        { .chain = NFW_NFT_NETWORK_NAT, .family = AF_INET6, .set = NFW_NFT_NETWORK_SET_NAT6 },
};

static int put_way(struct nfw_nft_batch *batch, const struct nfw_nft_network_way *way) {
        const char *device = way->device[0] ? way->device : NULL;
        struct rule rule = { .chain = way->chain, .set = -1, .verdict = VERDICT_RETURN };
        int r;

        rule.is_established = way->replies_only;
        if (way->from_guest)
                rule.oifname = device;
        else
                rule.iifname = device;
        r = put(batch, &rule);
        if (r < 0 || (!device && !way->replies_only))
                return r;
        return put(batch, &(struct rule){ .chain = way->chain, .set = -1, .verdict = VERDICT_REJECT });
}

static int put_nat(struct nfw_nft_batch *batch, const struct nfw_nft_network_nat *nat) {
        static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, 0 };
        int r = 0;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(protocols) && r == 0; i++)
                r = put(batch, &(struct rule){ .chain = nat->chain,
                                               .oifname = nat->device[0] ? nat->device : NULL,
                                               .protocol = protocols[i],
                                               .set = -1,
                                               .verdict = VERDICT_NAT,
                                               .nat = nat });
        return r;
}

int nfw_nft_put_network_rules(struct nfw_nft_batch *batch, const struct nfw_nft_network_plan *plan) {
        int r = 0;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(fixed_rules) && r == 0; i++)
                r = put(batch, &fixed_rules[i]);
        nfw_vec_foreach (way, &plan->ways)
                if (r == 0)
                        r = put_way(batch, way);
        nfw_vec_foreach (nat, &plan->nats)
                if (r == 0)
                        r = put_nat(batch, nat);
        return r;
}
