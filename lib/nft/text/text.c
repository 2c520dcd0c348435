/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/text/text.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_tables.h>

#include "ir/filter/learning.h"
#include "ir/plan/constant.h"
#include "nft/chain.h"
#include "nft/names.h"
#include "nft/rule.h"
#include "nft/text/internal.h"
#include "nft/userdata.h"

static void print_comment(FILE *stream, const char *comment) {
        char text[NFW_NFT_COMMENT_MAX + 1];

        fprintf(stream, "comment \"%s\"", nfw_nft_comment(comment, text));
}

int nfw_nft_print_set(FILE *stream, const struct nfw_nft_set *set, const struct nfw_plan_set *plan_set) {
        int r = 0;

        fprintf(stream, "\t%s %s {\n\t\t%s ", set->flags & NFT_SET_MAP ? "map" : "set", set->name,
                nfw_nft_set_is_untyped(set) ? "typeof" : "type");
        for (size_t i = 0; i < set->key.n_fields; i++)
                fprintf(stream, "%s%s", i > 0 ? " . " : "",
                        nfw_nft_set_is_untyped(set) ? set->key.fields[i]->name
                                                    : set->key.fields[i]->type_name);
        fputs(set->flags & NFT_SET_MAP ? " : verdict\n" : "\n", stream);

        if (nfw_nft_set_size(set) > 0)
                fprintf(stream, "\t\tsize %zu\n", nfw_nft_set_size(set));
        if (set->flags & NFT_SET_INTERVAL)
                fprintf(stream, "\t\tflags interval%s\n", set->flags & NFT_SET_TIMEOUT ? ",timeout" : "");
        else if (set->flags & NFT_SET_EVAL)
                fprintf(stream, "\t\tflags dynamic%s\n", set->timeout_ms > 0 ? ",timeout" : "");
        else if (set->flags & NFT_SET_TIMEOUT)
                fputs("\t\tflags timeout\n", stream);
        if (set->timeout_ms > 0)
                fprintf(stream, "\t\ttimeout %" PRIu64 "s\n", set->timeout_ms / 1000);
        if (set->comment) {
                fputs("\t\t", stream);
                print_comment(stream, set->comment);
                fputc('\n', stream);
        }
        if (plan_set && plan_set->elements.n > 0) {
                fputs("\t\telements = ", stream);
                r = nfw_nft_print_elements(stream, set, plan_set, true);
                fputc('\n', stream);
        }
        fputs("\t}\n\n", stream);
        return r;
}

static int print_constants(FILE *stream, enum nfw_table table) {
        int r = 0;

        for (int constant = 0; constant < NFW_N_CONSTANTS && r == 0; constant++) {
                struct nfw_plan_set plan_set;
                struct nfw_nft_set set;

                if (!nfw_plan_constant_is_in(constant, table))
                        continue;
                nfw_plan_constant_set(constant, &plan_set);
                r = nfw_nft_set_from_plan(&plan_set, &set);
                if (r == 0)
                        r = nfw_nft_print_set(stream, &set, &plan_set);
        }
        return r;
}

static int print_fixed_sets(FILE *stream, enum nfw_table table) {
        struct nfw_nft_set set;

        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                nfw_nft_set_from_map(direction, &set);
                nfw_nft_print_set(stream, &set, NULL);
        }
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++) {
                nfw_nft_set_from_parameter(parameter, AF_INET, &set);
                nfw_nft_print_set(stream, &set, NULL);
                nfw_nft_set_from_parameter(parameter, AF_INET6, &set);
                nfw_nft_print_set(stream, &set, NULL);
        }
        return print_constants(stream, table);
}

