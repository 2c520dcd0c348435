/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/store/returning.h"

#include <errno.h>
#include <string.h>

void nfw_returning_clear(struct nfw_returning *returning) {
        nfw_bindings_deinit(&returning->bindings);
        nfw_install_deinit(&returning->install);
        nfw_record_deinit(&returning->record);
        returning->record = (struct nfw_record){ 0 };
}

/* With the group that we have now it is another version. */
static int use_own_group(struct nfw_returning *returning, uint16_t group) {
        if (returning->record.nflog_group == group)
                return 0;
        returning->record.nflog_group = group;
        returning->is_recorded = false;
        return nfw_record_new_id(returning->record.id);
}

/* The last version that was loaded, of what somebody else has taken out of the kernel, is recorded or was stored. */
static int read_missing(struct nfw_store *store, struct nfw_returning *returning) {
        const char *name = returning->known->name, *id = returning->missing;
        int r = NFW_E_NOT_FOUND;

        returning->is_gone = !id[0] && nfw_store_is_copy(store);
        if (returning->is_gone)
                return 0;
        if (id[0])
                r = nfw_record_read(store->context, name, id, &returning->record);
        returning->is_recorded = r == 0;
        if (r == NFW_E_NOT_FOUND)
                r = nfw_store_read_policy(store, name, &returning->record);
        if (r == 0)
                r = use_own_group(returning, store->context->nflog_group);
        returning->was_recorded = r == 0 && strcmp(returning->record.id, id) == 0;
        return r;
}

/* What is in force rules: it is at least as new as what is stored. */
static int read_record(struct nfw_store *store, struct nfw_returning *returning) {
        const struct nfw_nft_policy *in_force =
                nfw_shadow_any_policy(&store->context->shadow, returning->known->name);
        int r;

        if (returning->record.id[0] &&
            (in_force ? strcmp(returning->record.id, in_force->id) == 0 : returning->is_new))
                return 0;
        nfw_returning_clear(returning);
        returning->is_new = !in_force;
        returning->is_gone = returning->is_lost = false;
        returning->is_recorded = returning->was_recorded = false;

        if (!in_force)
                r = read_missing(store, returning);
        else if (strcmp(in_force->id, returning->known->id) == 0)
                r = nfw_store_read_policy(store, returning->known->name, &returning->record);
        else
                r = nfw_record_read(store->context, returning->known->name, in_force->id, &returning->record);
        returning->install.record = &returning->record;
        return r;
}

static int add_port(struct nfw_returning *returning,
                    const struct nfw_store *store,
                    const struct nfw_port_record *port,
                    struct nfw_left_ports *left,
                    struct nfw_report *report) {
        const char *interface = port->interface;
        size_t n = returning->bindings.vec.n;
        struct nfw_link link;
        int r;

        returning->bindings.is_persistent = port->is_persistent;
        r = nfw_rtnl_link_by_name(store->context->rtnl, interface, &link);
        /* While its rules were gone it got another name, or went away. */
        if (r == NFW_E_NOT_FOUND && port->index) {
                r = nfw_rtnl_link_by_index(store->context->rtnl, port->index, &link);
                if (r < 0)
                        return r;
                if (r == 0)
                        interface = link.name;
                if (r == 0 || !port->is_persistent) {
                        int pushed = nfw_vec_push(&left->vec, port);

                        if (pushed < 0 || r != 0)
                                return pushed;
                }
        }
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_report_note(report, "state/no-interface", NULL, NULL,
                                    "port %s is not there; policy %s is in force for it when it comes",
                                    interface, port->policy);
                if (r == 0)
                        r = nfw_bindings_add_absent(&returning->bindings, store->context, interface,
                                                    &returning->record);
        } else if (r == 0)
                r = nfw_bindings_add(&returning->bindings, store->context, interface, &returning->record,
                                     report);
        if (r != 0 || returning->bindings.vec.n <= n)
                return r;
        strcpy(returning->bindings.vec.items[n].binding, port->id);
        return nfw_bindings_drop_in_bridge(&returning->bindings, store->context,
                                           &returning->bindings.vec.items[n].port, report);
}

/* Where nothing of it can be enforced, the policy's other ports have it all the same. */
static void hold_port(struct nfw_returning *returning, const char *interface) {
        nfw_vec_foreach (binding, &returning->stored)
                if (strcmp((*binding)->interface, interface) == 0)
                        (*binding)->is_held = true;
}

