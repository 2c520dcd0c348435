/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/macros.h"
#include "ir/filter/lowering.h"
#include "ir/filter/table.h"

static const struct {
        enum nfw_nwfilter_state state;
        enum nfw_ct_state bit;
} states[] = {
        { NFW_NWFILTER_STATE_NEW, NFW_CT_NEW },
        { NFW_NWFILTER_STATE_ESTABLISHED, NFW_CT_ESTABLISHED },
        { NFW_NWFILTER_STATE_RELATED, NFW_CT_RELATED },
        { NFW_NWFILTER_STATE_INVALID, NFW_CT_INVALID },
};

static bool is_own_direction(const struct nfw_nwfilter_rule *rule, enum nfw_direction direction) {
        return rule->direction == NFW_NWFILTER_INOUT ||
               rule->direction == (direction == NFW_EGRESS ? NFW_NWFILTER_OUT : NFW_NWFILTER_IN);
}

/*
 * A rule for both directions is written as the host's side sees it: "source" is who sends to the guest. What the guest
 * sends is looked at the other way round.
 */
bool nfw_filter_place_link(const struct nfw_nwfilter_instance *instance,
                           enum nfw_direction direction,
                           struct nfw_filter_place *ret_place) {
        static const enum nfw_verdict verdicts[] = {
                [NFW_NWFILTER_DROP] = NFW_VERDICT_DROP,         [NFW_NWFILTER_ACCEPT] = NFW_VERDICT_ACCEPT,
                [NFW_NWFILTER_REJECT] = NFW_VERDICT_DROP,       [NFW_NWFILTER_RETURN] = NFW_VERDICT_RETURN,
                [NFW_NWFILTER_CONTINUE] = NFW_VERDICT_CONTINUE,
        };
        const struct nfw_nwfilter_rule *rule = instance->rule;

        if (!is_own_direction(rule, direction))
                return false;

        *ret_place = (struct nfw_filter_place){
                .direction = direction,
                .swapped = rule->direction == NFW_NWFILTER_INOUT && direction == NFW_EGRESS,
                .verdict = verdicts[rule->action],
        };
        /* Nobody jumped to the root chain. */
        if (ret_place->verdict == NFW_VERDICT_RETURN && instance->filter->chain == NFW_NWFILTER_CHAIN_ROOT)
                ret_place->verdict = NFW_VERDICT_ACCEPT;
        return true;
}

static bool is_mac(const struct nfw_nwfilter_value *value) {
        return value->attribute == NFW_NWFILTER_SRCMACADDR || value->attribute == NFW_NWFILTER_SRCMACMASK ||
               value->attribute == NFW_NWFILTER_DSTMACADDR || value->attribute == NFW_NWFILTER_DSTMACMASK;
}

static bool looks_at_mac_only(const struct nfw_nwfilter_rule *rule) {
        size_t n_macs = 0;

        nfw_vec_foreach (value, &rule->values) {
                if (is_mac(value))
                        n_macs++;
                else if (value->attribute != NFW_NWFILTER_COMMENT && value->attribute != NFW_NWFILTER_STATE)
                        return false;
        }
        return n_macs > 0;
}

/* What the rule says of the connection's state itself, unless it also says that this does not count. */
static const struct nfw_nwfilter_value *explicit_state(const struct nfw_nwfilter_rule *rule) {
        const struct nfw_nwfilter_value *state = nfw_filter_value_find(rule, NFW_NWFILTER_STATE);

        return rule->statematch ? state : NULL;
}

static void set_explicit_state(const struct nfw_nwfilter_value *state, struct nfw_filter_place *place) {
        if (state->constant.number & NFW_NWFILTER_STATE_NONE)
                return;
        place->has_state = true;
        place->negate_state = state->negate;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(states); i++) {
                if (state->constant.number & states[i].state)
                        place->state |= states[i].bit;
        }
}

/* Who may begin a connection is told by the rule's direction; the other side may answer. */
static void set_implied_state(bool begins, bool has_icmp_type, struct nfw_filter_place *place) {
        place->has_state = true;
        place->state = begins ? NFW_CT_NEW | NFW_CT_ESTABLISHED : NFW_CT_ESTABLISHED;
        place->has_ct_direction = !has_icmp_type;
        place->ct_direction = begins ? 0 : 1;
}

bool nfw_filter_place_network(const struct nfw_nwfilter_rule *rule,
                              enum nfw_direction direction,
                              struct nfw_filter_place *ret_place) {
        static const enum nfw_verdict verdicts[] = {
                [NFW_NWFILTER_DROP] = NFW_VERDICT_DROP,         [NFW_NWFILTER_ACCEPT] = NFW_VERDICT_ACCEPT,
                [NFW_NWFILTER_REJECT] = NFW_VERDICT_REJECT,     [NFW_NWFILTER_RETURN] = NFW_VERDICT_ACCEPT,
                [NFW_NWFILTER_CONTINUE] = NFW_VERDICT_CONTINUE,
        };
        const struct nfw_nwfilter_value *state = explicit_state(rule);
        bool inout = rule->direction == NFW_NWFILTER_INOUT;
        bool own = is_own_direction(rule, direction);
        bool swapped = (rule->direction == NFW_NWFILTER_OUT) == (direction == NFW_INGRESS);
        bool has_limit = nfw_filter_value_find(rule, NFW_NWFILTER_CONNLIMIT_ABOVE);
        bool has_icmp_type = nfw_filter_value_find(rule, NFW_NWFILTER_TYPE);
        struct nfw_filter_place place = {
                .direction = direction,
                .swapped = swapped,
                .without_mac = swapped,
                .verdict = verdicts[rule->action],
        };

        if (has_icmp_type && (inout || !own))
                return false;
        if (swapped && (has_limit || looks_at_mac_only(rule)))
                return false;
        if (state && !own)
                return false;

        if (state)
                set_explicit_state(state, &place);
        else if (rule->action == NFW_NWFILTER_ACCEPT && rule->statematch && !inout && !has_limit)
                set_implied_state(own, has_icmp_type, &place);

        *ret_place = place;
        return true;
}
