/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/bindings.h"

#include <errno.h>
#include <string.h>

_Static_assert(NFW_ID_MAX <= NFW_NFT_BINDING_MAX, "an id fits where a binding is named");

void nfw_bindings_deinit(struct nfw_bindings *bindings) {
        nfw_vec_foreach (binding, &bindings->vec)
                nfw_port_deinit(&binding->port);
        nfw_vec_deinit(&bindings->vec);
}

/*
 * One that nobody else has, without asking the kernel for a random number each time: only one transaction can follow
 * on a generation, and the number that it is mixed with is the context's own.
 */
static void name_binding(const struct nfw_context *context, size_t n, char ret_id[static NFW_ID_MAX]) {
        nfw_record_format_id(context->number ^ ((uint64_t)context->shadow.generation << 32 | n), ret_id);
}

/* Room for one more, which counts when its port is there; NULL where the interface is there already. */
static int prepare(struct nfw_bindings *bindings,
                   const struct nfw_context *context,
                   const char *interface,
                   struct nfw_new_binding **ret_binding) {
        int r;

        *ret_binding = NULL;
        nfw_vec_foreach (other, &bindings->vec)
                if (strcmp(other->port.interface, interface) == 0)
                        return 0;

        r = nfw_vec_reserve(&bindings->vec, 1);
        if (r < 0)
                return r;
        *ret_binding = &bindings->vec.items[bindings->vec.n];
        name_binding(context, bindings->vec.n, (*ret_binding)->binding);
        return 0;
}

int nfw_bindings_add(struct nfw_bindings *bindings,
                     struct nfw_context *context,
                     const char *interface,
                     const struct nfw_record *settings,
                     struct nfw_report *report) {
        struct nfw_new_binding *binding;
        int r;

        r = prepare(bindings, context, interface, &binding);
        if (r < 0 || !binding)
                return r;
        r = nfw_port_init(&binding->port, context, interface, settings, report);
        if (r == 0)
                bindings->vec.n++;
        return r;
}

int nfw_bindings_add_absent(struct nfw_bindings *bindings,
                            struct nfw_context *context,
                            const char *interface,
                            const struct nfw_record *settings) {
        struct nfw_new_binding *binding;
        int r;

        r = prepare(bindings, context, interface, &binding);
        if (r < 0 || !binding)
                return r;
        r = nfw_port_init_absent(&binding->port, context, interface, settings);
        if (r == 0)
                bindings->vec.n++;
        return r;
}

bool nfw_bindings_use_table(const struct nfw_bindings *bindings, enum nfw_table table) {
        nfw_vec_foreach (binding, &bindings->vec)
                if (binding->port.table == table)
                        return true;
        return false;
}

int nfw_bindings_put(const struct nfw_bindings *bindings,
                     struct nfw_context *context,
                     const char *policy,
                     struct nfw_report *report) {
        int r;

        nfw_vec_foreach (binding, &bindings->vec) {
                const struct nfw_shadow_port *old =
                        nfw_shadow_port(&context->shadow, binding->port.interface);

                r = nfw_port_put_change(context, context->batch, old, &binding->port, policy,
                                        binding->binding);
                if (r == 0 && old && strcmp(old->policy, policy) != 0)
                        r = nfw_report_note(report, "port/other-policy", NULL, NULL,
                                            "port %s was under policy %s until now", old->interface,
                                            old->policy);
                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_bindings_apply(const struct nfw_bindings *bindings, struct nfw_context *context, const char *policy) {
        int r;

        nfw_vec_foreach (binding, &bindings->vec) {
                r = nfw_port_apply_change(&context->shadow, binding->port.interface, &binding->port, policy,
                                          binding->binding);
                if (r < 0)
                        return r;
        }
        return 0;
}
