/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/bus/answer.h"
#include "nfwpolicyd/calls/begin.h"
#include "nfwpolicyd/calls/manager.h"
#include "shared/cleanup.h"
#include "shared/picture.h"

int status_call_verify(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        struct daemon *daemon = userdata;
        const char *name;
        int r;

        (void)error;
        r = call_begin(call, &report, NULL, "s", &name);
        if (r != 0)
                return r;
        r = nfw_verify(daemon->context, *name ? name : NULL, report);
        if (r >= 0 && !*name) {
                int filters = nfw_nwfilter_verify(daemon->context, report);

                r = filters != 0 && r == 0 ? filters : r;
        }
        return error_reply(call, r, report, *name ? name : "verify");
}

int status_call_show(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(text) char *text = NULL;
        struct daemon *daemon = userdata;
        const char *name, *format_name;
        int r, format = 0;

        (void)error;
        r = call_begin(call, &report, NULL, "ss", &name, &format_name);
        if (r != 0)
                return r;
        while (format < PICTURE_N_FORMATS && strcmp(picture_format_names[format], format_name) != 0)
                format++;
        if (format == PICTURE_N_FORMATS)
                return error_refuse(call, NFW_E_INVALID, "bus/unknown-format",
                                    "there are `ir`, `nft` and `kernel`", "there is no format `%s`",
                                    format_name);
        r = nfw_show(daemon->context, name, (enum nfw_format)format, report, &text);
        return r != 0 ? error_reply(call, r, report, name) : answer_text(call, text, report, name);
}

/* Writers of one element or value each. */

static int append_policy(sd_bus_message *reply, const struct picture *picture, size_t i) {
        const struct picture_policy *policy = &picture->policies[i];
        CLEANUP(text) char *file = string_for_bus(policy->file);

        if (!file)
                return -ENOMEM;
        return sd_bus_message_append(reply, "(ssuubbb)", policy->name, file, (uint32_t)policy->n_rules,
                                     (uint32_t)policy->n_ports, policy->has_domains, policy->any_resolver,
                                     policy->log_denied);
}

static int append_port(sd_bus_message *reply, const struct picture *picture, size_t i) {
        const struct picture_port *port = &picture->ports[i];
        CLEANUP(text) char *name = string_for_bus(port->name);
        int r;

        if (!name)
                return -ENOMEM;
        r = sd_bus_message_open_container(reply, 'r', "sssasuubb");
        if (r >= 0)
                r = sd_bus_message_append(reply, "sss", name, port->policy, port->table);
        if (r >= 0)
                r = sd_bus_message_append_strv(reply, port->resolvers);
        if (r >= 0)
                r = sd_bus_message_append(reply, "uubb", (uint32_t)port->n_names, (uint32_t)port->n_addresses,
                                          port->exists, port->is_persistent);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_bound(sd_bus_message *reply, const struct picture *picture, size_t i) {
        return sd_bus_message_append(reply, "(ss)", picture->bound[i].port, picture->bound[i].filter);
}

static int append_network(sd_bus_message *reply, const struct picture *picture, size_t i) {
        const struct picture_network *network = &picture->networks[i];

        return sd_bus_message_append(reply, "(sssb)", network->name, network->bridge, network->forward,
                                     (int)network->has_policy);
}

static int append_ignored(sd_bus_message *reply, const struct picture *picture, size_t i) {
        const struct picture_ignored *ignored = &picture->ignored[i];
        CLEANUP(text) char *port = string_for_bus(ignored->port);

        if (!port)
                return -ENOMEM;
        return sd_bus_message_append(reply, "(sst)", port, ignored->resolver, ignored->n_replies);
}

static int append_counter(sd_bus_message *reply, const struct picture *picture, size_t i) {
        return sd_bus_message_append(reply, "{st}", nfw_counter_name((enum nfw_counter)i),
                                     picture->counters[i]);
}

static int append_feature(sd_bus_message *reply, const struct picture *picture, size_t i) {
        return sd_bus_message_append(reply, "{sb}", nfw_feature_name((enum nfw_feature)i),
                                     picture->has_feature[i]);
}

static int append_table(sd_bus_message *reply, const struct picture *picture, size_t i) {
        return picture->has_table[i] ? sd_bus_message_append(reply, "s", picture_tables[i]) : 0;
}

static int append_foreign_table(sd_bus_message *reply, const struct picture *picture, size_t i) {
        return picture->has_foreign_table[i] ? sd_bus_message_append(reply, "s", picture_tables[i]) : 0;
}

static int append_dropped(sd_bus_message *reply, const struct picture *picture, size_t i) {
        CLEANUP(text) char *name = NULL;

        if (!picture->ports[i].drops)
                return 0;
        name = string_for_bus(picture->ports[i].name);
        return name ? sd_bus_message_append(reply, "s", name) : -ENOMEM;
}

static int append_set_aside(sd_bus_message *reply, const struct picture *picture, size_t i) {
        CLEANUP(text) char *file = string_for_bus(picture->set_aside[i]);

        return file ? sd_bus_message_append(reply, "s", file) : -ENOMEM;
}

/* "" where there is none. */
static int append_text(sd_bus_message *reply, const char *key, const char *value) {
        CLEANUP(text) char *text = string_for_bus(value ? value : "");

        return text ? sd_bus_message_append(reply, "{sv}", key, "s", text) : -ENOMEM;
}

static size_t n_set_aside(const struct picture *picture) {
        size_t n = 0;

        while (picture->set_aside && picture->set_aside[n])
                n++;
        return n;
}

/* --- the answer --------------------------------------------------------------------------------------------- */

static int append_array(sd_bus_message *reply,
                        const char *key,
                        const char *array,
                        size_t n,
                        const struct picture *picture,
                        int (*append)(sd_bus_message *reply, const struct picture *picture, size_t i)) {
        int r;

        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', array);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', array + 1);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append(reply, picture, i);
        for (int i = 0; r >= 0 && i < 3; i++)
                r = sd_bus_message_close_container(reply);
        return r;
}

