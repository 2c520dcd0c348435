/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/objects/changes.h"

#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/objects/objects.h"
#include "shared/cleanup.h"

/* What the bus does not take in time: then it is better to say less than to keep it all in memory. */
#define MAX_QUEUED 4096

/* Room for the names of all properties of an object, and the NULL behind them. */
#define MAX_PROPERTIES 10

struct property_names {
        char *names[MAX_PROPERTIES];
        size_t n;
};

static void add_if(struct property_names *changed, bool different, const char *name) {
        if (different)
                changed->names[changed->n++] = (char *)name;
}

static void emit_changed(struct daemon *daemon,
                         const char *prefix,
                         const char *name,
                         const char *interface,
                         struct property_names *changed) {
        CLEANUP(text) char *path = NULL;

        if (changed->n > 0 && sd_bus_path_encode(prefix, name, &path) >= 0)
                (void)sd_bus_emit_properties_changed_strv(daemon->bus, path, interface, changed->names);
}

static void emit_object(struct daemon *daemon,
                        const char *prefix,
                        const char *name,
                        int (*emit)(sd_bus *bus, const char *path)) {
        CLEANUP(text) char *path = NULL;

        if (sd_bus_path_encode(prefix, name, &path) >= 0)
                (void)emit(daemon->bus, path);
}

static void tell(struct daemon *daemon, const char *signal, const char *name) {
        (void)sd_bus_emit_signal(daemon->bus, BUS_PATH, BUS_MANAGER, signal, "s", name);
}

static void tell_attached(struct daemon *daemon, const struct model_port *port) {
        (void)sd_bus_emit_signal(daemon->bus, BUS_PATH, BUS_MANAGER, "PortAttached", "ss", port->name,
                                 port->policy);
}

/* While the objects are still there: the bus library asks for what they were. */
static void tell_gone(struct daemon *daemon, const struct model *next) {
        const struct model *last = &daemon->model;

        for (size_t i = 0; i < last->n_ports; i++) {
                if (model_port(next, last->ports[i].name))
                        continue;
                emit_object(daemon, BUS_PATH_PORT, last->ports[i].name, sd_bus_emit_object_removed);
                tell(daemon, "PortDetached", last->ports[i].name);
        }
        for (size_t i = 0; i < last->n_policies; i++)
                if (!model_policy(next, last->policies[i].name))
                        emit_object(daemon, BUS_PATH_POLICY, last->policies[i].name,
                                    sd_bus_emit_object_removed);
}

static void tell_gone_filters(struct daemon *daemon, const struct model *next) {
        const struct model *last = &daemon->model;

        for (size_t i = 0; i < last->n_bound; i++)
                if (!model_bound(next, last->bound[i].port))
                        tell(daemon, "PortUnbound", last->bound[i].port);
        for (size_t i = 0; i < last->n_filters; i++) {
                if (model_filter(next, last->filters[i].name))
                        continue;
                emit_object(daemon, BUS_PATH_FILTER, last->filters[i].name, sd_bus_emit_object_removed);
                tell(daemon, "FilterUndefined", last->filters[i].name);
        }
}

static void tell_filter(struct daemon *daemon,
                        const struct model_filter *was,
                        const struct model_filter *is) {
        struct property_names changed = { 0 };
        bool replaced;

        if (!was) {
                emit_object(daemon, BUS_PATH_FILTER, is->name, sd_bus_emit_object_added);
                tell(daemon, "FilterDefined", is->name);
                return;
        }
        add_if(&changed, strcmp(was->uuid, is->uuid) != 0, "Uuid");
        add_if(&changed, strcmp(was->id, is->id) != 0, "Id");
        add_if(&changed, was->is_builtin != is->is_builtin, "Builtin");
        replaced = changed.n > 0;
        add_if(&changed, !strings_equal(was->ports.items, is->ports.items), "Ports");
        emit_changed(daemon, BUS_PATH_FILTER, is->name, BUS_FILTER, &changed);
        if (replaced)
                tell(daemon, "FilterReplaced", is->name);
}

static void tell_bound(struct daemon *daemon, const struct model_bound *was, const struct model_bound *is) {
        if (!was || strcmp(was->filter, is->filter) != 0)
                (void)sd_bus_emit_signal(daemon->bus, BUS_PATH, BUS_MANAGER, "PortBound", "ss", is->port,
                                         is->filter);
}

