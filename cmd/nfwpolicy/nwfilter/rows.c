/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/nwfilter/rows.h"

#include <string.h>

#include "shared/cleanup.h"
#include "shared/text.h"

DEFINE_CLEANUP(nwfilter_binding)

static json_t *filter_json(const char *name, const char *uuid, bool is_builtin) {
        return json_pack("{s:o, s:o, s:b}", "uuid", text_json_or_null(uuid), "name", text_json(name),
                         "builtin", (int)is_builtin);
}

static json_t *address_json(const char *address, const char *origin, uint64_t expires_ms) {
        return json_pack("{s:s, s:s, s:o}", "address", address, "origin", origin, "seconds_left",
                         expires_ms ? json_real((double)expires_ms / 1000) : json_null());
}

static json_t *parameters_json(const struct nfw_nwfilter_binding *binding) {
        json_t *parameters = json_array();

        for (size_t i = 0; i < nfw_nwfilter_binding_n_parameters(binding); i++)
                json_array_append_new(parameters,
                                      json_pack("{s:o, s:o}", "name",
                                                text_json(nfw_nwfilter_binding_parameter_name(binding, i)),
                                                "value",
                                                text_json(nfw_nwfilter_binding_parameter_value(binding, i))));
        return parameters;
}

/* Takes the reference to the addresses. */
static json_t *binding_json(const struct nfw_nwfilter_binding *binding,
                            const char *xml,
                            const char *learning,
                            json_t *addresses) {
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "port",
                         text_json(nfw_nwfilter_binding_port(binding)), "filter",
                         text_json(nfw_nwfilter_binding_filter(binding)), "mac",
                         text_json_or_null(nfw_nwfilter_binding_mac(binding)), "owner",
                         text_json_or_null(nfw_nwfilter_binding_owner_name(binding)), "owner_uuid",
                         text_json_or_null(nfw_nwfilter_binding_owner_uuid(binding)), "parameters",
                         parameters_json(binding), "compat", (int)nfw_nwfilter_binding_compat(binding),
                         "learning", text_json_or_null(learning), "addresses", addresses, "xml",
                         text_json(xml));
}

/* --- from the library ---------------------------------------------------------------------------------------- */

json_t *nwfilter_rows_filters_of(const struct nfw_nwfilter_list *list) {
        json_t *filters = json_array();

        for (size_t i = 0; i < nfw_nwfilter_list_n(list); i++)
                json_array_append_new(filters, filter_json(nfw_nwfilter_list_name(list, i),
                                                           nfw_nwfilter_list_uuid(list, i),
                                                           nfw_nwfilter_list_is_builtin(list, i)));
        return filters;
}

static json_t *addresses_of(const struct nfw_nwfilter_binding_list *list, size_t index) {
        json_t *addresses = json_array();

        for (size_t i = 0; i < nfw_nwfilter_binding_list_n_addresses(list, index); i++)
                json_array_append_new(
                        addresses,
                        address_json(nfw_nwfilter_binding_list_address(list, index, i),
                                     nfw_nwfilter_binding_list_address_origin(list, index, i),
                                     nfw_nwfilter_binding_list_address_expires_ms(list, index, i)));
        return addresses;
}

json_t *nwfilter_rows_bindings_of(const struct nfw_nwfilter_binding_list *list) {
        json_t *bindings = json_array();

        for (size_t i = 0; i < nfw_nwfilter_binding_list_n(list); i++) {
                const struct nfw_nwfilter_binding *binding = nfw_nwfilter_binding_list_item(list, i);
                CLEANUP(text) char *xml = NULL;

                if (nfw_nwfilter_binding_dumpxml(binding, &xml) < 0) {
                        json_decref(bindings);
                        return NULL;
                }
                json_array_append_new(bindings,
                                      binding_json(binding, xml, nfw_nwfilter_binding_list_learning(list, i),
                                                   addresses_of(list, i)));
        }
        return bindings;
}

/* --- from the daemon ----------------------------------------------------------------------------------------- */

static const char *string_at(const json_t *row, size_t index) {
        const char *text = json_string_value(json_array_get(row, index));

        return text ? text : "";
}

json_t *nwfilter_rows_filters(const json_t *rows) {
        json_t *filters = json_array();
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row)
                json_array_append_new(filters, filter_json(string_at(row, 0), string_at(row, 1),
                                                           json_is_true(json_array_get(row, 2))));
        return filters;
}

static json_t *addresses_in(const json_t *rows) {
        json_t *addresses = json_array();
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) json_array_append_new(
                addresses, address_json(string_at(row, 0), string_at(row, 1),
                                        (uint64_t)json_integer_value(json_array_get(row, 2))));
        return addresses;
}

/* port, filter, xml, learning, addresses */
json_t *nwfilter_rows_bindings(const json_t *rows) {
        json_t *bindings = json_array();
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) {
                CLEANUP(nwfilter_binding) struct nfw_nwfilter_binding *binding = NULL;
                const char *xml = string_at(row, 2);

                if (nfw_nwfilter_binding_read_buffer(string_at(row, 0), xml, strlen(xml), NULL, &binding) !=
                    0) {
                        json_decref(bindings);
                        return NULL;
                }
                json_array_append_new(bindings, binding_json(binding, xml, string_at(row, 3),
                                                             addresses_in(json_array_get(row, 4))));
        }
        return bindings;
}
