/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicy/bus/call.h"

/* Readers of one value each: not negative, or a negative errno. Of what they do not know they take nothing. */

static int read_boolean(sd_bus_message *reply, bool *ret_value) {
        int r, value;

        r = sd_bus_message_read(reply, "b", &value);
        if (r > 0)
                *ret_value = value;
        return r;
}

static int read_running(sd_bus_message *reply, struct picture *picture) {
        return read_boolean(reply, &picture->learner_running);
}

static int read_table_name(sd_bus_message *reply, struct picture *picture) {
        const char *name;
        int r;

        r = sd_bus_message_read(reply, "s", &name);
        if (r <= 0)
                return r;
        free(picture->table_name);
        picture->table_name = strdup(name);
        return picture->table_name ? 1 : -ENOMEM;
}

/* "" is none. */
static int read_text_into(sd_bus_message *reply, char **ret_text) {
        const char *text;
        int r;

        r = sd_bus_message_read(reply, "s", &text);
        if (r <= 0 || !*text)
                return r;
        free(*ret_text);
        *ret_text = strdup(text);
        return *ret_text ? 1 : -ENOMEM;
}

static int read_store(sd_bus_message *reply, struct picture *picture) {
        return read_text_into(reply, &picture->store);
}

static int read_store_error(sd_bus_message *reply, struct picture *picture) {
        return read_text_into(reply, &picture->store_error);
}

static int read_set_aside(sd_bus_message *reply, struct picture *picture) {
        return picture->set_aside ? -EBADMSG : sd_bus_message_read_strv(reply, &picture->set_aside);
}

static int read_counter(sd_bus_message *reply, struct picture *picture) {
        const char *name;
        uint64_t n;
        int r;

        r = sd_bus_message_read(reply, "{st}", &name, &n);
        for (int i = 0; r > 0 && i < NFW_N_COUNTERS; i++)
                if (strcmp(name, nfw_counter_name((enum nfw_counter)i)) == 0)
                        picture->counters[i] = n;
        return r;
}

static int read_feature(sd_bus_message *reply, struct picture *picture) {
        const char *name;
        int r, has;

        r = sd_bus_message_read(reply, "{sb}", &name, &has);
        for (int i = 0; r > 0 && i < NFW_N_FEATURES; i++)
                if (strcmp(name, nfw_feature_name((enum nfw_feature)i)) == 0)
                        picture->has_feature[i] = has;
        return r;
}

static int read_table_into(sd_bus_message *reply, bool *has_tables) {
        const char *name;
        int r;

        r = sd_bus_message_read(reply, "s", &name);
        for (int i = 0; r > 0 && i < PICTURE_N_TABLES; i++)
                if (strcmp(name, picture_tables[i]) == 0)
                        has_tables[i] = true;
        return r;
}

static int read_table(sd_bus_message *reply, struct picture *picture) {
        return read_table_into(reply, picture->has_table);
}

static int read_foreign_table(sd_bus_message *reply, struct picture *picture) {
        return read_table_into(reply, picture->has_foreign_table);
}

static int read_policy(sd_bus_message *reply, struct picture *picture) {
        struct picture_policy *policy;
        const char *name, *file;
        int r, domains, any, log;
        uint32_t n_rules, n_ports;

        r = sd_bus_message_read(reply, "(ssuubbb)", &name, &file, &n_rules, &n_ports, &domains, &any, &log);
        if (r <= 0)
                return r;
        policy = picture_add_policy(picture);
        if (!policy)
                return -ENOMEM;
        policy->name = strdup(name);
        policy->file = strdup(file);
        policy->n_rules = n_rules;
        policy->n_ports = n_ports;
        policy->has_domains = domains;
        policy->any_resolver = any;
        policy->log_denied = log;
        return policy->name && policy->file ? 1 : -ENOMEM;
}