static int add_ports(struct nfw_returning *returning,
                     const struct nfw_store *store,
                     struct nfw_left_ports *left,
                     struct nfw_report *report) {
        const struct nfw_shadow *shadow = &store->context->shadow;
        int r = 0;

        nfw_bindings_deinit(&returning->bindings);
        nfw_vec_foreach (binding, &returning->stored)
                (*binding)->is_held = false;
        nfw_vec_foreach (port, &returning->ports) {
                if (nfw_shadow_has_policy_on(shadow, (*port)->interface))
                        continue;
                r = add_port(returning, store, *port, left, report);
                if (r == NFW_E_REFUSED) {
                        hold_port(returning, (*port)->interface);
                        r = 0;
                }
                /* gone between two looks: the next attempt sees it */
                if (r != 0)
                        return r == NFW_E_NOT_FOUND ? -EAGAIN : r;
        }
        return r;
}

static int put_tables(struct nfw_returning *returning,
                      struct nfw_context *context,
                      struct nfw_report *report) {
        bool nowhere = returning->is_new && returning->bindings.vec.n == 0;
        int r;

        for (int table = 0; table < NFW_N_TABLES; table++) {
                if (nfw_shadow_policy(&context->shadow, returning->known->name, table) ||
                    (!nfw_bindings_use_table(&returning->bindings, table) &&
                     !(nowhere && table == NFW_TABLE_INET)))
                        continue;

                r = nfw_install_put(&returning->install, context, table, report);
                if (r != 0)
                        return r;
                /* The batch has it now, for the next policy; whatever comes of the batch, the shadow is read anew. */
                context->shadow.tables[table] = true;
        }
        return 0;
}

/* What has no ports is gone, and nobody misses it. */
static int replace_lost(struct nfw_returning *returning, struct nfw_store *store) {
        if (returning->ports.n == 0) {
                returning->is_gone = true;
                return 0;
        }
        returning->is_lost = true;
        return nfw_store_deny_all(store->context, returning->known->name, NFW_DENY_LOST, &returning->record);
}

static int replace_refused(struct nfw_returning *returning, struct nfw_store *store) {
        int r;

        if (nfw_shadow_any_policy(&store->context->shadow, returning->known->name)) {
                returning->is_refused = returning->has_stand_in = false; /* somebody has loaded it anew */
                return read_record(store, returning);
        }
        if (returning->has_stand_in)
                return 0;
        /* A record says that its policy is in force, or shall be. */
        if (!returning->was_recorded && returning->record.id[0])
                nfw_record_remove(store->context, returning->record.name, returning->record.id);
        nfw_returning_clear(returning);
        returning->is_recorded = returning->was_recorded = false;
        returning->install.record = &returning->record;
        r = nfw_store_deny_all(store->context, returning->known->name, NFW_DENY_REFUSED, &returning->record);
        returning->has_stand_in = r == 0;
        return r;
}

/* That nothing passes, and why. */
static int tell_denied(const struct nfw_returning *returning, struct nfw_report *report) {
        const char *name = returning->known->name;

        if (returning->is_lost)
                return nfw_report_error(
                        report, "state/policy-lost", NULL, "load it again",
                        "policy %s is lost: its ports may reach nothing until it is loaded again", name);
        if (returning->is_refused)
                return nfw_report_error(
                        report, "state/policy-refused", NULL, "load one that this kernel takes",
                        "policy %s cannot be put back: its ports may reach nothing until one is loaded again",
                        name);
        return 0;
}

int nfw_returning_put(struct nfw_returning *returning,
                      struct nfw_store *store,
                      struct nfw_left_ports *left,
                      struct nfw_report *report) {
        bool makes_table;
        int r;

        r = returning->is_refused ? replace_refused(returning, store) : read_record(store, returning);
        if (r == NFW_E_NOT_FOUND && returning->is_new)
                r = replace_lost(returning, store);
        if (r == 0)
                r = tell_denied(returning, report);
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_report_warning(report, "state/no-record", NULL, "load it again",
                                       "nothing is known any more of policy %s, which is in force",
                                       returning->known->name);
                return r < 0 ? r : 0;
        }
        if (r == 0 && returning->is_gone)
                return 0;
        if (r == 0)
                r = add_ports(returning, store, left, report);
        if (r == 0)
                r = put_tables(returning, store->context, report);
        if (r == 0)
                r = nfw_bindings_put(&returning->bindings, store->context, returning->known->name, report,
                                     &makes_table);
        if (r == 0 && returning->is_new && !returning->is_recorded)
                r = nfw_record_write(store->context, &returning->record);
        return r;
}
