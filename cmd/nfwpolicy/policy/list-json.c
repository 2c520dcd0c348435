/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "nfwpolicy/policy/list.h"
#include "shared/text.h"

json_t *list_learner_json(const struct picture *picture) {
        json_t *counters = json_object();

        for (int i = 0; counters && i < NFW_N_COUNTERS; i++)
                json_object_set_new(counters, nfw_counter_name((enum nfw_counter)i),
                                    json_integer((json_int_t)picture->counters[i]));
        return json_pack("{s:b, s:o}", "running", picture->learner_running, "counters", counters);
}

static json_t *policies_json(const struct picture *picture) {
        json_t *array = json_array();

        for (size_t i = 0; i < picture->n_policies; i++) {
                const struct picture_policy *policy = &picture->policies[i];

                json_array_append_new(
                        array,
                        json_pack("{s:o, s:o, s:I, s:I, s:b, s:b, s:b}", "name", text_json(policy->name),
                                  "file", text_json_or_null(policy->file), "rules",
                                  (json_int_t)policy->n_rules, "ports", (json_int_t)policy->n_ports,
                                  "domains", policy->has_domains, "any_resolver", policy->any_resolver,
                                  "log_denied", policy->log_denied));
        }
        return array;
}

static json_t *resolvers_json(const struct picture_port *port) {
        json_t *array = json_array();

        for (char **resolver = port->resolvers; *resolver; resolver++)
                json_array_append_new(array, text_json(*resolver));
        return array;
}

static json_t *ports_json(const struct picture *picture) {
        json_t *array = json_array();

        for (size_t i = 0; i < picture->n_ports; i++) {
                const struct picture_port *port = &picture->ports[i];

                json_array_append_new(
                        array, json_pack("{s:o, s:o, s:o, s:b, s:o, s:I, s:I}", "port", text_json(port->name),
                                         "policy", text_json(port->policy), "table", text_json(port->table),
                                         "persistent", port->is_persistent, "resolvers", resolvers_json(port),
                                         "names", (json_int_t)port->n_names, "addresses",
                                         (json_int_t)port->n_addresses));
        }
        return array;
}

static json_t *bound_json(const struct picture *picture) {
        json_t *array = json_array();

        for (size_t i = 0; i < picture->n_bound; i++)
                json_array_append_new(array,
                                      json_pack("{s:o, s:o}", "port", text_json(picture->bound[i].port),
                                                "filter", text_json(picture->bound[i].filter)));
        return array;
}

static json_t *networks_json(const struct picture *picture) {
        json_t *array = json_array();

        for (size_t i = 0; i < picture->n_networks; i++) {
                const struct picture_network *network = &picture->networks[i];

                json_array_append_new(array,
                                      json_pack("{s:o, s:o, s:s, s:b}", "name", text_json(network->name),
                                                "bridge", text_json(network->bridge), "forward",
                                                network->forward, "policy", (int)network->has_policy));
        }
        return array;
}

static json_t *ignored_json(const struct picture *picture) {
        json_t *array = json_array();

        for (size_t i = 0; i < picture->n_ignored; i++) {
                const struct picture_ignored *ignored = &picture->ignored[i];

                json_array_append_new(array, json_pack("{s:o, s:o, s:I}", "port", text_json(ignored->port),
                                                       "resolver", text_json(ignored->resolver), "replies",
                                                       (json_int_t)ignored->n_replies));
        }
        return array;
}

json_t *list_json(const struct picture *picture, json_t *diagnostics) {
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "learner", list_learner_json(picture),
                         "policies", policies_json(picture), "ports", ports_json(picture), "filter_ports",
                         bound_json(picture), "networks", networks_json(picture), "ignored",
                         ignored_json(picture), "diagnostics", diagnostics);
}