static int read_port(sd_bus_message *reply, struct picture *picture) {
        const char *name, *policy, *table;
        struct picture_port *port;
        uint32_t n_names, n_addresses;
        int r;

        r = sd_bus_message_enter_container(reply, 'r', "sssasuubb");
        if (r <= 0)
                return r;
        port = picture_add_port(picture);
        if (!port)
                return -ENOMEM;
        r = sd_bus_message_read(reply, "sss", &name, &policy, &table);
        if (r < 0)
                return r;
        port->name = strdup(name);
        port->policy = strdup(policy);
        port->table = strdup(table);
        r = sd_bus_message_read_strv(reply, &port->resolvers);
        if (r >= 0 && !port->resolvers)
                port->resolvers = calloc(1, sizeof(*port->resolvers));
        if (!port->name || !port->policy || !port->table || !port->resolvers)
                return r < 0 ? r : -ENOMEM;
        r = sd_bus_message_read(reply, "uu", &n_names, &n_addresses);
        if (r >= 0)
                r = read_boolean(reply, &port->exists);
        if (r >= 0)
                r = read_boolean(reply, &port->is_persistent);
        if (r < 0)
                return r;
        port->n_names = n_names;
        port->n_addresses = n_addresses;
        r = sd_bus_message_exit_container(reply);
        return r < 0 ? r : 1;
}

static int read_bound(sd_bus_message *reply, struct picture *picture) {
        const char *port, *filter;
        struct picture_bound *bound;
        int r;

        r = sd_bus_message_read(reply, "(ss)", &port, &filter);
        if (r <= 0)
                return r;
        bound = picture_add_bound(picture);
        if (!bound)
                return -ENOMEM;
        bound->port = strdup(port);
        bound->filter = strdup(filter);
        return bound->port && bound->filter ? 1 : -ENOMEM;
}

static int read_network(sd_bus_message *reply, struct picture *picture) {
        const char *name, *bridge, *forward;
        struct picture_network *network;
        int r, has_policy;

        r = sd_bus_message_read(reply, "(sssb)", &name, &bridge, &forward, &has_policy);
        if (r <= 0)
                return r;
        network = picture_add_network(picture);
        if (!network)
                return -ENOMEM;
        network->name = strdup(name);
        network->bridge = strdup(bridge);
        network->forward = strdup(forward);
        network->has_policy = has_policy;
        return network->name && network->bridge && network->forward ? 1 : -ENOMEM;
}

static int read_ignored(sd_bus_message *reply, struct picture *picture) {
        struct picture_ignored *ignored;
        const char *port, *resolver;
        uint64_t n;
        int r;

        r = sd_bus_message_read(reply, "(sst)", &port, &resolver, &n);
        if (r <= 0)
                return r;
        ignored = picture_add_ignored(picture);
        if (!ignored)
                return -ENOMEM;
        ignored->port = strdup(port);
        ignored->resolver = strdup(resolver);
        ignored->n_replies = n;
        return ignored->port && ignored->resolver ? 1 : -ENOMEM;
}

static int read_grant(sd_bus_message *reply, struct picture *picture) {
        const char *port, *policy, *name, *address, *resolver;
        struct picture_grant *grant;
        uint64_t expires_ms;
        int r;

        r = sd_bus_message_read(reply, "(ssssst)", &port, &policy, &name, &address, &resolver, &expires_ms);
        if (r <= 0)
                return r;
        grant = picture_add_grant(picture);
        if (!grant)
                return -ENOMEM;
        grant->port = strdup(port);
        grant->policy = strdup(policy);
        grant->name = strdup(name);
        grant->address = strdup(address);
        grant->resolver = strdup(resolver);
        grant->expires_ms = expires_ms;
        return grant->port && grant->policy && grant->name && grant->address && grant->resolver ? 1 : -ENOMEM;
}

/* It comes behind the ports. */
static int read_dropped(sd_bus_message *reply, struct picture *picture) {
        const char *name;
        int r;

        r = sd_bus_message_read(reply, "s", &name);
        for (size_t i = 0; r > 0 && i < picture->n_ports; i++)
                picture->ports[i].drops |= strcmp(picture->ports[i].name, name) == 0;
        return r;
}

