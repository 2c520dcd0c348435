/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* As act.h, for network filters and the ports under them. */

#include "nfwpolicy/act/act.h"

/* A filter or a binding as XML, and what its file is called. */
struct nwfilter_source {
        const char *file;
        const char *text;
};

/* The filter, or the binding, is what the text was read as. */
int act_nwfilter_define(struct act *act,
                        const struct nfw_nwfilter *filter,
                        const struct nwfilter_source *source,
                        bool dry_run);
int act_nwfilter_bind(struct act *act,
                      const struct nfw_nwfilter_binding *binding,
                      const struct nwfilter_source *source);

/* By name or UUID. */
int act_nwfilter_undefine(struct act *act, const char *name);
int act_nwfilter_dump(struct act *act, const char *name, char **ret_text);
int act_nwfilter_unbind(struct act *act, const char *port);

/*
 * Arrays of objects, as --json prints them: uuid, name and builtin of all filters; and all bindings, which have their
 * xml besides.
 */
int act_nwfilter_list(struct act *act, json_t **ret_filters);
int act_nwfilter_bindings(struct act *act, json_t **ret_bindings);
