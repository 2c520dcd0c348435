/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/keeper/follow.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "engine/bindings.h"
#include "engine/install.h"
#include "engine/port_record.h"
#include "engine/transaction.h"

/* The ports of one policy, as they shall be. */
struct followed {
        char name[NFW_POLICY_NAME_MAX + 1];
        struct nfw_record record;
        struct nfw_install install;
        struct nfw_bindings bindings;
};

struct follow {
        struct nfw_context *context;
        struct nfw_report *report;
        NFW_VEC(struct followed *) policies;
        struct nfw_port_records ports;
        bool makes_tables;
        bool was_applied;
        struct nfw_port_records gone; /* from their names: their bindings end, or go on under other names */
};

static void followed_free(struct followed *followed) {
        nfw_bindings_deinit(&followed->bindings);
        nfw_install_deinit(&followed->install);
        nfw_record_deinit(&followed->record);
        free(followed);
}

static void reset(struct follow *follow) {
        nfw_vec_foreach (each, &follow->policies)
                followed_free(*each);
        follow->policies.n = follow->ports.vec.n = follow->gone.vec.n = 0;
}

static void follow_deinit(struct follow *follow) {
        reset(follow);
        nfw_vec_deinit(&follow->policies);
        nfw_port_records_deinit(&follow->ports);
        nfw_port_records_deinit(&follow->gone);
}

/* 0 and NULL where nobody knows any more what the policy's ports need: they stay as they are. */
static int find_followed(struct follow *follow, const char *name, struct followed **ret_followed) {
        const struct nfw_nft_policy *in_force = nfw_shadow_any_policy(&follow->context->shadow, name);
        struct followed *followed;
        int r;

        nfw_vec_foreach (each, &follow->policies)
                if (strcmp((*each)->name, name) == 0) {
                        *ret_followed = (*each)->record.id[0] ? *each : NULL;
                        return 0;
                }
        *ret_followed = NULL;
        if (!in_force)
                return 0;

        followed = calloc(1, sizeof(*followed));
        if (!followed)
                return -ENOMEM;
        strcpy(followed->name, in_force->name);
        r = nfw_vec_push(&follow->policies, followed);
        if (r < 0) {
                free(followed);
                return r;
        }
        r = nfw_record_read_settings(follow->context, name, in_force->id, &followed->record);
        if (r < 0)
                return r;
        if (r == 0)
                *ret_followed = followed;
        else
                followed->record = (struct nfw_record){ 0 };
        return 0;
}

/*
 * The link's index says that it is the same one. NFW_E_NOT_FOUND where it is gone, or its new name has a binding of its
 * own that goes on.
 */
static int find_renamed(struct follow *follow,
                        const struct nfw_port_record *port,
                        struct nfw_link *ret_link) {
        const struct nfw_port_record *other;
        int r;

        r = nfw_rtnl_link_by_index(follow->context->rtnl, port->index, ret_link);
        if (r != 0)
                return r;
        other = nfw_port_records_find(&follow->ports, ret_link->name);
        if (!other)
                return nfw_shadow_port(&follow->context->shadow, ret_link->name) ? NFW_E_NOT_FOUND : 0;
        return other->is_persistent || !other->index || other->index == port->index ? NFW_E_NOT_FOUND : 0;
}

static int move_to(struct follow *follow,
                   struct followed *followed,
                   const struct nfw_port_record *port,
                   const char *name) {
        size_t n = followed->bindings.vec.n;
        struct nfw_new_binding *binding;
        int r;

        r = nfw_vec_push(&follow->gone.vec, *port);
        if (r < 0)
                return r;
        followed->bindings.is_persistent = port->is_persistent;
        r = nfw_bindings_add(&followed->bindings, follow->context, name, &followed->record, NULL);
        if (r != 0)
                return r == NFW_E_NOT_FOUND ? -EAGAIN : r;
        /* Two records say that they are of that link. */
        if (followed->bindings.vec.n == n)
                return 0;
        binding = &followed->bindings.vec.items[n];
        binding->is_moved = true;
        strcpy(binding->binding, port->id);
        return 0;
}

/* What is in force does not depend on it. */
static int write_record(const struct follow *follow, const struct nfw_port_record *record) {
        int r = nfw_port_record_write(follow->context, record);

        if (r >= 0 || r == -ENOMEM)
                return r;
        return nfw_report_error(follow->report, "state/not-recorded", NULL, NULL,
                                "which link port %s is cannot be remembered: %s", record->interface,
                                nfw_strerror(-r));
}

/* The link that a binding was made for does not have that name any more. */
static int leave_name(struct follow *follow, struct followed *followed, const struct nfw_port_record *port) {
        struct nfw_port_record waiting = *port;
        struct nfw_link link;
        int r;

        /* It has not been seen since a restart. */
        if (!port->index)
                return 0;
        r = find_renamed(follow, port, &link);
        if (r == 0)
                return move_to(follow, followed, port, link.name);
        if (r < 0)
                return r;
        if (!port->is_persistent)
                return nfw_vec_push(&follow->gone.vec, *port);
        waiting.index = 0;
        return write_record(follow, &waiting);
}

