/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/picture.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const picture_tables[PICTURE_N_TABLES] = {
        [PICTURE_INET] = "inet",
        [PICTURE_BRIDGE] = "bridge",
};

const char *const picture_format_names[PICTURE_N_FORMATS] = {
        [NFW_FORMAT_IR] = "ir",
        [NFW_FORMAT_NFT] = "nft",
        [NFW_FORMAT_KERNEL] = "kernel",
};

void picture_deinit(struct picture *picture) {
        for (size_t i = 0; i < picture->n_policies; i++) {
                free(picture->policies[i].name);
                free(picture->policies[i].file);
        }
        for (size_t i = 0; i < picture->n_ports; i++) {
                struct picture_port *port = &picture->ports[i];

                free(port->name);
                free(port->policy);
                free(port->table);
                for (size_t j = 0; port->resolvers && port->resolvers[j]; j++)
                        free(port->resolvers[j]);
                free(port->resolvers);
        }
        for (size_t i = 0; i < picture->n_bound; i++) {
                free(picture->bound[i].port);
                free(picture->bound[i].filter);
        }
        for (size_t i = 0; i < picture->n_networks; i++) {
                free(picture->networks[i].name);
                free(picture->networks[i].bridge);
                free(picture->networks[i].forward);
        }
        for (size_t i = 0; i < picture->n_ignored; i++) {
                free(picture->ignored[i].port);
                free(picture->ignored[i].resolver);
        }
        for (size_t i = 0; i < picture->n_grants; i++) {
                free(picture->grants[i].port);
                free(picture->grants[i].policy);
                free(picture->grants[i].name);
                free(picture->grants[i].address);
                free(picture->grants[i].resolver);
        }
        for (size_t i = 0; picture->set_aside && picture->set_aside[i]; i++)
                free(picture->set_aside[i]);
        free(picture->set_aside);
        free(picture->store);
        free(picture->store_error);
        free(picture->table_name);
        free(picture->policies);
        free(picture->ports);
        free(picture->bound);
        free(picture->networks);
        free(picture->ignored);
        free(picture->grants);
        *picture = (struct picture){ 0 };
}

/* Grows at powers of two: there may be very many grants. */
static void *add(void *array, size_t *n, size_t size) {
        char *items = *(void **)array;

        if ((*n & (*n - 1)) == 0) {
                char *larger = reallocarray(items, *n ? 2 * *n : 1, size);

                if (!larger)
                        return NULL;
                *(void **)array = items = larger;
        }
        return memset(items + (*n)++ * size, 0, size);
}

struct picture_policy *picture_add_policy(struct picture *picture) {
        return add(&picture->policies, &picture->n_policies, sizeof(*picture->policies));
}

struct picture_port *picture_add_port(struct picture *picture) {
        return add(&picture->ports, &picture->n_ports, sizeof(*picture->ports));
}

struct picture_bound *picture_add_bound(struct picture *picture) {
        return add(&picture->bound, &picture->n_bound, sizeof(*picture->bound));
}

struct picture_network *picture_add_network(struct picture *picture) {
        return add(&picture->networks, &picture->n_networks, sizeof(*picture->networks));
}

struct picture_ignored *picture_add_ignored(struct picture *picture) {
        return add(&picture->ignored, &picture->n_ignored, sizeof(*picture->ignored));
}

struct picture_grant *picture_add_grant(struct picture *picture) {
        return add(&picture->grants, &picture->n_grants, sizeof(*picture->grants));
}

static int take_policy(struct picture *picture, const struct nfw_loaded *loaded) {
        struct picture_policy *policy = picture_add_policy(picture);

        if (!policy)
                return -ENOMEM;
        policy->name = strdup(nfw_loaded_name(loaded));
        policy->file = strdup(nfw_loaded_file(loaded));
        policy->n_rules = nfw_loaded_n_rules(loaded);
        policy->has_domains = nfw_loaded_has_domains(loaded);
        policy->any_resolver = nfw_loaded_any_resolver(loaded);
        policy->log_denied = nfw_loaded_log_denied(loaded);
        return policy->name && policy->file ? 0 : -ENOMEM;
}

static bool is_in_bridge(const char *interface) {
        char path[sizeof("/sys/class/net//brport") + IF_NAMESIZE];

        (void)snprintf(path, sizeof(path), "/sys/class/net/%s/brport", interface);
        return access(path, F_OK) == 0;
}

static int take_port(struct picture *picture,
                     const struct nfw_binding *binding,
                     const struct picture_learned *learned) {
        struct picture_port *port = picture_add_port(picture);
        size_t n = nfw_binding_n_resolvers(binding);

        if (!port)
                return -ENOMEM;
        port->name = strdup(nfw_binding_port(binding));
        port->policy = strdup(nfw_binding_policy(binding));
        port->table = strdup(nfw_binding_table(binding));
        port->is_persistent = nfw_binding_is_persistent(binding);
        port->drops = nfw_binding_drops_on_bridges(binding) && is_in_bridge(nfw_binding_port(binding));
        port->n_names = learned->n_names;
        port->n_addresses = learned->n_addresses;
        port->exists = if_nametoindex(nfw_binding_port(binding)) != 0 || errno != ENODEV;
        port->resolvers = calloc(n + 1, sizeof(*port->resolvers));
        if (!port->name || !port->policy || !port->table || !port->resolvers)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                port->resolvers[i] = strdup(nfw_binding_resolver(binding, i));
                if (!port->resolvers[i])
                        return -ENOMEM;
        }
        return 0;
}

