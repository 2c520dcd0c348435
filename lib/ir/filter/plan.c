/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_ether.h>

#include "base/siphash.h"
#include "ir/plan/build.h"

struct builder {
        const struct nfw_filter_ir *ir;
        const struct nfw_nwfilter_tree *tree;
        const struct nfw_filter_plan_options *options;
        struct nfw_plan *plan;
        struct nfw_plan_chain *chain;
        size_t n_connections;
        size_t connections; /* the set of the last rule that counts them */
        bool is_uncounted;  /* what the rule is to match is a sender that is not there */
        bool is_rarp;       /* the rule */
};

static void set_deinit(struct nfw_plan_set *set) {
        free(set->name);
        free(set->comment);
        nfw_vec_deinit(&set->elements);
}

static int take_set(struct builder *builder, struct nfw_plan_set *set, size_t *ret_index) {
        int r = nfw_vec_push(&builder->plan->sets, *set);

        if (r < 0) {
                set_deinit(set);
                return r;
        }
        if (ret_index)
                *ret_index = builder->plan->sets.n - 1;
        return 0;
}

/* --- sets ---------------------------------------------------------------------------------------------------- */

static uint64_t hash_text(uint64_t hash, const char *text) {
        const struct nfw_siphash_key key = { .k0 = hash };

        return nfw_siphash(&key, text, strlen(text) + 1);
}

/*
 * Sets of the same name have the same elements before and after a filter is redefined, so that they can stay; therefore
 * what the filter itself gives to variables is part of the name.
 */
static uint64_t hash_scope(const struct nfw_nwfilter_parameters *scope) {
        uint64_t hash = 0;

        nfw_vec_foreach (parameter, &scope->vec) {
                hash = hash_text(hash, parameter->name);
                nfw_vec_foreach (value, &parameter->values)
                        hash = hash_text(hash, *value);
        }
        return hash;
}

static int name_tuples(const struct builder *builder, const struct nfw_filter_set *from, char **ret_name) {
        const struct nfw_nwfilter_tree *tree = builder->tree;
        uint64_t hash = from->scope < tree->scopes.n ? hash_scope(&tree->scopes.items[from->scope]) : 0;
        char suffix[18] = "";

        if (hash)
                snprintf(suffix, sizeof(suffix), "-%08" PRIx32, (uint32_t)hash);
        return asprintf(ret_name, "%s%c%s%s", builder->options->name, NFW_FILTER_SEPARATOR, from->name,
                        suffix) < 0
                       ? -ENOMEM
                       : 0;
}

static int add_tuples(struct builder *builder, const struct nfw_filter_set *from) {
        struct nfw_plan_set set = {
                .n_fields = from->n_fields,
                .interval = from->interval,
                .learned = SIZE_MAX,
                .per_port = true,
                .source = (size_t)(from - builder->ir->sets.items),
                .has_timeout = nfw_filter_set_learns(builder->tree, from, NULL, AF_INET) ||
                               nfw_filter_set_learns(builder->tree, from, NULL, AF_INET6),
        };
        int r;

        if (from->n_fields == 0 || from->n_fields > NFW_PLAN_MAX_FIELDS)
                return -EINVAL;
        for (size_t i = 0; i < from->n_fields; i++) {
                set.fields[i] = from->fields[i].field;
                set.is_masked[i] = from->fields[i].is_masked;
                memcpy(set.masks[i], from->fields[i].mask, NFW_VALUE_MAX);
        }
        r = name_tuples(builder, from, &set.name);
        return r < 0 ? r : take_set(builder, &set, NULL);
}

static int add_named(struct builder *builder, const struct nfw_filter_named_set *from) {
        struct nfw_plan_set set = {
                .n_fields = from->n_fields, .interval = true, .learned = SIZE_MAX, .is_shared = true
        };

        for (size_t i = 0; i < from->n_fields; i++)
                set.fields[i] = from->fields[i];
        if (asprintf(&set.name, "%s%c%s", NFW_FILTER_NAMED_SETS, NFW_FILTER_SEPARATOR, from->name) < 0)
                return -ENOMEM;
        return take_set(builder, &set, NULL);
}

