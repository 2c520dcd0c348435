/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/not_found.h"
#include "engine/port.h"
#include "engine/port_record.h"
#include "engine/transaction.h"
#include "nft/table.h"

struct detach {
        const char *const *interfaces;
        size_t n_interfaces;
        size_t n_standbys[NFW_N_TABLES]; /* of them, that drop everything in the table */
        bool removes_table;
};

struct standbys {
        enum nfw_table table;
        size_t n;
};

static bool drops_in(const struct nfw_shadow_port *port, enum nfw_table table) {
        return port->standby && port->standby->table == table && !port->standby->policy;
}

static int count_standby(struct nfw_shadow_port *port, void *userdata) {
        struct standbys *standbys = userdata;

        standbys->n += drops_in(port, standbys->table);
        return 0;
}

/* A table that was there for nothing else goes with the last port that it drops everything for. */
static int put_table_removals(struct nfw_context *context, struct detach *detach) {
        const struct nfw_shadow *shadow = &context->shadow;

        for (int table = 0; table < NFW_N_TABLES; table++) {
                struct standbys standbys = { .table = table };
                bool is_used = shadow->networks[table].chains.n > 0;
                int r;

                if (detach->n_standbys[table] == 0)
                        continue;
                nfw_vec_foreach (policy, &shadow->policies)
                        is_used |= policy->table == (enum nfw_table)table;
                (void)nfw_shadow_foreach_port(shadow, count_standby, &standbys);
                if (is_used || standbys.n > detach->n_standbys[table])
                        continue;
                r = nfw_nft_put_table_removal(context->batch, table);
                if (r < 0)
                        return r;
                detach->removes_table = true;
        }
        return 0;
}

static int build_detach(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct detach *detach = userdata;
        int r;

        detach->removes_table = false;
        memset(detach->n_standbys, 0, sizeof(detach->n_standbys));
        for (size_t i = 0; i < detach->n_interfaces; i++) {
                const struct nfw_shadow_port *port = nfw_shadow_port(&context->shadow, detach->interfaces[i]);

                if (!port)
                        return nfw_report_no_binding(report, &context->shadow, detach->interfaces[i]);
                r = nfw_port_put_change(context, context->batch, port, NULL, NULL, NULL);
                if (r < 0)
                        return r;
                for (int table = 0; table < NFW_N_TABLES; table++)
                        detach->n_standbys[table] += drops_in(port, table);
        }
        return put_table_removals(context, detach);
}

static int applied_detach(struct nfw_context *context, void *userdata) {
        const struct detach *detach = userdata;

        for (size_t i = 0; i < detach->n_interfaces; i++) {
                nfw_port_record_remove(context, detach->interfaces[i]);
                nfw_shadow_remove_port(&context->shadow, detach->interfaces[i]);
        }
        return detach->removes_table ? -EAGAIN : 0;
}

static int compare(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each of them once: the kernel refuses a batch that deletes an element twice. */
static int sort_once(const char *const *names, size_t n, const char ***ret_sorted, size_t *ret_n) {
        nfw_cleanup(nfw_freep) const char **sorted = calloc(n + 1, sizeof(*sorted));
        size_t n_sorted = 0;

        if (!sorted)
                return -ENOMEM;
        if (n > 0) {
                memcpy(sorted, names, n * sizeof(*sorted));
                qsort(sorted, n, sizeof(*sorted), compare);
        }
        for (size_t i = 0; i < n; i++)
                if (n_sorted == 0 || strcmp(sorted[n_sorted - 1], sorted[i]) != 0)
                        sorted[n_sorted++] = sorted[i];

        *ret_sorted = nfw_steal(sorted);
        *ret_n = n_sorted;
        return 0;
}

/**
 * nfw_detach() - take ports out from under their policies
 * @context:      the context
 * @interfaces:   the ports' interface names; the interfaces need not exist any more
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
        nfw_cleanup(nfw_freep) const char **sorted = NULL;
        struct detach detach = { 0 };
        int r;

        r = sort_once(interfaces, n_interfaces, &sorted, &detach.n_interfaces);
        if (r < 0)
                return r;
        detach.interfaces = sorted;

        return nfw_transaction_run(context,
                                   &(struct nfw_transaction){ .build = build_detach,
                                                              .applied = applied_detach,
                                                              .userdata = &detach },
                                   report);
}
