/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/status/status.h"

#include <errno.h>
#include <string.h>

#include "engine/learned.h"
#include "engine/lock.h"
#include "engine/port_record.h"
#include "engine/state.h"
#include "engine/summary.h"

static int add_loaded(struct nfw_context *context,
                      struct nfw_status *status,
                      const struct nfw_nft_policy *policy) {
        const struct nfw_summary *summary;
        struct nfw_loaded loaded = { 0 };
        int r;

        nfw_vec_foreach (other, &status->loaded)
                if (strcmp(other->name, policy->name) == 0)
                        return 0;

        r = nfw_summary_get(context, policy, &summary);
        if (r < 0)
                return r;

        loaded.name = strdup(policy->name);
        loaded.file = strdup(r == 0 ? summary->file : "");
        if (r == 0) {
                loaded.n_rules = summary->n_rules;
                loaded.has_domains = summary->has_domains;
                loaded.any_resolver = summary->any_resolver;
                loaded.log_denied = summary->log_denied;
        }
        if (nfw_record_id_is_valid(policy->id))
                strcpy(loaded.id, policy->id);

        r = loaded.name && loaded.file ? nfw_vec_push(&status->loaded, loaded) : -ENOMEM;
        if (r < 0) {
                free(loaded.name);
                free(loaded.file);
        }
        return r;
}

static int add_binding(struct nfw_shadow_port *port, void *userdata) {
        struct nfw_status *status = userdata;
        struct nfw_port_record record;
        struct nfw_binding *binding;
        int r;

        r = nfw_vec_reserve(&status->bindings, 1);
        if (r < 0)
                return r;

        binding = &status->bindings.items[status->bindings.n];
        *binding = (struct nfw_binding){ .table = port->table };
        /* A persistent port stands by in the other table, so most need not be read. Who may not sees the rest. */
        if (port->standby && nfw_port_record_read(status->context, port->interface, &record) == 0)
                binding->is_persistent = record.is_persistent;
        binding->drops_on_bridges = port->table == NFW_TABLE_INET && port->standby && !port->standby->policy;
        memcpy(binding->port, port->interface, sizeof(binding->port));
        binding->policy = strdup(port->policy);
        if (!binding->policy)
                return -ENOMEM;
        status->bindings.n++;

        nfw_vec_foreach (resolver, &port->parameters[NFW_PARAMETER_RESOLVERS]) {
                struct nfw_resolver_text text;

                nfw_addr_format(&resolver->addr, text.text);
                r = nfw_vec_push(&binding->resolvers, text);
                if (r < 0)
                        return r;
        }
        return 0;
}

struct grant_reader {
        struct nfw_status *status;
        const char *policy;
};

static int add_grant(const char *set nfw_unused, const struct nfw_nft_grant *from, void *userdata) {
        struct grant_reader *reader = userdata;
        struct nfw_grant *grant;
        int r;

        r = nfw_vec_reserve(&reader->status->grants, 1);
        if (r < 0)
                return r;

        grant = &reader->status->grants.items[reader->status->grants.n];
        *grant = (struct nfw_grant){ .expires_ms = from->expires_ms };
        memcpy(grant->port, from->interface, sizeof(grant->port));
        memcpy(grant->name, from->note.name, sizeof(grant->name));
        nfw_addr_format(&from->addr, grant->address);
        if (from->note.resolver.family)
                nfw_addr_format(&from->note.resolver, grant->resolver);
        grant->policy = strdup(reader->policy);
        if (!grant->policy)
                return -ENOMEM;

        reader->status->grants.n++;
        return 0;
}

static int add_grants(struct nfw_context *context,
                      struct nfw_status *status,
                      const struct nfw_nft_policy *policy) {
        struct grant_reader reader = { .status = status, .policy = policy->name };

        return nfw_learned_dump(context->nft, policy, add_grant, &reader);
}

static int compare_loaded(const void *a, const void *b) {
        return strcmp(((const struct nfw_loaded *)a)->name, ((const struct nfw_loaded *)b)->name);
}

static int compare_bindings(const void *a, const void *b) {
        return strcmp(((const struct nfw_binding *)a)->port, ((const struct nfw_binding *)b)->port);
}

/* By what a reader sees, and of the same the longest first. */
static int compare_grants(const void *a, const void *b) {
        const struct nfw_grant *x = a, *y = b;
        int c;

        c = strcmp(x->port, y->port);
        if (c == 0)
                c = strcmp(x->name, y->name);
        if (c == 0)
                c = strcmp(x->address, y->address);
        if (c == 0)
                c = strcmp(x->policy, y->policy);
        return c ? c : (x->expires_ms < y->expires_ms) - (x->expires_ms > y->expires_ms);
}

