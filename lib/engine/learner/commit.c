/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "base/error.h"
#include "engine/learner/learner.h"

#define MAX_ATTEMPTS 64

/* Enough to be told from the clock's ticks and from what a commit may have to wait. */
#define TRIAL_MS 1000

/* At extensions of a batch, for one to try: each costs a question to the kernel. */
#define MAX_TRIAL_LOOKS 16

/* What is left of a time, at least a moment. */
static uint64_t left(uint64_t expires_ms, uint64_t now) {
        return expires_ms > now ? expires_ms - now : 1;
}

int nfw_learner_queue(struct nfw_learner *learner,
                      struct learner_port *port,
                      const struct nfw_grant_ops *ops) {
        int r;

        nfw_vec_foreach (from, &ops->vec) {
                struct learner_op *op;

                r = nfw_vec_reserve(&learner->ops, 1);
                if (r < 0)
                        return r;

                op = &learner->ops.items[learner->ops.n++];
                *op = (struct learner_op){
                        .port = port,
                        .change = from->change,
                        .learned = from->learned,
                        .addr = from->addr,
                        .note.resolver = from->resolver,
                        .expires_ms = from->expires_ms,
                };
                if (from->name)
                        strncpy(op->note.name, from->name, sizeof(op->note.name) - 1);
        }
        return 0;
}

void nfw_learner_drop_ops(struct nfw_learner *learner, const struct learner_port *port) {
        size_t n = 0;

        for (size_t i = 0; i < learner->ops.n; i++)
                if (learner->ops.items[i].port != port)
                        learner->ops.items[n++] = learner->ops.items[i];
        learner->ops.n = n;
}

static const char *set_of(const struct learner_op *op) {
        const struct learner_set_pair *pair = &op->port->policy->sets.items[op->learned];

        return op->addr.family == AF_INET ? pair->set4 : pair->set6;
}

/* What ended while it waited is not put any more; what the kernel has in its place goes where it would live longer. */
static void drop_past(struct nfw_learner *learner) {
        uint64_t now = nfw_learner_now();
        size_t n = 0;

        for (size_t i = 0; i < learner->ops.n; i++) {
                struct learner_op *op = &learner->ops.items[i];

                if (op->change != NFW_GRANT_REMOVE && op->expires_ms <= now) {
                        if (op->change != NFW_GRANT_REPLACE)
                                continue;
                        op->change = NFW_GRANT_REMOVE;
                }
                learner->ops.items[n++] = *op;
        }
        learner->ops.n = n;
}

static int put(struct nfw_nft_grant_list *grants,
               const struct learner_op *op,
               enum nfw_nft_element_op element_op) {
        return nfw_nft_grant_list_put(grants, element_op, op->port->policy->table, set_of(op),
                                      op->port->interface, &op->addr, left(op->expires_ms, nfw_learner_now()),
                                      &op->note);
}

static bool deletes(const struct nfw_learner *learner, const struct learner_op *op) {
        switch (op->change) {
        case NFW_GRANT_REMOVE:
        case NFW_GRANT_REPLACE:
                return true;
        case NFW_GRANT_EXTEND:
                return learner->extend == LEARNER_EXTEND_BY_REPLACE;
        case NFW_GRANT_ADD:
                break;
        }
        return false;
}

static int build(struct nfw_learner *learner) {
        struct nfw_nft_grant_list grants = { .list.batch = learner->batch };
        int r;

        nfw_nft_batch_reset(learner->batch);
        nfw_vec_foreach (op, &learner->ops) {
                if (deletes(learner, op)) {
                        r = put(&grants, op, NFW_NFT_DELETE);
                        if (r < 0)
                                return r;
                }
                if (op->change != NFW_GRANT_REMOVE) {
                        r = put(&grants, op, NFW_NFT_ADD);
                        if (r < 0)
                                return r;
                }
        }
        return nfw_nft_grant_list_end(&grants);
}

static int compare_elements(const struct learner_op *a, const struct learner_op *b) {
        if (a->port != b->port)
                return (uintptr_t)a->port < (uintptr_t)b->port ? -1 : 1;
        if (a->learned != b->learned)
                return a->learned < b->learned ? -1 : 1;
        if (a->addr.family != b->addr.family)
                return a->addr.family < b->addr.family ? -1 : 1;
        return memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes));
}

/* What is done to one element stays in its order. */
static int compare_ops(const void *a, const void *b) {
        const struct learner_op *const *x = a, *const *y = b;
        int r = compare_elements(*x, *y);

        return r != 0 ? r : *x < *y ? -1 : *x > *y;
}

