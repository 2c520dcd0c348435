/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/objects/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The name is the first member of everything. */
static int compare(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void *model_find(const void *items, size_t n, size_t size, const char *name) {
        return n > 0 ? bsearch(&name, items, n, size, compare) : NULL;
}

#define FIND(array_, name_) model_find(model->array_, model->n_##array_, sizeof(model->array_[0]), name_)

struct model_policy *model_policy(const struct model *model, const char *name) {
        return FIND(policies, name);
}

struct model_port *model_port(const struct model *model, const char *name) {
        return FIND(ports, name);
}

struct model_filter *model_filter(const struct model *model, const char *name) {
        return FIND(filters, name);
}

struct model_network *model_network(const struct model *model, const char *name) {
        return FIND(networks, name);
}

struct model_bound *model_bound(const struct model *model, const char *port) {
        return FIND(bound, port);
}

static int add_policy(struct model *model, const struct nfw_loaded *loaded) {
        struct model_policy *policy = &model->policies[model->n_policies++];

        policy->name = string_for_bus(nfw_loaded_name(loaded));
        policy->file = string_for_bus(nfw_loaded_file(loaded));
        policy->n_rules = (uint32_t)nfw_loaded_n_rules(loaded);
        policy->has_domains = nfw_loaded_has_domains(loaded);
        policy->any_resolver = nfw_loaded_any_resolver(loaded);
        policy->log_denied = nfw_loaded_log_denied(loaded);
        policy->id = string_for_bus(nfw_loaded_id(loaded));
        return policy->name && policy->file && policy->id ? 0 : -ENOMEM;
}

static int add_port(struct model *model, const struct nfw_binding *binding) {
        struct model_port *port = &model->ports[model->n_ports++];
        int r;

        port->name = string_for_bus(nfw_binding_port(binding));
        port->policy = string_for_bus(nfw_binding_policy(binding));
        port->table = string_for_bus(nfw_binding_table(binding));
        port->is_persistent = nfw_binding_is_persistent(binding);
        if (!port->name || !port->policy || !port->table)
                return -ENOMEM;
        for (size_t i = 0; i < nfw_binding_n_resolvers(binding); i++) {
                r = strings_add(&port->resolvers, nfw_binding_resolver(binding, i));
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Ports are sorted by now, so the lists in the policies are, too. */
static int give_ports_to_policies(struct model *model) {
        int r;

        for (size_t i = 0; i < model->n_ports; i++) {
                struct model_policy *policy = model_policy(model, model->ports[i].policy);

                r = policy ? strings_add(&policy->ports, model->ports[i].name) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_filter(struct model *model, const struct nfw_nwfilter_list *filters, size_t index) {
        struct model_filter *filter = &model->filters[model->n_filters++];

        filter->name = string_for_bus(nfw_nwfilter_list_name(filters, index));
        filter->uuid = string_for_bus(nfw_nwfilter_list_uuid(filters, index));
        filter->id = string_for_bus(nfw_nwfilter_list_id(filters, index));
        filter->is_builtin = nfw_nwfilter_list_is_builtin(filters, index);
        return filter->name && filter->uuid && filter->id ? 0 : -ENOMEM;
}

static int add_bound(struct model *model, const struct nfw_nwfilter_binding *binding) {
        struct model_bound *bound = &model->bound[model->n_bound++];

        bound->port = string_for_bus(nfw_nwfilter_binding_port(binding));
        bound->filter = string_for_bus(nfw_nwfilter_binding_filter(binding));
        return bound->port && bound->filter ? 0 : -ENOMEM;
}

static int fill_filters(struct model *model,
                        const struct nfw_nwfilter_list *filters,
                        const struct nfw_nwfilter_binding_list *bindings) {
        size_t n_filters = nfw_nwfilter_list_n(filters), n_bound = nfw_nwfilter_binding_list_n(bindings);
        int r = 0;

        model->filters = calloc(n_filters + 1, sizeof(*model->filters));
        model->bound = calloc(n_bound + 1, sizeof(*model->bound));
        if (!model->filters || !model->bound)
                return -ENOMEM;
        for (size_t i = 0; i < n_filters && r == 0; i++)
                r = add_filter(model, filters, i);
        for (size_t i = 0; i < n_bound && r == 0; i++)
                r = add_bound(model, nfw_nwfilter_binding_list_item(bindings, i));
        if (r < 0)
                return r;
        qsort(model->filters, model->n_filters, sizeof(*model->filters), compare);
        qsort(model->bound, model->n_bound, sizeof(*model->bound), compare);
        for (size_t i = 0; i < n_bound && r == 0; i++) {
                struct model_filter *filter = model_filter(model, model->bound[i].filter);

                r = filter ? strings_add(&filter->ports, model->bound[i].port) : 0;
        }
        return r;
}

static int add_network(struct model *model, const struct nfw_network_list *networks, size_t index) {
        struct model_network *network = &model->networks[model->n_networks++];
        const struct nfw_network *from = nfw_network_list_get(networks, index);

        network->name = string_for_bus(nfw_network_name(from));
        network->uuid = string_for_bus(nfw_network_uuid(from));
        network->forward = string_for_bus(nfw_network_forward(from));
        network->bridge = string_for_bus(nfw_network_bridge(from));
        network->is_active = nfw_network_list_is_active(networks, index);
        network->is_persistent = nfw_network_list_is_persistent(networks, index);
        network->has_policy = nfw_network_list_has_policy(networks, index);
        return network->name && network->uuid && network->forward && network->bridge ? 0 : -ENOMEM;
}

static int fill_networks(struct model *model, const struct nfw_network_list *networks) {
        size_t n = nfw_network_list_n(networks);
        int r = 0;

        model->networks = calloc(n + 1, sizeof(*model->networks));
        if (!model->networks)
                return -ENOMEM;
        for (size_t i = 0; i < n && r == 0; i++)
                r = add_network(model, networks, i);
        if (r == 0)
                qsort(model->networks, n, sizeof(*model->networks), compare);
        return r;
}

static int fill(struct model *model, const struct nfw_status *status) {
        size_t n_policies = nfw_status_n_loaded(status);
        size_t n_ports = nfw_status_n_bindings(status);
        int r;

        model->policies = calloc(n_policies + 1, sizeof(*model->policies));
        model->ports = calloc(n_ports + 1, sizeof(*model->ports));
        if (!model->policies || !model->ports)
                return -ENOMEM;

        for (size_t i = 0; i < n_policies; i++) {
                r = add_policy(model, nfw_status_loaded(status, i));
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < n_ports; i++) {
                r = add_port(model, nfw_status_binding(status, i));
                if (r < 0)
                        return r;
        }
        qsort(model->policies, model->n_policies, sizeof(*model->policies), compare);
        qsort(model->ports, model->n_ports, sizeof(*model->ports), compare);
        return give_ports_to_policies(model);
}

int model_make(const struct model_source *source, struct model *ret_model) {
        struct model model = { 0 };
        int r;

        r = fill(&model, source->status);
        if (r == 0)
                r = fill_filters(&model, source->filters, source->bindings);
        if (r == 0)
                r = fill_networks(&model, source->networks);
        if (r < 0) {
                model_deinit(&model);
                return r;
        }
        *ret_model = model;
        return 0;
}

void model_deinit(struct model *model) {
        for (size_t i = 0; i < model->n_policies; i++) {
                free(model->policies[i].name);
                free(model->policies[i].file);
                free(model->policies[i].id);
                strings_deinit(&model->policies[i].ports);
        }
        for (size_t i = 0; i < model->n_ports; i++) {
                free(model->ports[i].name);
                free(model->ports[i].policy);
                free(model->ports[i].table);
                strings_deinit(&model->ports[i].resolvers);
        }
        for (size_t i = 0; i < model->n_filters; i++) {
                free(model->filters[i].name);
                free(model->filters[i].uuid);
                free(model->filters[i].id);
                strings_deinit(&model->filters[i].ports);
        }
        for (size_t i = 0; i < model->n_networks; i++) {
                free(model->networks[i].name);
                free(model->networks[i].uuid);
                free(model->networks[i].forward);
                free(model->networks[i].bridge);
        }
        for (size_t i = 0; i < model->n_bound; i++) {
                free(model->bound[i].port);
                free(model->bound[i].filter);
        }
        free(model->policies);
        free(model->ports);
        free(model->filters);
        free(model->networks);
        free(model->bound);
        *model = (struct model){ 0 };
}