static void tell_filters(struct daemon *daemon, const struct model *last, const struct model *next) {
        for (size_t i = 0; i < next->n_filters; i++)
                tell_filter(daemon, model_filter(last, next->filters[i].name), &next->filters[i]);
        for (size_t i = 0; i < next->n_bound; i++)
                tell_bound(daemon, model_bound(last, next->bound[i].port), &next->bound[i]);
}

static void tell_gone_networks(struct daemon *daemon, const struct model *next) {
        const struct model *last = &daemon->model;

        for (size_t i = 0; i < last->n_networks; i++) {
                const struct model_network *network = &last->networks[i];

                if (model_network(next, network->name))
                        continue;
                emit_object(daemon, BUS_PATH_NETWORK, network->name, sd_bus_emit_object_removed);
                if (network->is_active)
                        tell(daemon, "NetworkDestroyed", network->name);
                if (network->is_persistent)
                        tell(daemon, "NetworkUndefined", network->name);
        }
}

static void tell_network(struct daemon *daemon,
                         const struct model_network *was,
                         const struct model_network *is) {
        bool was_active = was && was->is_active, was_persistent = was && was->is_persistent;
        struct property_names changed = { 0 };

        if (was) {
                add_if(&changed, strcmp(was->uuid, is->uuid) != 0, "Uuid");
                add_if(&changed, strcmp(was->forward, is->forward) != 0, "Forward");
                add_if(&changed, strcmp(was->bridge, is->bridge) != 0, "Bridge");
                add_if(&changed, was->is_active != is->is_active, "Active");
                add_if(&changed, was->is_persistent != is->is_persistent, "Persistent");
                add_if(&changed, was->has_policy != is->has_policy, "HasPolicy");
                emit_changed(daemon, BUS_PATH_NETWORK, is->name, BUS_NETWORK, &changed);
        } else {
                emit_object(daemon, BUS_PATH_NETWORK, is->name, sd_bus_emit_object_added);
        }
        if (is->is_persistent != was_persistent)
                tell(daemon, is->is_persistent ? "NetworkDefined" : "NetworkUndefined", is->name);
        if (is->is_active != was_active)
                tell(daemon, is->is_active ? "NetworkStarted" : "NetworkDestroyed", is->name);
}

static void tell_networks(struct daemon *daemon, const struct model *last, const struct model *next) {
        for (size_t i = 0; i < next->n_networks; i++)
                tell_network(daemon, model_network(last, next->networks[i].name), &next->networks[i]);
}

static void tell_policy(struct daemon *daemon,
                        const struct model_policy *was,
                        const struct model_policy *is) {
        struct property_names changed = { 0 };
        bool replaced;

        if (!was) {
                emit_object(daemon, BUS_PATH_POLICY, is->name, sd_bus_emit_object_added);
                return;
        }
        add_if(&changed, strcmp(was->file, is->file) != 0, "File");
        add_if(&changed, was->n_rules != is->n_rules, "Rules");
        add_if(&changed, was->has_domains != is->has_domains, "HasDomains");
        add_if(&changed, was->any_resolver != is->any_resolver, "AnyResolver");
        add_if(&changed, was->log_denied != is->log_denied, "LogDenied");
        add_if(&changed, strcmp(was->id, is->id) != 0, "Id");
        replaced = changed.n > 0;
        add_if(&changed, !strings_equal(was->ports.items, is->ports.items), "Ports");
        emit_changed(daemon, BUS_PATH_POLICY, is->name, BUS_POLICY, &changed);
        if (replaced)
                tell(daemon, "PolicyReplaced", is->name);
}

static void tell_port(struct daemon *daemon, const struct model_port *was, const struct model_port *is) {
        struct property_names changed = { 0 };

        if (!was) {
                emit_object(daemon, BUS_PATH_PORT, is->name, sd_bus_emit_object_added);
                tell_attached(daemon, is);
                return;
        }
        add_if(&changed, strcmp(was->policy, is->policy) != 0, "Policy");
        add_if(&changed, strcmp(was->table, is->table) != 0, "Table");
        add_if(&changed, was->is_persistent != is->is_persistent, "Persistent");
        add_if(&changed, !strings_equal(was->resolvers.items, is->resolvers.items), "Resolvers");
        emit_changed(daemon, BUS_PATH_PORT, is->name, BUS_PORT, &changed);
        if (strcmp(was->policy, is->policy) != 0)
                tell_attached(daemon, is);
}