static bool is_same_grant(const struct nfw_grant *a, const struct nfw_grant *b) {
        return strcmp(a->port, b->port) == 0 && strcmp(a->name, b->name) == 0 &&
               strcmp(a->address, b->address) == 0 && strcmp(a->policy, b->policy) == 0;
}

/* An address stands in every set that its name is wanted in: those of rules, and those that lead to blocks. */
static void sort_grants(struct nfw_status *status) {
        struct nfw_grant *grants = status->grants.items;
        size_t n = 0;

        if (status->grants.n == 0)
                return;

        qsort(grants, status->grants.n, sizeof(*grants), compare_grants);
        for (size_t i = 0; i < status->grants.n; i++) {
                if (n > 0 && is_same_grant(&grants[n - 1], &grants[i]))
                        free(grants[i].policy);
                else
                        grants[n++] = grants[i];
        }
        status->grants.n = n;
}

static int fill(struct nfw_context *context, bool with_grants, struct nfw_status *status) {
        int r;

        r = nfw_shadow_update(&context->shadow, context->nft);
        if (r < 0)
                return r;

        memcpy(status->tables, context->shadow.tables, sizeof(status->tables));
        memcpy(status->foreign, context->shadow.foreign, sizeof(status->foreign));
        nfw_vec_foreach (policy, &context->shadow.policies) {
                r = add_loaded(context, status, policy);
                if (r < 0)
                        return r;
                r = with_grants ? add_grants(context, status, policy) : 0;
                if (r < 0)
                        return r;
        }
        nfw_summaries_trim(context);

        status->context = context;
        r = nfw_shadow_foreach_port(&context->shadow, add_binding, status);
        status->context = NULL;
        if (r < 0)
                return r;

        if (status->loaded.n > 0)
                qsort(status->loaded.items, status->loaded.n, sizeof(struct nfw_loaded), compare_loaded);
        if (status->bindings.n > 0)
                qsort(status->bindings.items, status->bindings.n, sizeof(struct nfw_binding),
                      compare_bindings);
        sort_grants(status);

        return nfw_statistics_read(context, &status->statistics, &status->learner_running);
}

static int look(struct nfw_context *context,
                bool with_grants,
                struct nfw_report *report,
                struct nfw_status **ret_status) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        struct nfw_status *status;
        int r;

        r = nfw_state_prepare(context, report);
        if (r < 0)
                return r;

        status = calloc(1, sizeof(*status));
        if (!status)
                return -ENOMEM;

        r = nfw_lock_acquire(&lock, context);
        if (r == 0)
                r = fill(context, with_grants, status);
        nfw_lock_release(&lock);
        if (r == 0 && with_grants)
                r = nfw_status_take_store(context, status);
        if (r < 0) {
                nfw_status_free(status);
                return r;
        }

        *ret_status = status;
        return 0;
}

/**
 * nfw_status_new() - look at everything that is in force
 * @context:    the context
 * @report:     what is wrong with the state directory is added here; may be NULL
 * @ret_status: policies and ports by name, grants by port, name and address, each once in
 *              however many sets it is, what the learner has counted, and whether all of it is stored
 *
 * A copy as of now. It takes the lock for as long as it reads, so that no change of ours is seen by half.
 *
 * Return: 0, or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_status_new(struct nfw_context *context,
                              struct nfw_report *report,
                              struct nfw_status **ret_status) {
        return look(context, true, report, ret_status);
}

/**
 * nfw_status_new_without_grants() - the same without what was learned, and without a look at the store
 * @context:    the context
 * @report:     as for nfw_status_new()
 * @ret_status: as from nfw_status_new(), and nfw_status_n_grants() is 0
 *
 * Where much is learned, reading that takes nearly all of the time. This takes little where nobody but this context
 * has changed anything since it was used last: the kernel is then asked for no more than that.
 *
 * Return: 0, or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_status_new_without_grants(struct nfw_context *context,
                                             struct nfw_report *report,
                                             struct nfw_status **ret_status) {
        return look(context, false, report, ret_status);
}

/**
 * nfw_status_free() - forget a status and everything that was taken from it
 * @status: the status, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_status *nfw_status_free(struct nfw_status *status) {
        if (!status)
                return NULL;

        nfw_vec_foreach (loaded, &status->loaded) {
                free(loaded->name);
                free(loaded->file);
        }
        nfw_vec_deinit(&status->loaded);
        nfw_vec_foreach (binding, &status->bindings) {
                free(binding->policy);
                nfw_vec_deinit(&binding->resolvers);
        }
        nfw_vec_deinit(&status->bindings);
        nfw_vec_foreach (grant, &status->grants)
                free(grant->policy);
        nfw_vec_deinit(&status->grants);
        nfw_vec_foreach (file, &status->set_aside)
                free(*file);
        nfw_vec_deinit(&status->set_aside);
        free(status->store);
        free(status);
        return NULL;
}