/* Its first link since it waits. */
static int note_link(const struct follow *follow, const struct nfw_port_record *port, unsigned int index) {
        struct nfw_port_record seen = *port;

        if (port->index == index)
                return 0;
        seen.index = index;
        return write_record(follow, &seen);
}

/* Where nothing can be enforced it stays as it is. */
static int tell_refused(const struct follow *follow, const struct followed *followed, const char *interface) {
        struct nfw_port port;
        int r;

        r = nfw_port_init(&port, follow->context, interface, &followed->record, follow->report);
        if (r == 0)
                nfw_port_deinit(&port);
        return r == 0 ? -EAGAIN : r < 0 ? r : 0;
}

static int follow_port(struct nfw_shadow_port *port, void *userdata) {
        struct follow *follow = userdata;
        const struct nfw_port_record *record = nfw_port_records_find(&follow->ports, port->interface);
        struct followed *followed;
        struct nfw_port *new;
        size_t n;
        int r;

        /* What differs from its record is somebody else's doing, and put right elsewhere. */
        if (!record || strcmp(record->policy, port->policy) != 0)
                return 0;
        r = find_followed(follow, port->policy, &followed);
        if (r < 0 || !followed)
                return r;

        n = followed->bindings.vec.n;
        followed->bindings.is_persistent = false;
        r = nfw_bindings_add(&followed->bindings, follow->context, port->interface, &followed->record, NULL);
        if (r == NFW_E_NOT_FOUND)
                return leave_name(follow, followed, record);
        if (r != 0)
                return r < 0 ? r : tell_refused(follow, followed, port->interface);
        /* Another port of the policy has that name now. */
        if (followed->bindings.vec.n == n)
                return leave_name(follow, followed, record);

        new = &followed->bindings.vec.items[n].port;
        if (record->index && record->index != new->index && !record->is_persistent) {
                nfw_port_deinit(new);
                followed->bindings.vec.n = n;
                return leave_name(follow, followed, record);
        }
        r = note_link(follow, record, new->index);
        return r < 0 ? r
                     : nfw_bindings_drop_in_bridge(&followed->bindings, follow->context, new, follow->report);
}

static int put_tables(struct follow *follow, struct followed *followed) {
        struct nfw_context *context = follow->context;
        int r;

        for (int table = 0; table < NFW_N_TABLES; table++) {
                if (!nfw_bindings_use_table(&followed->bindings, table) ||
                    nfw_shadow_policy(&context->shadow, followed->name, table))
                        continue;
                if (!followed->record.policy) {
                        struct nfw_record whole;

                        r = nfw_record_read(context, followed->name, followed->record.id, &whole);
                        if (r != 0)
                                return r < 0 ? r : -EAGAIN;
                        nfw_record_deinit(&followed->record);
                        followed->record = whole;
                }
                followed->install.record = &followed->record;
                follow->makes_tables = true;
                r = nfw_install_put(&followed->install, context, table, follow->report);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int build_follow(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct follow *follow = userdata;
        bool makes_table;
        int r;

        reset(follow);
        follow->context = context;
        follow->report = report;
        follow->makes_tables = false;
        r = nfw_port_records_read(context, &follow->ports);
        if (r == 0)
                r = nfw_shadow_foreach_port(&context->shadow, follow_port, follow);
        nfw_vec_foreach (port, &follow->gone.vec) {
                if (r != 0)
                        return r;
                r = nfw_port_put_change(context, context->batch,
                                        nfw_shadow_port(&context->shadow, port->interface), NULL, NULL, NULL);
        }
        nfw_vec_foreach (each, &follow->policies) {
                if (r == 0)
                        r = put_tables(follow, *each);
                if (r == 0)
                        r = nfw_bindings_put(&(*each)->bindings, context, (*each)->name, NULL, &makes_table);
                if (r != 0)
                        return r;
                follow->makes_tables |= makes_table;
        }
        return r;
}

static int applied_follow(struct nfw_context *context, void *userdata) {
        struct follow *follow = userdata;
        int r;

        follow->was_applied = true;
        nfw_vec_foreach (port, &follow->gone.vec) {
                nfw_port_record_remove(context, port->interface);
                nfw_shadow_remove_port(&context->shadow, port->interface);
        }
        nfw_vec_foreach (each, &follow->policies) {
                r = nfw_bindings_apply(&(*each)->bindings, context, (*each)->name);
                if (r < 0)
                        return r;
        }
        /* Which sets a newly installed policy has, only the kernel's dump tells. */
        return follow->makes_tables ? -EAGAIN : 0;
}

int nfw_follow_links(struct nfw_context *context, struct nfw_report *report, bool *ret_changed) {
        nfw_cleanup(follow_deinit) struct follow follow = { 0 };
        int r;

        r = nfw_transaction_run(context,
                                &(struct nfw_transaction){ .build = build_follow,
                                                           .applied = applied_follow,
                                                           .userdata = &follow,
                                                           .asks_for_many_links = true },
                                report);
        if (ret_changed)
                *ret_changed = follow.was_applied;
        return r;
}
