/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "base/siphash.h"
#include "nft/image/image.h"
#include "nft/userdata.h"

/* More than libnftnl prints of any expression of ours; of a foreign one, its beginning will do. */
#define EXPR_TEXT_MAX 1024

struct rendering {
        const struct nfw_nft_image *image;
        FILE *stream;
};

/* Two sets with the same elements are told from others by a number; nobody gains from forging it. */
static uint64_t content_hash(const struct nfw_nft_image_set *set) {
        static const struct nfw_siphash_key key = { 0 };

        return nfw_siphash(&key, set->elements.items, set->elements.n);
}

static void render_lookup(const struct rendering *rendering, struct nftnl_expr *expr) {
        const struct nfw_nft_image_set *set = nfw_nft_image_anonymous_set(rendering->image, expr);

        fprintf(rendering->stream, "lookup %u %d %u ", nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_SREG),
                nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_DREG)
                        ? (int)nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_DREG)
                        : -1,
                nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS));
        if (set)
                fprintf(rendering->stream, "{ %s: %016llx }", set->header,
                        (unsigned long long)content_hash(set));
        else
                fprintf(rendering->stream, "@%s", nftnl_expr_get_str(expr, NFTNL_EXPR_LOOKUP_SET));
}

/* nft turns the byte order even of single octets, where there is nothing to turn. */
static bool is_idle(struct nftnl_expr *expr, const char *name) {
        return strcmp(name, "byteorder") == 0 && nftnl_expr_get_u32(expr, NFTNL_EXPR_BYTEORDER_LEN) == 1;
}

/* Linux 6.1 lists the timeout of what a rule puts into a set also where it has none. */
static void drop_idle_timeout(char *text) {
        static const char idle[] = "timeout 0ms ";
        char *at = strstr(text, idle);

        if (at)
                memmove(at, at + sizeof(idle) - 1, strlen(at + sizeof(idle) - 1) + 1);
}

static int render_expr(struct nftnl_expr *expr, void *userdata) {
        const struct rendering *rendering = userdata;
        const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
        char text[EXPR_TEXT_MAX] = "";

        if (is_idle(expr, name))
                return 0;

        fputs("[ ", rendering->stream);
        if (strcmp(name, "lookup") == 0) {
                render_lookup(rendering, expr);
        } else {
                if (strcmp(name, "counter") != 0) /* it counts */
                        nftnl_expr_snprintf(text, sizeof(text), expr, NFTNL_OUTPUT_DEFAULT, 0);
                if (strcmp(name, "dynset") == 0)
                        drop_idle_timeout(text);
                fprintf(rendering->stream, "%s %s", name, text);
        }
        fputs(" ]", rendering->stream);
        return 0;
}

int nfw_nft_image_render_rule(const struct nfw_nft_image *image, struct nftnl_rule *rule, char **ret_text) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct rendering rendering = { .image = image };
        const char *comment = NULL;
        const void *userdata;
        uint32_t n_userdata;
        size_t size = 0;

        rendering.stream = open_memstream(&text, &size);
        if (!rendering.stream)
                return -ENOMEM;

        nftnl_expr_foreach(rule, render_expr, &rendering);
        userdata = nftnl_rule_get_data(rule, NFTNL_RULE_USERDATA, &n_userdata);
        if (userdata)
                comment = nfw_nft_userdata_comment(userdata, n_userdata, NFTNL_UDATA_RULE_COMMENT);
        if (comment)
                fprintf(rendering.stream, " \"%s\"", comment);
        if (fclose(rendering.stream) != 0)
                return -ENOMEM;

        *ret_text = nfw_steal(text);
        return 0;
}
