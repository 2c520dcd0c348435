/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/image/image.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft/nftnl.h"
#include "nft/userdata.h"

NFW_DEFINE_NFTNL_CLEANUP(nftnl_set)
NFW_DEFINE_NFTNL_CLEANUP(nftnl_chain)

static struct nfw_nft_image_set *set_free(struct nfw_nft_image_set *set) {
        free(set->key);
        free(set->name);
        free(set->header);
        nfw_vec_deinit(&set->elements);
        free(set);
        return NULL;
}

static void rule_deinit(struct nfw_nft_image_rule *rule) {
        free(rule->text);
        if (rule->rule)
                nftnl_rule_free(rule->rule);
}

static void drop_rules(struct nfw_nft_image_chain *chain) {
        nfw_vec_foreach (rule, &chain->rules)
                rule_deinit(rule);
        nfw_vec_deinit(&chain->rules);
}

static struct nfw_nft_image_chain *chain_free(struct nfw_nft_image_chain *chain) {
        free(chain->name);
        free(chain->header);
        drop_rules(chain);
        free(chain);
        return NULL;
}

NFW_DEFINE_CLEANUP(struct nfw_nft_image_set, set_free)
NFW_DEFINE_CLEANUP(struct nfw_nft_image_chain, chain_free)

void nfw_nft_image_deinit(struct nfw_nft_image *image) {
        struct nfw_nft_image_chain *chain, *next_chain;
        struct nfw_nft_image_set *set, *next_set;

        HASH_ITER(hh, image->sets, set, next_set) {
                HASH_DEL(image->sets, set);
                set_free(set);
        }
        HASH_ITER(hh, image->chains, chain, next_chain) {
                HASH_DEL(image->chains, chain);
                chain_free(chain);
        }
        nfw_vec_foreach (name, &image->others)
                free(*name);
        nfw_vec_deinit(&image->others);
}

/* The name of a set is at most NFT_SET_MAXNAMELEN, of which the end is part. */
#define SET_KEY_FORMAT "%s/%" PRIu32
#define SET_KEY_MAX    (NFT_SET_MAXNAMELEN + 11)

struct nfw_nft_image_set *nfw_nft_image_find_set(const struct nfw_nft_image *image,
                                                 const char *name,
                                                 uint32_t id) {
        struct nfw_nft_image_set *set;
        char key[SET_KEY_MAX];
        int n;

        n = snprintf(key, sizeof(key), SET_KEY_FORMAT, name, id);
        if (n < 0 || (size_t)n >= sizeof(key))
                return NULL;
        HASH_FIND(hh, image->sets, key, (size_t)n, set);
        return set;
}

struct nfw_nft_image_chain *nfw_nft_image_find_chain(const struct nfw_nft_image *image, const char *name) {
        struct nfw_nft_image_chain *chain;

        HASH_FIND_STR(image->chains, name, chain);
        return chain;
}

/* The kernel numbers anonymous sets in their names, a batch by ids beside a name that is always the same. */
static uint32_t anonymous_id(const char *name, uint32_t id) {
        return strcmp(name, NFW_NFT_ANONYMOUS_SET) == 0 ? id : 0;
}

struct nfw_nft_image_set *nfw_nft_image_anonymous_set(const struct nfw_nft_image *image,
                                                      struct nftnl_expr *lookup) {
        const char *name = nftnl_expr_get_str(lookup, NFTNL_EXPR_LOOKUP_SET);
        struct nfw_nft_image_set *set;

        set = nfw_nft_image_find_set(
                image, name, anonymous_id(name, nftnl_expr_get_u32(lookup, NFTNL_EXPR_LOOKUP_SET_ID)));
        return set && set->flags & NFT_SET_ANONYMOUS ? set : NULL;
}

