/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/picture.h"

DEFINE_CLEANUP(nwfilter_binding_list)

static int take_bound(struct picture *picture, const struct nfw_nwfilter_binding *binding) {
        struct picture_bound *bound = picture_add_bound(picture);

        if (!bound)
                return -ENOMEM;
        bound->port = strdup(nfw_nwfilter_binding_port(binding));
        bound->filter = strdup(nfw_nwfilter_binding_filter(binding));
        return bound->port && bound->filter ? 0 : -ENOMEM;
}

static int take_network(struct picture *picture, const struct nfw_network *from, bool has_policy) {
        struct picture_network *network = picture_add_network(picture);

        if (!network)
                return -ENOMEM;
        network->name = strdup(nfw_network_name(from));
        network->bridge = strdup(nfw_network_bridge(from));
        network->forward = strdup(nfw_network_forward(from));
        network->has_policy = has_policy;
        return network->name && network->bridge && network->forward ? 0 : -ENOMEM;
}

int picture_take_filters(struct picture *picture, struct nfw_context *context, struct nfw_report *report) {
        CLEANUP(nwfilter_binding_list) struct nfw_nwfilter_binding_list *bindings = NULL;
        CLEANUP(network_list) struct nfw_network_list *networks = NULL;
        int r;

        r = nfw_nwfilter_binding_list_new(context, report, &bindings);
        for (size_t i = 0; r == 0 && i < nfw_nwfilter_binding_list_n(bindings); i++)
                r = take_bound(picture, nfw_nwfilter_binding_list_item(bindings, i));
        /* What is wrong with definitions that are not in force is net-list's to tell. */
        if (r == 0)
                r = nfw_network_list_new(context, NULL, &networks);
        for (size_t i = 0; r == 0 && i < nfw_network_list_n(networks); i++)
                if (nfw_network_list_is_active(networks, i))
                        r = take_network(picture, nfw_network_list_get(networks, i),
                                         nfw_network_list_has_policy(networks, i));
        return r;
}
