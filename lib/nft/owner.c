/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/owner.h"

#include <errno.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "base/uthash.h"
#include "nft/compile.h"
#include "nft/names.h"
#include "nft/network/network.h"
#include "nft/nftnl.h"
#include "nft/read.h"
#include "nft/set.h"
#include "nft/userdata.h"

NFW_DEFINE_NFTNL_CLEANUP(nftnl_rule)

/* A set that does not say whose it is. */
struct orphan {
        UT_hash_handle hh;
        char name[];
};

struct assignment {
        const struct nfw_nft_policy_index *policies;
        struct nfw_nft_policy *policy; /* whose rules are being read */
        struct orphan *orphans;
};

const char *nfw_nft_comment_id(const char *comment, const char *policy) {
        size_t n = strlen(policy);

        if (strncmp(comment, "policy ", 7) != 0 || strncmp(comment + 7, policy, n) != 0)
                return NULL;
        comment += 7 + n;
        if (*comment == '\0')
                return comment;
        return strncmp(comment, ", id ", 5) == 0 ? comment + 5 : NULL;
}

int nfw_nft_policy_of_chain(const char *chain, enum nfw_direction direction, char **ret_policy) {
        const char *suffix = direction == NFW_EGRESS ? "-egress" : "-ingress";
        size_t n = strlen(chain), n_suffix = strlen(suffix);
        char *policy = NULL;

        if (n > n_suffix && strcmp(chain + n - n_suffix, suffix) == 0) {
                policy = strndup(chain, n - n_suffix);
                if (!policy)
                        return -ENOMEM;
        }
        *ret_policy = policy;
        return 0;
}

static bool ends_with(const char *name, size_t n, const char *suffix) {
        size_t n_suffix = strlen(suffix);

        return n > n_suffix && memcmp(name + n - n_suffix, suffix, n_suffix) == 0;
}

/* How much of the name is that of the chain that it belongs to; 0: it is no block. */
static size_t main_chain_size(const char *chain) {
        static const char denied[] = "-denied", block[] = "-block";
        size_t n = strlen(chain);

        if (ends_with(chain, n, denied))
                return n - (sizeof(denied) - 1);
        while (n > 0 && chain[n - 1] >= '0' && chain[n - 1] <= '9')
                n--;
        return chain[n] && ends_with(chain, n, block) ? n - (sizeof(block) - 1) : 0;
}

int nfw_nft_policy_of_block(const char *chain, char **ret_policy) {
        size_t n = main_chain_size(chain);
        char *main_chain, *policy = NULL;
        int r = 0;

        *ret_policy = NULL;
        if (n == 0)
                return 0;

        main_chain = strndup(chain, n);
        if (!main_chain)
                return -ENOMEM;
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0 && !policy; direction++)
                r = nfw_nft_policy_of_chain(main_chain, direction, &policy);
        free(main_chain);
        if (r == 0)
                *ret_policy = policy;
        return r;
}

struct nfw_nft_policy *nfw_nft_find_policy(const struct nfw_nft_snapshot *snapshot,
                                           enum nfw_table table,
                                           const char *name) {
        nfw_vec_foreach (policy, &snapshot->policies)
                if (policy->table == table && strcmp(policy->name, name) == 0)
                        return policy;
        return NULL;
}

static bool is_fixed(const char *name) {
        if (nfw_nft_is_network_object(name) || nfw_nft_is_constant_set(name))
                return true;
        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                if (strcmp(name, nfw_nft_map_name(direction)) == 0)
                        return true;
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                if (strcmp(name, nfw_nft_parameter_set_name(parameter, AF_INET)) == 0 ||
                    strcmp(name, nfw_nft_parameter_set_name(parameter, AF_INET6)) == 0)
                        return true;
        return false;
}

/* A policy's marker carries its id, and is removed with it whether it is in the list of sets or not. */
static int take_marker(struct assignment *assignment, const struct nfw_nft_object *set, bool *ret_is_marker) {
        const char *comment =
                nfw_nft_userdata_comment(set->userdata.data, set->userdata.size, NFTNL_UDATA_SET_COMMENT);
        struct nfw_nft_policy *policy = NULL;
        size_t n = strlen(set->name);
        const char *id;
        char *copy;

        if (n > strlen(NFW_NFT_MARKER_SUFFIX) &&
            strcmp(set->name + n - strlen(NFW_NFT_MARKER_SUFFIX), NFW_NFT_MARKER_SUFFIX) == 0)
                policy = nfw_nft_policy_index_find(assignment->policies, set->name,
                                                   n - strlen(NFW_NFT_MARKER_SUFFIX));
        *ret_is_marker = policy;
        id = policy && comment ? nfw_nft_comment_id(comment, policy->name) : NULL;
        if (!id)
                return 0;

        copy = strdup(id);
        if (!copy)
                return -ENOMEM;
        free(policy->id);
        policy->id = copy;
        return 0;
}

static int give(struct nfw_nft_policy *policy, const char *set) {
        char *name = strdup(set);
        int r;

        if (!name)
                return -ENOMEM;
        r = nfw_vec_push(&policy->sets, name);
        if (r < 0)
                free(name);
        return r;
}

