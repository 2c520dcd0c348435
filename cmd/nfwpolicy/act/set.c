/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/set.h"

#include <string.h>

#include "shared/cleanup.h"
#include "shared/text.h"

DEFINE_CLEANUP(nwfilter_set_list)

int act_set_add(struct act *act,
                const char *name,
                const char *type,
                const char *family,
                const char *const *elements,
                size_t n_elements) {
        int r = act->bus ? bus_add_to_set(act->bus, name, type, family, elements, n_elements) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_nwfilter_set_add(act->context, name, type, family, elements, n_elements, act->report);
}

int act_set_delete(struct act *act, const char *name, const char *const *elements, size_t n_elements) {
        int r = !act->bus        ? BUS_NO_DAEMON
                : n_elements > 0 ? bus_delete_from_set(act->bus, name, elements, n_elements)
                                 : bus_do(act->bus, "DeleteSet", "s", name);

        if (act_is_done(act, r))
                return r;
        return nfw_nwfilter_set_delete(act->context, name, elements, n_elements, act->report);
}

static bool is_wanted(const char *with_elements, const char *name) {
        return with_elements && (!*with_elements || strcmp(with_elements, name) == 0);
}

static json_t *set_json(const char *name, const char *type, const char *family, size_t n) {
        return json_pack("{s:o, s:s, s:s, s:I}", "name", text_json(name), "type", type, "family", family,
                         "n_elements", (json_int_t)n);
}

static int take_list(struct nfw_nwfilter_set_list *list, const char *with_elements, json_t *sets) {
        for (size_t i = 0; i < nfw_nwfilter_set_list_n(list); i++) {
                const char *name = nfw_nwfilter_set_list_name(list, i), *element;
                json_t *set = set_json(name, nfw_nwfilter_set_list_type(list, i),
                                       nfw_nwfilter_set_list_family(list, i),
                                       nfw_nwfilter_set_list_n_elements(list, i));
                json_t *elements = is_wanted(with_elements, name) ? json_array() : NULL;

                if (json_array_append_new(sets, set) < 0)
                        return -ENOMEM;
                for (size_t j = 0; elements && (element = nfw_nwfilter_set_list_element(list, i, j)); j++)
                        json_array_append_new(elements, json_string(element));
                if (elements)
                        json_object_set_new(set, "elements", elements);
        }
        return 0;
}

static int take_rows(struct bus *bus, const json_t *rows, const char *with_elements, json_t *sets) {
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) {
                const char *name = json_string_value(json_array_get(row, 0));
                json_t *elements = NULL, *set;
                int r;

                set = json_pack("{s:O, s:O, s:O, s:O}", "name", json_array_get(row, 0), "type",
                                json_array_get(row, 1), "family", json_array_get(row, 2), "n_elements",
                                json_array_get(row, 3));
                if (json_array_append_new(sets, set) < 0 || !name)
                        return -EBADMSG;
                if (!is_wanted(with_elements, name))
                        continue;
                r = bus_ask(bus, &elements, "ListElements", "s", name);
                if (r != 0)
                        return r;
                json_object_set_new(set, "elements", elements);
        }
        return 0;
}

static int ask_for_list(struct bus *bus, const char *with_elements, json_t *sets) {
        CLEANUP(json) json_t *rows = NULL;
        int r;

        r = bus_ask(bus, &rows, "ListSets", "");
        return r != 0 ? r : take_rows(bus, rows, with_elements, sets);
}

static int list(struct act *act, const char *with_elements, json_t *sets) {
        CLEANUP(nwfilter_set_list) struct nfw_nwfilter_set_list *list = NULL;
        int r = act->bus ? ask_for_list(act->bus, with_elements, sets) : BUS_NO_DAEMON;

        if (act_is_seen(act, r))
                return r;
        json_array_clear(sets);
        r = nfw_nwfilter_set_list_new(act->context, act->report, &list);
        return r != 0 ? r : take_list(list, with_elements, sets);
}

int act_set_list(struct act *act, const char *with_elements, json_t **ret_sets) {
        CLEANUP(json) json_t *sets = json_array();
        int r;

        r = list(act, with_elements, sets);
        if (r != 0)
                return r;
        *ret_sets = json_incref(sets);
        return 0;
}
