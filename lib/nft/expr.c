/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/expr.h"

#include <errno.h>

#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

/* Deliver every packet at once; otherwise a lone one waits for a second. */
#define QUEUE_THRESHOLD 1

uint32_t nfw_nft_register(size_t octets) {
        return octets % NFT_REG_SIZE == 0 ? (uint32_t)(NFT_REG_1 + octets / NFT_REG_SIZE)
                                          : (uint32_t)(NFT_REG32_00 + octets / NFT_REG32_SIZE);
}

static struct nftnl_expr *add(struct nftnl_rule *rule, const char *name) {
        struct nftnl_expr *expr = nftnl_expr_alloc(name);

        if (expr)
                nftnl_rule_add_expr(rule, expr);
        return expr;
}

int nfw_nft_expr_meta(struct nftnl_rule *rule, uint32_t key, uint32_t reg) {
        struct nftnl_expr *expr = add(rule, "meta");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, reg);
        return 0;
}

static int add_ct(struct nftnl_rule *rule, uint32_t key, uint32_t reg) {
        struct nftnl_expr *expr = add(rule, "ct");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, key);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, reg);
        return 0;
}

static int add_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t size, uint32_t reg) {
        struct nftnl_expr *expr = add(rule, "payload");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, size);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, reg);
        return 0;
}

int nfw_nft_expr_load(struct nftnl_rule *rule, const struct nfw_nft_field *field, size_t size, uint32_t reg) {
        switch (field->source) {
        case NFW_NFT_SOURCE_META:
                return nfw_nft_expr_meta(rule, field->key, reg);
        case NFW_NFT_SOURCE_CT:
                return add_ct(rule, field->key, reg);
        default:
                if (size == 0)
                        size = field->load_size ? field->load_size : field->size;
                return add_payload(rule, field->key, field->offset, (uint32_t)size, reg);
        }
}

int nfw_nft_expr_load_key(struct nftnl_rule *rule,
                          const struct nfw_nft_key *key,
                          const struct nfw_nft_masks *masks) {
        size_t octets = 0;
        int r;

        for (size_t i = 0; i < key->n_fields; i++) {
                const uint8_t *mask = masks ? masks->fields[i] : NULL;

                r = nfw_nft_expr_load(rule, key->fields[i], 0, nfw_nft_register(octets));
                if (r == 0 && mask)
                        r = nfw_nft_expr_mask_in(rule, nfw_nft_register(octets), mask, key->fields[i]->size);
                if (r < 0)
                        return r;
                octets += nfw_nft_padded(key->fields[i]->size);
        }
        return 0;
}

int nfw_nft_expr_cmp(struct nftnl_rule *rule, uint32_t op, const void *value, size_t size) {
        struct nftnl_expr *expr = add(rule, "cmp");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
        return nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, value, (uint32_t)size) < 0 ? -ENOMEM : 0;
}

int nfw_nft_expr_not_in_range(struct nftnl_rule *rule, const void *first, const void *last, size_t size) {
        struct nftnl_expr *expr = add(rule, "range");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_RANGE_SREG, NFT_REG_1);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_RANGE_OP, NFT_RANGE_NEQ);
        return nftnl_expr_set(expr, NFTNL_EXPR_RANGE_FROM_DATA, first, (uint32_t)size) < 0 ||
                               nftnl_expr_set(expr, NFTNL_EXPR_RANGE_TO_DATA, last, (uint32_t)size) < 0
                       ? -ENOMEM
                       : 0;
}

int nfw_nft_expr_mask(struct nftnl_rule *rule, const void *mask, size_t size) {
        return nfw_nft_expr_mask_in(rule, NFT_REG_1, mask, size);
}

int nfw_nft_expr_mask_in(struct nftnl_rule *rule, uint32_t reg, const void *mask, size_t size) {
        static const uint8_t zero[NFW_VALUE_MAX];
        struct nftnl_expr *expr = add(rule, "bitwise");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, reg);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, reg);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, (uint32_t)size);
        return nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, (uint32_t)size) < 0 ||
                               nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, zero, (uint32_t)size) < 0
                       ? -ENOMEM
                       : 0;
}

int nfw_nft_expr_lookup(struct nftnl_rule *rule, const char *set, uint32_t set_id, bool negate) {
        struct nftnl_expr *expr = add(rule, "lookup");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
        if (set_id)
                nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SET_ID, set_id);
        if (negate)
                nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
        return nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set) < 0 ? -ENOMEM : 0;
}

int nfw_nft_expr_vmap(struct nftnl_rule *rule, const char *map) {
        struct nftnl_expr *expr = add(rule, "lookup");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
        return nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, map) < 0 ? -ENOMEM : 0;
}

