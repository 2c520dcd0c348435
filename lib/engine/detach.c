/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "engine/not_found.h"
#include "engine/port.h"
#include "engine/state.h"
#include "engine/transaction.h"

struct detach {
        const char *const *interfaces;
        size_t n_interfaces;
};

static int build_detach(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        const struct detach *detach = userdata;
        int r;

        for (size_t i = 0; i < detach->n_interfaces; i++) {
                const struct nfw_shadow_port *port = nfw_shadow_port(&context->shadow, detach->interfaces[i]);

                if (!port)
                        return nfw_report_no_binding(report, &context->shadow, detach->interfaces[i]);
                r = nfw_port_put_change(context, context->batch, port, NULL, NULL, NULL);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int applied_detach(struct nfw_context *context, void *userdata) {
        const struct detach *detach = userdata;

        for (size_t i = 0; i < detach->n_interfaces; i++)
                nfw_shadow_remove_port(&context->shadow, detach->interfaces[i]);
        return 0;
}

/**
 * nfw_detach() - take ports out from under their policies
 * @context:      the context
 * @interfaces:   the ports' interface names, each once; the interfaces need not exist any more
 * @n_interfaces: how many
 * @report:       what is wrong is added here; may be NULL
 *
 * All of them in one transaction, or none. What they have learned is forgotten. Nothing restricts such a port
 * afterwards.
 *
 * Return: 0; NFW_E_NOT_FOUND for a port that is under no policy; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_detach(struct nfw_context *context,
                          const char *const *interfaces,
                          size_t n_interfaces,
                          struct nfw_report *report) {
        struct detach detach = { .interfaces = interfaces, .n_interfaces = n_interfaces };
        int r;

        r = nfw_state_prepare(context, report);
        if (r < 0)
                return r;

        return nfw_transaction_run(context,
                                   &(struct nfw_transaction){ .build = build_detach,
                                                              .applied = applied_detach,
                                                              .userdata = &detach },
                                   report);
}