static int is_in_kernel(struct nfw_learner *learner, const struct learner_op *op, bool *ret_is_there) {
        struct nfw_nft_grant grant;
        int r;

        r = nfw_nft_get_grant(learner->nft, op->port->policy->table, set_of(op), op->port->interface,
                              &op->addr, &grant);
        *ret_is_there = r == 0;
        return r < 0 ? r : 0;
}

static void drop_void(struct nfw_learner *learner) {
        size_t n = 0;

        for (size_t i = 0; i < learner->ops.n; i++)
                if (!learner->ops.items[i].is_void)
                        learner->ops.items[n++] = learner->ops.items[i];
        learner->ops.n = n;
}

/*
 * An element that was to be deleted had expired. Deletions of what is gone are taken out: a removal is done, a
 * replacement becomes an addition. The kernel knows what is there before the first of the operations on an element; what
 * is there before the others, those before them say.
 */
static int forget_expired(struct nfw_learner *learner) {
        nfw_cleanup(nfw_freep) struct learner_op **ops = calloc(learner->ops.n, sizeof(*ops));
        bool is_there = false;
        int r;

        if (!ops)
                return -ENOMEM;
        for (size_t i = 0; i < learner->ops.n; i++)
                ops[i] = &learner->ops.items[i];
        qsort(ops, learner->ops.n, sizeof(struct learner_op *), compare_ops);

        for (size_t i = 0; i < learner->ops.n; i++) {
                struct learner_op *op = ops[i];

                if ((i == 0 || compare_elements(ops[i - 1], op) != 0) && deletes(learner, op)) {
                        r = is_in_kernel(learner, op, &is_there);
                        if (r < 0)
                                return r;
                }
                if (deletes(learner, op) && !is_there) {
                        if (op->change == NFW_GRANT_REMOVE)
                                op->is_void = true;
                        else
                                op->change = NFW_GRANT_ADD;
                }
                is_there = op->change != NFW_GRANT_REMOVE;
        }
        drop_void(learner);
        return 0;
}

static int time_left_in_kernel(struct nfw_learner *learner, const struct learner_op *op, uint64_t *ret_ms) {
        struct nfw_nft_grant grant = { 0 };
        int r;

        r = nfw_nft_get_grant(learner->nft, op->port->policy->table, set_of(op), op->port->interface,
                              &op->addr, &grant);
        if (r < 0 && r != -ENOENT)
                return r;

        *ret_ms = r == 0 ? grant.expires_ms : 0;
        return 0;
}

/* Whether no other operation is about its element: what is in the kernel afterwards is this one's work. */
static bool is_alone(const struct nfw_learner *learner, const struct learner_op *op) {
        nfw_vec_foreach (other, &learner->ops)
                if (other != op && compare_elements(other, op) == 0)
                        return false;
        return true;
}

/* An element that is about to go might be made anew, and not be extended. */
static int can_try(struct nfw_learner *learner, const struct learner_op *op, bool *ret_can_try) {
        uint64_t ms;
        int r;

        *ret_can_try = false;
        if (!is_alone(learner, op))
                return 0;
        r = time_left_in_kernel(learner, op, &ms);
        if (r < 0)
                return r;
        *ret_can_try = ms >= TRIAL_MS && left(op->expires_ms, nfw_learner_now()) >= ms + TRIAL_MS;
        return 0;
}

/*
 * How this kernel extends an element is found out with the first extension that is long enough to be told from
 * the clock's ticks; the others are replaced until then, which every kernel understands. The decision to try is
 * made here.
 */
static int begin_trial(struct nfw_learner *learner) {
        bool is_begun = false;
        int r, n_looked = 0;

        if (learner->extend != LEARNER_EXTEND_UNKNOWN)
                return 0;

        nfw_vec_foreach (op, &learner->ops) {
                if (op->change != NFW_GRANT_EXTEND)
                        continue;
                op->is_trial = false;
                if (!is_begun && n_looked++ < MAX_TRIAL_LOOKS) {
                        r = can_try(learner, op, &op->is_trial);
                        if (r < 0)
                                return r;
                }
                if (!op->is_trial)
                        op->change = NFW_GRANT_REPLACE;
                is_begun |= op->is_trial;
        }
        return 0;
}

/* What was tried, or NULL. */
static struct learner_op *find_trial(const struct nfw_learner *learner) {
        nfw_vec_foreach (op, &learner->ops)
                if (op->is_trial)
                        return op;
        return NULL;
}

