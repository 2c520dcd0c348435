/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/rule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "ir/filter/learning.h"
#include "nft/chain.h"
#include "nft/match.h"
#include "nft/names.h"
#include "nft/nftnl.h"
#include "nft/userdata.h"

NFW_DEFINE_NFTNL_CLEANUP(nftnl_rule)

int nfw_nft_mirror_prefix(const struct nfw_plan *plan,
                          enum nfw_mirror mirror,
                          char buffer[static NFW_NFT_PREFIX_MAX]) {
        static const char *const words[] = {
                [NFW_MIRROR_QUERY] = "query",
                [NFW_MIRROR_REPLY] = "reply",
                [NFW_MIRROR_DENIED] = "denied",
                [NFW_MIRROR_ADDRESS] = "address",
        };
        int n = snprintf(buffer, NFW_NFT_PREFIX_MAX, "nfwpolicy %s %s %s", plan->policy, plan->id,
                         words[mirror]);

        return n < 0 || n >= NFW_NFT_PREFIX_MAX ? -ENAMETOOLONG : 0;
}

static int put_anonymous_set(struct nfw_nft_batch *batch,
                             const struct nfw_plan *plan,
                             const struct nfw_plan_set *plan_set,
                             struct nfw_nft_set *set,
                             const struct nfw_nft_origin *origin) {
        int r;

        set->id = nfw_nft_batch_next_set_id(batch);
        r = nfw_nft_put_set(batch, plan->table, set, NULL, origin);
        return r < 0 ? r : nfw_nft_put_set_elements(batch, plan->table, set, plan_set, origin);
}

static int add_match(struct nfw_nft_batch *batch,
                     const struct nfw_plan *plan,
                     struct nftnl_rule *rule,
                     struct nfw_nft_match_state *state,
                     const struct nfw_plan_match *match,
                     const struct nfw_nft_origin *origin) {
        const struct nfw_plan_set *plan_set;
        struct nfw_nft_set set;
        int r;

        if (match->kind == NFW_PLAN_SAME_OCTET) {
                r = nfw_nft_put_octet_pairs(batch, plan->table, match, origin, &set);
                return r < 0 ? r : nfw_nft_match_add(rule, state, match, &set);
        }
        if (match->kind != NFW_PLAN_SET && match->kind != NFW_PLAN_CONNECTIONS)
                return nfw_nft_match_add(rule, state, match, NULL);
        if (match->set >= plan->sets.n)
                return -EINVAL;

        plan_set = &plan->sets.items[match->set];
        r = nfw_nft_set_from_plan(plan_set, &set);
        if (r == 0 && !set.name)
                r = put_anonymous_set(batch, plan, plan_set, &set, origin);
        return r < 0 ? r : nfw_nft_match_add(rule, state, match, &set);
}

static int add_mirror(const struct nfw_plan *plan,
                      enum nfw_direction direction,
                      const struct nfw_plan_rule *plan_rule,
                      struct nftnl_rule *rule) {
        char prefix[NFW_NFT_PREFIX_MAX];
        int r;

        r = nfw_nft_mirror_prefix(plan, plan_rule->mirror, prefix);
        if (r < 0)
                return r;
        if (plan_rule->mirror != NFW_MIRROR_DENIED && plan_rule->mirror != NFW_MIRROR_ADDRESS)
                return nfw_nft_expr_log(rule, prefix, plan->nflog_group);

        if (plan_rule->meter >= plan->sets.n)
                return -EINVAL;
        r = nfw_nft_expr_load(rule, nfw_nft_port_field(direction), 0, NFT_REG_1);
        if (plan_rule->mirror == NFW_MIRROR_ADDRESS) {
                if (r == 0)
                        r = nfw_nft_expr_meter(rule, plan->sets.items[plan_rule->meter].name,
                                               NFW_LEARNING_PER_SECOND, NFW_LEARNING_BURST);
                return r < 0 ? r : nfw_nft_expr_log(rule, prefix, plan->nflog_group);
        }
        if (r == 0)
                r = nfw_nft_expr_meter(rule, plan->sets.items[plan_rule->meter].name, NFW_DENIED_PER_SECOND,
                                       NFW_DENIED_BURST);
        return r < 0 ? r
                     : nfw_nft_expr_log_head(rule, prefix, nfw_plan_denied_group(plan->nflog_group),
                                             NFW_DENIED_SNAPLEN);
}

