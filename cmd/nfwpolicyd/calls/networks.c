/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/networks.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/bus/answer.h"
#include "nfwpolicyd/calls/begin.h"
#include "shared/cleanup.h"

/* Of both calls that have some; the texts are the message's. */
struct options {
        const char *file;
        const char *policy; /* NULL: the network has none */
        const char *policy_file;
        int dry_run;
        int create_bridge;
};

#define FIELD(field_) offsetof(struct options, field_)

static const struct call_option define_options[] = {
        { "file", "s", FIELD(file), CALL_MAX_FILE },
        { "policy", "s", FIELD(policy), 0 },
        { "policy-file", "s", FIELD(policy_file), CALL_MAX_FILE },
        { "dry-run", "b", FIELD(dry_run), 0 },
};

static const struct call_option start_options[] = {
        { "create-bridge", "b", FIELD(create_bridge), 0 },
};

static int define(struct daemon *daemon,
                  const char *text,
                  const struct options *options,
                  struct nfw_report *report) {
        CLEANUP(network) struct nfw_network *network = NULL;
        CLEANUP(policy) struct nfw_policy *policy = NULL;
        int r;

        r = nfw_network_read_buffer(options->file, text, strlen(text), report, &network);
        if (r == 0 && options->policy)
                r = nfw_policy_read_buffer(options->policy_file, options->policy, strlen(options->policy),
                                           report, &policy);
        return r != 0 ? r : nfw_network_define(daemon->context, network, policy, options->dry_run, report);
}

int networks_define(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        struct options options = { .file = "network.xml", .policy_file = "policy.yaml" };
        struct daemon *daemon = userdata;
        const char *text, *about;
        int r;

        (void)error;
        r = call_begin(call, &report, CALL_OPTIONS(define_options, &options), "s", &text);
        if (r != 0)
                return r;
        about = options.policy ? options.policy_file : options.file;
        r = define(daemon, text, &options, report);
        if (r == 0 && options.dry_run)
                return error_reply(call, r, report, about);
        return answer_change(daemon, call, r, report, about);
}

int networks_start(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        struct options options = { 0 };
        struct daemon *daemon = userdata;
        const char *name;
        int r;

        (void)error;
        r = call_begin(call, &report, CALL_OPTIONS(start_options, &options), "s", &name);
        if (r != 0)
                return r;
        r = nfw_network_start(daemon->context, name, options.create_bridge, report);
        return answer_change(daemon, call, r, report, name);
}

int networks_undefine(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        (void)error;
        return answer_change_by_name(userdata, call, nfw_network_undefine);
}

int networks_destroy(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        (void)error;
        return answer_change_by_name(userdata, call, nfw_network_destroy);
}

/* --- looking ------------------------------------------------------------------------------------------------- */

int networks_dump(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(text) char *text = NULL;
        struct daemon *daemon = userdata;
        const char *name;
        int r, inactive;

        (void)error;
        r = call_begin(call, &report, NULL, "sb", &name, &inactive);
        if (r != 0)
                return r;
        r = nfw_network_dumpxml(daemon->context, name, inactive, report, &text);
        return r != 0 ? error_reply(call, r, report, name) : answer_text(call, text, report, name);
}

static int append_network(sd_bus_message *reply, void *networks, size_t index) {
        const struct nfw_network_list *list = networks;
        const struct nfw_network *network = nfw_network_list_get(list, index);
        CLEANUP(text) char *name = string_for_bus(nfw_network_name(network));
        CLEANUP(text) char *bridge = string_for_bus(nfw_network_bridge(network));

        if (!name || !bridge)
                return -ENOMEM;
        return sd_bus_message_append(reply, "(ssbbssb)", name, nfw_network_uuid(network),
                                     (int)nfw_network_list_is_active(list, index),
                                     (int)nfw_network_list_is_persistent(list, index),
                                     nfw_network_forward(network), bridge,
                                     (int)nfw_network_list_has_policy(list, index));
}

int networks_list(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(network_list) struct nfw_network_list *list = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_network_list_new(daemon->context, report, &list);
        if (r != 0)
                return error_reply(call, r, report, "networks");
        return answer_rows(
                call, &(struct answer_rows){ "(ssbbssb)", nfw_network_list_n(list), append_network, list },
                report);
}
