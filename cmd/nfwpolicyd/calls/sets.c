/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/sets.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/bus/answer.h"
#include "nfwpolicyd/bus/lists.h"
#include "nfwpolicyd/calls/begin.h"
#include "shared/cleanup.h"
#include "shared/suggest.h"

DEFINE_CLEANUP(nwfilter_set_list)

struct options {
        const char *type;
        const char *family;
};

static const struct call_option add_options[] = {
        { "type", "s", offsetof(struct options, type), 0 },
        { "family", "s", offsetof(struct options, family), 0 },
};

int sets_add(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP_LIST char **elements = NULL;
        struct options options = { 0 };
        struct daemon *daemon = userdata;
        const char *name;
        int r;

        (void)error;
        r = call_begin(call, &report, CALL_OPTIONS(add_options, &options), "sas", &name, &elements);
        if (r != 0)
                return r;
        r = nfw_nwfilter_set_add(daemon->context, name, options.type, options.family,
                                 (const char *const *)elements, list_count(elements), report);
        return answer_change(daemon, call, r, report, name);
}

int sets_delete_from(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP_LIST char **elements = NULL;
        struct daemon *daemon = userdata;
        const char *name;
        int r;

        (void)error;
        r = call_begin(call, &report, NULL, "sas", &name, &elements);
        if (r != 0)
                return r;
        /* A list that happens to be empty must not take the whole set away. */
        if (list_count(elements) == 0)
                return error_refuse(call, NFW_E_INVALID, "bus/no-element",
                                    "DeleteSet deletes a set with all that is in it",
                                    "there is no element in the list");
        r = nfw_nwfilter_set_delete(daemon->context, name, (const char *const *)elements,
                                    list_count(elements), report);
        return answer_change(daemon, call, r, report, name);
}

static int delete_set(struct nfw_context *context, const char *name, struct nfw_report *report) {
        return nfw_nwfilter_set_delete(context, name, NULL, 0, report);
}

int sets_delete(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        (void)error;
        return answer_change_by_name(userdata, call, delete_set);
}

/* --- looking ------------------------------------------------------------------------------------------------- */

static int append_set(sd_bus_message *reply, void *sets, size_t index) {
        const struct nfw_nwfilter_set_list *list = sets;
        CLEANUP(text) char *name = string_for_bus(nfw_nwfilter_set_list_name(list, index));

        return name ? sd_bus_message_append(reply, "(sssu)", name, nfw_nwfilter_set_list_type(list, index),
                                            nfw_nwfilter_set_list_family(list, index),
                                            (uint32_t)nfw_nwfilter_set_list_n_elements(list, index))
                    : -ENOMEM;
}

int sets_list(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(nwfilter_set_list) struct nfw_nwfilter_set_list *list = NULL;
        struct daemon *daemon = userdata;
        int r;

        (void)error;
        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        r = nfw_nwfilter_set_list_new(daemon->context, report, &list);
        if (r != 0)
                return error_reply(call, r, report, "set list");
        return answer_rows(call,
                           &(struct answer_rows){ "(sssu)", nfw_nwfilter_set_list_n(list), append_set, list },
                           report);
}

/* 0 and the index, or what the handler is to return. */
static int find_set(sd_bus_message *call,
                    const struct nfw_nwfilter_set_list *list,
                    const char *name,
                    size_t *ret_index) {
        size_t n = nfw_nwfilter_set_list_n(list);
        CLEANUP(text) char *hint = NULL;
        const char **names;
        size_t found = n;

        names = calloc(n + 1, sizeof(*names));
        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                names[i] = nfw_nwfilter_set_list_name(list, i);
                found = strcmp(names[i], name) == 0 ? i : found;
        }
        hint = suggest_hint(name, names, n);
        free(names);
        if (found == n)
                return error_refuse(call, NFW_E_NOT_FOUND, "set/no-set", hint, "there is no such set");
        *ret_index = found;
        return 0;
}

struct elements {
        struct nfw_nwfilter_set_list *list;
        size_t set;
        size_t size; /* octets that are in the answer by now */
};

static int append_element(sd_bus_message *reply, void *userdata, size_t index) {
        struct elements *elements = userdata;
        const char *element = nfw_nwfilter_set_list_element(elements->list, elements->set, index);

        if (!element)
                return -ENOMEM;
        /* The length before it, the end behind it, and padding. */
        elements->size += 8 + strlen(element);
        return elements->size > ANSWER_MAX_BYTES ? -E2BIG : sd_bus_message_append(reply, "s", element);
}

int sets_list_elements(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(nwfilter_set_list) struct nfw_nwfilter_set_list *list = NULL;
        struct elements elements = { 0 };
        struct daemon *daemon = userdata;
        const char *name;
        int r;

        (void)error;
        r = call_begin(call, &report, NULL, "s", &name);
        if (r != 0)
                return r;
        r = nfw_nwfilter_set_list_new(daemon->context, report, &list);
        if (r != 0)
                return error_reply(call, r, report, name);
        elements.list = list;
        r = find_set(call, list, name, &elements.set);
        if (r != 0)
                return r;
        r = answer_rows(call,
                        &(struct answer_rows){ "s", nfw_nwfilter_set_list_n_elements(list, elements.set),
                                               append_element, &elements },
                        report);
        return r == -E2BIG ? answer_too_large(call, name) : r;
}