/* The bus keeps from others what the owner of the name says. What anybody else says, everybody would hear. */
static bool may_tell(const struct daemon *daemon) {
        return daemon->bus && daemon->has_name && sd_bus_is_ready(daemon->bus) > 0;
}

void changes_apply(struct daemon *daemon, struct model *model) {
        bool told = may_tell(daemon);
        struct model last;

        if (told) {
                tell_gone(daemon, model);
                tell_gone_filters(daemon, model);
                tell_gone_networks(daemon, model);
        }
        last = daemon->model;
        daemon->model = *model;
        if (told) {
                for (size_t i = 0; i < model->n_policies; i++)
                        tell_policy(daemon, model_policy(&last, model->policies[i].name),
                                    &model->policies[i]);
                for (size_t i = 0; i < model->n_ports; i++)
                        tell_port(daemon, model_port(&last, model->ports[i].name), &model->ports[i]);
                tell_filters(daemon, &last, model);
                tell_networks(daemon, &last, model);
        }
        model_deinit(&last);
}

static bool may_tell_more(const struct daemon *daemon) {
        uint64_t n_queued = 0;

        return may_tell(daemon) && sd_bus_get_n_queued_write(daemon->bus, &n_queued) >= 0 &&
               n_queued <= MAX_QUEUED;
}

void changes_tell_edited(struct daemon *daemon, const struct nfw_event *event) {
        CLEANUP(text) char *process = NULL;

        if (!may_tell_more(daemon))
                return;
        process = string_for_bus(nfw_event_process(event));
        if (process)
                (void)sd_bus_emit_signal(daemon->bus, BUS_PATH, BUS_MANAGER, "Edited", "su", process,
                                         nfw_event_pid(event));
}

void changes_tell_denied(struct daemon *daemon, const struct nfw_event *event) {
        CLEANUP(text) char *port = NULL;
        CLEANUP(text) char *policy = NULL;
        CLEANUP(text) char *rule = NULL;

        if (!may_tell_more(daemon))
                return;
        port = string_for_bus(nfw_event_port(event));
        policy = string_for_bus(nfw_event_policy(event));
        rule = string_for_bus(nfw_event_rule(event));
        if (port && policy && rule)
                (void)sd_bus_emit_signal(daemon->bus, BUS_PATH, BUS_MANAGER, "Denied", "sssqysqsqsu", port,
                                         policy, nfw_event_direction(event), nfw_event_ether_type(event),
                                         nfw_event_protocol(event), nfw_event_source(event),
                                         nfw_event_source_port(event), nfw_event_destination(event),
                                         nfw_event_destination_port(event), rule, nfw_event_rule_line(event));
}

void changes_tell_learned(struct daemon *daemon, const struct nfw_event *event) {
        CLEANUP(text) char *port = NULL;
        CLEANUP(text) char *name = NULL;

        if (!may_tell_more(daemon))
                return;
        port = string_for_bus(nfw_event_port(event));
        name = string_for_bus(nfw_event_name(event));
        if (port && name)
                (void)sd_bus_emit_signal(daemon->bus, BUS_PATH, BUS_MANAGER, "Learned", "sssts", port, name,
                                         nfw_event_address(event), nfw_event_expires_ms(event),
                                         nfw_event_resolver(event) ? nfw_event_resolver(event) : "");
}

void changes_tell_address(struct daemon *daemon, const struct nfw_event *event) {
        CLEANUP(text) char *port = NULL;

        if (!may_tell_more(daemon))
                return;
        port = string_for_bus(nfw_event_port(event));
        if (port && nfw_event_get_type(event) == NFW_EVENT_ADDRESS)
                (void)sd_bus_emit_signal(daemon->bus, BUS_PATH, BUS_MANAGER, "AddressLearned", "ssts", port,
                                         nfw_event_address(event), nfw_event_expires_ms(event),
                                         nfw_event_text(event));
        else if (port)
                (void)sd_bus_emit_signal(daemon->bus, BUS_PATH, BUS_MANAGER, "AddressForgotten", "ss", port,
                                         nfw_event_address(event));
}
