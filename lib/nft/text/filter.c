/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "nft/filter/internal.h"
#include "nft/names.h"
#include "nft/text/internal.h"

static int print_sets(FILE *stream, const struct nfw_plan *plan) {
        struct nfw_nft_marker fixed;
        int r;

        r = nfw_nft_filter_marker_init(&fixed, plan->policy, plan->id);
        if (r == 0)
                r = nfw_nft_print_set(stream, &fixed.set, NULL);
        if (r == 0)
                r = nfw_nft_filter_ports_init(&fixed, plan->policy);
        if (r == 0)
                r = nfw_nft_print_set(stream, &fixed.set, NULL);
        nfw_vec_foreach (plan_set, &plan->sets) {
                struct nfw_nft_set set;

                if (!plan_set->name)
                        continue;
                if (r == 0)
                        r = nfw_nft_set_from_plan(plan_set, &set);
                if (r == 0)
                        r = nfw_nft_print_set(stream, &set, plan_set);
        }
        return r;
}

/* Behind the chains that they lead to: so nft can take it back from the top. */
static void print_base_chains(FILE *stream, const struct nfw_plan *plan) {
        bool has_entry[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS];

        nfw_nft_filter_entries(plan, has_entry);
        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                        const struct nfw_nft_base_chain *base = nfw_nft_filter_base_chain(layer, direction);

                        fprintf(stream,
                                "\tchain %s {\n"
                                "\t\ttype filter hook %s priority %s; policy accept;\n",
                                base->name, base->hook_name, base->priority_name);
                        if (has_entry[layer][direction])
                                fprintf(stream, "\t\t%s @%s" NFW_NFT_FILTER_PORTS " goto %s%c%s\n",
                                        nfw_nft_port_field(direction)->name, plan->policy, plan->policy,
                                        NFW_FILTER_SEPARATOR, nfw_nft_filter_entry(layer, direction));
                        fputs("\t}\n\n", stream);
                }
}

int nfw_nft_print_filter(const struct nfw_plan *plan, const char *table_name, FILE *stream) {
        const char *separator = "";
        int r;

        fprintf(stream, "table %s %s {\n", nfw_nft_family_name(NFW_TABLE_BRIDGE), table_name);
        fputs("\tcomment \"" NFW_NFT_OWNER " " NFW_VERSION "\"\n", stream);
        r = print_sets(stream, plan);
        print_base_chains(stream, plan);
        nfw_vec_foreach (block, &plan->blocks) {
                fputs(separator, stream);
                separator = "\n";
                if (r == 0)
                        r = nfw_nft_print_chain(stream, plan, block);
        }
        fputs("}\n", stream);
        if (r < 0)
                return r;
        return ferror(stream) ? -EIO : 0;
}
