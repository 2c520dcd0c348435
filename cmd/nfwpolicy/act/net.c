/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/net.h"

#include "shared/cleanup.h"
#include "shared/text.h"

static int ask_to_define(struct bus *bus, const struct network_source *source, bool dry_run) {
        CLEANUP(text) char *file = NULL;
        CLEANUP(text) char *policy_file = NULL;

        int r;

        r = bus_name_file(bus, source->file, &file);
        if (r == 0)
                r = bus_name_file(bus, source->policy ? source->policy_file : "", &policy_file);
        if (r < 0)
                return r;
        if (!source->policy)
                return bus_do(bus, "DefineNetwork", "sa{sv}", source->text, 2, "file", "s", file, "dry-run",
                              "b", (int)dry_run);
        return bus_do(bus, "DefineNetwork", "sa{sv}", source->text, 4, "file", "s", file, "dry-run", "b",
                      (int)dry_run, "policy", "s", source->policy, "policy-file", "s", policy_file);
}

int act_network_define(struct act *act,
                       struct nfw_network *network,
                       const struct nfw_policy *policy,
                       const struct network_source *source,
                       bool dry_run) {
        int r = act->bus ? ask_to_define(act->bus, source, dry_run) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_network_define(act->context, network, policy, dry_run, act->report);
}

int act_network_start(struct act *act, const char *name, bool create_bridge) {
        int r = act->bus ? bus_do(act->bus, "StartNetwork", "sa{sv}", name, 1, "create-bridge", "b",
                                  (int)create_bridge)
                         : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_network_start(act->context, name, create_bridge, act->report);
}

int act_network_destroy(struct act *act, const char *name) {
        int r = act->bus ? bus_do(act->bus, "DestroyNetwork", "s", name) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_network_destroy(act->context, name, act->report);
}

int act_network_undefine(struct act *act, const char *name) {
        int r = act->bus ? bus_do(act->bus, "UndefineNetwork", "s", name) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_network_undefine(act->context, name, act->report);
}

int act_network_dump(struct act *act, const char *name, bool inactive, char **ret_text) {
        int r = act->bus ? bus_ask_text(act->bus, ret_text, "DumpNetwork", "sb", name, (int)inactive)
                         : BUS_NO_DAEMON;

        if (act_is_seen(act, r))
                return r;
        return nfw_network_dumpxml(act->context, name, inactive, act->report, ret_text);
}

/* --- the list ------------------------------------------------------------------------------------------------ */

static json_t *take_list(const struct nfw_network_list *list) {
        json_t *networks = json_array();

        for (size_t i = 0; i < nfw_network_list_n(list); i++) {
                const struct nfw_network *network = nfw_network_list_get(list, i);

                json_array_append_new(networks,
                                      json_pack("{s:o, s:o, s:b, s:b, s:s, s:o, s:b}", "name",
                                                text_json(nfw_network_name(network)), "uuid",
                                                text_json_or_null(nfw_network_uuid(network)), "active",
                                                (int)nfw_network_list_is_active(list, i), "persistent",
                                                (int)nfw_network_list_is_persistent(list, i), "forward",
                                                nfw_network_forward(network), "bridge",
                                                text_json_or_null(nfw_network_bridge(network)), "policy",
                                                (int)nfw_network_list_has_policy(list, i)));
        }
        return networks;
}

/* In the order of the members of an answer's rows. */
static const char *const keys[] = {
        "name", "uuid", "active", "persistent", "forward", "bridge", "policy",
};

static json_t *take_rows(const json_t *rows) {
        json_t *networks = json_array();
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) {
                json_t *network = json_object();

                for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++) {
                        json_t *value = json_array_get(row, j);
                        const char *text = json_string_value(value);

                        json_object_set_new(network, keys[j],
                                            text && !*text ? json_null() : json_incref(value));
                }
                json_array_append_new(networks, network);
        }
        return networks;
}

int act_network_list(struct act *act, json_t **ret_networks) {
        CLEANUP(network_list) struct nfw_network_list *list = NULL;
        CLEANUP(json) json_t *rows = NULL;
        int r = act->bus ? bus_ask(act->bus, &rows, "ListNetworks", "") : BUS_NO_DAEMON;

        if (!act_is_seen(act, r))
                r = nfw_network_list_new(act->context, act->report, &list);
        if (r != 0)
                return r;
        *ret_networks = rows ? take_rows(rows) : take_list(list);
        return *ret_networks ? 0 : -ENOMEM;
}