static int take_ignored(struct picture *picture, const struct nfw_ignored *from) {
        struct picture_ignored *ignored = picture_add_ignored(picture);

        if (!ignored)
                return -ENOMEM;
        ignored->port = strdup(nfw_ignored_port(from));
        ignored->resolver = strdup(nfw_ignored_resolver(from));
        ignored->n_replies = nfw_ignored_n_replies(from);
        return ignored->port && ignored->resolver ? 0 : -ENOMEM;
}

static int take_grant(struct picture *picture, const struct nfw_grant *from) {
        struct picture_grant *grant = picture_add_grant(picture);
        const char *resolver = nfw_grant_resolver(from);

        if (!grant)
                return -ENOMEM;
        grant->port = strdup(nfw_grant_port(from));
        grant->policy = strdup(nfw_grant_policy(from));
        grant->name = strdup(nfw_grant_name(from));
        grant->address = strdup(nfw_grant_address(from));
        grant->resolver = strdup(resolver ? resolver : "");
        grant->expires_ms = nfw_grant_expires_ms(from);
        return grant->port && grant->policy && grant->name && grant->address && grant->resolver ? 0 : -ENOMEM;
}

static int compare_policies(const void *a, const void *b) {
        return strcmp(((const struct picture_policy *)a)->name, ((const struct picture_policy *)b)->name);
}

static void count_ports(struct picture *picture) {
        for (size_t i = 0; i < picture->n_ports && picture->n_policies > 0; i++) {
                const struct picture_policy key = { .name = picture->ports[i].policy };
                struct picture_policy *policy =
                        bsearch(&key, picture->policies, picture->n_policies, sizeof(key), compare_policies);

                if (policy)
                        policy->n_ports++;
        }
}

static int take_ports(struct picture *picture, const struct nfw_status *status) {
        struct picture_learned *learned = picture_count_learned(status);
        int r = learned ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < nfw_status_n_bindings(status); i++)
                r = take_port(picture, nfw_status_binding(status, i), &learned[i]);
        free(learned);
        return r;
}

static int take_store(struct picture *picture, const struct nfw_status *status) {
        size_t n = nfw_status_n_set_aside(status);

        if (!nfw_status_store(status))
                return 0;
        picture->store = strdup(nfw_status_store(status));
        picture->set_aside = calloc(n + 1, sizeof(*picture->set_aside));
        if (!picture->store || !picture->set_aside)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                picture->set_aside[i] = strdup(nfw_status_set_aside(status, i));
                if (!picture->set_aside[i])
                        return -ENOMEM;
        }
        if (nfw_status_store_error(status) == 0)
                return 0;
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
        picture->store_error = strdup(strerror(nfw_status_store_error(status)));
        return picture->store_error ? 0 : -ENOMEM;
}

int picture_take(struct picture *picture,
                 const struct nfw_context *context,
                 const struct nfw_status *status,
                 bool with_grants) {
        int r = 0;

        picture->table_name = strdup(nfw_context_table_name(context));
        if (!picture->table_name)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < nfw_status_n_loaded(status); i++)
                r = take_policy(picture, nfw_status_loaded(status, i));
        if (r == 0)
                r = take_ports(picture, status);
        for (size_t i = 0; r == 0 && i < nfw_status_n_ignored(status); i++)
                r = take_ignored(picture, nfw_status_ignored(status, i));
        for (size_t i = 0; r == 0 && with_grants && i < nfw_status_n_grants(status); i++)
                r = take_grant(picture, nfw_status_grant(status, i));
        if (r == 0)
                r = take_store(picture, status);
        if (r < 0)
                return r;
        count_ports(picture);

        picture->learner_running = nfw_status_learner_running(status);
        for (int i = 0; i < NFW_N_COUNTERS; i++)
                picture->counters[i] = nfw_status_counter(status, (enum nfw_counter)i);
        for (int i = 0; i < PICTURE_N_TABLES; i++) {
                picture->has_table[i] = nfw_status_has_table(status, picture_tables[i]);
                picture->has_foreign_table[i] = nfw_status_has_foreign_table(status, picture_tables[i]);
        }
        return 0;
}

int picture_take_features(struct picture *picture, struct nfw_context *context) {
        int r = 0;

        for (int i = 0; r == 0 && i < NFW_N_FEATURES; i++) {
                r = nfw_context_has_feature(context, (enum nfw_feature)i, &picture->has_feature[i]);
                /* Then the rest cannot be asked for. */
                if (r == 0 && i == NFW_FEATURE_NF_TABLES && !picture->has_feature[i])
                        return 0;
        }
        return r;
}
