/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "ir/build.h"
#include "ir/filter/lowering.h"
#include "ir/filter/order.h"

static const char *const direction_names[NFW_N_DIRECTIONS] = {
        [NFW_EGRESS] = "egress",
        [NFW_INGRESS] = "ingress",
};

/* *ret_chain is valid until the next one is added. */
static int add_chain(struct nfw_filter_ir *ir,
                     const char *name,
                     enum nfw_filter_layer layer,
                     enum nfw_direction direction,
                     struct nfw_filter_chain **ret_chain) {
        struct nfw_filter_chain chain = { .layer = layer, .direction = direction };
        int r;

        if (asprintf(&chain.name, "%s-%s", name, direction_names[direction]) < 0)
                return -ENOMEM;
        r = nfw_vec_push(&ir->chains, chain);
        if (r < 0) {
                free(chain.name);
                return r;
        }
        *ret_chain = &ir->chains.items[ir->chains.n - 1];
        return 0;
}

static int add_made_up_rule(struct nfw_ir_chain *chain,
                            enum nfw_verdict verdict,
                            const char *name,
                            const struct nfw_filter_protocol *protocol,
                            size_t to) {
        struct nfw_ir_rule rule;
        int r = nfw_ir_rule_init(&rule, verdict, name, &NFW_POS_NONE);

        if (r < 0)
                return r;
        rule.fixed = true;
        rule.chain = to;
        r = nfw_filter_match_protocol(protocol, &rule);
        if (r < 0) {
                nfw_ir_rule_deinit(&rule);
                return r;
        }
        return nfw_ir_chain_take(chain, &rule);
}

static bool decides_all(const struct nfw_ir_rule *rule) {
        return rule->matches.n == 0;
}

