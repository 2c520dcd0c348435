/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A port as the policy needs it: in which table it is seen, and its values for the parameter sets. */

#include "engine/record/record.h"
#include "engine/shadow.h"

struct nfw_port {
        char interface[IFNAMSIZ];
        unsigned int index; /* of the link; 0: it does not exist */
        enum nfw_table table;
        bool is_everywhere; /* in the other table, too: its link may turn up there */
        bool standby_drops; /* that one cannot have the policy, so it drops everything */
        struct nfw_prefixes values[NFW_N_PARAMETERS];
};

static inline enum nfw_table nfw_other_table(enum nfw_table table) {
        return table == NFW_TABLE_INET ? NFW_TABLE_BRIDGE : NFW_TABLE_INET;
}

/*
 * Looks at the link and its addresses. 0; NFW_E_NOT_FOUND with the nearest names in the report; NFW_E_REFUSED where
 * nftables never sees what passes there; or a negative errno. The settings say which parameters are wanted and which
 * name servers are trusted.
 */
int nfw_port_init(struct nfw_port *port,
                  struct nfw_context *context,
                  const char *interface,
                  const struct nfw_record *settings,
                  struct nfw_report *report);
/*
 * The same for an interface that does not exist yet: as a routed one, without what its link and addresses will tell. 0,
 * NFW_E_NOT_FOUND for what cannot be an interface's name, or a negative errno.
 */
int nfw_port_init_absent(struct nfw_port *port,
                         struct nfw_context *context,
                         const char *interface,
                         const struct nfw_record *settings);
void nfw_port_deinit(struct nfw_port *port);

/*
 * Everything that changes in the kernel when a port goes from what it is (old, NULL: not bound) to what it shall
 * be (new under policy, NULL: not bound). Grants do not survive a change of the policy, the table or the binding.
 */
int nfw_port_put_change(struct nfw_context *context,
                        struct nfw_nft_batch *batch,
                        const struct nfw_shadow_port *old,
                        const struct nfw_port *new,
                        const char *policy,
                        const char *binding);
bool nfw_port_keeps_grants(const struct nfw_shadow_port *old,
                           const struct nfw_port *new,
                           const char *policy,
                           const char *binding);
/* The same in the shadow, after the commit. */
int nfw_port_apply_change(struct nfw_shadow *shadow,
                          const struct nfw_port *new,
                          const char *policy,
                          const char *binding);

/* Whether elements of the set are grants; the planner names them so. */
bool nfw_set_is_learned(const char *set);
