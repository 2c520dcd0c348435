/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/policy.h"

#include <stdlib.h>

#include "policy/reader.h"
#include "policy/special.h"

/**
 * nfw_policy_free() - free a policy
 * @policy: the policy, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_policy *nfw_policy_free(struct nfw_policy *policy) {
        if (!policy)
                return NULL;

        nfw_vec_foreach (rule, &policy->rules)
                nfw_policy_rule_deinit(rule);
        nfw_vec_deinit(&policy->rules);
        free(policy->file);
        free(policy->source);
        free(policy);
        return NULL;
}

/**
 * nfw_policy_n_rules() - how many rules the policy has
 * @policy: the policy
 *
 * Return: the number, at least 1.
 */
nfw_public size_t nfw_policy_n_rules(const struct nfw_policy *policy) {
        return policy->rules.n;
}

/**
 * nfw_policy_has_domains() - whether enforcing the policy needs somebody who learns from DNS
 * @policy: the policy
 *
 * host.lima.internal and subnet.lima.internal do not count: they are known without DNS.
 *
 * Return: true where a rule has a domain pattern whose addresses must be learned.
 */
nfw_public bool nfw_policy_has_domains(const struct nfw_policy *policy) {
        nfw_vec_foreach (rule, &policy->rules)
                nfw_vec_foreach (domain, &rule->domains)
                        if (nfw_special_domain(domain) == NFW_SPECIAL_NONE)
                                return true;
        return false;
}
