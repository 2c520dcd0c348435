/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another program may open an address to a guest, or close one, by changing what is in a learned set. The learner knows
 * what should be there; that somebody was there it is told by the keeper.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/learner/learner.h"

#define MAX_ATTEMPTS 16

/* Less is no matter: what the kernel and we take for the same moment is apart by its ticks, and by what waiting takes. */
#define SLACK_MS 1000

struct check {
        struct nfw_learner *learner;
        const struct learner_policy *policy;
        size_t learned;
        uint64_t begin;
};

static int check_grant(const struct nfw_nft_grant *grant, void *userdata) {
        const struct check *check = userdata;
        struct nfw_learner *learner = check->learner;
        uint64_t now = nfw_learner_now(), slack = SLACK_MS + learner->restore_ms + (now - check->begin);
        struct learner_port *port;
        int r;

        HASH_FIND_STR(learner->ports, grant->interface, port);
        if (!port || port->policy != check->policy)
                return 0;
        if (grant->expires_ms && port->has_nameless && nfw_learner_is_nameless(grant))
                return 0;

        learner->scratch.vec.n = 0;
        r = nfw_dns_grants_check_element(port->grants, check->learned, &grant->addr,
                                         grant->expires_ms ? check->begin + grant->expires_ms : UINT64_MAX,
                                         check->begin, slack, &learner->scratch);
        return r < 0 ? r : nfw_learner_queue(learner, port, &learner->scratch);
}

static int check_policy(struct nfw_learner *learner, const struct learner_policy *policy) {
        int r = 0;

        for (size_t i = 0; i < policy->sets.n; i++) {
                const char *const names[] = { policy->sets.items[i].set4, policy->sets.items[i].set6 };

                for (size_t j = 0; j < NFW_ARRAY_SIZE(names) && r == 0; j++) {
                        struct check check = { learner, policy, i, nfw_learner_now() };

                        r = nfw_nft_dump_grants(learner->nft, policy->table, names[j], check_grant, &check);
                }
        }
        return r;
}

static int check_all(struct nfw_learner *learner) {
        uint64_t begin = nfw_learner_now(), now;
        struct learner_port *port, *next;
        int r = 0;

        HASH_ITER(hh, learner->ports, port, next)
        nfw_dns_grants_check_begin(port->grants);
        for (const struct learner_policy *policy = learner->policies; policy && r == 0; policy = policy->next)
                r = check_policy(learner, policy);
        now = nfw_learner_now();
        HASH_ITER(hh, learner->ports, port, next) {
                if (r < 0)
                        break;
                learner->scratch.vec.n = 0;
                r = nfw_dns_grants_check_end(
                        port->grants, now, SLACK_MS + learner->restore_ms + (now - begin), &learner->scratch);
                if (r == 0)
                        r = nfw_learner_queue(learner, port, &learner->scratch);
        }
        return r;
}

/* Only what was read while nobody changed anything says what is wrong. */
static int check_in_step(struct nfw_learner *learner) {
        int r = -EAGAIN;

        for (int i = 0; i < MAX_ATTEMPTS && r == -EAGAIN; i++) {
                uint32_t generation;
                bool changed;

                r = nfw_learner_follow_if_changed(learner, &changed);
                if (r == 0)
                        r = nfw_learner_commit(learner);
                if (r < 0)
                        return r;
                r = check_all(learner);
                if (r < 0 && r != -ENOENT && r != -EAGAIN)
                        return r;
                if (r == 0)
                        r = nfw_nft_generation(learner->nft, &generation);
                if (r == -ENOENT || (r == 0 && generation != learner->followed))
                        r = -EAGAIN;
                if (r == -EAGAIN)
                        learner->ops.n = 0;
        }
        return r;
}

static void tell(struct nfw_learner *learner, const struct nfw_nft_author *author) {
        struct nfw_event event = { .type = NFW_EVENT_EDITED, .pid = author->pid };

        if (author->pid) {
                memcpy(event.process, author->name, sizeof(event.process));
                snprintf(event.text, sizeof(event.text),
                         "%s (process %u) changed what was learned; it is put right", author->name,
                         author->pid);
        } else
                strcpy(event.text, "somebody changed what was learned; it is put right");
        nfw_events_push(&learner->events, &event);
}

int nfw_learner_check_edits(struct nfw_learner *learner) {
        struct nfw_learned_edits *edits = &learner->context->learned_edits;
        uint64_t n = edits->n;
        int r;

        if (n == learner->n_edits)
                return 0;
        r = check_in_step(learner);
        /* Whoever changes it all the time has us look again with his next change. */
        if (r == -EAGAIN)
                return 0;
        learner->n_edits = n;
        if (r < 0 || learner->ops.n == 0)
                return r;
        edits->n_repaired++;
        tell(learner, &edits->author);
        return nfw_learner_commit(learner);
}
