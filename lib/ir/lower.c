/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/lower.h"

#include <netinet/in.h>

#include "base/macros.h"
#include "ir/build.h"
#include "ir/implicit.h"
#include "ir/lower_basics.h"
#include "ir/lower_rule.h"

#define ETHER_TYPE_IPV4 0x0800
#define ETHER_TYPE_ARP  0x0806
#define ETHER_TYPE_IPV6 0x86dd

#define PORT_DNS        53

/* A tagged frame has the tag's ether type, so a tag is no way around. */
#define ETHER_GUARD                                                                                          \
        {                                                                                                    \
                .name = "not ARP, IPv4 or IPv6", .condition = NFW_IN_BRIDGE_TABLE,                           \
                .verdict = NFW_VERDICT_DROP,                                                                 \
                .ether_types = { ETHER_TYPE_IPV4, ETHER_TYPE_ARP, ETHER_TYPE_IPV6 },                         \
                .not_ether_types = true,                                                                     \
        }

static const struct nfw_implicit egress_begin[] = {
        ETHER_GUARD,
        {
                .name = "ARP",
                .condition = NFW_IN_BRIDGE_TABLE,
                .verdict = NFW_VERDICT_ACCEPT,
                .ether_types = { ETHER_TYPE_ARP },
        },
        {
                .name = "DNS queries",
                .condition = NFW_WITH_LEARNED,
                .verdict = NFW_VERDICT_CONTINUE,
                .mirror = NFW_MIRROR_QUERY,
                .l4proto = { IPPROTO_TCP, IPPROTO_UDP },
                .dport = PORT_DNS,
        },
        {
                .name = "replies",
                .verdict = NFW_VERDICT_ACCEPT,
                .ct_state = NFW_CT_ESTABLISHED | NFW_CT_RELATED,
        },
        /*
         * RFC 4302 counts this among IPv6's extension headers. The rules do not look behind it, but connection
         * tracking does: it would take what a rule without protocols lets through for the beginning of a
         * connection that another rule denies.
         */
        {
                .name = "IPv6 authentication header",
                .verdict = NFW_VERDICT_DROP,
                .l4proto = { IPPROTO_AH },
                .address = NFW_ADDRESS_ANY6,
        },
};

static const struct nfw_implicit egress_end[] = {
        { .name = "nothing matched", .verdict = NFW_VERDICT_DROP },
};

static const struct nfw_implicit ingress[] = {
        ETHER_GUARD,
        {
                .name = "DNS replies",
                .condition = NFW_WITH_LEARNED,
                .verdict = NFW_VERDICT_CONTINUE,
                .mirror = NFW_MIRROR_REPLY,
                .l4proto = { IPPROTO_TCP, IPPROTO_UDP },
                .sport = PORT_DNS,
                .ct_state = NFW_CT_ESTABLISHED,
        },
        { .name = "format 1.0 leaves ingress open", .verdict = NFW_VERDICT_ACCEPT },
};

static int move_rules(struct nfw_lowered *lowered, struct nfw_ir_chain *chain) {
        nfw_vec_foreach (rule, &lowered->rules) {
                nfw_vec_foreach (part, &rule->chain.rules) {
                        int r = nfw_ir_chain_take(chain, part);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int lower_egress(struct nfw_lowered *lowered,
                        const struct nfw_lower_facts *facts,
                        struct nfw_ir_chain *chain) {
        int r = nfw_implicit_append(egress_begin, NFW_ARRAY_SIZE(egress_begin), facts, chain);

        if (r == 0)
                r = nfw_lower_basics(lowered, facts, chain);
        if (r == 0)
                r = move_rules(lowered, chain);
        if (r == 0)
                r = nfw_implicit_append(egress_end, NFW_ARRAY_SIZE(egress_end), facts, chain);
        return r;
}

static void note_parameters(struct nfw_ir *ir) {
        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++) {
                nfw_vec_foreach (rule, &ir->chains[i].rules) {
                        nfw_vec_foreach (match, &rule->matches) {
                                if (match->kind == NFW_OPERAND_PARAMETER)
                                        ir->parameters[match->parameter] = true;
                        }
                }
        }
}

int nfw_lower(const struct nfw_policy *policy,
              const struct nfw_lower_options *options,
              struct nfw_ir **ret_ir) {
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        nfw_cleanup(nfw_lowered_deinit) struct nfw_lowered lowered = { 0 };
        struct nfw_lower_facts facts = { .table = options->table, .any_resolver = options->any_resolver };
        int r = nfw_ir_new(options->table, &ir);

        if (r == 0)
                r = nfw_lower_rules(policy, ir, &lowered);
        if (r < 0)
                return r;

        facts.has_learned = ir->learned.n > 0;
        r = lower_egress(&lowered, &facts, &ir->chains[NFW_EGRESS]);
        if (r == 0)
                r = nfw_implicit_append(ingress, NFW_ARRAY_SIZE(ingress), &facts, &ir->chains[NFW_INGRESS]);
        if (r < 0)
                return r;

        note_parameters(ir);
        *ret_ir = nfw_steal(ir);
        return 0;
}
