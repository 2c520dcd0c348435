/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/filter.h"

#include <string.h>

#include "nwfilter/access.h"
#include "nwfilter/text.h"

static const struct {
        const char *name;
        int priority;
} chains[] = {
        [NFW_NWFILTER_CHAIN_ROOT] = { "root", 0 },    [NFW_NWFILTER_CHAIN_MAC] = { "mac", -800 },
        [NFW_NWFILTER_CHAIN_VLAN] = { "vlan", -750 }, [NFW_NWFILTER_CHAIN_STP] = { "stp", -810 },
        [NFW_NWFILTER_CHAIN_ARP] = { "arp", -500 },   [NFW_NWFILTER_CHAIN_RARP] = { "rarp", -400 },
        [NFW_NWFILTER_CHAIN_IPV4] = { "ipv4", -700 }, [NFW_NWFILTER_CHAIN_IPV6] = { "ipv6", -600 },
};

static const char *const actions[] = {
        [NFW_NWFILTER_DROP] = "drop",         [NFW_NWFILTER_ACCEPT] = "accept",
        [NFW_NWFILTER_REJECT] = "reject",     [NFW_NWFILTER_RETURN] = "return",
        [NFW_NWFILTER_CONTINUE] = "continue",
};

static const char *const directions[] = {
        [NFW_NWFILTER_IN] = "in",
        [NFW_NWFILTER_OUT] = "out",
        [NFW_NWFILTER_INOUT] = "inout",
};

const char *nfw_nwfilter_action_name(enum nfw_nwfilter_action action) {
        return actions[action];
}

const char *nfw_nwfilter_direction_name(enum nfw_nwfilter_direction direction) {
        return directions[direction];
}

bool nfw_nwfilter_chain_find(const char *name, enum nfw_nwfilter_chain *ret_chain, int *ret_priority) {
        if (!nfw_text_is_name(name, "_.:-", NFW_NWFILTER_CHAIN_MAX))
                return false;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(chains); i++) {
                size_t n = strlen(chains[i].name);

                if (strncmp(name, chains[i].name, n) == 0 &&
                    (i != NFW_NWFILTER_CHAIN_ROOT || name[n] == '\0')) {
                        *ret_chain = (enum nfw_nwfilter_chain)i;
                        *ret_priority = chains[i].priority;
                        return true;
                }
        }
        return false;
}

const struct nfw_nwfilter_value *nfw_nwfilter_rule_of(const struct nfw_nwfilter_rule *rule,
                                                      const struct nfw_nwfilter_value *value) {
        const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(value->attribute);
        const struct nfw_nwfilter_value *found = NULL;
        size_t n = 0;

        if (!info->has_of)
                return NULL;
        nfw_vec_foreach (other, &rule->values) {
                if (other->attribute != info->of)
                        continue;
                if (other->element == value->element)
                        return other;
                found = other;
                n++;
        }
        return n == 1 ? found : NULL;
}

void nfw_nwfilter_value_deinit(struct nfw_nwfilter_value *value) {
        nfw_nwfilter_access_deinit(&value->access);
        nfw_nwfilter_constant_deinit(&value->constant);
        free(value->text);
}

struct nfw_nwfilter_rule *nfw_nwfilter_rule_free(struct nfw_nwfilter_rule *rule) {
        if (!rule)
                return NULL;

        nfw_vec_foreach (value, &rule->values)
                nfw_nwfilter_value_deinit(value);
        nfw_vec_deinit(&rule->values);
        nfw_vec_deinit(&rule->element_negate);
        free(rule);
        return NULL;
}

struct nfw_nwfilter_reference *nfw_nwfilter_reference_free(struct nfw_nwfilter_reference *reference) {
        if (!reference)
                return NULL;

        nfw_nwfilter_parameters_deinit(&reference->parameters);
        free(reference->filter);
        free(reference);
        return NULL;
}

/**
 * nfw_nwfilter_free() - free a network filter
 * @filter: the filter, or NULL
 *
 * What is defined stays defined.
 *
 * Return: NULL.
 */
nfw_public struct nfw_nwfilter *nfw_nwfilter_free(struct nfw_nwfilter *filter) {
        if (!filter)
                return NULL;

        nfw_vec_foreach (entry, &filter->entries) {
                nfw_nwfilter_rule_free(entry->rule);
                nfw_nwfilter_reference_free(entry->reference);
        }
        nfw_vec_deinit(&filter->entries);
        free(filter->file);
        free(filter->name);
        free(filter->uuid);
        free(filter->chain_name);
        free(filter);
        return NULL;
}
