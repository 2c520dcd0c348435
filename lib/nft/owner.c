/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/owner.h"

#include <errno.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/compile.h"
#include "nft/nftnl.h"
#include "nft/read.h"
#include "nft/set.h"
#include "nft/table.h"
#include "nft/userdata.h"

NFW_DEFINE_NFTNL_CLEANUP(nftnl_rule)

struct assignment {
        struct nfw_nft_snapshot *snapshot;
        enum nfw_table table;
        struct nfw_nft_policy *policy; /* whose rules are being read */
        NFW_VEC(char *) orphans;       /* sets that do not say whose they are; NULL: found */
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

int nfw_nft_policy_of_block(const char *chain, char **ret_policy) {
        static const char suffix[] = "-block";
        size_t n = strlen(chain), n_suffix = sizeof(suffix) - 1;
        char *main_chain, *policy = NULL;
        int r = 0;

        *ret_policy = NULL;
        while (n > 0 && chain[n - 1] >= '0' && chain[n - 1] <= '9')
                n--;
        if (chain[n] == '\0' || n <= n_suffix || memcmp(chain + n - n_suffix, suffix, n_suffix) != 0)
                return 0;

        main_chain = strndup(chain, n - n_suffix);
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

        nfw_vec_foreach (policy, &assignment->snapshot->policies) {
                struct nfw_nft_marker marker;
                const char *id = comment ? nfw_nft_comment_id(comment, policy->name) : NULL;
                char *copy;

                if (policy->table != assignment->table ||
                    nfw_nft_marker_init(&marker, policy->name, "") < 0 || strcmp(set->name, marker.name) != 0)
                        continue;
                *ret_is_marker = true;
                if (!id)
                        return 0;
                copy = strdup(id);
                if (!copy)
                        return -ENOMEM;
                free(policy->id);
                policy->id = copy;
                return 0;
        }
        *ret_is_marker = false;
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
        char *name = strdup(set);
        int r;

        if (!name)
                return -ENOMEM;
        r = nfw_vec_push(&assignment->orphans, name);
        if (r < 0)
                free(name);
        return r;
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
                owner = nfw_nft_find_policy(assignment->snapshot, assignment->table,
                                            (const char *)record.value);
        return owner ? give(owner, set->name) : add_orphan(assignment, set->name);
}

static int take_lookup(struct nftnl_expr *expr, void *userdata) {
        struct assignment *assignment = userdata;
        const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), *set;
        int r;

        if (strcmp(name, "lookup") != 0)
                return 0;
        set = nftnl_expr_get_str(expr, NFTNL_EXPR_LOOKUP_SET);

        nfw_vec_foreach (orphan, &assignment->orphans) {
                if (!*orphan || strcmp(*orphan, set) != 0)
                        continue;
                r = give(assignment->policy, set);
                if (r < 0)
                        return r;
                free(*orphan);
                *orphan = NULL;
        }
        return 0;
}

static int take_rule(const struct nlmsghdr *message, void *userdata) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();

        if (!rule)
                return -ENOMEM;
        if (nftnl_rule_nlmsg_parse(message, rule) < 0)
                return -EBADMSG;
        return nftnl_expr_foreach(rule, take_lookup, userdata) < 0 ? -ENOMEM : 0;
}

static int assign_by_rules(struct nfw_nft_socket *nft, struct assignment *assignment) {
        char chain[NFW_NFT_NAME_MAX];
        int r;

        nfw_vec_foreach (policy, &assignment->snapshot->policies) {
                if (policy->table != assignment->table)
                        continue;
                assignment->policy = policy;
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                        nfw_nft_chain_name(policy->name, direction, chain);
                        r = nfw_nft_read_rules(nft, assignment->table, chain, take_rule, assignment);
                        if (r < 0)
                                return r;
                }
                nfw_vec_foreach (block, &policy->blocks) {
                        r = nfw_nft_read_rules(nft, assignment->table, *block, take_rule, assignment);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int assign_by_name(struct assignment *assignment) {
        int r;

        nfw_vec_foreach (orphan, &assignment->orphans) {
                struct nfw_nft_policy *owner = NULL;

                if (!*orphan)
                        continue;
                nfw_vec_foreach (policy, &assignment->snapshot->policies) {
                        size_t n = strlen(policy->name);

                        if (policy->table == assignment->table && strncmp(*orphan, policy->name, n) == 0 &&
                            (*orphan)[n] == '-' && (!owner || n > strlen(owner->name)))
                                owner = policy;
                }
                r = owner ? give(owner, *orphan) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_nft_assign_sets(struct nfw_nft_socket *nft, enum nfw_table table, struct nfw_nft_snapshot *snapshot) {
        struct assignment assignment = { .snapshot = snapshot, .table = table };
        int r;

        r = nfw_nft_read_sets(nft, table, take_set, &assignment);
        if (r == 0 && assignment.orphans.n > 0)
                r = assign_by_rules(nft, &assignment);
        if (r == 0)
                r = assign_by_name(&assignment);

        nfw_vec_foreach (orphan, &assignment.orphans)
                free(*orphan);
        nfw_vec_deinit(&assignment.orphans);
        return r;
}