/* What a sub-chain does not decide passes; it does not come back to the root chain, unless a rule says so. */
static int end_chain(const char *name, struct nfw_ir_chain *chain) {
        nfw_cleanup(nfw_freep) char *text = NULL;

        if (chain->rules.n > 0 && decides_all(&chain->rules.items[chain->rules.n - 1]))
                return 0;

        if (asprintf(&text, "end of chain %s", name) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return add_made_up_rule(chain, NFW_VERDICT_ACCEPT, text, nfw_filter_protocol(NFW_NWFILTER_NONE), 0);
}

static int add_jump(const struct nfw_filter_jump *jump, struct nfw_ir_chain *root) {
        nfw_cleanup(nfw_freep) char *text = NULL;

        if (asprintf(&text, "chain %s", jump->name) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return add_made_up_rule(root, NFW_VERDICT_JUMP, text, nfw_filter_chain_protocol(jump->kind),
                                jump->chain);
}

static int lower_entry(struct nfw_filter_lowering *lowering,
                       const struct nfw_filter_entry *entry,
                       struct nfw_ir_chain *chain) {
        return nfw_filter_rule_lower(lowering, entry->instance, &entry->place, chain);
}

/* The run of entries of one sub-chain that begins at *index. */
static int lower_sub_chain(struct nfw_filter_lowering *lowering,
                           enum nfw_direction direction,
                           const struct nfw_filter_entries *entries,
                           size_t *index,
                           struct nfw_filter_jumps *jumps) {
        const struct nfw_nwfilter *filter = entries->vec.items[*index].instance->filter;
        struct nfw_filter_jump jump = { .name = filter->chain_name, .kind = filter->chain };
        struct nfw_filter_chain *chain;
        int r = add_chain(lowering->ir, filter->chain_name, NFW_FILTER_LINK, direction, &chain);

        for (; r == 0 && *index < entries->vec.n; (*index)++) {
                const struct nfw_filter_entry *entry = &entries->vec.items[*index];

                if (strcmp(entry->instance->filter->chain_name, jump.name) != 0)
                        break;
                /* Where filters with one chain differ, the last rule's counts: so it does with libvirt. */
                jump.priority = entry->instance->filter->chain_priority;
                r = lower_entry(lowering, entry, &chain->rules);
        }
        if (r == 0)
                r = end_chain(jump.name, &chain->rules);
        jump.chain = lowering->ir->chains.n - 1;
        return r < 0 ? r : nfw_vec_push(&jumps->vec, jump);
}

/* Jumps and rules by their priorities; a jump is before the rules that have the same. */
static int lower_root(struct nfw_filter_lowering *lowering,
                      const struct nfw_filter_entries *entries,
                      size_t first,
                      const struct nfw_filter_jumps *jumps,
                      struct nfw_ir_chain *root) {
        size_t next_jump = 0;
        int r = 0;

        for (size_t i = first; r == 0 && i < entries->vec.n; i++) {
                const struct nfw_filter_entry *entry = &entries->vec.items[i];

                while (r == 0 && next_jump < jumps->vec.n &&
                       jumps->vec.items[next_jump].priority <= entry->instance->rule->priority)
                        r = add_jump(&jumps->vec.items[next_jump++], root);
                if (r == 0)
                        r = lower_entry(lowering, entry, root);
        }
        while (r == 0 && next_jump < jumps->vec.n)
                r = add_jump(&jumps->vec.items[next_jump++], root);
        return r;
}

static int lower_link(struct nfw_filter_lowering *lowering, enum nfw_direction direction) {
        struct nfw_filter_ir *ir = lowering->ir;
        struct nfw_filter_entries entries = { 0 };
        struct nfw_filter_jumps jumps = { 0 };
        struct nfw_filter_chain *root;
        size_t i = 0;
        int r = nfw_filter_entries_link(lowering->tree, direction, &entries);

        while (r == 0 && i < entries.vec.n &&
               entries.vec.items[i].instance->filter->chain != NFW_NWFILTER_CHAIN_ROOT)
                r = lower_sub_chain(lowering, direction, &entries, &i, &jumps);
        if (r == 0 && entries.vec.n > 0) {
                nfw_filter_jumps_sort(&jumps);
                r = add_chain(ir, "link", NFW_FILTER_LINK, direction, &root);
                if (r == 0) {
                        ir->entry[NFW_FILTER_LINK][direction] = ir->chains.n - 1;
                        r = lower_root(lowering, &entries, i, &jumps, &root->rules);
                }
        }
        nfw_vec_deinit(&entries.vec);
        nfw_vec_deinit(&jumps.vec);
        return r;
}

/*
 * Connections of what is inside a tag are not known, so rules on them would not see it. What has several tags may
 * have anything inside.
 */
static int guard_tags(const struct nfw_filter_entries *entries, struct nfw_ir_chain *chain) {
        static const uint16_t tags[] = { NFW_ETHER_TYPE_VLAN, NFW_ETHER_TYPE_QINQ };
        uint16_t inside[NFW_ARRAY_SIZE(tags) + 2] = { NFW_ETHER_TYPE_VLAN, NFW_ETHER_TYPE_QINQ };
        size_t n_inside = NFW_ARRAY_SIZE(tags);
        bool has_version[2] = { false, false };
        struct nfw_ir_rule rule;
        int r;

        nfw_vec_foreach (entry, &entries->vec)
                has_version[nfw_filter_protocol(entry->instance->rule->protocol)->is_ipv6] = true;
        if (has_version[0])
                inside[n_inside++] = NFW_ETHER_TYPE_IPV4;
        if (has_version[1])
                inside[n_inside++] = NFW_ETHER_TYPE_IPV6;

        r = nfw_ir_rule_init(&rule, NFW_VERDICT_DROP, "VLAN tags hide packets from these rules",
                             &NFW_POS_NONE);
        if (r < 0)
                return r;
        rule.fixed = true;
        r = nfw_ir_rule_match_numbers(&rule, NFW_FIELD_ETHER_TYPE, tags, NFW_ARRAY_SIZE(tags));
        if (r == 0)
                r = nfw_ir_rule_match_numbers(&rule, NFW_FIELD_VLAN_TYPE, inside, n_inside);
        if (r < 0) {
                nfw_ir_rule_deinit(&rule);
                return r;
        }
        return nfw_ir_chain_take(chain, &rule);
}

static int lower_network(struct nfw_filter_lowering *lowering, enum nfw_direction direction) {
        struct nfw_filter_ir *ir = lowering->ir;
        struct nfw_filter_entries entries = { 0 };
        struct nfw_filter_chain *chain;
        int r = nfw_filter_entries_network(lowering->tree, direction, &entries);

        if (r == 0 && entries.vec.n > 0) {
                r = add_chain(ir, "network", NFW_FILTER_NETWORK, direction, &chain);
                if (r == 0)
                        ir->entry[NFW_FILTER_NETWORK][direction] = ir->chains.n - 1;
                if (r == 0 && !ir->compat)
                        r = guard_tags(&entries, &chain->rules);
                for (size_t i = 0; r == 0 && i < entries.vec.n; i++)
                        r = lower_entry(lowering, &entries.vec.items[i], &chain->rules);
        }
        nfw_vec_deinit(&entries.vec);
        return r;
}

static int number_rules(struct nfw_filter_lowering *lowering) {
        nfw_vec_foreach (filter, &lowering->tree->filters) {
                unsigned int number = 0, where;

                nfw_vec_foreach (entry, &(*filter)->entries) {
                        const struct nfw_nwfilter_rule *rule = entry->rule;
                        int r = rule ? nfw_seen_add(&lowering->ordinals, &rule, sizeof(rule), ++number,
                                                    &where)
                                     : 0;

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int lower_all(struct nfw_filter_lowering *lowering) {
        int r = number_rules(lowering);

        if (r == 0)
                r = nfw_filter_variables_collect(lowering->tree, lowering->ir);
        for (size_t direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                if (r == 0)
                        r = lower_link(lowering, (enum nfw_direction)direction);
                if (r == 0)
                        r = lower_network(lowering, (enum nfw_direction)direction);
        }
        if (r == 0 && lowering->refused.n > 0)
                r = NFW_E_INVALID;
        return r;
}

int nfw_filter_lower(const struct nfw_nwfilter_tree *tree,
                     const struct nfw_filter_options *options,
                     struct nfw_report *report,
                     struct nfw_filter_ir **ret_ir) {
        nfw_cleanup(nfw_filter_ir_freep) struct nfw_filter_ir *ir = calloc(1, sizeof(*ir));
        struct nfw_filter_lowering lowering = {
                .tree = tree, .options = options, .report = report, .ir = ir
        };
        int r;

        if (!ir)
                return -ENOMEM;
        ir->compat = options->compat;
        for (size_t layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (size_t direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                        ir->entry[layer][direction] = NFW_FILTER_NO_CHAIN;
        ir->name = strdup(tree->top->name);
        if (!ir->name)
                return -ENOMEM;

        r = nfw_siphash_key_init(&lowering.ordinals.key);
        if (r == 0)
                r = lower_all(&lowering);
        nfw_seen_deinit(&lowering.ordinals);
        nfw_vec_deinit(&lowering.refused);
        if (r)
                return r;

        *ret_ir = nfw_steal(ir);
        return 0;
}