int nfw_nft_expr_log(struct nftnl_rule *rule, const char *prefix, uint16_t group) {
        struct nftnl_expr *expr = add(rule, "log");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u16(expr, NFTNL_EXPR_LOG_GROUP, group);
        nftnl_expr_set_u16(expr, NFTNL_EXPR_LOG_QTHRESHOLD, QUEUE_THRESHOLD);
        return nftnl_expr_set_str(expr, NFTNL_EXPR_LOG_PREFIX, prefix) < 0 ? -ENOMEM : 0;
}

int nfw_nft_expr_log_head(struct nftnl_rule *rule, const char *prefix, uint16_t group, uint32_t n_octets) {
        struct nftnl_expr *expr = add(rule, "log");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u16(expr, NFTNL_EXPR_LOG_GROUP, group);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_LOG_SNAPLEN, n_octets);
        nftnl_expr_set_u16(expr, NFTNL_EXPR_LOG_QTHRESHOLD, QUEUE_THRESHOLD);
        return nftnl_expr_set_str(expr, NFTNL_EXPR_LOG_PREFIX, prefix) < 0 ? -ENOMEM : 0;
}

int nfw_nft_expr_meter(struct nftnl_rule *rule, const char *set, uint64_t per_second, uint32_t burst) {
        struct nftnl_expr *expr = add(rule, "dynset"), *limit;

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
        nftnl_expr_set_u64(expr, NFTNL_EXPR_DYNSET_TIMEOUT, 0); /* the set's own, as the kernel says it */
        if (nftnl_expr_set_str(expr, NFTNL_EXPR_DYNSET_SET_NAME, set) < 0)
                return -ENOMEM;

        limit = nftnl_expr_alloc("limit");
        if (!limit)
                return -ENOMEM;
        nftnl_expr_set_u64(limit, NFTNL_EXPR_LIMIT_RATE, per_second);
        nftnl_expr_set_u64(limit, NFTNL_EXPR_LIMIT_UNIT, 1);
        nftnl_expr_set_u32(limit, NFTNL_EXPR_LIMIT_BURST, burst);
        nftnl_expr_set_u32(limit, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
        return nftnl_expr_set(expr, NFTNL_EXPR_DYNSET_EXPR, limit, 0) < 0 ? -ENOMEM : 0;
}

int nfw_nft_expr_connections(struct nftnl_rule *rule, const char *set, uint32_t count) {
        struct nftnl_expr *expr = add(rule, "dynset"), *connections;

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_ADD);
        if (nftnl_expr_set_str(expr, NFTNL_EXPR_DYNSET_SET_NAME, set) < 0)
                return -ENOMEM;

        connections = nftnl_expr_alloc("connlimit");
        if (!connections)
                return -ENOMEM;
        nftnl_expr_set_u32(connections, NFTNL_EXPR_CONNLIMIT_COUNT, count);
        nftnl_expr_set_u32(connections, NFTNL_EXPR_CONNLIMIT_FLAGS, NFT_CONNLIMIT_F_INV);
        return nftnl_expr_set(expr, NFTNL_EXPR_DYNSET_EXPR, connections, 0) < 0 ? -ENOMEM : 0;
}

int nfw_nft_expr_tcp_option(struct nftnl_rule *rule, uint8_t kind) {
        struct nftnl_expr *expr = add(rule, "exthdr");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_DREG, NFT_REG_1);
        nftnl_expr_set_u8(expr, NFTNL_EXPR_EXTHDR_TYPE, kind);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_OFFSET, 0);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_LEN, 1);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_FLAGS, NFT_EXTHDR_F_PRESENT);
        return 0;
}

int nfw_nft_expr_reject(struct nftnl_rule *rule) {
        struct nftnl_expr *expr = add(rule, "reject");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_ICMPX_UNREACH);
        nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE, NFT_REJECT_ICMPX_PORT_UNREACH);
        return 0;
}

int nfw_nft_expr_counter(struct nftnl_rule *rule) {
        return add(rule, "counter") ? 0 : -ENOMEM;
}

int nfw_nft_expr_verdict(struct nftnl_rule *rule, uint32_t verdict) {
        struct nftnl_expr *expr = add(rule, "immediate");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, verdict);
        return 0;
}

int nfw_nft_expr_branch(struct nftnl_rule *rule, int verdict, const char *chain) {
        struct nftnl_expr *expr = add(rule, "immediate");

        if (!expr)
                return -ENOMEM;
        nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
        nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
        return nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain) < 0 ? -ENOMEM : 0;
}
