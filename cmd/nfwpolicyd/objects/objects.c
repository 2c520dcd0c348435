/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/objects/objects.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "nfwpolicyd/bus/lists.h"
#include "nfwpolicyd/daemon.h"
#include "shared/cleanup.h"

#define POLICY(field_)  offsetof(struct model_policy, field_)
#define PORT(field_)    offsetof(struct model_port, field_)
#define FILTER(field_)  offsetof(struct model_filter, field_)
#define NETWORK(field_) offsetof(struct model_network, field_)

static const sd_bus_vtable policy_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", NULL, POLICY(name), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("File", "s", NULL, POLICY(file), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Rules", "u", NULL, POLICY(n_rules), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("HasDomains", "b", NULL, POLICY(has_domains), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("AnyResolver", "b", NULL, POLICY(any_resolver), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("LogDenied", "b", NULL, POLICY(log_denied), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Id", "s", NULL, POLICY(id), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Ports", "as", NULL, POLICY(ports.items), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable port_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", NULL, PORT(name), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Policy", "s", NULL, PORT(policy), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Table", "s", NULL, PORT(table), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Persistent", "b", NULL, PORT(is_persistent), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Resolvers", "as", NULL, PORT(resolvers.items), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable filter_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", NULL, FILTER(name), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Uuid", "s", NULL, FILTER(uuid), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Id", "s", NULL, FILTER(id), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Builtin", "b", NULL, FILTER(is_builtin), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Ports", "as", NULL, FILTER(ports.items), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable network_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", NULL, NETWORK(name), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Uuid", "s", NULL, NETWORK(uuid), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Forward", "s", NULL, NETWORK(forward), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Bridge", "s", NULL, NETWORK(bridge), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Active", "b", NULL, NETWORK(is_active), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Persistent", "b", NULL, NETWORK(is_persistent), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("HasPolicy", "b", NULL, NETWORK(has_policy), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

#define ARRAY(array_)                                                                                        \
        offsetof(struct model, array_), offsetof(struct model, n_##array_),                                  \
                sizeof(((struct model *)0)->array_[0])

static const struct {
        const char *prefix;
        const char *interface;
        const sd_bus_vtable *vtable;
        size_t items; /* where the model has their array, and their number */
        size_t n;
        size_t size;
} kinds[OBJECTS_N_KINDS] = {
        { BUS_PATH_POLICY, BUS_POLICY, policy_vtable, ARRAY(policies) },
        { BUS_PATH_PORT, BUS_PORT, port_vtable, ARRAY(ports) },
        { BUS_PATH_FILTER, BUS_FILTER, filter_vtable, ARRAY(filters) },
        { BUS_PATH_NETWORK, BUS_NETWORK, network_vtable, ARRAY(networks) },
};

static const char *items_of(const struct object_kind *object) {
        const char *model = (const char *)&object->daemon->model;

        return *(char *const *)(const void *)(model + kinds[object->kind].items);
}

static size_t n_of(const struct object_kind *object) {
        const char *model = (const char *)&object->daemon->model;

        return *(const size_t *)(const void *)(model + kinds[object->kind].n);
}

static int find(sd_bus *bus,
                const char *path,
                const char *interface,
                void *userdata,
                void **ret_found,
                sd_bus_error *error) {
        CLEANUP(text) char *name = NULL;
        const struct object_kind *object = userdata;
        int r;

        (void)bus;
        (void)interface;
        (void)error;
        r = sd_bus_path_decode(path, kinds[object->kind].prefix, &name);
        if (r <= 0)
                return r;
        *ret_found = model_find(items_of(object), n_of(object), kinds[object->kind].size, name);
        return *ret_found ? 1 : 0;
}

/* What the bus library passes as prefix is what somebody asks about, which may be further up. */
static int list(sd_bus *bus, const char *prefix, void *userdata, char ***ret_paths, sd_bus_error *error) {
        const struct object_kind *object = userdata;
        const char *item = items_of(object);
        size_t n = n_of(object);
        char **paths;

        (void)bus;
        (void)prefix;
        (void)error;
        paths = calloc(n + 1, sizeof(*paths));
        if (!paths)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++, item += kinds[object->kind].size) {
                const char *name = *(char *const *)(const void *)item;

                if (sd_bus_path_encode(kinds[object->kind].prefix, name, &paths[i]) < 0) {
                        list_free(paths);
                        return -ENOMEM;
                }
        }
        *ret_paths = paths;
        return 1;
}

int objects_add(struct daemon *daemon, sd_bus *bus) {
        int r;

        for (size_t i = 0; i < OBJECTS_N_KINDS; i++) {
                struct object_kind *object = &daemon->objects.kinds[i];

                *object = (struct object_kind){ daemon, i };
                r = sd_bus_add_fallback_vtable(bus, NULL, kinds[i].prefix, kinds[i].interface,
                                               kinds[i].vtable, find, object);
                if (r >= 0)
                        r = sd_bus_add_node_enumerator(bus, NULL, kinds[i].prefix, list, object);
                if (r < 0)
                        return r;
        }
        return sd_bus_add_object_manager(bus, NULL, BUS_PATH);
}