/* --- what the daemon answers -------------------------------------------------------------------------------- */

typedef int (*reader)(sd_bus_message *reply, struct picture *picture);

static int read_array(sd_bus_message *reply, const char *element, reader read, struct picture *picture) {
        int r;

        r = sd_bus_message_enter_container(reply, 'a', element);
        if (r < 0)
                return r;
        do
                r = read(reply, picture);
        while (r > 0);
        return r < 0 ? r : sd_bus_message_exit_container(reply);
}

static const struct {
        const char *key;
        const char *element; /* of an array; NULL: it is none */
        reader read;
} values[] = {
        { "learner-running", NULL, read_running },
        { "table-name", NULL, read_table_name },
        { "counters", "{st}", read_counter },
        { "features", "{sb}", read_feature },
        { "tables", "s", read_table },
        { "foreign-tables", "s", read_foreign_table },
        { "policies", "(ssuubbb)", read_policy },
        { "ports", "(sssasuubb)", read_port },
        { "dropped-ports", "s", read_dropped },
        { "filter-ports", "(ss)", read_bound },
        { "networks", "(sssb)", read_network },
        { "ignored", "(sst)", read_ignored },
        { "store", NULL, read_store },
        { "store-error", NULL, read_store_error },
        { "set-aside", NULL, read_set_aside },
};

#define N_VALUES (sizeof(values) / sizeof(values[0]))

/* A daemon that is newer may say more. */
static int read_value(sd_bus_message *reply, struct picture *picture) {
        const char *key, *type;
        size_t i = 0;
        int r;

        r = sd_bus_message_read(reply, "s", &key);
        if (r >= 0)
                r = sd_bus_message_peek_type(reply, NULL, &type);
        if (r < 0)
                return r;
        while (i < N_VALUES && strcmp(values[i].key, key) != 0)
                i++;
        if (i == N_VALUES)
                return sd_bus_message_skip(reply, "v");

        r = sd_bus_message_enter_container(reply, 'v', type);
        if (r >= 0)
                r = values[i].element ? read_array(reply, values[i].element, values[i].read, picture)
                                      : values[i].read(reply, picture);
        return r < 0 ? r : sd_bus_message_exit_container(reply);
}

static int read_entry(sd_bus_message *reply, struct picture *picture) {
        int r;

        r = sd_bus_message_enter_container(reply, 'e', "sv");
        if (r <= 0)
                return r;
        r = read_value(reply, picture);
        if (r >= 0)
                r = sd_bus_message_exit_container(reply);
        return r < 0 ? r : 1;
}

int bus_look(struct bus *bus, struct picture *picture) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        int r;

        r = bus_new_call(bus, "GetStatus", &call);
        if (r < 0)
                return r;
        r = bus_call(bus, call, &reply);
        if (r != 0)
                return r;
        r = read_array(reply, "{sv}", read_entry, picture);
        if (r < 0)
                return r;
        return picture->table_name ? 0 : -EBADMSG;
}

int bus_names(struct bus *bus, const char *port, struct picture *picture) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        int r;

        r = bus_new_call(bus, "ListNames", &call);
        if (r >= 0)
                r = sd_bus_message_append(call, "s", port ? port : "");
        if (r < 0)
                return r;
        r = bus_call(bus, call, &reply);
        if (r != 0)
                return r;
        r = read_array(reply, "(ssssst)", read_grant, picture);
        return r < 0 ? r : 0;
}

int bus_follow(struct bus *bus, const char *port, int *ret_fd) {
        CLEANUP_MESSAGE sd_bus_message *call = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        int r, fd;

        r = bus_new_call(bus, "FollowNames", &call);
        if (r >= 0)
                r = sd_bus_message_append(call, "s", port ? port : "");
        if (r < 0)
                return r;
        r = bus_call(bus, call, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "h", &fd);
        if (r < 0)
                return r;
        /* The message closes its own. */
        fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
                return -errno;
        *ret_fd = fd;
        return 0;
}
