/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/port.h"
#include "nft/compile.h"

/* "…-learned4", or "…-learned4-2" where a policy has several. */
bool nfw_set_is_learned(const char *set) {
        static const char suffixes[][10] = { "-learned4", "-learned6" };
        const size_t size = sizeof(suffixes[0]) - 1;
        size_t end = strlen(set), digits = end;

        while (digits > 0 && set[digits - 1] >= '0' && set[digits - 1] <= '9')
                digits--;
        if (digits > 0 && digits < end && set[digits - 1] == '-')
                end = digits - 1;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(suffixes); i++)
                if (end > size && memcmp(set + end - size, suffixes[i], size) == 0)
                        return true;
        return false;
}

struct grant_removal {
        struct nfw_nft_batch *batch;
        const struct nfw_shadow_port *port;
        const char *set;
};

static int remove_grant(const struct nfw_nft_grant *grant, void *userdata) {
        struct grant_removal *removal = userdata;

        /* What expires between now and the commit is gone by itself, but deleting it would fail the batch. */
        if (strcmp(grant->interface, removal->port->interface) != 0 || grant->expires_ms < 100)
                return 0;
        return nfw_nft_put_grant(removal->batch, NFW_NFT_DELETE, removal->port->table, removal->set,
                                 removal->port->interface, &grant->addr, 0, NULL);
}

static int put_grant_removals(struct nfw_context *context,
                              struct nfw_nft_batch *batch,
                              const struct nfw_shadow_port *port) {
        const struct nfw_nft_policy *policy = nfw_shadow_policy(&context->shadow, port->policy, port->table);
        int r;

        if (!policy)
                return 0;

        nfw_vec_foreach (set, &policy->sets) {
                struct grant_removal removal = { .batch = batch, .port = port, .set = *set };

                if (!nfw_set_is_learned(*set))
                        continue;
                r = nfw_nft_dump_grants(context->nft, port->table, *set, remove_grant, &removal);
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool has_old(const struct nfw_shadow_port *port, size_t parameter, const struct nfw_prefix *value) {
        nfw_vec_foreach (other, &port->parameters[parameter])
                if (other->length == value->length && nfw_addr_equal(&other->addr, &value->addr))
                        return true;
        return false;
}

static bool has_new(const struct nfw_port *port, size_t parameter, const struct nfw_prefix *value) {
        nfw_vec_foreach (other, &port->values[parameter].vec)
                if (other->length == value->length && nfw_addr_equal(&other->addr, &value->addr))
                        return true;
        return false;
}

/* Only what differs: all else stays in the kernel as it is. */
static int put_differences(struct nfw_nft_batch *batch,
                           enum nfw_parameter parameter,
                           const struct nfw_shadow_port *old,
                           const struct nfw_port *new) {
        int r;

        nfw_vec_foreach (value, &old->parameters[parameter]) {
                if (has_new(new, parameter, value))
                        continue;
                r = nfw_nft_put_parameter(batch, NFW_NFT_DELETE, old->table, parameter, old->interface,
                                          value);
                if (r < 0)
                        return r;
        }
        nfw_vec_foreach (value, &new->values[parameter].vec) {
                if (has_old(old, parameter, value))
                        continue;
                r = nfw_nft_put_parameter(batch, NFW_NFT_ADD, new->table, parameter, new->interface, value);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int put_parameters(struct nfw_nft_batch *batch,
                          const struct nfw_shadow_port *old,
                          const struct nfw_port *new) {
        bool stays = old && new && old->table == new->table;
        int r = 0;

        for (int i = 0; r == 0 && i < NFW_N_PARAMETERS; i++) {
                if (stays) {
                        r = put_differences(batch, i, old, new);
                        continue;
                }
                if (old)
                        r = nfw_nft_put_parameters(batch, NFW_NFT_DELETE, old->table, i, old->interface,
                                                   old->parameters[i].items, old->parameters[i].n);
                if (r == 0 && new)
                        r = nfw_nft_put_parameters(batch, NFW_NFT_ADD, new->table, i, new->interface,
                                                   new->values[i].vec.items, new->values[i].vec.n);
        }
        return r;
}

static bool keeps_policy(const struct nfw_shadow_port *old, const struct nfw_port *new, const char *policy) {
        if (!old || !new || old->table != new->table)
                return false;
        return strcmp(old->policy, policy) == 0;
}

/* A port that keeps its policy was not attached anew, even where somebody else has taken it out of a map. */
static const char *choose_binding(const struct nfw_shadow_port *old, bool keeps, const char *binding) {
        return keeps && (!old->is_broken || old->binding[0]) ? old->binding : binding;
}

int nfw_port_put_change(struct nfw_context *context,
                        struct nfw_nft_batch *batch,
                        const struct nfw_shadow_port *old,
                        const struct nfw_port *new,
                        const char *policy,
                        const char *binding) {
        bool keeps = keeps_policy(old, new, policy);
        char chain[NFW_NFT_NAME_MAX];
        int r;

        if (old && !keeps) {
                r = put_grant_removals(context, batch, old);
                if (r < 0)
                        return r;
        }

        r = put_parameters(batch, old, new);
        if (r < 0 || (keeps && !old->is_broken))
                return r;

        binding = choose_binding(old, keeps, binding);
        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                if (old && !old->is_missing[direction]) {
                        r = nfw_nft_put_dispatch(batch, NFW_NFT_DELETE, old->table, direction, old->interface,
                                                 NULL, NULL);
                        if (r < 0)
                                return r;
                }
                if (new) {
                        nfw_nft_chain_name(policy, direction, chain);
                        r = nfw_nft_put_dispatch(batch, NFW_NFT_ADD, new->table, direction, new->interface,
                                                 chain, binding);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

int nfw_port_apply_change(struct nfw_shadow *shadow,
                          const char *interface,
                          const struct nfw_port *new,
                          const char *policy,
                          const char *binding) {
        struct nfw_shadow_port *port = nfw_shadow_port(shadow, interface);
        const char *chosen = choose_binding(port, keeps_policy(port, new, policy), binding);
        char kept[NFW_NFT_BINDING_MAX];
        int r;

        strcpy(kept, chosen ? chosen : "");
        nfw_shadow_remove_port(shadow, interface);
        if (!new)
                return 0;

        r = nfw_shadow_add_port(shadow, interface, &port);
        if (r < 0)
                return r;

        port->table = new->table;
        strcpy(port->binding, kept);
        port->policy = strdup(policy);
        if (!port->policy)
                return -ENOMEM;
        for (size_t i = 0; i < NFW_N_PARAMETERS; i++)
                nfw_vec_foreach (value, &new->values[i].vec) {
                        r = nfw_vec_push(&port->parameters[i], *value);
                        if (r < 0)
                                return r;
                }
        return 0;
}
