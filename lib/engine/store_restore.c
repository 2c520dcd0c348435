/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/store.h"

#include <errno.h>
#include <string.h>

#include "engine/bindings.h"
#include "engine/install.h"
#include "engine/state.h"
#include "engine/transaction.h"

/* One stored policy on its way back. */
struct returning {
        struct nfw_stored_policy *known;
        struct nfw_record record;
        struct nfw_install install;
        struct nfw_bindings bindings;
        bool is_new; /* the kernel has nothing of it */
};

struct restore {
        struct nfw_store *store;
        NFW_VEC(struct returning) returning; /* never grows while it is used: installs point into it */
        struct nfw_stored_policy *refused;   /* by the last attempt */
        size_t n_held;
};

static void returning_deinit(struct returning *returning) {
        nfw_bindings_deinit(&returning->bindings);
        nfw_install_deinit(&returning->install);
        nfw_record_deinit(&returning->record);
        returning->record = (struct nfw_record){ 0 };
}

static void restore_deinit(struct restore *restore) {
        nfw_vec_foreach (returning, &restore->returning)
                returning_deinit(returning);
        nfw_vec_deinit(&restore->returning);
}

/* What is in force rules: it is at least as new as what is stored. */
static int read_record(struct nfw_store *store, struct returning *returning) {
        const struct nfw_nft_policy *in_force =
                nfw_shadow_any_policy(&store->context->shadow, returning->known->name);
        const char *id = in_force ? in_force->id : returning->known->id;
        int r;

        if (returning->record.id[0] && (in_force ? strcmp(returning->record.id, id) == 0 : returning->is_new))
                return 0;
        returning->is_new = !in_force;
        returning_deinit(returning);

        if (!in_force || strcmp(id, returning->known->id) == 0)
                r = nfw_store_read_policy(store, returning->known->name, &returning->record);
        else
                r = nfw_record_read(store->context, returning->known->name, id, &returning->record);
        /* Its sets are new, so a learner must see that it is not what it was: it then puts its grants back, too. */
        if (r == 0 && !in_force)
                r = nfw_record_new_id(returning->record.id);
        returning->install.record = &returning->record;
        return r;
}

static int add_port(struct returning *returning,
                    struct nfw_store *store,
                    struct nfw_stored_binding *binding,
                    struct nfw_report *report) {
        struct nfw_link link;
        int r;

        binding->is_held = false;
        r = nfw_rtnl_link_by_name(store->context->rtnl, binding->interface, &link);
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_report_note(report, "state/no-interface", NULL, NULL,
                                    "port %s is not there; policy %s is in force for it when it comes",
                                    binding->interface, binding->policy);
                if (r == 0)
                        r = nfw_bindings_add_absent(&returning->bindings, store->context, binding->interface,
                                                    &returning->record);
        } else if (r == 0)
                r = nfw_bindings_add(&returning->bindings, store->context, binding->interface,
                                     &returning->record, report);
        if (r == 0)
                strcpy(returning->bindings.vec.items[returning->bindings.vec.n - 1].binding, binding->id);
        return r;
}

static int add_ports(struct returning *returning, struct nfw_store *store, struct nfw_report *report) {
        int r = 0;

        nfw_bindings_deinit(&returning->bindings);
        nfw_vec_foreach (binding, &store->bindings) {
                if (strcmp(binding->policy, returning->known->name) != 0 ||
                    nfw_shadow_port(&store->context->shadow, binding->interface))
                        continue;
                r = add_port(returning, store, binding, report);
                /* gone between two looks: the next attempt sees it */
                if (r != 0)
                        return r == NFW_E_NOT_FOUND ? -EAGAIN : r;
        }
        return r;
}

