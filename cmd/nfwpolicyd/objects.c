/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/objects.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "nfwpolicyd/daemon.h"
#include "nfwpolicyd/lists.h"
#include "shared/cleanup.h"

#define POLICY(field_) offsetof(struct model_policy, field_)
#define PORT(field_)   offsetof(struct model_port, field_)
#define FILTER(field_) offsetof(struct model_filter, field_)

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
        SD_BUS_PROPERTY("Builtin", "b", NULL, FILTER(is_builtin), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Ports", "as", NULL, FILTER(ports.items), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int find_policy(sd_bus *bus,
                       const char *path,
                       const char *interface,
                       void *userdata,
                       void **ret_found,
                       sd_bus_error *error) {
        CLEANUP(text) char *name = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)bus;
        (void)interface;
        (void)error;
        r = sd_bus_path_decode(path, BUS_PATH_POLICY, &name);
        if (r <= 0)
                return r;
        *ret_found = model_policy(&daemon->model, name);
        return *ret_found ? 1 : 0;
}

static int find_port(sd_bus *bus,
                     const char *path,
                     const char *interface,
                     void *userdata,
                     void **ret_found,
                     sd_bus_error *error) {
        CLEANUP(text) char *name = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)bus;
        (void)interface;
        (void)error;
        r = sd_bus_path_decode(path, BUS_PATH_PORT, &name);
        if (r <= 0)
                return r;
        *ret_found = model_port(&daemon->model, name);
        return *ret_found ? 1 : 0;
}

static int find_filter(sd_bus *bus,
                       const char *path,
                       const char *interface,
                       void *userdata,
                       void **ret_found,
                       sd_bus_error *error) {
        CLEANUP(text) char *name = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)bus;
        (void)interface;
        (void)error;
        r = sd_bus_path_decode(path, BUS_PATH_FILTER, &name);
        if (r <= 0)
                return r;
        *ret_found = model_filter(&daemon->model, name);
        return *ret_found ? 1 : 0;
}

/* The name is the first field of all kinds. */
static int encode_all(const char *prefix, const void *first, size_t n, size_t size, char ***ret_paths) {
        char **paths;

        paths = calloc(n + 1, sizeof(*paths));
        if (!paths)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                const char *name = *(char *const *)(const void *)((const char *)first + i * size);

                if (sd_bus_path_encode(prefix, name, &paths[i]) < 0) {
                        list_free(paths);
                        return -ENOMEM;
                }
        }
        *ret_paths = paths;
        return 1;
}

/* What the bus library passes as prefix is what somebody asks about, which may be further up. */
static int list_policies(
        sd_bus *bus, const char *prefix, void *userdata, char ***ret_paths, sd_bus_error *error) {
        const struct model *model = &((struct daemon *)userdata)->model;

        (void)bus;
        (void)prefix;
        (void)error;
        return encode_all(BUS_PATH_POLICY, model->policies, model->n_policies, sizeof(*model->policies),
                          ret_paths);
}

static int list_ports(
        sd_bus *bus, const char *prefix, void *userdata, char ***ret_paths, sd_bus_error *error) {
        const struct model *model = &((struct daemon *)userdata)->model;

        (void)bus;
        (void)prefix;
        (void)error;
        return encode_all(BUS_PATH_PORT, model->ports, model->n_ports, sizeof(*model->ports), ret_paths);
}

static int list_filters(
        sd_bus *bus, const char *prefix, void *userdata, char ***ret_paths, sd_bus_error *error) {
        const struct model *model = &((struct daemon *)userdata)->model;

        (void)bus;
        (void)prefix;
        (void)error;
        return encode_all(BUS_PATH_FILTER, model->filters, model->n_filters, sizeof(*model->filters),
                          ret_paths);
}

static const struct {
        const char *prefix;
        const char *interface;
        const sd_bus_vtable *vtable;
        sd_bus_object_find_t find;
        sd_bus_node_enumerator_t list;
} kinds[] = {
        { BUS_PATH_POLICY, BUS_POLICY, policy_vtable, find_policy, list_policies },
        { BUS_PATH_PORT, BUS_PORT, port_vtable, find_port, list_ports },
        { BUS_PATH_FILTER, BUS_FILTER, filter_vtable, find_filter, list_filters },
};

int objects_add(struct daemon *daemon, sd_bus *bus) {
        int r;

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                r = sd_bus_add_fallback_vtable(bus, NULL, kinds[i].prefix, kinds[i].interface,
                                               kinds[i].vtable, kinds[i].find, daemon);
                if (r >= 0)
                        r = sd_bus_add_node_enumerator(bus, NULL, kinds[i].prefix, kinds[i].list, daemon);
                if (r < 0)
                        return r;
        }
        return sd_bus_add_object_manager(bus, NULL, BUS_PATH);
}
