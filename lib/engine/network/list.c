/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/network/network.h"

struct entry {
        struct nfw_network *network;
        bool is_active, is_persistent, has_policy;
};

struct nfw_network_list {
        NFW_VEC(struct entry) vec; /* by name */
};

NFW_DEFINE_CLEANUP(struct nfw_network_list, nfw_network_list_free)

static int add(struct nfw_network_list *list, struct entry entry) {
        int r = nfw_vec_push(&list->vec, entry);

        if (r < 0)
                nfw_network_free(entry.network);
        return r;
}

static struct entry *find(const struct nfw_network_list *list, const char *name) {
        nfw_vec_foreach (entry, &list->vec)
                if (strcmp(entry->network->name, name) == 0)
                        return entry;
        return NULL;
}

static int take_running(struct nfw_context *context, struct nfw_network_list *list) {
        struct nfw_running_networks running = { 0 };
        int r;

        r = nfw_running_networks_read(context, &running);
        nfw_vec_foreach (each, &running.vec) {
                if (r < 0)
                        break;
                r = add(list, (struct entry){ .network = nfw_steal(each->network),
                                              .is_active = true,
                                              .has_policy = each->has_policy });
        }
        nfw_running_networks_deinit(&running);
        return r;
}

static int take_definition(struct nfw_context *context,
                           struct nfw_network_list *list,
                           const char *name,
                           struct nfw_report *report) {
        struct entry *active = find(list, name);
        struct entry entry = { .is_persistent = true };
        int r;

        if (active) {
                active->is_persistent = true;
                return 0;
        }
        r = nfw_network_definition_read(context, name, report, &entry.network);
        /* The report says what is wrong with it. */
        if (r != 0)
                return r < 0 ? r : 0;
        entry.has_policy = nfw_network_definition_has_policy(context, name);
        return add(list, entry);
}

static int compare(const void *a, const void *b) {
        const struct entry *x = a, *y = b;

        return strcmp(x->network->name, y->network->name);
}

/**
 * nfw_network_list_new() - list networks
 * @context:  the context
 * @report:   what is wrong with a definition is added here; may be NULL
 * @ret_list: those that are defined or run, by name
 *
 * Return: 0 or a negative errno.
 */
nfw_public int nfw_network_list_new(struct nfw_context *context,
                                    struct nfw_report *report,
                                    struct nfw_network_list **ret_list) {
        nfw_cleanup(nfw_network_list_freep) struct nfw_network_list *list = calloc(1, sizeof(*list));
        nfw_cleanup(nfw_network_names_deinit) struct nfw_network_names names = { 0 };
        int r;

        if (!list)
                return -ENOMEM;
        r = take_running(context, list);
        if (r == 0)
                r = nfw_network_names_read(context->network_directory, NFW_NETWORK_DEFINITION, &names);
        nfw_vec_foreach (name, &names.vec)
                if (r == 0)
                        r = take_definition(context, list, *name, report);
        if (r < 0)
                return r;
        if (list->vec.n > 1)
                qsort(list->vec.items, list->vec.n, sizeof(*list->vec.items), compare);
        *ret_list = nfw_steal(list);
        return 0;
}

/**
 * nfw_network_list_free() - forget a list
 * @list: the list, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_network_list *nfw_network_list_free(struct nfw_network_list *list) {
        if (!list)
                return NULL;
        nfw_vec_foreach (entry, &list->vec)
                nfw_network_free(entry->network);
        nfw_vec_deinit(&list->vec);
        free(list);
        return NULL;
}

/**
 * nfw_network_list_n() - how many networks there are
 * @list: the list
 *
 * Return: their number; what is asked of them is asked with an index below it.
 */
nfw_public size_t nfw_network_list_n(const struct nfw_network_list *list) {
        return list->vec.n;
}

/**
 * nfw_network_list_get() - one of the networks
 * @list:  the list, which keeps it
 * @index: which one
 *
 * Return: the network, as it runs or, where it does not, as it is defined.
 */
nfw_public const struct nfw_network *nfw_network_list_get(const struct nfw_network_list *list, size_t index) {
        return list->vec.items[index].network;
}

/**
 * nfw_network_list_is_active() - whether a network is in force
 * @list:  the list
 * @index: which one
 *
 * Return: whether it runs.
 */
nfw_public bool nfw_network_list_is_active(const struct nfw_network_list *list, size_t index) {
        return list->vec.items[index].is_active;
}

/**
 * nfw_network_list_is_persistent() - whether a network has a definition
 * @list:  the list
 * @index: which one
 *
 * Return: whether it can be started again.
 */
nfw_public bool nfw_network_list_is_persistent(const struct nfw_network_list *list, size_t index) {
        return list->vec.items[index].is_persistent;
}

/**
 * nfw_network_list_has_policy() - whether a network has a policy for what joins it
 * @list:  the list
 * @index: which one
 *
 * Return: whether it has one.
 */
nfw_public bool nfw_network_list_has_policy(const struct nfw_network_list *list, size_t index) {
        return list->vec.items[index].has_policy;
}

/**
 * nfw_network_uuid() - the network's UUID
 * @network: the network, which keeps the text
 *
 * Return: in lower case and with dashes; "" where it has none yet.
 */
nfw_public const char *nfw_network_uuid(const struct nfw_network *network) {
        return network->uuid;
}

/**
 * nfw_network_bridge() - the network's bridge
 * @network: the network, which keeps the text
 *
 * Return: its name; "" where it has none yet.
 */
nfw_public const char *nfw_network_bridge(const struct nfw_network *network) {
        return network->bridge;
}

/**
 * nfw_network_forward() - how far the network's guests get
 * @network: the network
 *
 * Return: "isolated", "nat", "route" or "open".
 */
nfw_public const char *nfw_network_forward(const struct nfw_network *network) {
        return nfw_network_mode_name(network->mode);
}