static int take_set(struct nfw_nft_image *image, const struct nlmsghdr *message) {
        nfw_cleanup(nftnl_set_freep) struct nftnl_set *nftnl = nftnl_set_alloc();
        nfw_cleanup(set_freep) struct nfw_nft_image_set *set = calloc(1, sizeof(*set));
        const char *name, *comment = NULL;
        const void *userdata;
        uint32_t size;
        int n_key, r;

        if (!nftnl || !set)
                return -ENOMEM;
        if (nftnl_set_nlmsg_parse(message, nftnl) < 0 || !nftnl_set_is_set(nftnl, NFTNL_SET_NAME))
                return -EBADMSG;

        name = nftnl_set_get_str(nftnl, NFTNL_SET_NAME);
        userdata = nftnl_set_get_data(nftnl, NFTNL_SET_USERDATA, &size);
        if (userdata)
                comment = nfw_nft_userdata_comment(userdata, size, NFTNL_UDATA_SET_COMMENT);

        set->flags = nftnl_set_get_u32(nftnl, NFTNL_SET_FLAGS);
        set->id = anonymous_id(name, nftnl_set_get_u32(nftnl, NFTNL_SET_ID));
        set->key_size = nftnl_set_get_u32(nftnl, NFTNL_SET_KEY_LEN);
        set->name = strdup(name);
        n_key = asprintf(&set->key, SET_KEY_FORMAT, name, set->id);
        if (n_key < 0)
                set->key = NULL;
        r = asprintf(&set->header, "flags 0x%x key %u/%zu data 0x%x timeout %llu comment \"%s\"", set->flags,
                     nftnl_set_get_u32(nftnl, NFTNL_SET_KEY_TYPE), set->key_size,
                     nftnl_set_get_u32(nftnl, NFTNL_SET_DATA_TYPE),
                     (unsigned long long)nftnl_set_get_u64(nftnl, NFTNL_SET_TIMEOUT), comment ? comment : "");
        if (r < 0)
                set->header = NULL;
        if (!set->name || !set->key || !set->header)
                return -ENOMEM;

        HASH_ADD_KEYPTR(hh, image->sets, set->key, (size_t)n_key, set);
        if (!set->hh.tbl)
                return -ENOMEM;
        set = NULL;
        return 0;
}

static unsigned int sum(const char *chain) {
        unsigned int result = 0;

        for (; *chain; chain++)
                result = result * 31 + (unsigned char)*chain;
        return result;
}

static int take_element(const struct nfw_nft_element *element, void *userdata) {
        struct nfw_nft_image_set *set = userdata;
        const struct nfw_nft_bytes *end = element->key_end.data ? &element->key_end : &element->key;
        uint8_t *record;
        int r;

        if (element->key.size != set->key_size || end->size != set->key_size)
                return -EBADMSG;

        r = nfw_vec_reserve(&set->elements, nfw_nft_image_record_size(set));
        if (r < 0)
                return r;
        record = set->elements.items + set->elements.n;
        memcpy(record, element->key.data, set->key_size);
        memcpy(record + set->key_size, end->data, set->key_size);
        record[2 * set->key_size] = (uint8_t)(element->flags & NFT_SET_ELEM_INTERVAL_END);
        /* Where a map leads to: a sum that does not differ by accident only. */
        if (element->chain)
                record[2 * set->key_size] |= (uint8_t)(sum(element->chain) << 1);
        set->elements.n += nfw_nft_image_record_size(set);
        return 0;
}

static int take_elements(struct nfw_nft_image *image, const struct nlmsghdr *message) {
        const struct nlattr *attributes[NFTA_SET_ELEM_LIST_MAX + 1], *id;
        struct nfw_nft_image_set *set;
        const char *name;

        nfw_nft_read_attributes(message, attributes, NFTA_SET_ELEM_LIST_MAX);
        if (!attributes[NFTA_SET_ELEM_LIST_SET])
                return -EBADMSG;

        name = mnl_attr_get_str(attributes[NFTA_SET_ELEM_LIST_SET]);
        id = attributes[NFTA_SET_ELEM_LIST_SET_ID];
        set = nfw_nft_image_find_set(image, name, id ? anonymous_id(name, ntohl(mnl_attr_get_u32(id))) : 0);
        return set ? nfw_nft_parse_elements(message, take_element, set) : 0;
}