static int add_actions(const struct nfw_plan *plan,
                       enum nfw_direction direction,
                       const struct nfw_plan_rule *plan_rule,
                       struct nftnl_rule *rule) {
        int r;

        if (plan_rule->mirror != NFW_MIRROR_NONE) {
                r = add_mirror(plan, direction, plan_rule, rule);
                if (r < 0)
                        return r;
        }
        if (plan_rule->counter) {
                r = nfw_nft_expr_counter(rule);
                if (r < 0)
                        return r;
        }
        switch (plan_rule->verdict) {
        case NFW_VERDICT_RETURN:
                return nfw_nft_expr_verdict(rule, (uint32_t)NFT_RETURN);
        case NFW_VERDICT_REJECT:
                return nfw_nft_expr_reject(rule);
        case NFW_VERDICT_ACCEPT:
                return nfw_nft_expr_verdict(rule, NF_ACCEPT);
        case NFW_VERDICT_DROP:
                return nfw_nft_expr_verdict(rule, NF_DROP);
        case NFW_VERDICT_JUMP:
        case NFW_VERDICT_GOTO:
                if (plan_rule->block >= plan->blocks.n)
                        return -EINVAL;
                return nfw_nft_expr_branch(rule, plan_rule->verdict == NFW_VERDICT_JUMP ? NFT_JUMP : NFT_GOTO,
                                           plan->blocks.items[plan_rule->block].name);
        case NFW_VERDICT_CONTINUE:
                break;
        }
        return 0;
}

static int set_comment(struct nftnl_rule *rule, const char *comment) {
        struct nfw_nft_userdata_buffer userdata = { .size = 0 };

        if (!comment || !nfw_nft_userdata_put_comment(&userdata, NFTNL_UDATA_RULE_COMMENT, comment))
                return 0;
        return nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, userdata.data, (uint32_t)userdata.size) < 0
                       ? -ENOMEM
                       : 0;
}

int nfw_nft_put_built_rule(struct nfw_nft_batch *batch,
                           enum nfw_table table,
                           const char *chain,
                           struct nftnl_rule *rule,
                           const struct nfw_nft_origin *origin) {
        struct nlmsghdr *message;
        int r;

        if (nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, nfw_nft_batch_table_name(batch)) < 0 ||
            nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain) < 0)
                return -ENOMEM;

        r = nfw_nft_batch_begin(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, nfw_nft_nfproto(table),
                                origin, &message);
        if (r < 0)
                return r;
        nftnl_rule_nlmsg_build_payload(message, rule);
        return nfw_nft_batch_end(batch, message);
}

int nfw_nft_put_rule(struct nfw_nft_batch *batch,
                     const struct nfw_plan *plan,
                     const struct nfw_plan_chain *chain,
                     const struct nfw_plan_rule *plan_rule) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
        struct nfw_nft_origin origin = { .what = "rule", .name = plan_rule->comment, .pos = plan_rule->pos };
        struct nfw_nft_match_state state = { .rule = plan_rule,
                                             .table = plan->table,
                                             .direction = chain->direction };
        int r;

        if (!rule)
                return -ENOMEM;
        if (plan_rule->matches.n > NFW_PLAN_MAX_MATCHES)
                return -E2BIG;

        nfw_vec_foreach (match, &plan_rule->matches) {
                r = add_match(batch, plan, rule, &state, match, &origin);
                if (r < 0)
                        return r;
        }
        r = add_actions(plan, chain->direction, plan_rule, rule);
        if (r == 0)
                r = set_comment(rule, plan_rule->comment);
        if (r < 0)
                return r;
        return nfw_nft_put_built_rule(batch, plan->table, chain->name, rule, &origin);
}

int nfw_nft_put_dispatch_rule(struct nfw_nft_batch *batch,
                              enum nfw_table table,
                              enum nfw_direction direction) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
        const char *chain = nfw_nft_base_chain(table, direction)->name;
        struct nfw_nft_origin origin = { .what = "rule", .name = chain };
        int r;

        if (!rule)
                return -ENOMEM;

        r = nfw_nft_expr_load(rule, nfw_nft_port_field(direction), 0, NFT_REG_1);
        if (r == 0)
                r = nfw_nft_expr_vmap(rule, nfw_nft_map_name(direction));
        return r < 0 ? r : nfw_nft_put_built_rule(batch, table, chain, rule, &origin);
}

int nfw_nft_put_port_rule(struct nfw_nft_batch *batch,
                          enum nfw_table table,
                          const char *chain,
                          enum nfw_direction direction,
                          const char *set,
                          const char *target) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
        struct nfw_nft_origin origin = { .what = "rule", .name = chain };
        int r;

        if (!rule)
                return -ENOMEM;

        r = nfw_nft_expr_load(rule, nfw_nft_port_field(direction), 0, NFT_REG_1);
        if (r == 0)
                r = nfw_nft_expr_lookup(rule, set, 0, false);
        if (r == 0)
                r = nfw_nft_expr_branch(rule, NFT_GOTO, target);
        return r < 0 ? r : nfw_nft_put_built_rule(batch, table, chain, rule, &origin);
}

int nfw_nft_put_flush(struct nfw_nft_batch *batch,
                      enum nfw_table table,
                      const char *chain,
                      const struct nfw_nft_origin *origin) {
        struct nlmsghdr *message;
        int r;

        r = nfw_nft_batch_begin(batch, NFT_MSG_DELRULE, 0, nfw_nft_nfproto(table), origin, &message);
        if (r < 0)
                return r;
        mnl_attr_put_strz(message, NFTA_RULE_TABLE, nfw_nft_batch_table_name(batch));
        mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
        return nfw_nft_batch_end(batch, message);
}