static int put_tables(struct returning *returning, struct nfw_context *context, struct nfw_report *report) {
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

static int put(struct returning *returning, struct nfw_store *store, struct nfw_report *report) {
        int r;

        r = read_record(store, returning);
        if (r == NFW_E_NOT_FOUND) {
                r = nfw_report_warning(report, "state/no-record", NULL, "load it again",
                                       "nothing is known any more of policy %s, which is in force",
                                       returning->known->name);
                return r < 0 ? r : 0;
        }
        if (r == 0)
                r = add_ports(returning, store, report);
        if (r == 0)
                r = put_tables(returning, store->context, report);
        if (r == 0)
                r = nfw_bindings_put(&returning->bindings, store->context, returning->known->name, report);
        if (r == 0 && returning->is_new)
                r = nfw_record_write(store->context, &returning->record);
        return r;
}

static int build_restore(struct nfw_context *context nfw_unused, void *userdata, struct nfw_report *report) {
        struct restore *restore = userdata;

        restore->refused = NULL;
        nfw_vec_foreach (returning, &restore->returning) {
                int r = returning->known->is_held ? 0 : put(returning, restore->store, report);

                if (r > 0)
                        restore->refused = returning->known;
                if (r != 0)
                        return r;
        }
        return 0;
}

static int applied_restore(struct nfw_context *context, void *userdata) {
        const struct restore *restore = userdata;

        nfw_vec_foreach (returning, &restore->returning)
                if (returning->is_new && !returning->known->is_held)
                        nfw_record_remove_orphans(context, returning->record.name, returning->record.id);
        /* Which sets the policies have, only the kernel's dump tells. */
        return -EAGAIN;
}

static int prepare(struct restore *restore) {
        nfw_vec_foreach (known, &restore->store->known) {
                int r;

                known->is_held = false;
                r = nfw_vec_push(&restore->returning, ((struct returning){ .known = known }));
                if (r < 0)
                        return r;
        }
        nfw_vec_foreach (returning, &restore->returning)
                returning->install.record = &returning->record;
        return 0;
}

/* What cannot be put back does not keep the others from it. */
static void hold(struct restore *restore, struct nfw_stored_policy *policy) {
        policy->is_held = true;
        restore->n_held++;
        nfw_vec_foreach (binding, &restore->store->bindings)
                if (strcmp(binding->policy, policy->name) == 0)
                        binding->is_held = true;
}

/* Of what has not come into force: a record says that its policy has. */
static void remove_records(struct restore *restore, bool all) {
        nfw_vec_foreach (returning, &restore->returning)
                if (returning->is_new && (all || returning->known->is_held))
                        nfw_record_remove(restore->store->context, returning->record.name,
                                          returning->record.id);
}

/**
 * nfw_store_restore() - put back what is stored and not in force
 * @store:  the store
 * @report: what could not be put back is added here, with the reason; may be NULL
 *
 * All of it in one transaction: after a reboot no guest has some of its rules only. What is in force stays as it is,
 * also where the store has another version. A port whose interface does not exist yet is restricted from its first
 * packet, with a note; it counts as routed until a keeper sees what it is. A policy that cannot be enforced is left out,
 * with an error, and stays stored.
 *
 * Return: 0; NFW_E_REFUSED where something was left out; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_store_restore(struct nfw_store *store, struct nfw_report *report) {
        nfw_cleanup(restore_deinit) struct restore restore = { .store = store };
        const struct nfw_transaction transaction = {
                .build = build_restore,
                .applied = applied_restore,
                .userdata = &restore,
        };
        int r;

        r = nfw_state_prepare(store->context, report);
        if (r == 0)
                r = prepare(&restore);
        if (r < 0)
                return r;

        do {
                nfw_shadow_invalidate(&store->context->shadow);
                r = nfw_transaction_run(store->context, &transaction, report);
                if (r > 0 && restore.refused)
                        hold(&restore, restore.refused);
        } while (r > 0 && restore.refused);
        remove_records(&restore, r != 0);
        return r == 0 && restore.n_held > 0 ? NFW_E_REFUSED : r;
}
