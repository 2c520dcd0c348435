/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/not_found.h"

#include <errno.h>
#include <stdio.h>

#include "base/suggest.h"

struct names {
        NFW_VEC(const char *) vec;
};

static int report_unknown(struct nfw_report *report,
                          const char *code,
                          const char *what,
                          const char *name,
                          struct names *names) {
        nfw_cleanup(nfw_freep) char *hint = NULL;
        const char *nearest = nfw_suggest(name, names->vec.items, names->vec.n);
        int r;

        if (nearest && asprintf(&hint, "did you mean `%s`?", nearest) < 0)
                hint = NULL;
        r = nfw_report_error(report, code, NULL, hint ? hint : "`nfwpolicy list` shows what is loaded",
                             "%s `%s`", what, name);
        nfw_vec_deinit(&names->vec);
        return r < 0 ? r : NFW_E_NOT_FOUND;
}

int nfw_report_no_policy(struct nfw_report *report, const struct nfw_shadow *shadow, const char *name) {
        struct names names = { 0 };

        nfw_vec_foreach (policy, &shadow->policies)
                if (nfw_vec_push(&names.vec, policy->name) < 0)
                        break;
        return report_unknown(report, "policy/not-loaded", "there is no policy", name, &names);
}

static int add_name(struct nfw_shadow_port *port, void *userdata) {
        struct names *names = userdata;

        return nfw_vec_push(&names->vec, port->interface);
}

int nfw_report_no_binding(struct nfw_report *report, const struct nfw_shadow *shadow, const char *interface) {
        struct names names = { 0 };

        (void)nfw_shadow_foreach_port(shadow, add_name, &names);
        return report_unknown(report, "port/not-bound", "no policy is on port", interface, &names);
}

static int hint_interface(struct nfw_context *context, const char *interface, char **ret_hint) {
        nfw_cleanup(nfw_link_names_deinit) struct nfw_link_names names = { 0 };
        const char *nearest;
        struct nfw_link link;
        int r, n;

        r = nfw_rtnl_link_by_altname(context->rtnl, interface, &link);
        if (r < 0)
                return r;
        if (r == 0) {
                n = asprintf(ret_hint, "it is another name of `%s`, and packets are known by that one",
                             link.name);
        } else {
                r = nfw_rtnl_link_names(context->rtnl, &names);
                if (r < 0)
                        return r;
                nearest = nfw_suggest(interface, (const char *const *)names.vec.items, names.vec.n);
                n = nearest ? asprintf(ret_hint, "did you mean `%s`?", nearest)
                            : asprintf(ret_hint, "`ip link` lists the interfaces of this network namespace");
        }
        if (n < 0) {
                *ret_hint = NULL;
                return -ENOMEM;
        }
        return 0;
}

int nfw_report_no_interface(struct nfw_report *report, struct nfw_context *context, const char *interface) {
        nfw_cleanup(nfw_freep) char *hint = NULL;
        int r;

        if (!report)
                return NFW_E_NOT_FOUND;
        r = hint_interface(context, interface, &hint);
        if (r == 0)
                r = nfw_report_error(report, "port/no-interface", NULL, hint, "there is no interface `%s`",
                                     interface);
        return r < 0 ? r : NFW_E_NOT_FOUND;
}

int nfw_report_missing_policy(struct nfw_report *report, const struct nfw_record *record) {
        nfw_cleanup(nfw_freep) char *hint = NULL;

        if (asprintf(&hint,
                     "load it again with its ports: `nfwpolicy load %s --name %s --port IFACE`; "
                     "`nfwpolicy unload %s` forgets it",
                     record->file, record->name, record->name) < 0) {
                hint = NULL;
                return -ENOMEM;
        }
        return nfw_report_error(
                report, "kernel/missing-policy", NULL, hint,
                "policy %s was loaded and is not in the kernel any more: nothing of it is in force",
                record->name);
}

int nfw_report_no_record(struct nfw_report *report, const char *name) {
        int r;

        r = nfw_report_error(report, "state/no-record", NULL,
                             "load it again from its file: its ports and grants are kept",
                             "policy `%s` is in force, but the copy of its source is gone or damaged", name);
        return r < 0 ? r : NFW_E_NOT_FOUND;
}
