/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "nfwpolicy/list.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

json_t *list_learner_json(const struct nfw_status *status) {
        json_t *counters = json_object();

        for (int i = 0; counters && i < NFW_N_COUNTERS; i++)
                json_object_set_new(counters, nfw_counter_name(i),
                                    json_integer((json_int_t)nfw_status_counter(status, i)));
        return json_pack("{s:b, s:o}", "running", nfw_status_learner_running(status), "counters", counters);
}

static json_t *policies_json(const struct nfw_status *status) {
        json_t *array = json_array();

        for (size_t i = 0; i < nfw_status_n_loaded(status); i++) {
                const struct nfw_loaded *loaded = nfw_status_loaded(status, i);

                json_array_append_new(array,
                                      json_pack("{s:o, s:o, s:I, s:I, s:b, s:b, s:b}", "name",
                                                text_json(nfw_loaded_name(loaded)), "file",
                                                text_json_or_null(nfw_loaded_file(loaded)), "rules",
                                                (json_int_t)nfw_loaded_n_rules(loaded), "ports",
                                                (json_int_t)list_count_ports(status, nfw_loaded_name(loaded)),
                                                "domains", nfw_loaded_has_domains(loaded), "any_resolver",
                                                nfw_loaded_any_resolver(loaded), "log_denied",
                                                nfw_loaded_log_denied(loaded)));
        }
        return array;
}

static json_t *resolvers_json(const struct nfw_binding *binding) {
        json_t *array = json_array();

        for (size_t i = 0; i < nfw_binding_n_resolvers(binding); i++)
                json_array_append_new(array, text_json(nfw_binding_resolver(binding, i)));
        return array;
}

static json_t *ports_json(const struct nfw_status *status) {
        struct list_learned *learned = list_count_learned(status);
        json_t *array = json_array();

        for (size_t i = 0; learned && i < nfw_status_n_bindings(status); i++) {
                const struct nfw_binding *binding = nfw_status_binding(status, i);

                json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "port",
                                                       text_json(nfw_binding_port(binding)), "policy",
                                                       text_json(nfw_binding_policy(binding)), "table",
                                                       text_json(nfw_binding_table(binding)), "resolvers",
                                                       resolvers_json(binding), "names",
                                                       (json_int_t)learned[i].n_names, "addresses",
                                                       (json_int_t)learned[i].n_addresses));
        }
        free(learned);
        return array;
}

static json_t *ignored_json(const struct nfw_status *status) {
        json_t *array = json_array();

        for (size_t i = 0; i < nfw_status_n_ignored(status); i++) {
                const struct nfw_ignored *ignored = nfw_status_ignored(status, i);

                json_array_append_new(array, json_pack("{s:o, s:o, s:I}", "port",
                                                       text_json(nfw_ignored_port(ignored)), "resolver",
                                                       text_json(nfw_ignored_resolver(ignored)), "replies",
                                                       (json_int_t)nfw_ignored_n_replies(ignored)));
        }
        return array;
}

json_t *list_json(const struct nfw_status *status, const struct nfw_report *report) {
        return json_pack("{s:o, s:o, s:o, s:o, s:o}", "learner", list_learner_json(status), "policies",
                         policies_json(status), "ports", ports_json(status), "ignored", ignored_json(status),
                         "diagnostics", diagnostics_json(report));
}
