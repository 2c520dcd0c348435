/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/compile.h"
#include "nft/names.h"
#include "nft/socket-internal.h"
#include "nft/verify/internal.h"

static int take(const struct nlmsghdr *message, void *userdata) {
        return nfw_nft_image_take(userdata, message, NULL);
}

static int read_objects(struct nfw_nft_socket *nft, uint16_t type, struct nfw_nft_image *image) {
        NFW_NFT_REQUEST_BUFFER(buffer);
        struct nlmsghdr *request =
                nfw_nft_request_begin(buffer, type, NLM_F_DUMP, nfw_nft_nfproto(image->table));

        if (type == NFT_MSG_GETSET)
                mnl_attr_put_strz(request, NFTA_SET_TABLE, nft->table_name);
        return nfw_nft_request(nft, request, take, image);
}

static int read_elements(struct nfw_nft_socket *nft, struct nfw_nft_image *image, const char *set) {
        NFW_NFT_REQUEST_BUFFER(buffer);
        struct nlmsghdr *request;

        request =
                nfw_nft_request_begin(buffer, NFT_MSG_GETSETELEM, NLM_F_DUMP, nfw_nft_nfproto(image->table));
        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, nft->table_name);
        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set);
        return nfw_nft_request(nft, request, take, image);
}

struct lookups {
        struct nfw_nft_socket *nft;
        struct nfw_nft_image *image;
};

static int read_looked_up(struct nftnl_expr *expr, void *userdata) {
        const struct lookups *lookups = userdata;
        struct nfw_nft_image_set *set;

        if (strcmp(nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), "lookup") != 0)
                return 0;
        set = nfw_nft_image_anonymous_set(lookups->image, expr);
        return set && set->elements.n == 0 ? read_elements(lookups->nft, lookups->image, set->name) : 0;
}

static int read_constant_sets(struct nfw_nft_socket *nft,
                              const struct nfw_nft_image *expected,
                              struct nfw_nft_image *image) {
        struct lookups lookups = { .nft = nft, .image = image };
        int r = 0;

        nfw_nft_image_foreach (set, expected->sets)
                if (r == 0 && set->is_constant && nfw_nft_image_find_set(image, set->name, 0))
                        r = read_elements(nft, image, set->name);
        /* Only those of our own rules: what other policies have is of no interest here. */
        nfw_nft_image_foreach (chain, image->chains)
                nfw_vec_foreach (rule, &chain->rules)
                        if (r == 0)
                                r = nftnl_expr_foreach(rule->rule, read_looked_up, &lookups);
        return r;
}

static int take_other(const struct nfw_nft_object *object, void *userdata) {
        struct nfw_nft_image *image = userdata;
        char *name = strdup(object->name);
        int r;

        if (!name)
                return -ENOMEM;
        r = nfw_vec_push(&image->others, name);
        if (r < 0)
                free(name);
        return r;
}

static int read_table(struct nfw_nft_socket *nft, struct nfw_nft_image *image) {
        struct nfw_nft_table_state state;
        int r;

        r = nfw_nft_read_table(nft, image->table, &state);
        if (r < 0)
                return r;
        image->flags = state.flags;
        return nfw_nft_read_others(nft, image->table, take_other, image);
}

struct rules {
        struct nfw_nft_socket *nft;
        struct nfw_nft_image *image;
};

static int read_rules(const char *chain, void *userdata) {
        const struct rules *rules = userdata;

        return nfw_nft_read_rules(rules->nft, rules->image->table, chain, take, rules->image);
}

int nfw_nft_image_read(struct nfw_nft_socket *nft, struct nfw_nft_image *image) {
        int r;

        r = read_table(nft, image);
        if (r == 0)
                r = read_objects(nft, NFT_MSG_GETCHAIN, image);
        return r < 0 ? r : read_objects(nft, NFT_MSG_GETSET, image);
}

int nfw_nft_image_read_all_rules(struct nfw_nft_socket *nft, struct nfw_nft_image *image) {
        static const struct nfw_nft_image none;
        int r;

        r = nfw_nft_read_rules(nft, image->table, NULL, take, image);
        if (r == 0)
                r = read_constant_sets(nft, &none, image);
        return r < 0 ? r : nfw_nft_image_finish(image);
}

int nfw_nft_image_read_contents(struct nfw_nft_socket *nft, const struct nfw_nft_comparison *comparison) {
        struct rules rules = { .nft = nft, .image = comparison->actual };
        int r;

        r = nfw_nft_compared_chains(comparison, read_rules, &rules);
        if (r == 0)
                r = read_constant_sets(nft, comparison->expected, comparison->actual);
        return r < 0 ? r : nfw_nft_image_finish(comparison->actual);
}