static int take_chain(struct nfw_nft_image *image, const struct nlmsghdr *message) {
        nfw_cleanup(nftnl_chain_freep) struct nftnl_chain *nftnl = nftnl_chain_alloc();
        nfw_cleanup(chain_freep) struct nfw_nft_image_chain *chain = calloc(1, sizeof(*chain));
        const char *comment = NULL, *type;
        const void *userdata;
        uint32_t size;
        int r;

        if (!nftnl || !chain)
                return -ENOMEM;
        if (nftnl_chain_nlmsg_parse(message, nftnl) < 0 || !nftnl_chain_is_set(nftnl, NFTNL_CHAIN_NAME))
                return -EBADMSG;

        userdata = nftnl_chain_get_data(nftnl, NFTNL_CHAIN_USERDATA, &size);
        if (userdata)
                comment = nfw_nft_userdata_comment(userdata, size, NFTNL_UDATA_CHAIN_COMMENT);
        if (!comment)
                comment = "";
        type = nftnl_chain_get_str(nftnl, NFTNL_CHAIN_TYPE);

        chain->name = strdup(nftnl_chain_get_str(nftnl, NFTNL_CHAIN_NAME));
        r = asprintf(&chain->header, "type %s hook %u priority %d policy %u comment \"%s\"", type ? type : "",
                     nftnl_chain_get_u32(nftnl, NFTNL_CHAIN_HOOKNUM),
                     nftnl_chain_get_s32(nftnl, NFTNL_CHAIN_PRIO),
                     type ? nftnl_chain_get_u32(nftnl, NFTNL_CHAIN_POLICY) : 0, comment);
        if (r < 0)
                chain->header = NULL;
        if (!chain->name || !chain->header)
                return -ENOMEM;

        HASH_ADD_KEYPTR(hh, image->chains, chain->name, strlen(chain->name), chain);
        if (!chain->hh.tbl)
                return -ENOMEM;
        chain = NULL;
        return 0;
}

static int take_rule(struct nfw_nft_image *image,
                     const struct nlmsghdr *message,
                     const struct nfw_nft_origin *origin) {
        struct nfw_nft_image_rule rule = { .rule = nftnl_rule_alloc() };
        struct nfw_nft_image_chain *chain;
        const void *userdata;
        uint32_t size;
        int r;

        if (origin)
                rule.pos = origin->pos;
        if (!rule.rule)
                return -ENOMEM;
        if (nftnl_rule_nlmsg_parse(message, rule.rule) < 0 ||
            !nftnl_rule_is_set(rule.rule, NFTNL_RULE_CHAIN)) {
                rule_deinit(&rule);
                return -EBADMSG;
        }

        userdata = nftnl_rule_get_data(rule.rule, NFTNL_RULE_USERDATA, &size);
        if (userdata)
                rule.comment = nfw_nft_userdata_comment(userdata, size, NFTNL_UDATA_RULE_COMMENT);
        chain = nfw_nft_image_find_chain(image, nftnl_rule_get_str(rule.rule, NFTNL_RULE_CHAIN));
        r = chain ? nfw_vec_push(&chain->rules, rule) : 0;
        if (!chain || r < 0)
                rule_deinit(&rule);
        return r;
}

int nfw_nft_image_take(struct nfw_nft_image *image,
                       const struct nlmsghdr *message,
                       const struct nfw_nft_origin *origin) {
        const struct nlattr *attributes[2];

        /* The table's name has the same number in all of them. */
        _Static_assert(NFTA_CHAIN_TABLE == 1 && NFTA_SET_TABLE == 1 && NFTA_RULE_TABLE == 1 &&
                               NFTA_SET_ELEM_LIST_TABLE == 1,
                       "attributes of nf_tables");
        nfw_nft_read_attributes(message, attributes, 1);
        if (!nfw_nft_is_ours(message, image->table, image->table_name, attributes[1]))
                return 0;

        switch (NFNL_MSG_TYPE(message->nlmsg_type)) {
        case NFT_MSG_NEWCHAIN:
                return take_chain(image, message);
        case NFT_MSG_NEWSET:
                return take_set(image, message);
        case NFT_MSG_NEWSETELEM:
                return take_elements(image, message);
        case NFT_MSG_NEWRULE:
                return take_rule(image, message, origin);
        default:
                return 0;
        }
}

void nfw_nft_image_drop_contents(struct nfw_nft_image *image) {
        nfw_nft_image_foreach (set, image->sets)
                nfw_vec_deinit(&set->elements);
        nfw_nft_image_foreach (chain, image->chains)
                drop_rules(chain);
}

static int compare_records(const void *a, const void *b, void *userdata) {
        return memcmp(a, b, *(const size_t *)userdata);
}

int nfw_nft_image_finish(struct nfw_nft_image *image) {
        int r;

        nfw_nft_image_foreach (set, image->sets) {
                size_t size = nfw_nft_image_record_size(set);

                if (set->elements.n > 0)
                        qsort_r(set->elements.items, nfw_nft_image_n_elements(set), size, compare_records,
                                &size);
        }
        nfw_nft_image_foreach (chain, image->chains) {
                nfw_vec_foreach (rule, &chain->rules) {
                        r = nfw_nft_image_render_rule(image, rule->rule, &rule->text);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
