/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/element_list.h"
#include "nft/match.h"
#include "nft/nftnl.h"

/* More than the largest field that only part of is looked at. */
#define LOAD_MAX 4

const struct nfw_plan_match *nfw_nft_match_ether_type(const struct nfw_plan_rule *rule) {
        nfw_vec_foreach (match, &rule->matches)
                if (match->kind == NFW_PLAN_RANGE && !match->negate && match->n_fields == 1 &&
                    match->fields[0] == NFW_FIELD_ETHER_TYPE && nfw_range_is_single(&match->range))
                        return match;
        return NULL;
}

bool nfw_nft_rule_is_rarp(const struct nfw_plan_rule *rule) {
        const struct nfw_plan_match *type = nfw_nft_match_ether_type(rule);

        return type && type->range.first[0] == ETH_P_RARP >> 8 && type->range.first[1] == (ETH_P_RARP & 0xff);
}

static void put_number(uint32_t number, uint8_t *octets, size_t size) {
        while (size-- > 0) {
                octets[size] = (uint8_t)number;
                number >>= 8;
        }
}

size_t nfw_nft_encode_value(const struct nfw_nft_field *field, const uint8_t *value, uint8_t *ret_octets) {
        uint32_t number = 0;

        if (!field->mask) {
                memcpy(ret_octets, value, field->size);
                return field->size;
        }
        for (size_t i = 0; i < field->size; i++)
                number = number << 8 | value[i];
        put_number(number << field->shift, ret_octets, field->load_size);
        return field->load_size;
}

/* nft compares what is part of octets where it stands, moved there. */
static int add_part(struct nftnl_rule *rule, const struct nfw_plan_match *match) {
        const struct nfw_nft_field *field = nfw_nft_field(match->fields[0]);
        uint8_t mask[LOAD_MAX], first[LOAD_MAX], last[LOAD_MAX];
        size_t size;
        int r;

        put_number(field->mask, mask, field->load_size);
        size = nfw_nft_encode_value(field, match->range.first, first);
        nfw_nft_encode_value(field, match->range.last, last);

        r = nfw_nft_expr_load(rule, field, 0, NFT_REG_1);
        if (r == 0)
                r = nfw_nft_expr_mask(rule, mask, size);
        if (r < 0)
                return r;
        if (memcmp(first, last, size) == 0)
                return nfw_nft_expr_cmp(rule, match->negate ? NFT_CMP_NEQ : NFT_CMP_EQ, first, size);
        if (match->negate)
                return nfw_nft_expr_not_in_range(rule, first, last, size);
        r = nfw_nft_expr_cmp(rule, NFT_CMP_GTE, first, size);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_LTE, last, size);
}

/* Of several kinds each would have to be asked for by itself. */
static int add_tcp_option(struct nftnl_rule *rule, const struct nfw_plan_match *match) {
        uint8_t is_there = !match->negate;
        int r;

        if (!nfw_range_is_single(&match->range))
                return -EOPNOTSUPP;
        r = nfw_nft_expr_tcp_option(rule, match->range.first[0]);
        return r < 0 ? r : nfw_nft_expr_cmp(rule, NFT_CMP_EQ, &is_there, sizeof(is_there));
}

static int add_masked(struct nftnl_rule *rule, const struct nfw_plan_match *match) {
        const struct nfw_nft_field *field = nfw_nft_field(match->fields[0]);
        int r;

        if (field->mask || field->source != NFW_NFT_SOURCE_PAYLOAD)
                return -EOPNOTSUPP;
        r = nfw_nft_expr_load(rule, field, 0, NFT_REG_1);
        if (r == 0)
                r = nfw_nft_expr_mask(rule, match->range.last, field->size);
        return r < 0 ? r
                     : nfw_nft_expr_cmp(rule, match->negate ? NFT_CMP_NEQ : NFT_CMP_EQ, match->range.first,
                                        field->size);
}

int nfw_nft_put_octet_pairs(struct nfw_nft_batch *batch,
                            enum nfw_table table,
                            const struct nfw_plan_match *match,
                            const struct nfw_nft_origin *origin,
                            struct nfw_nft_set *ret_set) {
        struct nfw_nft_set set = { .id = nfw_nft_batch_next_set_id(batch),
                                   .flags = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT,
                                   .n_elements = 256 };
        struct nfw_nft_element_list list = {
                .batch = batch, .table = table, .type = NFT_MSG_NEWSETELEM, .set_id = set.id, .origin = origin
        };
        int r;

        if (match->n_fields != 2 || match->octet >= NFT_REG32_SIZE)
                return -EINVAL;
        r = nfw_nft_match_key(match, NFW_EGRESS, false, &set.key);
        if (r == 0 && nfw_nft_key_size(&set.key) != 2 * NFT_REG32_SIZE)
                return -EOPNOTSUPP;
        if (r == 0)
                r = nfw_nft_put_set(batch, table, &set, NULL, origin);
        for (unsigned int octet = 0; octet < 256 && r == 0; octet++) {
                uint8_t key[2 * NFT_REG32_SIZE] = { 0 };

                key[match->octet] = key[NFT_REG32_SIZE + match->octet] = (uint8_t)octet;
                r = nfw_nft_element_begin(&list, key, sizeof(key));
                if (r == 0)
                        nfw_nft_element_end(&list);
        }
        if (r == 0)
                r = nfw_nft_element_list_end(&list);
        if (r == 0)
                *ret_set = set;
        return r;
}

/* No register can be compared with another before Linux 6.13; so the pair is looked up among all pairs of equals. */
static int add_same_octet(struct nftnl_rule *rule,
                          const struct nfw_plan_match *match,
                          const struct nfw_nft_set *set) {
        uint8_t mask[NFT_REG32_SIZE] = { 0 };
        const struct nfw_nft_masks masks = { .fields = { mask, mask } };
        int r;

        mask[match->octet] = 0xff;
        r = nfw_nft_expr_load_key(rule, &set->key, &masks);
        return r < 0 ? r
                     : nfw_nft_expr_lookup(rule, set->name ? set->name : NFW_NFT_ANONYMOUS_SET, set->id,
                                           match->negate);
}

static int add_connections(struct nftnl_rule *rule,
                           const struct nfw_nft_match_state *state,
                           const struct nfw_plan_match *match,
                           const struct nfw_nft_set *set) {
        struct nfw_nft_key key;
        int r;

        r = nfw_nft_match_key(match, state->direction, true, &key);
        if (r == 0)
                r = nfw_nft_expr_load_key(rule, &key, NULL);
        return r < 0 ? r : nfw_nft_expr_connections(rule, set->name, match->flags);
}

int nfw_nft_match_add_for_filter(struct nftnl_rule *rule,
                                 const struct nfw_nft_match_state *state,
                                 const struct nfw_plan_match *match,
                                 const struct nfw_nft_set *set) {
        switch (match->kind) {
        case NFW_PLAN_RANGE:
                return nfw_nft_field(match->fields[0])->mask ? add_part(rule, match)
                                                             : add_tcp_option(rule, match);
        case NFW_PLAN_MASKED:
                return add_masked(rule, match);
        case NFW_PLAN_SAME_OCTET:
                return match->n_fields == 2 && set ? add_same_octet(rule, match, set) : -EINVAL;
        case NFW_PLAN_CONNECTIONS:
                return set ? add_connections(rule, state, match, set) : -EINVAL;
        default:
                return -EINVAL;
        }
}