/* Leaves the one operation that has to be done in another way, if it has, and sets *ret_again. */
static int end_trial(struct nfw_learner *learner, bool *ret_again) {
        struct learner_op *trial = find_trial(learner);
        uint64_t ms;
        int r;

        *ret_again = false;
        if (!trial)
                return 0;

        r = time_left_in_kernel(learner, trial, &ms);
        if (r < 0)
                return r;

        learner->extend = ms + 500 >= left(trial->expires_ms, nfw_learner_now()) ? LEARNER_EXTEND_BY_ADD
                                                                                 : LEARNER_EXTEND_BY_REPLACE;
        *ret_again = learner->extend == LEARNER_EXTEND_BY_REPLACE;
        trial->is_trial = false;
        learner->ops.items[0] = *trial;
        learner->ops.n = 1;
        return 0;
}

static void tell(struct nfw_learner *learner) {
        uint64_t now = nfw_learner_now();

        nfw_vec_foreach (op, &learner->ops) {
                struct nfw_event event = { .type = NFW_EVENT_LEARNED };

                nfw_learner_note_change(learner, op->port);
                if (op->change == NFW_GRANT_REMOVE)
                        continue;
                nfw_learner_count(learner, NFW_COUNTER_LEARNED, 1);
                if (learner->events.n >= NFW_MAX_EVENTS)
                        continue;
                memcpy(event.port, op->port->interface, sizeof(event.port));
                memcpy(event.name, op->note.name, sizeof(event.name));
                event.addr = op->addr;
                event.server = op->note.resolver;
                event.expires_ms = left(op->expires_ms, now);
                nfw_events_push(&learner->events, &event);
        }
}

/* The kernel would not have it. What we think it holds may be wrong now, so it is read again. */
static int give_up(struct nfw_learner *learner, int error, const struct nfw_nft_failure *failure) {
        struct nfw_event event = { .type = NFW_EVENT_ERROR };

        nfw_learner_count(learner, NFW_COUNTER_FAILED, 1);
        snprintf(event.text, sizeof(event.text), "the kernel refused %zu elements: %.60s%s%.60s",
                 learner->ops.n, nfw_strerror(-error), failure->message[0] ? ": " : "", failure->message);
        nfw_events_push(&learner->events, &event);
        return nfw_learner_reread(learner);
}

/* Grants are nothing that a shadow has: it is of the next generation, as everybody is who follows it. */
static void take_own_commit(struct nfw_learner *learner) {
        struct nfw_shadow *shadow = &learner->context->shadow;

        if (shadow->valid)
                nfw_shadow_advance(shadow);
        /* 0 after the last one: then it is looked anew. */
        learner->followed++;
}

/* 0; -EAGAIN to try again; or a negative errno. */
static int attempt(struct nfw_learner *learner, struct nfw_nft_failure *failure) {
        int r;

        if (!nfw_learner_is_in_step(learner)) {
                r = nfw_learner_follow(learner);
                if (r < 0)
                        return r;
        }
        drop_past(learner);
        if (learner->ops.n == 0)
                return 0;

        r = build(learner);
        if (r < 0)
                return r;

        r = nfw_nft_commit(learner->nft, learner->batch, learner->followed, false, failure);
        if (r == 0) {
                take_own_commit(learner);
                return 0;
        }

        if (r == NFW_NFT_STALE) {
                learner->followed = 0;
                return -EAGAIN;
        }
        if (r == -ENOENT) {
                r = forget_expired(learner);
                return r < 0 ? r : -EAGAIN;
        }
        return r;
}

static int commit_all(struct nfw_learner *learner, struct nfw_nft_failure *failure) {
        int r = -EAGAIN;

        for (int i = 0; r == -EAGAIN && i < MAX_ATTEMPTS; i++)
                r = attempt(learner, failure);
        return r;
}

static int commit_ops(struct nfw_learner *learner) {
        struct nfw_nft_failure failure = { 0 };
        uint64_t n_follows;
        bool again;
        int r;

        do {
                again = false;
                n_follows = learner->n_follows;
                r = begin_trial(learner);
                if (r == 0)
                        r = commit_all(learner, &failure);
                if (r == 0) {
                        tell(learner);
                        /* What was looked at is not what it was when the policies have changed meanwhile. */
                        if (n_follows == learner->n_follows)
                                r = end_trial(learner, &again);
                }
                if (r == -EPERM || r == -ENOMEM)
                        return r;
                if (r < 0)
                        return give_up(learner, r, &failure);
        } while (again);

        learner->ops.n = 0;
        return 0;
}

int nfw_learner_commit(struct nfw_learner *learner) {
        int r;

        if (learner->ops.n == 0 && nfw_learner_is_in_step(learner))
                return 0;

        r = nfw_learner_keep_lock(learner);
        if (r < 0)
                return r;
        do
                r = flock(learner->lock_fd, LOCK_EX);
        while (r < 0 && errno == EINTR);
        if (r < 0)
                return -errno;

        r = commit_ops(learner);
        (void)flock(learner->lock_fd, LOCK_UN);
        return r;
}
