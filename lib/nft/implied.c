/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/implied.h"

#include <netinet/in.h>
#include <string.h>

static const struct {
        uint8_t protocol;
        const char *name;
} transports[] = {
        { IPPROTO_TCP, "tcp" },   { IPPROTO_UDP, "udp" },         { IPPROTO_DCCP, "dccp" },
        { IPPROTO_SCTP, "sctp" }, { IPPROTO_UDPLITE, "udplite" },
};

const char *nfw_nft_transport_name(uint8_t protocol) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(transports); i++)
                if (transports[i].protocol == protocol)
                        return transports[i].name;
        return NULL;
}

static bool has_field(const struct nfw_plan_match *match, enum nfw_field field) {
        for (size_t i = 0; i < match->n_fields; i++)
                if (match->fields[i] == field)
                        return true;
        return false;
}

bool nfw_nft_match_has_port(const struct nfw_plan_match *match) {
        return has_field(match, NFW_FIELD_TH_SPORT) || has_field(match, NFW_FIELD_TH_DPORT);
}

/* "The field has this value." */
static bool is_equality(const struct nfw_plan_match *match, enum nfw_field field) {
        return match->kind == NFW_PLAN_RANGE && !match->negate && match->n_fields == 1 &&
               match->fields[0] == field &&
               memcmp(match->range.first, match->range.last, sizeof(match->range.first)) == 0;
}

const struct nfw_plan_match *nfw_nft_match_protocol(const struct nfw_plan_rule *rule,
                                                    const struct nfw_plan_match *match) {
        for (const struct nfw_plan_match *earlier = rule->matches.items; earlier < match; earlier++)
                if (is_equality(earlier, NFW_FIELD_L4PROTO))
                        return earlier;
        return NULL;
}

bool nfw_nft_match_is_implied(const struct nfw_plan_rule *rule, const struct nfw_plan_match *match) {
        uint8_t protocol = match->range.first[0];

        if (!is_equality(match, NFW_FIELD_L4PROTO))
                return false;
        for (const struct nfw_plan_match *later = match + 1; later < rule->matches.items + rule->matches.n;
             later++)
                if ((protocol == IPPROTO_ICMPV6 &&
                     (has_field(later, NFW_FIELD_ICMPV6_TYPE) || has_field(later, NFW_FIELD_ICMPV6_CODE))) ||
                    (protocol == IPPROTO_ICMP &&
                     (has_field(later, NFW_FIELD_ICMP_TYPE) || has_field(later, NFW_FIELD_ICMP_CODE))) ||
                    (protocol == IPPROTO_TCP && has_field(later, NFW_FIELD_TCP_FLAGS)) ||
                    (nfw_nft_transport_name(protocol) && nfw_nft_match_has_port(later)))
                        return true;
        return false;
}

const struct nfw_plan_match *nfw_nft_match_other_port(const struct nfw_plan_rule *rule,
                                                      const struct nfw_plan_match *match) {
        bool is_source = is_equality(match, NFW_FIELD_TH_SPORT);

        if (!is_source && !is_equality(match, NFW_FIELD_TH_DPORT))
                return NULL;
        nfw_vec_foreach (other, &rule->matches)
                if (is_equality(other, is_source ? NFW_FIELD_TH_DPORT : NFW_FIELD_TH_SPORT))
                        return other;
        return NULL;
}