static int append_picture(sd_bus_message *reply, const struct picture *picture) {
        const struct {
                const char *key;
                const char *array;
                size_t n;
                int (*append)(sd_bus_message *reply, const struct picture *picture, size_t i);
        } arrays[] = {
                { "counters", "a{st}", NFW_N_COUNTERS, append_counter },
                { "features", "a{sb}", NFW_N_FEATURES, append_feature },
                { "tables", "as", PICTURE_N_TABLES, append_table },
                { "foreign-tables", "as", PICTURE_N_TABLES, append_foreign_table },
                { "policies", "a(ssuubbb)", picture->n_policies, append_policy },
                { "ports", "a(sssasuubb)", picture->n_ports, append_port },
                { "dropped-ports", "as", picture->n_ports, append_dropped },
                { "filter-ports", "a(ss)", picture->n_bound, append_bound },
                { "networks", "a(sssb)", picture->n_networks, append_network },
                { "ignored", "a(sst)", picture->n_ignored, append_ignored },
                { "set-aside", "as", n_set_aside(picture), append_set_aside },
        };

        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}", "learner-running", "b", picture->learner_running);
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}", "table-name", "s", picture->table_name);
        if (r >= 0)
                r = append_text(reply, "store", picture->store);
        if (r >= 0)
                r = append_text(reply, "store-error", picture->store_error);
        for (size_t i = 0; r >= 0 && i < sizeof(arrays) / sizeof(arrays[0]); i++)
                r = append_array(reply, arrays[i].key, arrays[i].array, arrays[i].n, picture,
                                 arrays[i].append);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int look(struct daemon *daemon, struct nfw_report *report, struct picture *picture) {
        CLEANUP(status) struct nfw_status *status = NULL;
        int r;

        r = picture_take_features(picture, daemon->context);
        if (r < 0)
                return r;
        r = nfw_status_new(daemon->context, report, &status);
        if (r == 0)
                r = picture_take(picture, daemon->context, status, false);
        return r != 0 ? r : picture_take_filters(picture, daemon->context, report);
}

int status_call_get(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP_PICTURE struct picture picture = { 0 };
        sd_bus_message *reply = NULL;
        int r;

        (void)error;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = look(userdata, report, &picture);
        if (r != 0)
                return error_reply(call, r, report, "reading what is loaded");
        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = append_picture(reply, &picture);
        if (r >= 0)
                r = sd_bus_message_send(reply);
        sd_bus_message_unref(reply);
        return r;
}
