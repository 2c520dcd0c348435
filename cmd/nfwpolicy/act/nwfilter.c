/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"

#include "nfwpolicy/nwfilter/rows.h"
#include "shared/cleanup.h"
#include "shared/text.h"

DEFINE_CLEANUP(nwfilter_list)
DEFINE_CLEANUP(nwfilter_binding_list)

int act_nwfilter_define(struct act *act,
                        const struct nfw_nwfilter *filter,
                        const struct nwfilter_source *source,
                        bool dry_run) {
        CLEANUP(text) char *file = NULL;

        if (!act->bus)
                return nfw_nwfilter_define(act->context, filter, dry_run, act->report);
        /* The bus takes well-formed UTF-8 only; a file may be called what it likes. */
        file = text_escape(source->file);
        return file ? bus_do(act->bus, "DefineFilter", "sa{sv}", source->text, 2, "file", "s", file,
                             "dry-run", "b", (int)dry_run)
                    : -ENOMEM;
}

int act_nwfilter_bind(struct act *act,
                      const struct nfw_nwfilter_binding *binding,
                      const struct nwfilter_source *source) {
        CLEANUP(text) char *file = NULL;

        if (!act->bus)
                return nfw_nwfilter_bind(act->context, &binding, 1, act->report);
        file = text_escape(source->file);
        return file ? bus_do(act->bus, "Bind", "sa{sv}", source->text, 2, "file", "s", file, "compat", "b",
                             (int)nfw_nwfilter_binding_compat(binding))
                    : -ENOMEM;
}

int act_nwfilter_undefine(struct act *act, const char *name) {
        if (act->bus)
                return bus_do(act->bus, "UndefineFilter", "s", name);
        return nfw_nwfilter_undefine(act->context, name, act->report);
}

int act_nwfilter_dump(struct act *act, const char *name, char **ret_text) {
        if (act->bus)
                return bus_ask_text(act->bus, ret_text, "DumpFilter", "s", name);
        return nfw_nwfilter_dumpxml(act->context, name, act->report, ret_text);
}

int act_nwfilter_unbind(struct act *act, const char *port) {
        if (act->bus)
                return bus_do(act->bus, "Unbind", "as", 1, port);
        return nfw_nwfilter_unbind(act->context, &port, 1, act->report);
}

int act_nwfilter_list(struct act *act, json_t **ret_filters) {
        CLEANUP(nwfilter_list) struct nfw_nwfilter_list *list = NULL;
        CLEANUP(json) json_t *rows = NULL;
        int r;

        r = act->bus ? bus_ask(act->bus, &rows, "ListFilters", "")
                     : nfw_nwfilter_list_new(act->context, act->report, &list);
        if (r != 0)
                return r;
        *ret_filters = rows ? nwfilter_rows_filters(rows) : nwfilter_rows_filters_of(list);
        return *ret_filters ? 0 : -ENOMEM;
}

int act_nwfilter_bindings(struct act *act, json_t **ret_bindings) {
        CLEANUP(nwfilter_binding_list) struct nfw_nwfilter_binding_list *list = NULL;
        CLEANUP(json) json_t *rows = NULL;
        int r;

        r = act->bus ? bus_ask(act->bus, &rows, "ListBindings", "")
                     : nfw_nwfilter_binding_list_new(act->context, act->report, &list);
        if (r != 0)
                return r;
        *ret_bindings = rows ? nwfilter_rows_bindings(rows) : nwfilter_rows_bindings_of(list);
        return *ret_bindings ? 0 : -EBADMSG;
}
