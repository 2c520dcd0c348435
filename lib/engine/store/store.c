/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/lock.h"
#include "engine/network/network.h"
#include "engine/nwfilter/store.h"
#include "engine/port_record.h"
#include "engine/state.h"

static int open_directory(int parent, const char *path, int *ret_fd) {
        if (mkdirat(parent, path, 0700) < 0 && errno != EEXIST)
                return -errno;

        *ret_fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return *ret_fd < 0 ? -errno : 0;
}

/* Where it could not be made before it may be possible now. */
static int open_policies(struct nfw_store *store) {
        return store->policies >= 0 ? 0 : open_directory(store->directory, "policies", &store->policies);
}

static int can_write(const struct nfw_store *store) {
        return faccessat(store->policies, ".", W_OK | X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static int open_directories(struct nfw_store *store, struct nfw_report *report) {
        int r, error;

        error = open_directory(AT_FDCWD, store->path, &store->directory);
        if (error == 0)
                error = open_policies(store);
        if (error == 0)
                error = can_write(store);
        if (error == 0)
                return 0;

        /* What is there can be put back all the same: a file system that is read-only now may have been written before. */
        r = nfw_report_add(report, store->directory < 0 ? NFW_SEVERITY_ERROR : NFW_SEVERITY_WARNING,
                           "state/directory", NULL,
                           "make the directory above it, or choose another one that can be written to",
                           "what is loaded cannot be stored in `%s`: %s", store->path, nfw_strerror(-error));
        if (r < 0 || store->directory >= 0)
                return r;
        return error == -EPERM ? -EACCES : error;
}

/* What is stored under one name of tables is not to be put back under another. */
static char *own_path(const struct nfw_context *context, const char *path) {
        char *own;

        if (strcmp(context->table_name, NFW_NFT_TABLE_DEFAULT) == 0)
                return strdup(path);
        /* Where that fails, opening what is in it will, and says so. */
        (void)mkdir(path, 0700);
        return asprintf(&own, "%s/table-%s", path, context->table_name) < 0 ? NULL : own;
}

/**
 * nfw_store_new() - open a place for what shall outlive a reboot
 * @context:   the context; it must outlive the store
 * @path:      the directory, made if need be; those above it must exist. Copied. NULL: /var/lib/nfwpolicy
 * @report:    what is wrong is added here, and each file that was set aside because it was not whole or not written by a
 *             store: a warning, and an error where something is lost with it; may be NULL
 * @ret_store: the store; nfw_store_free() closes it
 *
 * One process at a time, for one network namespace: whoever restores at boot. Tables with another name than "nfwpolicy"
 * have their store in the directory table-NAME there. Nothing is changed in the kernel.
 *
 * Return: 0, or a negative errno.
 */
nfw_public int nfw_store_new(struct nfw_context *context,
                             const char *path,
                             struct nfw_report *report,
                             struct nfw_store **ret_store) {
        nfw_cleanup(nfw_store_freep) struct nfw_store *store = NULL;
        int r;

        store = calloc(1, sizeof(*store));
        if (!store)
                return -ENOMEM;
        store->context = context;
        store->directory = store->policies = -1;
        store->told = -1;
        store->filters = (struct nfw_file_changes)NFW_FILE_CHANGES_INIT;
        store->path = own_path(context, path ? path : NFW_STORE_DIRECTORY);
        if (!store->path)
                return -ENOMEM;

        r = open_directories(store, report);
        if (r < 0)
                return r;
        r = nfw_store_read(store, report);
        if (r < 0)
                return r;

        *ret_store = nfw_steal(store);
        return 0;
}

/**
 * nfw_store_free() - close a store
 * @store: the store, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_store *nfw_store_free(struct nfw_store *store) {
        if (!store)
                return NULL;

        nfw_file_changes_deinit(&store->filters);
        nfw_vec_deinit(&store->bindings);
        nfw_vec_deinit(&store->known);
        if (store->policies >= 0)
                close(store->policies);
        if (store->directory >= 0)
                close(store->directory);
        free(store->path);
        free(store);
        return NULL;
}

/* --- saving -------------------------------------------------------------------------------------------------- */

struct names {
        NFW_VEC(struct nfw_stored_policy) vec;
};

static void names_deinit(struct names *names) {
        nfw_vec_deinit(&names->vec);
}

static int take_missing(const struct nfw_record *record, void *userdata) {
        struct names *names = userdata;
        struct nfw_stored_policy missing = { 0 };

        strcpy(missing.name, record->name);
        return nfw_vec_push(&names->vec, missing);
}

static bool has(const struct names *names, const char *name) {
        nfw_vec_foreach (each, &names->vec)
                if (strcmp(each->name, name) == 0)
                        return true;
        return false;
}

/* Where the record of what is in force is gone, what is stored of it stays. */
static int save_policy(struct nfw_store *store, const struct nfw_nft_policy *policy) {
        const struct nfw_stored_policy *known = nfw_store_find_policy(store, policy->name);
        struct nfw_record record;
        int r;

        if (known && known->is_twofold && strcmp(known->id, policy->id) == 0)
                return 0;
        r = nfw_record_read(store->context, policy->name, policy->id, &record);
        if (r != 0)
                return r < 0 ? r : 0;

        /* What it stands in for comes back with the next kernel that takes it. */
        if (!known || !known->id[0] || !nfw_store_is_deny_all(&record, NFW_DENY_REFUSED))
                r = nfw_store_write_policy(store, &record);
        nfw_record_deinit(&record);
        return r;
}

/* It was not unloaded: what somebody else took out of the kernel is still wanted. */
static bool is_wanted(const struct nfw_store *store,
                      const struct nfw_stored_policy *known,
                      const struct names *missing) {
        return known->is_held || has(missing, known->name) ||
               nfw_shadow_any_policy(&store->context->shadow, known->name);
}

static int remove_policies(struct nfw_store *store, const struct names *missing) {
        for (size_t i = store->known.n; i-- > 0;) {
                const struct nfw_stored_policy known = store->known.items[i];
                int r;

                if (is_wanted(store, &known, missing))
                        continue;
                r = nfw_store_remove_policy(store, known.name);
                if (r < 0)
                        return r;
        }
        return 0;
}

struct new_bindings {
        const struct nfw_store *store;
        NFW_VEC(struct nfw_stored_binding) vec;
};

static void new_bindings_deinit(struct new_bindings *bindings) {
        nfw_vec_deinit(&bindings->vec);
}

/*
 * What is in force and not recorded was attached by somebody who died over it or had no room to write, or by somebody's
 * own hand: it stays. Where it waits in the other table, too, it may have been meant to outlive its link.
 */
static int record_port(const struct nfw_store *store,
                       const struct nfw_stored_binding *binding,
                       bool is_everywhere,
                       struct nfw_port_record *ret_record) {
        struct nfw_port_record record = { 0 };
        struct nfw_link link = { 0 };
        int r;

        r = nfw_rtnl_link_by_name(store->context->rtnl, binding->interface, &link);
        if (r < 0)
                return r;
        strcpy(record.interface, binding->interface);
        strcpy(record.policy, binding->policy);
        strcpy(record.id, binding->id);
        record.index = link.index;
        record.is_persistent = is_everywhere;
        nfw_vec_foreach (stored, &store->bindings)
                if (strcmp(stored->id, binding->id) == 0)
                        record.is_persistent = stored->is_persistent;
        *ret_record = record;
        return nfw_port_record_write(store->context, &record);
}

static int take_port(struct nfw_shadow_port *port, void *userdata) {
        struct new_bindings *bindings = userdata;
        struct nfw_stored_binding binding = { 0 };
        struct nfw_port_record record = { 0 };
        int r = 0;

        if (!nfw_record_name_is_valid(port->policy))
                return 0;
        strcpy(binding.interface, port->interface);
        strcpy(binding.policy, port->policy);
        /* Somebody's own hand in the maps may have left none. */
        if (!nfw_record_id_is_valid(port->binding)) {
                r = nfw_record_new_id(binding.id);
        } else {
                strcpy(binding.id, port->binding);
                r = nfw_port_record_read(bindings->store->context, port->interface, &record);
                if (r == NFW_E_NOT_FOUND)
                        r = record_port(bindings->store, &binding, port->standby, &record);
        }
        if (r < 0)
                return r;
        binding.is_persistent = record.is_persistent;
        return nfw_vec_push(&bindings->vec, binding);
}

static bool is_same(const struct nfw_store *store, const struct new_bindings *bindings) {
        if (store->bindings.n != bindings->vec.n)
                return false;
        for (size_t i = 0; i < bindings->vec.n; i++) {
                const struct nfw_stored_binding *a = &store->bindings.items[i], *b = &bindings->vec.items[i];

                if (strcmp(a->interface, b->interface) != 0 || strcmp(a->policy, b->policy) != 0 ||
                    strcmp(a->id, b->id) != 0 || a->is_persistent != b->is_persistent)
                        return false;
        }
        return true;
}

static int save_bindings(struct nfw_store *store, const struct names *missing) {
        const struct nfw_shadow *shadow = &store->context->shadow;
        nfw_cleanup(new_bindings_deinit) struct new_bindings bindings = { .store = store };
        int r;

        r = nfw_shadow_foreach_port(shadow, take_port, &bindings);
        nfw_vec_foreach (old, &store->bindings) {
                const struct nfw_stored_policy *known = nfw_store_find_policy(store, old->policy);

                if (r < 0)
                        return r;
                if ((old->is_held || has(missing, old->policy)) && known &&
                    is_wanted(store, known, missing) && !nfw_shadow_has_policy_on(shadow, old->interface))
                        r = nfw_vec_push(&bindings.vec, *old);
        }
        if (r < 0)
                return r;

        nfw_stored_bindings_sort(bindings.vec.items, bindings.vec.n);
        if (store->has_twofold_bindings && is_same(store, &bindings))
                return 0;
        nfw_vec_deinit(&store->bindings);
        store->bindings.items = nfw_steal(bindings.vec.items);
        store->bindings.n = bindings.vec.n;
        store->bindings.size = bindings.vec.size;
        return nfw_store_write_bindings(store);
}

/* Others may have committed; after our own change it is not read again. */
static int forget_stale_shadow(struct nfw_context *context) {
        uint32_t generation;
        int r = nfw_nft_generation(context->nft, &generation);

        if (r == 0 && generation != context->shadow.generation)
                nfw_shadow_invalidate(&context->shadow);
        return r;
}

static int save_networks(const struct nfw_store *store) {
        nfw_cleanup(nfw_freep) char *directory = NULL;
        int r = nfw_network_path(store->path, "networks", "", &directory);

        return r < 0 ? r : nfw_networks_save(store->context, directory);
}

static int save(struct nfw_store *store) {
        nfw_cleanup(names_deinit) struct names missing = { 0 };
        struct nfw_context *context = store->context;
        int r;

        r = open_policies(store);
        if (r == 0)
                r = nfw_shadow_refresh(&context->shadow, context->nft);
        if (r == 0)
                r = nfw_record_foreach_missing(context, NULL, take_missing, &missing);
        nfw_vec_foreach (policy, &context->shadow.policies) {
                if (r < 0)
                        return r;
                r = save_policy(store, policy);
        }
        /* In this order: a port whose policy has no file is one whose policy is lost. */
        if (r == 0)
                r = save_bindings(store, &missing);
        if (r == 0)
                r = remove_policies(store, &missing);
        if (r >= 0)
                r = save_networks(store);
        if (r >= 0)
                r = nfw_nwfilters_save(context, store->path, &store->filters);
        /* Where nothing has changed it shall be known before something does. */
        return r < 0 ? r : can_write(store);
}

/**
 * nfw_store_save() - store what is in force
 * @store:  the store
 * @report: what is wrong is added here; may be NULL
 *
 * To be called after each change, by whomever. Only what has changed is written, each file as a whole: a crash leaves
 * what was stored before or this. nfw_status_new() tells whoever asks whether it could be. A policy that somebody else
 * has taken out of the kernel stays stored with its ports, and so does what nfw_store_restore() could not put back.
 *
 * Return: 0 when all of it is on the disk, or a negative errno, also where nothing has changed and nothing could be written.
 */
nfw_public int nfw_store_save(struct nfw_store *store, struct nfw_report *report) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        r = nfw_state_prepare(store->context, report);
        if (r == 0)
                r = nfw_lock_acquire(&lock, store->context);
        if (r < 0)
                return r;

        r = forget_stale_shadow(store->context);
        if (r == 0)
                r = save(store);
        nfw_lock_release(&lock);
        nfw_store_tell(store, r);
        return r;
}
