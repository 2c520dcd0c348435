/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"

#include "nfwpolicy/nwfilter/rows.h"
#include "shared/cleanup.h"

DEFINE_CLEANUP(nwfilter_list)
DEFINE_CLEANUP(nwfilter_binding_list)

/* The bus takes well-formed UTF-8 only; a file may be called what it likes. */
static int ask_with_file(struct bus *bus,
                         const char *member,
                         const struct nwfilter_source *source,
                         const char *flag,
                         bool is_set) {
        CLEANUP(text) char *file = NULL;
        int r;

        r = bus_name_file(bus, source->file, &file);
        if (r < 0)
                return r;
        return bus_do(bus, member, "sa{sv}", source->text, 2, "file", "s", file, flag, "b", (int)is_set);
}

int act_nwfilter_define(struct act *act,
                        const struct nfw_nwfilter *filter,
                        const struct nwfilter_source *source,
                        bool dry_run) {
        int r = act->bus ? ask_with_file(act->bus, "DefineFilter", source, "dry-run", dry_run)
                         : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_nwfilter_define(act->context, filter, dry_run, act->report);
}

int act_nwfilter_bind(struct act *act,
                      const struct nfw_nwfilter_binding *binding,
                      const struct nwfilter_source *source) {
        int r = act->bus ? ask_with_file(act->bus, "Bind", source, "compat",
                                         nfw_nwfilter_binding_compat(binding))
                         : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_nwfilter_bind(act->context, &binding, 1, act->report);
}

int act_nwfilter_undefine(struct act *act, const char *name) {
        int r = act->bus ? bus_do(act->bus, "UndefineFilter", "s", name) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_nwfilter_undefine(act->context, name, act->report);
}

int act_nwfilter_dump(struct act *act, const char *name, char **ret_text) {
        int r = act->bus ? bus_ask_text(act->bus, ret_text, "DumpFilter", "s", name) : BUS_NO_DAEMON;

        if (act_is_seen(act, r))
                return r;
        return nfw_nwfilter_dumpxml(act->context, name, act->report, ret_text);
}

int act_nwfilter_unbind(struct act *act, const char *port) {
        int r = act->bus ? bus_do(act->bus, "Unbind", "as", 1, port) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_nwfilter_unbind(act->context, &port, 1, act->report);
}

int act_nwfilter_list(struct act *act, json_t **ret_filters) {
        CLEANUP(nwfilter_list) struct nfw_nwfilter_list *list = NULL;
        CLEANUP(json) json_t *rows = NULL;
        int r = act->bus ? bus_ask(act->bus, &rows, "ListFilters", "") : BUS_NO_DAEMON;

        if (!act_is_seen(act, r))
                r = nfw_nwfilter_list_new(act->context, act->report, &list);
        if (r != 0)
                return r;
        *ret_filters = rows ? nwfilter_rows_filters(rows) : nwfilter_rows_filters_of(list);
        return *ret_filters ? 0 : -ENOMEM;
}

int act_nwfilter_bindings(struct act *act, json_t **ret_bindings) {
        CLEANUP(nwfilter_binding_list) struct nfw_nwfilter_binding_list *list = NULL;
        CLEANUP(json) json_t *rows = NULL;
        int r = act->bus ? bus_ask(act->bus, &rows, "ListBindings", "") : BUS_NO_DAEMON;

        if (!act_is_seen(act, r))
                r = nfw_nwfilter_binding_list_new(act->context, act->report, &list);
        if (r != 0)
                return r;
        *ret_bindings = rows ? nwfilter_rows_bindings(rows) : nwfilter_rows_bindings_of(list);
        return *ret_bindings ? 0 : -EBADMSG;
}
