/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/filters.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/daemon.h"
#include "nfwpolicyd/errors.h"
#include "nfwpolicyd/lists.h"
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

struct option {
        const char *key;
        const char *type;
        size_t offset;
};

static const struct option define_options[] = {
        { "file", "s", offsetof(struct options, file) },
        { "dry-run", "b", offsetof(struct options, dry_run) },
        { NULL, NULL, 0 },
};

static const struct option bind_options[] = {
        { "file", "s", offsetof(struct options, file) },
        { "compat", "b", offsetof(struct options, compat) },
        { NULL, NULL, 0 },
};

/* 0, or what the handler is to return. */
static int read_option(sd_bus_message *call, const struct option *known, struct options *options) {
        const char *key, *type;
        int r;

        r = sd_bus_message_read(call, "s", &key);
        if (r < 0)
                return r;
        while (known->key && strcmp(known->key, key) != 0)
                known++;
        if (!known->key)
                return error_refuse(call, NFW_E_INVALID, "bus/unknown-option", NULL,
                                    "there is no option `%s`", key);
        r = sd_bus_message_peek_type(call, NULL, &type);
        if (r < 0)
                return r;
        if (strcmp(type, known->type) != 0)
                return error_refuse(call, NFW_E_INVALID, "bus/wrong-type", NULL,
                                    "option `%s` is of type `%s`, not `%s`", key, known->type, type);
        r = sd_bus_message_read(call, "v", known->type, (char *)options + known->offset);
        return r < 0 ? r : 0;
}

static int read_options(sd_bus_message *call, const struct option *known, struct options *options) {
        int r;

        r = sd_bus_message_enter_container(call, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
                r = read_option(call, known, options);
                if (r != 0)
                        return r;
                r = sd_bus_message_exit_container(call);
                if (r < 0)
                        return r;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(call);
        return r < 0 ? r : 0;
}

int filters_define(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(nwfilter) struct nfw_nwfilter *filter = NULL;
        struct options options = { .file = "filter.xml" };
        struct daemon *daemon = userdata;
        const char *text;
        int r;

        (void)error;
        r = sd_bus_message_read(call, "s", &text);
        if (r < 0)
                return r;
        r = read_options(call, define_options, &options);
        if (r != 0)
                return r;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_read_buffer(options.file, text, strlen(text), report, &filter);
        if (r == 0)
                r = nfw_nwfilter_define(daemon->context, filter, options.dry_run, report);
        if (r == 0 && !options.dry_run)
                keep_changed(daemon);
        return error_reply(call, r, report, options.file);
}

int filters_undefine(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        struct daemon *daemon = userdata;
        const char *name;
        int r;

        (void)error;
        r = sd_bus_message_read(call, "s", &name);
        if (r >= 0)
                r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_undefine(daemon->context, name, report);
        if (r == 0)
                keep_changed(daemon);
        return error_reply(call, r, report, name);
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
        r = sd_bus_message_read(call, "s", &text);
        if (r < 0)
                return r;
        r = read_options(call, bind_options, &options);
        if (r != 0)
                return r;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_binding_read_buffer(options.file, text, strlen(text), report, &binding);
        if (r == 0 && options.compat)
                nfw_nwfilter_binding_set_compat(binding, true);
        if (r == 0)
                r = nfw_nwfilter_bind(daemon->context, bindings, 1, report);
        if (r == 0)
                keep_changed(daemon);
        return error_reply(call, r, report, options.file);
}

int filters_unbind(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP_LIST char **ports = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = sd_bus_message_read_strv(call, &ports);
        if (r < 0)
                return r;
        if (list_count(ports) == 0)
                return error_refuse(call, NFW_E_INVALID, "bus/no-interface", "name at least one interface",
                                    "there is no interface in the list");
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_unbind(daemon->context, (const char *const *)ports, list_count(ports), report);
        if (r == 0)
                keep_changed(daemon);
        return error_reply(call, r, report, ports[0]);
}

/* --- looking ------------------------------------------------------------------------------------------------- */

static int append_filter(sd_bus_message *reply, const struct nfw_nwfilter_list *list, size_t index) {
        CLEANUP(text) char *name = string_for_bus(nfw_nwfilter_list_name(list, index));
        CLEANUP(text) char *uuid = string_for_bus(nfw_nwfilter_list_uuid(list, index));

        if (!name || !uuid)
                return -ENOMEM;
        return sd_bus_message_append(reply, "(ssb)", name, uuid, nfw_nwfilter_list_is_builtin(list, index));
}

int filters_list(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(nwfilter_list) struct nfw_nwfilter_list *list = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = nfw_nwfilter_list_new(daemon->context, NULL, &list);
        if (r != 0)
                return error_reply(call, r, NULL, "reading the filters");
        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(ssb)");
        for (size_t i = 0; r >= 0 && i < nfw_nwfilter_list_n(list); i++)
                r = append_filter(reply, list, i);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_send(reply);
}

int filters_dump(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(text) char *text = NULL;
        struct daemon *daemon = userdata;
        const char *name;
        int r;

        (void)error;
        r = sd_bus_message_read(call, "s", &name);
        if (r >= 0)
                r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_dumpxml(daemon->context, name, report, &text);
        return r != 0 ? error_reply(call, r, report, name) : sd_bus_reply_method_return(call, "s", text);
}

static int append_binding(sd_bus_message *reply, const struct nfw_nwfilter_binding *binding) {
        CLEANUP(text) char *text = NULL;
        int r;

        r = nfw_nwfilter_binding_dumpxml(binding, &text);
        return r < 0 ? r
                     : sd_bus_message_append(reply, "(sss)", nfw_nwfilter_binding_port(binding),
                                             nfw_nwfilter_binding_filter(binding), text);
}

int filters_list_bindings(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(nwfilter_binding_list) struct nfw_nwfilter_binding_list *list = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = nfw_nwfilter_binding_list_new(daemon->context, NULL, &list);
        if (r != 0)
                return error_reply(call, r, NULL, "reading the bindings");
        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(sss)");
        for (size_t i = 0; r >= 0 && i < nfw_nwfilter_binding_list_n(list); i++)
                r = append_binding(reply, nfw_nwfilter_binding_list_item(list, i));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_send(reply);
}
