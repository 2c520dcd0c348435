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

static bool has_old(const struct nfw_shadow_port *port, size_t parameter, const struct nfw_prefix *value) {
        nfw_vec_foreach (other, &port->parameters[parameter])
                if (other->length == value->length && nfw_addr_equal(&other->addr, &value->addr))
                        return true;
        return false;
}

static bool has_value(const struct nfw_prefixes *values, const struct nfw_prefix *value) {
        nfw_vec_foreach (other, &values->vec)
                if (other->length == value->length && nfw_addr_equal(&other->addr, &value->addr))
                        return true;
        return false;
}

/* What a port is and shall be in one of the tables. */
struct part {
        enum nfw_table table;
        const char *interface;
        const struct nfw_shadow_port *old; /* NULL: not there */
        const struct nfw_port *new;        /* likewise */
        const char *policy;                /* that it shall be under; NULL: everything is dropped */
        const char *binding;
};

static const struct nfw_shadow_port *old_part(const struct nfw_shadow_port *old, enum nfw_table table) {
        if (!old || old->table == table)
                return old;
        return old->standby && old->standby->table == table ? old->standby : NULL;
}

static struct part make_part(const struct nfw_shadow_port *old,
                             const struct nfw_port *new,
                             const char *policy,
                             const char *binding,
                             enum nfw_table table) {
        bool is_standby = new &&new->table != table;

        return (struct part){
                .table = table,
                .interface = new ? new->interface : old ? old->interface : NULL,
                .old = old_part(old, table),
                .new = is_standby && !new->is_everywhere ? NULL : new,
                .policy = is_standby &&new->standby_drops ? NULL : policy,
                .binding = is_standby ? NFW_NFT_STANDBY : binding,
        };
}

/* What drops everything has no use for them. */
static const struct nfw_prefixes *values_of(const struct part *part, size_t parameter) {
        static const struct nfw_prefixes none;

        return part->new && part->policy ? &part->new->values[parameter] : &none;
}

/* Only what differs: all else stays in the kernel as it is. */
static int put_differences(struct nfw_nft_batch *batch, const struct part *part, size_t parameter) {
        const struct nfw_prefixes *values = values_of(part, parameter);
        int r;

        nfw_vec_foreach (value, &part->old->parameters[parameter]) {
                if (has_value(values, value))
                        continue;
                r = nfw_nft_put_parameter(batch, NFW_NFT_DELETE, part->table, parameter, part->interface,
                                          value);
                if (r < 0)
                        return r;
        }
        nfw_vec_foreach (value, &values->vec) {
                if (has_old(part->old, parameter, value))
                        continue;
                r = nfw_nft_put_parameter(batch, NFW_NFT_ADD, part->table, parameter, part->interface, value);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int put_parameters(struct nfw_nft_batch *batch, const struct part *part) {
        int r = 0;

        for (int i = 0; r == 0 && i < NFW_N_PARAMETERS; i++) {
                const struct nfw_prefixes *values = values_of(part, i);

                if (part->old)
                        r = put_differences(batch, part, i);
                else
                        r = nfw_nft_put_parameters(batch, NFW_NFT_ADD, part->table, i, part->interface,
                                                   values->vec.items, values->vec.n);
        }
        return r;
}

static bool is_policy(const char *a, const char *b) {
        return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static int put_dispatch(struct nfw_nft_batch *batch, const struct part *part) {
        char chain[NFW_NFT_NAME_MAX];
        int r = 0;

        for (int direction = 0; r == 0 && direction < NFW_N_DIRECTIONS; direction++) {
                if (part->old && !part->old->is_missing[direction])
                        r = nfw_nft_put_dispatch(batch, NFW_NFT_DELETE, part->table, direction,
                                                 part->interface, NULL, NULL);
                if (r < 0 || !part->new)
                        continue;
                if (part->policy)
                        r = nfw_nft_put_dispatch(batch, NFW_NFT_ADD, part->table, direction, part->interface,
                                                 nfw_nft_chain_name(part->policy, direction, chain),
                                                 part->binding);
                else
                        r = nfw_nft_put_dispatch_drop(batch, part->table, direction, part->interface,
                                                      part->binding);
        }
        return r;
}

static int put_part(struct nfw_nft_batch *batch, const struct part *part) {
        int r;

        if (!part->old && !part->new)
                return 0;
        r = put_parameters(batch, part);
        if (r < 0)
                return r;
        if (part->old && part->new && !part->old->is_broken &&is_policy(part->old->policy, part->policy) &&
            strcmp(part->old->binding, part->binding) == 0)
                return 0;
        return put_dispatch(batch, part);
}

/* Of a binding without a name nobody can tell whether it is another one. */
bool nfw_port_keeps_grants(const struct nfw_shadow_port *old,
                           const struct nfw_port *new,
                           const char *policy,
                           const char *binding) {
        return old && new && old->table == new->table &&strcmp(old->policy, policy) == 0 &&
               (!old->binding[0] || strcmp(old->binding, binding) == 0);
}

int nfw_port_put_change(struct nfw_context *context,
                        struct nfw_nft_batch *batch,
                        const struct nfw_shadow_port *old,
                        const struct nfw_port *new,
                        const char *policy,
                        const char *binding) {
        int r = 0;

        if (old && !nfw_port_keeps_grants(old, new, policy, binding))
                r = nfw_leaving_add(&context->leaving, old);
        for (int table = 0; r == 0 && table < NFW_N_TABLES; table++) {
                struct part part = make_part(old, new, policy, binding, table);

                r = put_part(batch, &part);
        }
        return r;
}

static int apply_part(struct nfw_shadow_port *port, const struct part *part) {
        port->table = part->table;
        strcpy(port->binding, part->binding);
        if (part->policy) {
                port->policy = strdup(part->policy);
                if (!port->policy)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < NFW_N_PARAMETERS; i++)
                nfw_vec_foreach (value, &values_of(part, i)->vec) {
                        int r = nfw_vec_push(&port->parameters[i], *value);

                        if (r < 0)
                                return r;
                }
        return 0;
}

int nfw_port_apply_change(struct nfw_shadow *shadow,
                          const struct nfw_port *new,
                          const char *policy,
                          const char *binding) {
        struct nfw_shadow_port *port;
        struct part part;
        int r;

        nfw_shadow_remove_port(shadow, new->interface);
        r = nfw_shadow_add_port(shadow, new->interface, &port);
        if (r < 0)
                return r;
        part = make_part(NULL, new, policy, binding, new->table);
        r = apply_part(port, &part);
        if (r < 0 || !new->is_everywhere)
                return r;

        port->standby = calloc(1, sizeof(*port->standby));
        if (!port->standby)
                return -ENOMEM;
        memcpy(port->standby->interface, port->interface, sizeof(port->interface));
        part = make_part(NULL, new, policy, binding, nfw_other_table(new->table));
        return apply_part(port->standby, &part);
}
