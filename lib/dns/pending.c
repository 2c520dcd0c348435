/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/queue.h>

#include "base/macros.h"
#include "base/siphash.h"
#include "base/uthash.h"
#include "dns/flow.h"

/*
 * The name itself is not kept: a guest that wants a reply to another name to fit needs a second name with the
 * same 64 bits under a key that it does not know, and each try costs it a query. No padding inside.
 */
struct question_key {
        struct nfw_dns_flow_key flow;
        uint64_t name;
        uint16_t id;
        uint16_t type;
        uint16_t class;
        uint16_t zero;
};

_Static_assert(sizeof(struct question_key) == 56, "the key of a question must have no padding");

struct nfw_dns_pending_question {
        struct question_key key;
        uint64_t added_ms;
        UT_hash_handle hh;
        TAILQ_ENTRY(nfw_dns_pending_question) by_age;
};

struct nfw_dns_pending {
        struct nfw_siphash_key key;
        struct nfw_dns_pending_question *questions;
        TAILQ_HEAD(, nfw_dns_pending_question)
        by_age; /* the oldest first: the lifetime is the same for all */
        size_t n_questions;
        size_t max;
        uint64_t lifetime_ms;
};

int nfw_dns_pending_new(size_t max, uint64_t lifetime_ms, struct nfw_dns_pending **ret_pending) {
        nfw_cleanup(nfw_freep) struct nfw_dns_pending *pending = NULL;
        int r;

        if (max == 0)
                return -EINVAL;

        pending = calloc(1, sizeof(*pending));
        if (!pending)
                return -ENOMEM;
        r = nfw_siphash_key_init(&pending->key);
        if (r < 0)
                return r;
        TAILQ_INIT(&pending->by_age);
        pending->max = max;
        pending->lifetime_ms = lifetime_ms;

        *ret_pending = nfw_steal(pending);
        return 0;
}

void nfw_dns_pending_remove(struct nfw_dns_pending *pending, struct nfw_dns_pending_question *question) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the table has a table. */
        HASH_DEL(pending->questions, question);
        TAILQ_REMOVE(&pending->by_age, question, by_age);
        pending->n_questions--;
        free(question);
}

struct nfw_dns_pending *nfw_dns_pending_free(struct nfw_dns_pending *pending) {
        struct nfw_dns_pending_question *question;

        if (!pending)
                return NULL;

        while ((question = TAILQ_FIRST(&pending->by_age)))
                nfw_dns_pending_remove(pending, question);
        free(pending);
        return NULL;
}

static void forget_expired(struct nfw_dns_pending *pending, uint64_t now_ms) {
        struct nfw_dns_pending_question *question;

        while ((question = TAILQ_FIRST(&pending->by_age))) {
                if (now_ms < question->added_ms || now_ms - question->added_ms < pending->lifetime_ms)
                        return;
                nfw_dns_pending_remove(pending, question);
        }
}

static void question_key_init(const struct nfw_dns_pending *pending,
                              struct question_key *key,
                              const struct nfw_dns_flow *flow,
                              const struct nfw_dns_head *head) {
        const struct nfw_dns_question *question = &head->question;

        nfw_dns_flow_key_init(&key->flow, flow);
        /* The reader has folded the name's case, so a resolver may change it (and some clients do at random). */
        key->name = nfw_siphash(&pending->key, question->name.text, strlen(question->name.text));
        key->id = head->id;
        key->type = question->type;
        key->class = question->class;
        key->zero = 0;
}

int nfw_dns_pending_add(struct nfw_dns_pending *pending,
                        const struct nfw_dns_flow *flow,
                        const struct nfw_dns_head *query,
                        uint64_t now_ms) {
        struct nfw_dns_pending_question *question;
        struct question_key key;
        unsigned int hash;

        forget_expired(pending, now_ms);
        if (query->is_response || query->opcode != 0)
                return 0;

        question_key_init(pending, &key, flow, query);
        hash = (unsigned int)nfw_siphash(&pending->key, &key, sizeof(key));
        HASH_FIND_BYHASHVALUE(hh, pending->questions, &key, sizeof(key), hash, question);
        if (question) {
                question->added_ms = now_ms;
                TAILQ_REMOVE(&pending->by_age, question, by_age);
                TAILQ_INSERT_TAIL(&pending->by_age, question, by_age);
                return 0;
        }

        if (pending->n_questions >= pending->max)
                nfw_dns_pending_remove(pending, TAILQ_FIRST(&pending->by_age));

        question = calloc(1, sizeof(*question));
        if (!question)
                return -ENOMEM;
        question->key = key;
        question->added_ms = now_ms;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, pending->questions, &question->key, sizeof(key), hash, question);
        if (!question->hh.tbl) {
                free(question);
                return -ENOMEM;
        }
        TAILQ_INSERT_TAIL(&pending->by_age, question, by_age);
        pending->n_questions++;
        return 0;
}

struct nfw_dns_pending_question *nfw_dns_pending_find(struct nfw_dns_pending *pending,
                                                      const struct nfw_dns_flow *flow,
                                                      const struct nfw_dns_head *reply,
                                                      uint64_t now_ms) {
        struct nfw_dns_pending_question *question;
        struct question_key key;
        unsigned int hash;

        forget_expired(pending, now_ms);
        if (!reply->is_response || reply->opcode != 0)
                return NULL;

        question_key_init(pending, &key, flow, reply);
        hash = (unsigned int)nfw_siphash(&pending->key, &key, sizeof(key));
        HASH_FIND_BYHASHVALUE(hh, pending->questions, &key, sizeof(key), hash, question);
        return question;
}

size_t nfw_dns_pending_size(const struct nfw_dns_pending *pending) {
        return pending->n_questions;
}