static int add_connections(struct builder *builder, enum nfw_field field, size_t *ret_index) {
        struct nfw_plan_set set = {
                .fields = { field }, .n_fields = 1, .learned = SIZE_MAX, .per_port = true, .connections = true
        };

        /* What is counted is part of the name: a set of the same name stays when the filter is replaced. */
        if (asprintf(&set.name, "%s%cconnections%d-%zu", builder->options->name, NFW_FILTER_SEPARATOR,
                     nfw_field_info(field)->family == AF_INET6 ? 6 : 4, ++builder->n_connections) < 0)
                return -ENOMEM;
        return take_set(builder, &set, ret_index);
}

static int add_ranges(struct builder *builder, const struct nfw_match *match, size_t *ret_index) {
        struct nfw_plan_set set = { .fields = { match->field }, .n_fields = 1, .learned = SIZE_MAX };

        nfw_vec_foreach (range, &match->ranges.vec) {
                int r = nfw_vec_push(&set.elements, *range);

                set.interval |= !nfw_range_is_single(range);
                if (r < 0) {
                        set_deinit(&set);
                        return r;
                }
        }
        return take_set(builder, &set, ret_index);
}

/* --- matches ------------------------------------------------------------------------------------------------- */

/* No set can have them: the kernel does not load them as they are. */
static bool is_part(enum nfw_field field) {
        return field == NFW_FIELD_VLAN_ID || field == NFW_FIELD_IP_DSCP || field == NFW_FIELD_IP6_DSCP ||
               field == NFW_FIELD_TCP_OPTION || field == NFW_FIELD_CT_DIRECTION;
}

static int push_range(struct nfw_plan_rule *rule,
                      const struct nfw_match *from,
                      const struct nfw_range *range) {
        struct nfw_plan_match match = { .kind = NFW_PLAN_RANGE,
                                        .negate = from->negate,
                                        .fields = { from->field },
                                        .n_fields = 1,
                                        .range = *range };

        return nfw_vec_push(&rule->matches, match);
}

static int push_ranges(struct builder *builder, const struct nfw_match *from, struct nfw_plan_rule *rule) {
        struct nfw_plan_match match = {
                .kind = NFW_PLAN_SET, .negate = from->negate, .fields = { from->field }, .n_fields = 1
        };
        int r = 0;

        if (from->ranges.vec.n == 1 || (is_part(from->field) && from->negate)) {
                nfw_vec_foreach (range, &from->ranges.vec)
                        if (r == 0)
                                r = push_range(rule, from, range);
                return r;
        }
        if (is_part(from->field))
                return -EOPNOTSUPP;
        r = add_ranges(builder, from, &match.set);
        return r < 0 ? r : nfw_vec_push(&rule->matches, match);
}

static void put_number(uint32_t number, uint8_t *octets, size_t size) {
        while (size-- > 0) {
                octets[size] = (uint8_t)number;
                number >>= 8;
        }
}

static int push_set(struct builder *builder,
                    const struct nfw_match *from,
                    size_t set,
                    struct nfw_plan_rule *rule) {
        struct nfw_plan_match match = { .kind = NFW_PLAN_SET, .negate = from->negate, .set = set };
        const struct nfw_plan_set *plan_set;

        if (set >= builder->plan->sets.n)
                return -EINVAL;
        plan_set = &builder->plan->sets.items[set];
        match.n_fields = plan_set->n_fields;
        memcpy(match.fields, plan_set->fields, sizeof(match.fields));
        return nfw_vec_push(&rule->matches, match);
}

static bool is_of_arp(enum nfw_field field) {
        return field >= NFW_FIELD_ARP_HTYPE && field <= NFW_FIELD_ARP_DADDR_IP;
}

/*
 * The same elements in another set: nft has names for the fields of ARP and none for those of RARP, and does not look
 * one up where the other was meant.
 */