static int add_orphan(struct assignment *assignment, const char *set) {
        size_t n = strlen(set);
        struct orphan *orphan = calloc(1, sizeof(*orphan) + n + 1);

        if (!orphan)
                return -ENOMEM;
        memcpy(orphan->name, set, n + 1);
        HASH_ADD_KEYPTR(hh, assignment->orphans, orphan->name, n, orphan);
        if (!orphan->hh.tbl) {
                free(orphan);
                return -ENOMEM;
        }
        return 0;
}

static void drop_orphan(struct assignment *assignment, struct orphan *orphan) {
        HASH_DEL(assignment->orphans, orphan);
        free(orphan);
}

static int take_set(const struct nfw_nft_object *set, void *userdata) {
        struct assignment *assignment = userdata;
        struct nfw_nft_policy *owner = NULL;
        struct nfw_nft_userdata record;
        bool is_marker;
        int r;

        if (set->flags & NFT_SET_ANONYMOUS || is_fixed(set->name))
                return 0;
        r = take_marker(assignment, set, &is_marker);
        if (r < 0 || is_marker)
                return r;

        if (nfw_nft_userdata_find(set->userdata.data, set->userdata.size, NFW_NFT_USERDATA_OURS, &record) &&
            memchr(record.value, '\0', record.size))
                owner = nfw_nft_policy_index_find(assignment->policies, (const char *)record.value,
                                                  strlen((const char *)record.value));
        return owner ? give(owner, set->name) : add_orphan(assignment, set->name);
}

static int take_lookup(struct nftnl_expr *expr, void *userdata) {
        struct assignment *assignment = userdata;
        const char *kind = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), *set;
        struct orphan *orphan;
        int r;

        if (strcmp(kind, "lookup") == 0)
                set = nftnl_expr_get_str(expr, NFTNL_EXPR_LOOKUP_SET);
        else if (strcmp(kind, "dynset") == 0)
                set = nftnl_expr_get_str(expr, NFTNL_EXPR_DYNSET_SET_NAME);
        else
                return 0;
        HASH_FIND_STR(assignment->orphans, set, orphan);
        if (!orphan)
                return 0;

        r = give(assignment->policy, set);
        if (r == 0)
                drop_orphan(assignment, orphan);
        return r;
}

static int take_rule(const struct nlmsghdr *message, void *userdata) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();

        if (!rule)
                return -ENOMEM;
        if (nftnl_rule_nlmsg_parse(message, rule) < 0)
                return -EBADMSG;
        return nftnl_expr_foreach(rule, take_lookup, userdata) < 0 ? -ENOMEM : 0;
}

struct rules {
        struct nfw_nft_socket *nft;
        enum nfw_table table;
        struct assignment *assignment;
};

static int read_rules(struct nfw_nft_policy *policy, void *userdata) {
        const struct rules *rules = userdata;
        char chain[NFW_NFT_NAME_MAX];
        int r = 0;

        rules->assignment->policy = policy;
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = nfw_nft_read_rules(rules->nft, rules->table,
                                       nfw_nft_chain_name(policy->name, direction, chain), take_rule,
                                       rules->assignment);
        nfw_vec_foreach (block, &policy->blocks)
                if (r == 0)
                        r = nfw_nft_read_rules(rules->nft, rules->table, *block, take_rule,
                                               rules->assignment);
        return r;
}

/* The longest name of a policy that "…-" at the beginning of the set's name can be, or NULL. */
static struct nfw_nft_policy *owner_by_name(const struct nfw_nft_policy_index *policies, const char *set) {
        struct nfw_nft_policy *owner = NULL;

        for (size_t n = strlen(set); n > 0 && !owner; n--)
                if (set[n - 1] == '-')
                        owner = nfw_nft_policy_index_find(policies, set, n - 1);
        return owner;
}

static int assign_by_name(struct assignment *assignment) {
        const struct orphan *orphan;
        int r = 0;

        for (orphan = assignment->orphans; orphan && r == 0; orphan = orphan->hh.next) {
                struct nfw_nft_policy *owner = owner_by_name(assignment->policies, orphan->name);

                if (owner)
                        r = give(owner, orphan->name);
        }
        return r;
}

int nfw_nft_assign_sets(struct nfw_nft_socket *nft,
                        enum nfw_table table,
                        const struct nfw_nft_policy_index *policies) {
        struct assignment assignment = { .policies = policies };
        struct rules rules = { .nft = nft, .table = table, .assignment = &assignment };
        struct orphan *orphan, *next;
        int r;

        r = nfw_nft_read_sets(nft, table, take_set, &assignment);
        if (r == 0 && assignment.orphans)
                r = nfw_nft_policy_index_foreach(policies, read_rules, &rules);
        if (r == 0)
                r = assign_by_name(&assignment);

        HASH_ITER(hh, assignment.orphans, orphan, next) {
                drop_orphan(&assignment, orphan);
        }
        return r;
}
