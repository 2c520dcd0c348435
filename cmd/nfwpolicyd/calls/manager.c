/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/manager.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/bus/answer.h"
#include "nfwpolicyd/bus/lists.h"
#include "nfwpolicyd/calls/begin.h"
#include "nfwpolicyd/calls/filters.h"
#include "nfwpolicyd/calls/networks.h"
#include "nfwpolicyd/calls/ports.h"
#include "nfwpolicyd/calls/properties.h"
#include "nfwpolicyd/calls/sets.h"
#include "nfwpolicyd/daemon.h"
#include "shared/cleanup.h"
#include "shared/picture.h"
#include "shared/suggest.h"

/* --- ports -------------------------------------------------------------------------------------------------- */

struct parameters {
        int persistent;
};

static const struct call_option parameters_known[] = {
        { "persistent", "b", offsetof(struct parameters, persistent), 0 },
};

static int attach(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP_LIST char **interfaces = NULL;
        struct parameters parameters = { 0 };
        struct daemon *daemon = userdata;
        const char *policy;
        int r;

        (void)error;
        r = call_begin(call, &report, CALL_OPTIONS(parameters_known, &parameters), "ass", &interfaces,
                       &policy);
        if (r == 0)
                r = call_check_ports(call, interfaces, true);
        if (r != 0)
                return r;

        r = (parameters.persistent ? nfw_attach_persistent : nfw_attach)(
                daemon->context, policy, (const char *const *)interfaces, list_count(interfaces), report);
        return answer_change(daemon, call, r, report, policy);
}

static int detach(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP_LIST char **interfaces = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = call_begin(call, &report, NULL, "as", &interfaces);
        if (r == 0)
                r = call_check_ports(call, interfaces, true);
        if (r != 0)
                return r;

        r = nfw_detach(daemon->context, (const char *const *)interfaces, list_count(interfaces), report);
        return answer_change(daemon, call, r, report, interfaces[0]);
}

/* --- policies ----------------------------------------------------------------------------------------------- */

static int unload(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        struct daemon *daemon = userdata;
        const char *name;
        int r, force;

        (void)error;
        r = call_begin(call, &report, NULL, "sb", &name, &force);
        if (r != 0)
                return r;

        r = nfw_unload(daemon->context, name, force, report);
        return answer_change(daemon, call, r, report, name);
}

static int reload(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(text) char *group = NULL;
        int r;

        (void)error;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = daemon_reload(userdata, report, &group);
        if (group)
                return error_refuse(call, NFW_E_INVALID, "config/bad-value", "make the group first",
                                    "there is no group `%s`", group);
        if (r != 0)
                return error_reply(call, r, report, r > 0 ? "nfwpolicyd.conf" : "reading what is loaded");
        return sd_bus_reply_method_return(call, "");
}

/* --- names -------------------------------------------------------------------------------------------------- */

/* A typo in the port must not look like a port that has learned nothing. 0: it has a policy, or none is given. */
static int refuse_unknown_port(sd_bus_message *call, const struct nfw_status *status, const char *port) {
        size_t n = nfw_status_n_bindings(status);
        CLEANUP(text) char *hint = NULL;
        const char **names;
        bool found = false;

        if (!*port)
                return 0;
        names = calloc(n + 1, sizeof(*names));
        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                names[i] = nfw_binding_port(nfw_status_binding(status, i));
                found |= strcmp(names[i], port) == 0;
        }
        hint = suggest_hint(port, names, n);
        free(names);
        if (found)
                return 0;
        return error_refuse(call, NFW_E_NOT_FOUND, "port/not-bound", hint ? hint : PICTURE_NO_PORT_HINT,
                            "no policy is on port `%s`", port);
}