static int push_rarp_set(struct builder *builder, const struct nfw_match *from, struct nfw_plan_rule *rule) {
        const struct nfw_plan_set *original;
        struct nfw_plan_set copy;
        bool has = false;
        size_t index;
        int r;

        if (from->set >= builder->ir->sets.n)
                return -EINVAL;
        original = &builder->plan->sets.items[from->set];
        for (size_t i = 0; i < original->n_fields; i++)
                has |= is_of_arp(original->fields[i]);
        if (!has)
                return push_set(builder, from, from->set, rule);
        for (index = 0; index < builder->plan->sets.n; index++)
                if (builder->plan->sets.items[index].is_rarp &&
                    builder->plan->sets.items[index].source == from->set)
                        return push_set(builder, from, index, rule);

        copy = *original;
        copy.is_rarp = true;
        if (asprintf(&copy.name, "%s-rarp", original->name) < 0)
                return -ENOMEM;
        r = take_set(builder, &copy, &index);
        return r < 0 ? r : push_set(builder, from, index, rule);
}

/* The sender is not in the set, where the rule before has just put it if there was room. */
static int push_uncounted(struct builder *builder, const struct nfw_match *from, struct nfw_plan_rule *rule) {
        struct nfw_match absent = *from;

        absent.negate = true;
        return push_set(builder, &absent, builder->connections, rule);
}

static int push_match(struct builder *builder, const struct nfw_match *from, struct nfw_plan_rule *rule) {
        struct nfw_plan_match match = { .negate = from->negate, .fields = { from->field }, .n_fields = 1 };
        size_t size = nfw_field_info(from->field)->size;
        int r;

        switch (from->kind) {
        case NFW_OPERAND_RANGES:
                return push_ranges(builder, from, rule);
        case NFW_OPERAND_FLAGS:
                match.kind = NFW_PLAN_FLAGS;
                match.flags = from->flags;
                break;
        case NFW_OPERAND_MASKED:
                match.kind = NFW_PLAN_MASKED;
                put_number(from->flags, match.range.first, size);
                put_number(from->mask, match.range.last, size);
                break;
        case NFW_OPERAND_SAME_OCTET:
                match.kind = NFW_PLAN_SAME_OCTET;
                match.fields[1] = from->other;
                match.n_fields = 2;
                match.octet = from->octet;
                break;
        case NFW_OPERAND_TUPLE:
                if (builder->is_rarp)
                        return push_rarp_set(builder, from, rule);
                return push_set(builder, from, from->set, rule);
        case NFW_OPERAND_NAMED_SET:
                return push_set(builder, from, builder->ir->sets.n + from->set, rule);
        case NFW_OPERAND_ABOVE:
                if (builder->is_uncounted)
                        return push_uncounted(builder, from, rule);
                match.kind = NFW_PLAN_CONNECTIONS;
                match.flags = from->flags;
                r = add_connections(builder, from->field, &match.set);
                if (r < 0)
                        return r;
                builder->connections = match.set;
                break;
        default:
                return -EINVAL;
        }
        return nfw_vec_push(&rule->matches, match);
}

/* --- rules --------------------------------------------------------------------------------------------------- */

static bool is_vlan(enum nfw_field field) {
        return field == NFW_FIELD_VLAN_ID || field == NFW_FIELD_VLAN_TYPE;
}

/*
 * Where the frame's type stands before a field that implies it, nft lists the field alone, and takes it back as another
 * question: the type of what is behind a tag that the driver has taken off. Behind the field it stays what it is. What is
 * written down for each connection or sender comes last: all else must hold first.
 */
static int place(const struct builder *builder,
                 const struct nfw_ir_rule *rule,
                 const struct nfw_match *match) {
        if (match->kind == NFW_OPERAND_ABOVE)
                return builder->is_uncounted ? 1 : 3;
        if (match->field == NFW_FIELD_L4PROTO && match->kind == NFW_OPERAND_RANGES)
                return 0;
        if (match->field != NFW_FIELD_ETHER_TYPE || match->kind != NFW_OPERAND_RANGES)
                return 1;
        nfw_vec_foreach (other, &rule->matches)
                if (is_vlan(other->field))
                        return 0;
        return 2;
}

static bool is_impossible(const struct nfw_ir_rule *rule) {
        nfw_vec_foreach (match, &rule->matches)
                if (match->kind == NFW_OPERAND_RANGES && !match->negate && match->ranges.vec.n == 0)
                        return true;
        return false;
}

static enum nfw_verdict verdict_of(const struct builder *builder, const struct nfw_ir_rule *rule) {
        bool can_reject =
                builder->options->has_reject && builder->chain && builder->chain->direction == NFW_EGRESS;

