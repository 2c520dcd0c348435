/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/filters.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/bus/answer.h"
#include "nfwpolicyd/bus/lists.h"
#include "nfwpolicyd/calls/begin.h"
#include "nfwpolicyd/calls/ports.h"
#include "shared/cleanup.h"

DEFINE_CLEANUP(nwfilter)
DEFINE_CLEANUP(nwfilter_list)
DEFINE_CLEANUP(nwfilter_binding)
DEFINE_CLEANUP(nwfilter_binding_list)

/* Of both calls that take XML; the text is the message's. */
struct options {
        const char *file;
        int dry_run;
        int compat;
};

#define FIELD(field_) offsetof(struct options, field_)

static const struct call_option define_options[] = {
        { "file", "s", FIELD(file), CALL_MAX_FILE },
        { "dry-run", "b", FIELD(dry_run), 0 },
};

static const struct call_option bind_options[] = {
        { "file", "s", FIELD(file), CALL_MAX_FILE },
        { "compat", "b", FIELD(compat), 0 },
};

int filters_define(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(nwfilter) struct nfw_nwfilter *filter = NULL;
        struct options options = { .file = "filter.xml" };
        struct daemon *daemon = userdata;
        const char *text;
        int r;

        (void)error;
        r = call_begin(call, &report, CALL_OPTIONS(define_options, &options), "s", &text);
        if (r != 0)
                return r;
        r = nfw_nwfilter_read_buffer(options.file, text, strlen(text), report, &filter);
        if (r == 0)
                r = nfw_nwfilter_define(daemon->context, filter, options.dry_run, report);
        if (r == 0 && options.dry_run)
                return error_reply(call, r, report, options.file);
        return answer_change(daemon, call, r, report, options.file);
}

int filters_undefine(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        (void)error;
        return answer_change_by_name(userdata, call, nfw_nwfilter_undefine);
}

int filters_bind(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(nwfilter_binding) struct nfw_nwfilter_binding *binding = NULL;
        const struct nfw_nwfilter_binding *const *bindings =
                (const struct nfw_nwfilter_binding *const *)&binding;
        struct options options = { .file = "binding.xml" };
        struct daemon *daemon = userdata;
        const char *text;
        int r;

        (void)error;
        r = call_begin(call, &report, CALL_OPTIONS(bind_options, &options), "s", &text);
        if (r != 0)
                return r;
        r = nfw_nwfilter_binding_read_buffer(options.file, text, strlen(text), report, &binding);
        if (r == 0 && options.compat)
                nfw_nwfilter_binding_set_compat(binding, true);
        if (r == 0)
                r = nfw_nwfilter_bind(daemon->context, bindings, 1, report);
        return answer_change(daemon, call, r, report, options.file);
}

int filters_unbind(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP_LIST char **ports = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = call_begin(call, &report, NULL, "as", &ports);
        if (r == 0)
                r = call_check_ports(call, ports, true);
        if (r != 0)
                return r;
        r = nfw_nwfilter_unbind(daemon->context, (const char *const *)ports, list_count(ports), report);
        return answer_change(daemon, call, r, report, ports[0]);
}

/* --- looking ------------------------------------------------------------------------------------------------- */

static int append_filter(sd_bus_message *reply, void *filters, size_t index) {
        const struct nfw_nwfilter_list *list = filters;
        CLEANUP(text) char *name = string_for_bus(nfw_nwfilter_list_name(list, index));
        CLEANUP(text) char *uuid = string_for_bus(nfw_nwfilter_list_uuid(list, index));

        if (!name || !uuid)
                return -ENOMEM;
        return sd_bus_message_append(reply, "(ssb)", name, uuid, nfw_nwfilter_list_is_builtin(list, index));
}

int filters_list(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(nwfilter_list) struct nfw_nwfilter_list *list = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_list_new(daemon->context, report, &list);
        if (r != 0)
                return error_reply(call, r, report, "nwfilter-list");
        return answer_rows(call,
                           &(struct answer_rows){ "(ssb)", nfw_nwfilter_list_n(list), append_filter, list },
                           report);
}

int filters_dump(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(text) char *text = NULL;
        struct daemon *daemon = userdata;
        const char *name;
        int r;

        (void)error;
        r = call_begin(call, &report, NULL, "s", &name);
        if (r != 0)
                return r;
        r = nfw_nwfilter_dumpxml(daemon->context, name, report, &text);
        return r != 0 ? error_reply(call, r, report, name) : answer_text(call, text, report, name);
}

/* The guest's addresses that are known by now. */
static int append_addresses(sd_bus_message *reply,
                            const struct nfw_nwfilter_binding_list *list,
                            size_t index) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sst)");
        for (size_t i = 0; r >= 0 && i < nfw_nwfilter_binding_list_n_addresses(list, index); i++)
                r = sd_bus_message_append(reply, "(sst)", nfw_nwfilter_binding_list_address(list, index, i),
                                          nfw_nwfilter_binding_list_address_origin(list, index, i),
                                          nfw_nwfilter_binding_list_address_expires_ms(list, index, i));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_binding(sd_bus_message *reply, void *bindings, size_t index) {
        const struct nfw_nwfilter_binding_list *list = bindings;
        const struct nfw_nwfilter_binding *binding = nfw_nwfilter_binding_list_item(list, index);
        const char *learning = nfw_nwfilter_binding_list_learning(list, index);
        CLEANUP(text) char *text = NULL;
        int r;

        r = nfw_nwfilter_binding_dumpxml(binding, &text);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'r', "ssssa(sst)");
        if (r >= 0)
                r = sd_bus_message_append(reply, "ssss", nfw_nwfilter_binding_port(binding),
                                          nfw_nwfilter_binding_filter(binding), text,
                                          learning ? learning : "");
        if (r >= 0)
                r = append_addresses(reply, list, index);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int filters_list_bindings(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(nwfilter_binding_list) struct nfw_nwfilter_binding_list *list = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_binding_list_new(daemon->context, report, &list);
        if (r != 0)
                return error_reply(call, r, report, "nwfilter-binding-list");
        return answer_rows(call,
                           &(struct answer_rows){ "(ssssa(sst))", nfw_nwfilter_binding_list_n(list),
                                                  append_binding, list },
                           report);
}
