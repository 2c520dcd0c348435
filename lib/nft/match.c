/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/match.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/implied.h"
#include "nft/names.h"
#include "nft/nftnl.h"

/* In the inet family the packet says which protocol it is; a bridge has frames, whose type says it. */
static int require_network(struct nftnl_rule *rule,
                           enum nfw_table table,
                           uint8_t nfproto,
                           uint16_t ether_type) {
        uint16_t protocol = htons(ether_type);
        int r;

        if (table == NFW_TABLE_BRIDGE) {
                r = nfw_nft_expr_meta(rule, NFT_META_PROTOCOL, NFT_REG_1);
                return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
        }
        r = nfw_nft_expr_meta(rule, NFT_META_NFPROTO, NFT_REG_1);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, &nfproto, sizeof(nfproto));
}

static int require_ether_type(struct nftnl_rule *rule, uint16_t ether_type) {
        uint16_t protocol = htons(ether_type);
        int r;

        r = nfw_nft_expr_load(rule, nfw_nft_field(NFW_FIELD_ETHER_TYPE), 0, NFT_REG_1);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

/* As nft does it: of ICMP on a bridge it asks the frame's type, not the packet's. */
static int require_icmp(struct nftnl_rule *rule,
                        struct nfw_nft_match_state *state,
                        uint8_t nfproto,
                        uint16_t ether_type,
                        uint8_t protocol) {
        bool *is_network = nfproto == NFPROTO_IPV4 ? &state->is_ipv4 : &state->is_ipv6;
        bool *is_icmp = nfproto == NFPROTO_IPV4 ? &state->is_icmp : &state->is_icmpv6;
        int r = 0;

        if (!*is_network)
                r = state->table == NFW_TABLE_BRIDGE
                            ? require_ether_type(rule, ether_type)
                            : require_network(rule, state->table, nfproto, ether_type);
        *is_network = true;
        if (r < 0 || *is_icmp)
                return r;

        *is_icmp = true;
        r = nfw_nft_expr_meta(rule, NFT_META_L4PROTO, NFT_REG_1);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

static int require_arp(struct nftnl_rule *rule, struct nfw_nft_match_state *state) {
        if (state->is_arp || nfw_nft_rule_is_rarp(state->rule))
                return 0;
        state->is_arp = true;
        return require_network(rule, state->table, 0, ETH_P_ARP);
}

static int require_vlan(struct nftnl_rule *rule,
                        struct nfw_nft_match_state *state,
                        const struct nfw_plan_match *match) {
        const struct nfw_plan_match *type = nfw_nft_match_ether_type(state->rule);

        if (state->is_vlan)
                return 0;
        state->is_vlan = true;
        return type && type < match ? 0 : require_ether_type(rule, ETH_P_8021Q);
}

/* As nft does it: where the ports are looked at, not where the rule said it first. */
static int require_transport(struct nftnl_rule *rule,
                             struct nfw_nft_match_state *state,
                             const struct nfw_plan_match *match) {
        const struct nfw_plan_match *protocol = nfw_nft_match_protocol(state->rule, match);
        int r;

        if (state->is_transport)
                return 0;
        state->is_transport = true;
        if (!protocol || !nfw_nft_match_is_implied(state->rule, protocol))
                return 0;
        r = nfw_nft_expr_meta(rule, NFT_META_L4PROTO, NFT_REG_1);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, protocol->range.first, 1);
}

static int require(struct nftnl_rule *rule,
                   struct nfw_nft_match_state *state,
                   const struct nfw_plan_match *match,
                   enum nfw_nft_requirement requirement) {
        switch (requirement) {
        case NFW_NFT_REQUIRE_IPV4:
                if (state->is_ipv4)
                        return 0;
                state->is_ipv4 = true;
                return require_network(rule, state->table, NFPROTO_IPV4, ETH_P_IP);
        case NFW_NFT_REQUIRE_IPV6:
                if (state->is_ipv6)
                        return 0;
                state->is_ipv6 = true;
                return require_network(rule, state->table, NFPROTO_IPV6, ETH_P_IPV6);
        case NFW_NFT_REQUIRE_ARP:
                return require_arp(rule, state);
        case NFW_NFT_REQUIRE_VLAN:
                return require_vlan(rule, state, match);
        case NFW_NFT_REQUIRE_ICMP:
                return require_icmp(rule, state, NFPROTO_IPV4, ETH_P_IP, IPPROTO_ICMP);
        case NFW_NFT_REQUIRE_ICMPV6:
                return require_icmp(rule, state, NFPROTO_IPV6, ETH_P_IPV6, IPPROTO_ICMPV6);
        case NFW_NFT_REQUIRE_TRANSPORT:
                return require_transport(rule, state, match);
        default:
                return 0;
        }
}

static int require_all(struct nftnl_rule *rule,
                       struct nfw_nft_match_state *state,
                       const struct nfw_plan_match *match) {
        int r;

        for (size_t i = 0; i < match->n_fields; i++) {
                /* Routed packets have no frame to look at, or one that was not theirs. */
                if (nfw_nft_field(match->fields[i])->key == NFT_PAYLOAD_LL_HEADER &&
                    nfw_nft_field(match->fields[i])->source == NFW_NFT_SOURCE_PAYLOAD &&
                    state->table != NFW_TABLE_BRIDGE)
                        return -EOPNOTSUPP;
                r = require(rule, state, match, nfw_nft_field(match->fields[i])->requirement);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void make_mask(uint8_t *mask, size_t size, size_t n_bits) {
        memset(mask, 0, size);
        for (size_t bit = 0; bit < n_bits; bit++)
                mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

int nfw_nft_range_prefix_length(const struct nfw_range *range, size_t size) {
        size_t length = 0;

        while (length < 8 * size &&
               !((range->first[length / 8] ^ range->last[length / 8]) & (0x80 >> length % 8)))
                length++;
        for (size_t bit = length; bit < 8 * size; bit++)
                if (range->first[bit / 8] & (0x80 >> bit % 8) || !(range->last[bit / 8] & (0x80 >> bit % 8)))
                        return -1;
        return (int)length;
}

static int add_prefix(struct nftnl_rule *rule,
                      const struct nfw_nft_field *field,
                      const struct nfw_plan_match *match,
                      size_t length) {
        uint32_t op = match->negate ? NFT_CMP_NEQ : NFT_CMP_EQ;
        uint8_t mask[NFW_VALUE_MAX];
        int r;

        if (length > 0 && length % 8 == 0) {
                r = nfw_nft_expr_load(rule, field, length / 8, NFT_REG_1);
                return r < 0 ? r : nfw_nft_expr_cmp(rule, op, match->range.first, length / 8);
        }

        make_mask(mask, field->size, length);
        r = nfw_nft_expr_load(rule, field, 0, NFT_REG_1);
        if (r == 0)
                r = nfw_nft_expr_mask(rule, mask, field->size);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, op, match->range.first, field->size);
}

static int add_range(struct nftnl_rule *rule, const struct nfw_plan_match *match) {
        const struct nfw_nft_field *field = nfw_nft_field(match->fields[0]);
        const struct nfw_range *range = &match->range;
        int length, r;

        length = field->type == NFW_NFT_TYPE_IPV4_ADDR || field->type == NFW_NFT_TYPE_IPV6_ADDR
                         ? nfw_nft_range_prefix_length(range, field->size)
                         : -1;
        if (length >= 0)
                return add_prefix(rule, field, match, (size_t)length);

        r = nfw_nft_expr_load(rule, field, 0, NFT_REG_1);
        if (r < 0)
                return r;
        if (memcmp(range->first, range->last, field->size) == 0)
                return nfw_nft_expr_cmp(rule, match->negate ? NFT_CMP_NEQ : NFT_CMP_EQ, range->first,
                                        field->size);
        if (match->negate)
                return nfw_nft_expr_not_in_range(rule, range->first, range->last, field->size);
        r = nfw_nft_expr_cmp(rule, NFT_CMP_GTE, range->first, field->size);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_LTE, range->last, field->size);
}

static int add_ports(struct nftnl_rule *rule,
                     const struct nfw_plan_match *a,
                     const struct nfw_plan_match *b) {
        const struct nfw_plan_match *source = a->fields[0] == NFW_FIELD_TH_SPORT ? a : b;
        const struct nfw_plan_match *destination = source == a ? b : a;
        const struct nfw_nft_field *field = nfw_nft_field(NFW_FIELD_TH_SPORT);
        uint8_t ports[2 * sizeof(uint16_t)];
        int r;

        memcpy(ports, source->range.first, sizeof(uint16_t));
        memcpy(ports + sizeof(uint16_t), destination->range.first, sizeof(uint16_t));
        r = nfw_nft_expr_load(rule, field, sizeof(ports), NFT_REG_1);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, ports, sizeof(ports));
}

static int add_flags(struct nftnl_rule *rule, const struct nfw_plan_match *match) {
        uint32_t none = 0;
        int r;

        if (match->fields[0] != NFW_FIELD_CT_STATE)
                return -EOPNOTSUPP;

        r = nfw_nft_expr_load(rule, nfw_nft_field(NFW_FIELD_CT_STATE), 0, NFT_REG_1);
        if (r == 0)
                r = nfw_nft_expr_mask(rule, &match->flags, sizeof(match->flags));
        return r < 0 ? r
                     : nfw_nft_expr_cmp(rule, match->negate ? NFT_CMP_EQ : NFT_CMP_NEQ, &none, sizeof(none));
}

int nfw_nft_match_key(const struct nfw_plan_match *match,
                      enum nfw_direction direction,
                      bool per_port,
                      struct nfw_nft_key *ret_key) {
        struct nfw_nft_key key = { 0 };

        if ((match->n_fields == 0 && !per_port) || match->n_fields > NFW_PLAN_MAX_FIELDS)
                return -EINVAL;
        if (per_port)
                key.fields[key.n_fields++] = nfw_nft_port_field(direction);
        for (size_t i = 0; i < match->n_fields; i++)
                key.fields[key.n_fields++] = nfw_nft_field(match->fields[i]);

        *ret_key = key;
        return 0;
}

static int add_lookup(struct nftnl_rule *rule,
                      const struct nfw_nft_match_state *state,
                      const struct nfw_plan_match *match,
                      const struct nfw_nft_set *set) {
        bool per_port = match->kind == NFW_PLAN_PARAMETER || set->flags & NFT_SET_TIMEOUT || set->per_port;
        struct nfw_nft_key key;
        const char *name;
        int r;

        r = nfw_nft_match_key(match, state->direction, per_port, &key);
        if (r == 0)
                r = nfw_nft_expr_load_key(rule, &key, set ? &set->masks : NULL);
        if (r < 0)
                return r;

        name = match->kind == NFW_PLAN_PARAMETER
                       ? nfw_nft_parameter_set_name(match->parameter,
                                                    nfw_nft_field(match->fields[0])->size == 4 ? AF_INET
                                                                                               : AF_INET6)
               : set->name ? set->name
                           : NFW_NFT_ANONYMOUS_SET;
        return nfw_nft_expr_lookup(rule, name, set ? set->id : 0, match->negate);
}

/* Not loaded whole and compared as it is. */
static bool is_special(enum nfw_field field) {
        return nfw_nft_field(field)->mask || nfw_nft_field(field)->source == NFW_NFT_SOURCE_TCP_OPTION;
}

int nfw_nft_match_add(struct nftnl_rule *rule,
                      struct nfw_nft_match_state *state,
                      const struct nfw_plan_match *match,
                      const struct nfw_nft_set *set) {
        const struct nfw_plan_match *other_port = nfw_nft_match_other_port(state->rule, match);
        int r;

        if ((match->n_fields == 0 && match->kind != NFW_PLAN_SET) ||
            (match->n_fields > 1 && match->kind != NFW_PLAN_SET && match->kind != NFW_PLAN_SAME_OCTET))
                return -EINVAL;
        if (nfw_nft_match_is_implied(state->rule, match) || (other_port && other_port < match))
                return 0;

        r = require_all(rule, state, match);
        if (r < 0)
                return r;

        switch (match->kind) {
        case NFW_PLAN_RANGE:
                if (is_special(match->fields[0]))
                        return nfw_nft_match_add_for_filter(rule, state, match, set);
                return other_port ? add_ports(rule, match, other_port) : add_range(rule, match);
        case NFW_PLAN_FLAGS:
                return add_flags(rule, match);
        case NFW_PLAN_SET:
                if (match->n_fields > 0 && is_special(match->fields[0]))
                        return -EOPNOTSUPP;
                return add_lookup(rule, state, match, set);
        case NFW_PLAN_PARAMETER:
                return add_lookup(rule, state, match, set);
        default:
                return nfw_nft_match_add_for_filter(rule, state, match, set);
        }
}