        return rule->verdict == NFW_VERDICT_REJECT && !can_reject ? NFW_VERDICT_DROP : rule->verdict;
}

static bool is_rarp(const struct nfw_ir_rule *rule) {
        nfw_vec_foreach (match, &rule->matches)
                if (match->kind == NFW_OPERAND_RANGES && match->field == NFW_FIELD_ETHER_TYPE &&
                    !match->negate && match->ranges.vec.n == 1 &&
                    match->ranges.vec.items[0].first[0] == ETH_P_RARP >> 8 &&
                    match->ranges.vec.items[0].first[1] == (ETH_P_RARP & 0xff))
                        return true;
        return false;
}

static bool is_in_transport(enum nfw_field field) {
        switch (field) {
        case NFW_FIELD_TH_SPORT:
        case NFW_FIELD_TH_DPORT:
        case NFW_FIELD_ICMP_TYPE:
        case NFW_FIELD_ICMP_CODE:
        case NFW_FIELD_ICMPV6_TYPE:
        case NFW_FIELD_ICMPV6_CODE:
        case NFW_FIELD_TCP_FLAGS:
        case NFW_FIELD_TCP_OPTION:
                return true;
        default:
                return false;
        }
}

static bool looks_at_transport(const struct nfw_filter_ir *ir, const struct nfw_match *match) {
        bool does = false;

        if (match->kind == NFW_OPERAND_TUPLE) {
                const struct nfw_filter_set *set = &ir->sets.items[match->set];

                for (size_t i = 0; i < set->n_fields; i++)
                        does |= is_in_transport(set->fields[i].field);
        } else if (match->kind == NFW_OPERAND_NAMED_SET) {
                const struct nfw_filter_named_set *set = &ir->named_sets.items[match->set];

                for (size_t i = 0; i < set->n_fields; i++)
                        does |= is_in_transport(set->fields[i]);
        } else {
                does = is_in_transport(match->field);
        }
        return does;
}

/*
 * The kernel has a quick way to look at one, two or four octets, and there it forgets (up to Linux 6.18 at least) that
 * behind the first fragment these are no header's. With three octets it goes the other way, which knows.
 */
static int push_transport(struct builder *builder,
                          const struct nfw_ir_rule *from,
                          struct nfw_plan_rule *rule) {
        struct nfw_plan_match match = { .kind = NFW_PLAN_RANGE,
                                        .fields = { NFW_FIELD_TRANSPORT },
                                        .n_fields = 1 };
        bool does = false;

        nfw_vec_foreach (other, &from->matches)
                does |= looks_at_transport(builder->ir, other);
        if (!does)
                return 0;
        memset(match.range.last, 0xff, nfw_field_info(NFW_FIELD_TRANSPORT)->size);
        return nfw_vec_push(&rule->matches, match);
}

static bool is_types(const struct nfw_match *match) {
        return match->kind == NFW_OPERAND_RANGES && match->field == NFW_FIELD_ETHER_TYPE && !match->negate &&
               match->ranges.vec.n > 1;
}

/* only: of the frame's types, where that match has several; or NULL. */
static int add_one_rule_for(struct builder *builder,
                            const struct nfw_ir_rule *from,
                            const struct nfw_range *only) {
        struct nfw_plan_rule rule = { .verdict = verdict_of(builder, from), .pos = from->pos };
        int r = 0;

        if (from->name && from->name[0] && !(rule.comment = strdup(from->name)))
                return -ENOMEM;
        builder->is_rarp = is_rarp(from);
        rule.counter = !nfw_plan_is_branch(rule.verdict);
        if (nfw_plan_is_branch(rule.verdict)) {
                /* Only backwards: then no chain leads to itself. */
                if (from->chain >= (size_t)(builder->chain - builder->plan->blocks.items))
                        return -EINVAL;
                rule.block = from->chain;
        }
        r = push_transport(builder, from, &rule);
        for (int at = 0; at <= 3; at++)
                nfw_vec_foreach (match, &from->matches)
                        if (r == 0 && place(builder, from, match) == at)
                                r = only && is_types(match) ? push_range(&rule, match, only)
                                                            : push_match(builder, match, &rule);
        if (r == 0 && rule.matches.n > NFW_PLAN_MAX_MATCHES)
                r = -EOPNOTSUPP;
        if (r == 0)
                r = nfw_vec_push(&builder->chain->rules, rule);
        if (r < 0)
                nfw_plan_rule_deinit(&rule);
        return r;
}