static int append_grant(sd_bus_message *reply, const struct nfw_grant *grant, size_t *size) {
        CLEANUP(text) char *port = string_for_bus(nfw_grant_port(grant));
        CLEANUP(text) char *name = string_for_bus(nfw_grant_name(grant));
        const char *resolver = nfw_grant_resolver(grant);

        if (!port || !name)
                return -ENOMEM;
        /* Lengths, ends and padding of five strings and a number are less than the 64. */
        *size += 64 + strlen(port) + strlen(name) + strlen(nfw_grant_policy(grant)) +
                 strlen(nfw_grant_address(grant)) + strlen(resolver ? resolver : "");
        if (*size > ANSWER_MAX_BYTES)
                return -E2BIG;
        return sd_bus_message_append(reply, "(ssssst)", port, nfw_grant_policy(grant), name,
                                     nfw_grant_address(grant), resolver ? resolver : "",
                                     nfw_grant_expires_ms(grant));
}

static int append_grants(sd_bus_message *reply, const struct nfw_status *status, const char *port) {
        size_t size = 0;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ssssst)");
        for (size_t i = 0; r >= 0 && i < nfw_status_n_grants(status); i++) {
                const struct nfw_grant *grant = nfw_status_grant(status, i);

                if (!*port || strcmp(port, nfw_grant_port(grant)) == 0)
                        r = append_grant(reply, grant, &size);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int list_names(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(status) struct nfw_status *status = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        struct daemon *daemon = userdata;
        const char *port;
        int r;

        (void)error;
        r = call_begin(call, &report, NULL, "s", &port);
        if (r != 0)
                return r;
        r = nfw_status_new(daemon->context, report, &status);
        if (r != 0)
                return error_reply(call, r, report, "reading what is learned");
        r = refuse_unknown_port(call, status, port);
        if (r != 0)
                return r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = append_grants(reply, status, port);
        if (r == -E2BIG)
                return error_reply(call, r, NULL, "ask for one port, there are too many names");
        return r < 0 ? r : sd_bus_message_send(reply);
}

/* --- the interface ------------------------------------------------------------------------------------------ */

/* Who may call what is decided before a call comes here, so for the library all of them are unprivileged. */
#define METHOD(name_, arguments_, result_, handler_)                                                         \
        SD_BUS_METHOD_WITH_ARGS(name_, SD_BUS_ARGS arguments_, SD_BUS_RESULT result_, handler_,              \
                                SD_BUS_VTABLE_UNPRIVILEGED)

#define REPORT (REPORT_SIGNATURE, report)

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", properties_get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("NetworkNamespace", "t", properties_get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Directories", "a{s(stt)}", properties_get, 0, 0),
        SD_BUS_PROPERTY("Settings", "a{ss}", properties_get, 0, 0),
        SD_BUS_PROPERTY("LearnerRunning", "b", properties_get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Counters", "a{st}", properties_get, 0, 0),
        METHOD("LoadPolicy", ("s", name, "s", text, "a{sv}", options), REPORT, load_call_text),
        METHOD("LoadPolicyFd", ("s", name, "h", fd, "a{sv}", options), REPORT, load_call_fd),
        METHOD("UnloadPolicy", ("s", name, "b", force), REPORT, unload),
        METHOD("Attach", ("as", interfaces, "s", policy, "a{sv}", parameters), REPORT, attach),
        METHOD("Detach", ("as", interfaces), REPORT, detach),
        METHOD("ListNames", ("s", port), ("a(ssssst)", names), list_names),
        METHOD("FollowNames", ("s", port), ("h", events), follow_call),
        METHOD("GetStatus", (NULL), ("a{sv}", status), status_call_get),
        METHOD("Show", ("s", name, "s", format), ("s", text, REPORT_SIGNATURE, report), status_call_show),
        METHOD("Verify", ("s", name), REPORT, status_call_verify),
        METHOD("Reload", (NULL), (NULL), reload),
        METHOD("DefineFilter", ("s", text, "a{sv}", options), REPORT, filters_define),
        METHOD("UndefineFilter", ("s", name), REPORT, filters_undefine),
        METHOD("Bind", ("s", text, "a{sv}", options), REPORT, filters_bind),
        METHOD("Unbind", ("as", ports), REPORT, filters_unbind),
        METHOD("ListFilters", (NULL), ("a(ssb)", filters, REPORT_SIGNATURE, report), filters_list),
        METHOD("DumpFilter", ("s", name), ("s", text, REPORT_SIGNATURE, report), filters_dump),
        METHOD("ListBindings",
               (NULL),
               ("a(ssssa(sst))", bindings, REPORT_SIGNATURE, report),
               filters_list_bindings),
        METHOD("AddToSet", ("s", name, "as", elements, "a{sv}", options), REPORT, sets_add),
        METHOD("DeleteFromSet", ("s", name, "as", elements), REPORT, sets_delete_from),
        METHOD("DeleteSet", ("s", name), REPORT, sets_delete),
        METHOD("ListSets", (NULL), ("a(sssu)", sets, REPORT_SIGNATURE, report), sets_list),
        METHOD("ListElements", ("s", set), ("as", elements, REPORT_SIGNATURE, report), sets_list_elements),
        METHOD("DefineNetwork", ("s", text, "a{sv}", options), REPORT, networks_define),
        METHOD("UndefineNetwork", ("s", name), REPORT, networks_undefine),
        METHOD("StartNetwork", ("s", name, "a{sv}", options), REPORT, networks_start),
        METHOD("DestroyNetwork", ("s", name), REPORT, networks_destroy),
        METHOD("ListNetworks", (NULL), ("a(ssbbssb)", networks, REPORT_SIGNATURE, report), networks_list),
        METHOD("DumpNetwork",
               ("s", name, "b", inactive),
               ("s", text, REPORT_SIGNATURE, report),
               networks_dump),
        SD_BUS_SIGNAL_WITH_ARGS("PortAttached", SD_BUS_ARGS("s", port, "s", policy), 0),
        SD_BUS_SIGNAL_WITH_ARGS("PortDetached", SD_BUS_ARGS("s", port), 0),
        SD_BUS_SIGNAL_WITH_ARGS("PolicyReplaced", SD_BUS_ARGS("s", policy), 0),
        SD_BUS_SIGNAL_WITH_ARGS("FilterDefined", SD_BUS_ARGS("s", filter), 0),
        SD_BUS_SIGNAL_WITH_ARGS("FilterReplaced", SD_BUS_ARGS("s", filter), 0),
        SD_BUS_SIGNAL_WITH_ARGS("FilterUndefined", SD_BUS_ARGS("s", filter), 0),
        SD_BUS_SIGNAL_WITH_ARGS("PortBound", SD_BUS_ARGS("s", port, "s", filter), 0),
        SD_BUS_SIGNAL_WITH_ARGS("PortUnbound", SD_BUS_ARGS("s", port), 0),
        SD_BUS_SIGNAL_WITH_ARGS("NetworkDefined", SD_BUS_ARGS("s", network), 0),
        SD_BUS_SIGNAL_WITH_ARGS("NetworkUndefined", SD_BUS_ARGS("s", network), 0),
        SD_BUS_SIGNAL_WITH_ARGS("NetworkStarted", SD_BUS_ARGS("s", network), 0),
        SD_BUS_SIGNAL_WITH_ARGS("NetworkDestroyed", SD_BUS_ARGS("s", network), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Edited", SD_BUS_ARGS("s", process, "u", pid), 0),
        SD_BUS_SIGNAL_WITH_ARGS(
                "Learned",
                SD_BUS_ARGS("s", port, "s", name, "s", address, "t", expires_ms, "s", resolver),
                0),
        SD_BUS_SIGNAL_WITH_ARGS(
                "AddressLearned", SD_BUS_ARGS("s", port, "s", address, "t", expires_ms, "s", origin), 0),
        SD_BUS_SIGNAL_WITH_ARGS("AddressForgotten", SD_BUS_ARGS("s", port, "s", address), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Denied",
                                SD_BUS_ARGS("s",
                                            port,
                                            "s",
                                            policy,
                                            "s",
                                            direction,
                                            "q",
                                            ether_type,
                                            "y",
                                            protocol,
                                            "s",
                                            source,
                                            "q",
                                            source_port,
                                            "s",
                                            destination,
                                            "q",
                                            destination_port,
                                            "s",
                                            rule,
                                            "u",
                                            rule_line),
                                0),
        SD_BUS_VTABLE_END,
};

int manager_add(struct daemon *daemon, sd_bus *bus) {
        return sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_MANAGER, manager_vtable, daemon);
}
