/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/learner/learner.h"

static void policy_free(struct learner_policy *policy) {
        nfw_vec_foreach (pair, &policy->sets) {
                free(pair->set4);
                free(pair->set6);
        }
        nfw_vec_deinit(&policy->sets);
        nfw_dns_index_free(policy->index);
        nfw_learner_denier_deinit(&policy->denier);
        free(policy);
}

static int take_learned(struct learner_policy *policy, const struct nfw_plan *plan) {
        int r;

        r = nfw_dns_index_new(&policy->index);
        if (r < 0)
                return r;

        for (size_t i = 0; i < plan->learned.n; i++) {
                const struct nfw_plan_learned *learned = &plan->learned.items[i];
                struct learner_set_pair pair = {
                        .set4 = strdup(plan->sets.items[learned->set4].name),
                        .set6 = strdup(plan->sets.items[learned->set6].name),
                };

                r = pair.set4 && pair.set6 ? nfw_vec_push(&policy->sets, pair) : -ENOMEM;
                if (r < 0) {
                        free(pair.set4);
                        free(pair.set6);
                        return r;
                }
                nfw_vec_foreach (pattern, &learned->patterns) {
                        r = nfw_dns_index_add(policy->index, pattern, i);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int compile_policy(struct learner_policy *policy, const struct nfw_record *record) {
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        int r;

        policy->any_resolver = record->any_resolver;
        policy->log_denied = record->log_denied;
        policy->min_ttl = record->min_ttl;
        policy->max_ttl = record->max_ttl;
        policy->max_names = record->max_names;

        r = nfw_record_compile(record, policy->table, &ir, &plan);
        if (r == 0 && policy->log_denied)
                r = nfw_learner_denier_init(&policy->denier, ir, plan);
        if (r < 0)
                return r;
        return take_learned(policy, plan);
}

/* 0; NFW_E_NOT_FOUND where nobody knows any more what it means; or a negative errno. */
static int add_policy(struct nfw_learner *learner, const struct nfw_nft_policy *from) {
        struct learner_policy *policy;
        struct nfw_record record = { 0 };
        int r;

        r = nfw_record_read(learner->context, from->name, from->id, &record);
        if (r != 0)
                return r;

        policy = calloc(1, sizeof(*policy));
        if (!policy) {
                nfw_record_deinit(&record);
                return -ENOMEM;
        }

        strcpy(policy->name, record.name);
        strcpy(policy->id, record.id);
        policy->table = from->table;
        policy->incarnation = from->incarnation;
        policy->present = policy->fresh = true;
        r = compile_policy(policy, &record);
        nfw_record_deinit(&record);
        if (r < 0) {
                policy_free(policy);
                return r;
        }

        policy->next = learner->policies;
        learner->policies = policy;
        return 0;
}

struct learner_policy *nfw_learner_find_policy(const struct nfw_learner *learner,
                                               const struct nfw_nft_policy *in_force) {
        for (struct learner_policy *policy = learner->policies; policy; policy = policy->next)
                if (policy->incarnation == in_force->incarnation && policy->table == in_force->table &&
                    strcmp(policy->name, in_force->name) == 0 && strcmp(policy->id, in_force->id) == 0)
                        return policy;
        return NULL;
}

int nfw_learner_follow_policies(struct nfw_learner *learner) {
        struct learner_policy *policy;
        int r;

        for (policy = learner->policies; policy; policy = policy->next)
                policy->present = false;

        nfw_vec_foreach (from, &learner->context->shadow.policies) {
                policy = nfw_learner_find_policy(learner, from);
                if (policy) {
                        policy->present = true;
                        continue;
                }

                r = add_policy(learner, from);
                if (r < 0)
                        return r;
                if (r > 0) {
                        struct nfw_event event = { .type = NFW_EVENT_ERROR };

                        snprintf(event.text, sizeof(event.text),
                                 "policy %s is in force, but the copy of its source is gone: load it again",
                                 from->name);
                        nfw_events_push(&learner->events, &event);
                }
        }
        return 0;
}

void nfw_learner_remove_absent_policies(struct nfw_learner *learner) {
        for (struct learner_policy **link = &learner->policies; *link;) {
                struct learner_policy *policy = *link;

                if (policy->present) {
                        link = &policy->next;
                        continue;
                }
                *link = policy->next;
                policy_free(policy);
        }
}
