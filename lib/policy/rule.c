/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/macros.h"
#include "policy/reader.h"

void nfw_policy_rule_deinit(struct nfw_policy_rule *rule) {
        free(rule->name);
        rule->name = NULL;
        nfw_vec_deinit(&rule->domains);
        nfw_vec_deinit(&rule->prefixes);
        nfw_vec_deinit(&rule->ports);
}

static void draft_deinit(struct nfw_draft *draft) {
        nfw_policy_rule_deinit(&draft->rule);
}

static int read_egress(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value) {
        static const struct nfw_key keys[] = {
                { "protocols", false, nfw_reader_protocols },
                { "domains", false, nfw_reader_domains },
                { "ips", false, nfw_reader_ips },
                { "ports", false, nfw_reader_ports },
        };
        struct nfw_draft *draft = target;

        if (value->bad || nfw_yaml_is_null(value))
                return 0;
        if (value->type != NFW_YAML_MAPPING)
                return nfw_reader_wrong_type(reader, value, "`egress`", "a mapping", NULL);

        draft->egress = value->pos;
        return nfw_reader_mapping(reader, "`egress`", value, keys, NFW_ARRAY_SIZE(keys), draft);
}

/* What concerns several keys of a rule, once all of them are known. */
static int check_rule(struct nfw_reader *reader, struct nfw_draft *draft) {
        struct nfw_policy_rule *rule = &draft->rule;

        if (rule->ports.n > 0) {
                if (rule->protocols == 0)
                        rule->protocols = NFW_PROTOCOL_TCP | NFW_PROTOCOL_UDP;

                /* Whether icmp should match without its ports or not at all is anybody's guess. */
                if (rule->protocols & NFW_PROTOCOL_ICMP)
                        return nfw_sink_error(
                                &reader->sink, "policy/icmp-with-ports", &draft->ports,
                                rule->protocols == NFW_PROTOCOL_ICMP
                                        ? "leave `ports` out"
                                        : "use two rules, one of them for icmp and without `ports`",
                                "icmp has no ports");
        }

        if (rule->domains.n > 0 && rule->prefixes.n > 0)
                return nfw_sink_note(
                        &reader->sink, "policy/ips-and-domains", &draft->egress, NULL,
                        "`ips` and `domains` must both match: an address of one of the domains that is "
                        "also among the ips");
        return 0;
}

static int read_rule(struct nfw_reader *reader, const struct nfw_yaml_event *begin) {
        static const struct nfw_key keys[] = {
                { "name", true, nfw_reader_name },
                { "action", true, nfw_reader_action },
                { "priority", true, nfw_reader_priority },
                { "egress", false, read_egress },
        };
        nfw_cleanup(draft_deinit) struct nfw_draft draft = { .rule.pos = begin->pos };
        size_t n_errors = nfw_sink_n_errors(&reader->sink);
        int r;

        if (begin->bad)
                return 0;
        if (begin->type != NFW_YAML_MAPPING)
                return nfw_reader_wrong_type(reader, begin, "a rule", "a mapping", NULL);
        if (++reader->n_rules > NFW_POLICY_RULES_MAX)
                return nfw_reader_too_many(reader, &begin->pos, "rules", NFW_POLICY_RULES_MAX);

        r = nfw_reader_mapping(reader, "a rule", begin, keys, NFW_ARRAY_SIZE(keys), &draft);
        if (r != 0)
                return r;
        r = check_rule(reader, &draft);
        if (r != 0)
                return r;

        /* A policy with an error is not handed out, and a wrong rule would only take memory. */
        if (nfw_sink_n_errors(&reader->sink) > n_errors)
                return 0;

        r = nfw_vec_push(&reader->policy->rules, draft.rule);
        if (r == 0)
                draft.rule = (struct nfw_policy_rule){ 0 };
        return r;
}

int nfw_reader_rules(struct nfw_reader *reader, void *target nfw_unused, const struct nfw_yaml_event *value) {
        struct nfw_pos pos = value->pos;

        if (value->bad)
                return 0;
        if (value->type != NFW_YAML_SEQUENCE)
                return nfw_reader_wrong_type(reader, value, "`rules`", "a list", NULL);

        for (size_t n = 0;; n++) {
                struct nfw_yaml_event event;
                int r;

                r = nfw_yaml_next(reader->yaml, &event);
                if (r != 0)
                        return r;

                if (event.type == NFW_YAML_SEQUENCE_END) {
                        if (n > 0)
                                return 0;
                        return nfw_sink_error(&reader->sink, "policy/empty-list", &pos, NULL,
                                              "`rules` needs at least one rule");
                }

                r = read_rule(reader, &event);
                if (r != 0)
                        return r;
        }
}