static int print_plan_sets(FILE *stream, const struct nfw_plan *plan) {
        struct nfw_nft_marker marker;
        int r;

        r = nfw_nft_marker_init(&marker, plan->policy, plan->id);
        if (r < 0)
                return r;
        nfw_nft_print_set(stream, &marker.set, NULL);

        nfw_vec_foreach (plan_set, &plan->sets) {
                struct nfw_nft_set set;

                if (!plan_set->name || plan_set->is_shared)
                        continue;
                r = nfw_nft_set_from_plan(plan_set, &set);
                if (r == 0)
                        r = nfw_nft_print_set(stream, &set, plan_set);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void print_base_chain(FILE *stream, enum nfw_table table, enum nfw_direction direction) {
        const struct nfw_nft_base_chain *base = nfw_nft_base_chain(table, direction);

        fprintf(stream,
                "\tchain %s {\n"
                "\t\ttype filter hook %s priority %s; policy accept;\n"
                "\t\t%s vmap @%s\n"
                "\t}\n\n",
                base->name, base->hook_name, base->priority_name, nfw_nft_port_field(direction)->name,
                nfw_nft_map_name(direction));
}

static int print_mirror(FILE *stream,
                        const struct nfw_plan *plan,
                        enum nfw_direction direction,
                        const struct nfw_plan_rule *rule) {
        char prefix[NFW_NFT_PREFIX_MAX];
        int r;

        r = nfw_nft_mirror_prefix(plan, rule->mirror, prefix);
        if (r < 0)
                return r;
        if (rule->mirror == NFW_MIRROR_ADDRESS) {
                fprintf(stream,
                        "update @%s { %s limit rate %d/second burst %d packets } "
                        "log prefix \"%s\" group %u queue-threshold 1",
                        plan->sets.items[rule->meter].name, nfw_nft_port_field(direction)->name,
                        NFW_LEARNING_PER_SECOND, NFW_LEARNING_BURST, prefix, plan->nflog_group);
                return 0;
        }
        if (rule->mirror != NFW_MIRROR_DENIED) {
                fprintf(stream, "log prefix \"%s\" group %u queue-threshold 1", prefix, plan->nflog_group);
                return 0;
        }
        fprintf(stream,
                "update @%s { %s limit rate %d/second burst %d packets } "
                "log prefix \"%s\" group %u snaplen %d queue-threshold 1",
                plan->sets.items[rule->meter].name, nfw_nft_port_field(direction)->name,
                NFW_DENIED_PER_SECOND, NFW_DENIED_BURST, prefix, nfw_plan_denied_group(plan->nflog_group),
                NFW_DENIED_SNAPLEN);
        return 0;
}

static int print_actions(FILE *stream,
                         const struct nfw_plan *plan,
                         enum nfw_direction direction,
                         const struct nfw_plan_rule *rule,
                         const char **separator) {
        static const char *const verdicts[] = {
                [NFW_VERDICT_ACCEPT] = "accept", [NFW_VERDICT_DROP] = "drop",
                [NFW_VERDICT_JUMP] = "jump",     [NFW_VERDICT_GOTO] = "goto",
                [NFW_VERDICT_RETURN] = "return", [NFW_VERDICT_REJECT] = "reject",
        };
        int r;

        if (rule->mirror != NFW_MIRROR_NONE) {
                nfw_nft_print_separator(stream, separator);
                r = print_mirror(stream, plan, direction, rule);
                if (r < 0)
                        return r;
        }
        if (rule->counter) {
                nfw_nft_print_separator(stream, separator);
                fputs("counter packets 0 bytes 0", stream);
        }
        if (rule->verdict != NFW_VERDICT_CONTINUE) {
                nfw_nft_print_separator(stream, separator);
                fputs(verdicts[rule->verdict], stream);
        }
        if (rule->verdict == NFW_VERDICT_JUMP || rule->verdict == NFW_VERDICT_GOTO)
                fprintf(stream, " %s", plan->blocks.items[rule->block].name);
        if (rule->comment) {
                nfw_nft_print_separator(stream, separator);
                print_comment(stream, rule->comment);
        }
        return 0;
}

static int print_rule(FILE *stream,
                      const struct nfw_plan *plan,
                      enum nfw_direction direction,
                      const struct nfw_plan_rule *rule) {
        const char *separator = "\t\t";
        int r;

        r = nfw_nft_print_matches(stream, plan, direction, rule, &separator);
        if (r == 0)
                r = print_actions(stream, plan, direction, rule, &separator);
        fputc('\n', stream);
        return r;
}

int nfw_nft_print_chain(FILE *stream, const struct nfw_plan *plan, const struct nfw_plan_chain *chain) {
        int r;

        fprintf(stream, "\tchain %s {\n", chain->name);
        if (chain->comment) {
                fputs("\t\t", stream);
                print_comment(stream, chain->comment);
                fputc('\n', stream);
        }
        nfw_vec_foreach (rule, &chain->rules) {
                r = print_rule(stream, plan, chain->direction, rule);
                if (r < 0)
                        return r;
        }
        fputs("\t}\n", stream);
        return 0;
}

int nfw_nft_print_plan(const struct nfw_plan *plan, const char *table_name, FILE *stream) {
        int r;

        fprintf(stream, "table %s %s {\n", nfw_nft_family_name(plan->table), table_name);
        fputs("\tcomment \"" NFW_NFT_OWNER " " NFW_VERSION "\"\n", stream);
        r = print_fixed_sets(stream, plan->table);
        if (r == 0)
                r = print_plan_sets(stream, plan);
        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                print_base_chain(stream, plan->table, direction);
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                if (direction > 0)
                        fputc('\n', stream);
                r = nfw_nft_print_chain(stream, plan, &plan->chains[direction]);
        }
        nfw_vec_foreach (block, &plan->blocks) {
                fputc('\n', stream);
                if (r == 0)
                        r = nfw_nft_print_chain(stream, plan, block);
        }
        fputs("}\n", stream);
        if (r < 0)
                return r;
        return ferror(stream) ? -EIO : 0;
}