static bool limits_connections(const struct nfw_ir_rule *rule) {
        if (rule->verdict != NFW_VERDICT_DROP && rule->verdict != NFW_VERDICT_REJECT)
                return false;
        nfw_vec_foreach (match, &rule->matches)
                if (match->kind == NFW_OPERAND_ABOVE)
                        return true;
        return false;
}

/*
 * The set of senders has an end, and whoever fills it is not to be free of the limit, nor all others with him: what comes
 * from a sender that could not be put there, whose connections nobody counts, is taken for too many.
 */
static int add_rule_for(struct builder *builder,
                        const struct nfw_ir_rule *from,
                        const struct nfw_range *only) {
        int r = add_one_rule_for(builder, from, only);

        if (r < 0 || !limits_connections(from))
                return r;
        builder->is_uncounted = true;
        r = add_one_rule_for(builder, from, only);
        builder->is_uncounted = false;
        return r;
}

/*
 * Where a rule says that a frame has one of several kinds of tags, nft takes what is behind the tag for what is behind a
 * second one. So each kind has a rule of its own.
 */
static int add_rule(struct builder *builder, const struct nfw_ir_rule *from) {
        int r = 0;

        if (is_impossible(from))
                return 0;
        nfw_vec_foreach (match, &from->matches) {
                if (!is_types(match) || place(builder, from, match) != 0)
                        continue;
                nfw_vec_foreach (range, &match->ranges.vec)
                        if (r == 0)
                                r = add_rule_for(builder, from, range);
                return r;
        }
        return add_rule_for(builder, from, NULL);
}

static int add_chain(struct builder *builder, const struct nfw_filter_chain *from) {
        struct nfw_plan_chain chain = { .direction = from->direction };
        int r;

        if (asprintf(&chain.name, "%s%c%s", builder->options->name, NFW_FILTER_SEPARATOR, from->name) < 0)
                return -ENOMEM;
        r = nfw_vec_push(&builder->plan->blocks, chain);
        if (r < 0)
                nfw_plan_chain_deinit(&chain);
        return r;
}

static int add_chains(struct builder *builder, struct nfw_pos *pos) {
        int r = 0;

        nfw_vec_foreach (chain, &builder->ir->chains)
                if (r == 0)
                        r = add_chain(builder, chain);
        for (size_t i = 0; i < builder->ir->chains.n && r == 0; i++) {
                builder->chain = &builder->plan->blocks.items[i];
                nfw_vec_foreach (rule, &builder->ir->chains.items[i].rules.rules) {
                        *pos = rule->pos;
                        r = add_rule(builder, rule);
                        if (r < 0)
                                return r;
                }
        }
        return r;
}

int nfw_filter_plan_new(const struct nfw_filter_ir *ir,
                        const struct nfw_nwfilter_tree *tree,
                        const struct nfw_filter_plan_options *options,
                        struct nfw_pos *ret_pos,
                        struct nfw_plan **ret_plan) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = calloc(1, sizeof(*plan));
        struct builder builder = { .ir = ir, .tree = tree, .options = options, .plan = plan };
        struct nfw_pos pos = NFW_POS_NONE;
        int r = 0;

        if (!plan)
                return -ENOMEM;
        plan->table = NFW_TABLE_BRIDGE;
        plan->policy = strdup(options->name);
        plan->id = strdup(options->id);
        if (!plan->policy || !plan->id)
                return -ENOMEM;

        nfw_vec_foreach (set, &ir->sets)
                if (r == 0)
                        r = add_tuples(&builder, set);
        nfw_vec_foreach (set, &ir->named_sets)
                if (r == 0)
                        r = add_named(&builder, set);
        if (r == 0)
                r = add_chains(&builder, &pos);
        if (r < 0) {
                if (r == -EOPNOTSUPP && ret_pos)
                        *ret_pos = pos;
                return r;
        }
        *ret_plan = nfw_steal(plan);
        return 0;
}
