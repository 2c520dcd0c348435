/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "nft/implied.h"
#include "nft/match.h"
#include "nft/names.h"
#include "nft/text/internal.h"

/* The order in which nft prints them. */
static const struct {
        uint32_t flag;
        const char *name;
} ct_states[] = {
        { NFW_CT_INVALID, "invalid" }, { NFW_CT_ESTABLISHED, "established" }, { NFW_CT_RELATED, "related" },
        { NFW_CT_NEW, "new" },         { NFW_CT_UNTRACKED, "untracked" },
};

static bool is_port(enum nfw_field field) {
        return field == NFW_FIELD_TH_SPORT || field == NFW_FIELD_TH_DPORT;
}

/* nft has no names for the fields of RARP. */
static bool is_raw(const struct nfw_plan_rule *rule, enum nfw_field field) {
        return nfw_nft_field(field)->requirement == NFW_NFT_REQUIRE_ARP && nfw_nft_rule_is_rarp(rule);
}

static void print_field(FILE *stream,
                        const struct nfw_plan_rule *rule,
                        const struct nfw_plan_match *match,
                        enum nfw_field field) {
        const struct nfw_plan_match *protocol = is_port(field) ? nfw_nft_match_protocol(rule, match) : NULL;
        const char *transport = protocol ? nfw_nft_transport_name(protocol->range.first[0]) : NULL;
        const char *name = nfw_nft_field(field)->name;

        if (is_raw(rule, field))
                nfw_nft_print_raw_field(stream, nfw_nft_field(field));
        else if (transport)
                fprintf(stream, "%s%s", transport, name + strlen("th"));
        else
                fputs(name, stream);
}

static void print_flags(FILE *stream, const struct nfw_plan_match *match) {
        const char *separator = "";

        if (match->negate)
                fputs("! ", stream);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(ct_states); i++)
                if (match->flags & ct_states[i].flag) {
                        fprintf(stream, "%s%s", separator, ct_states[i].name);
                        separator = ",";
                }
}

static int print_set(FILE *stream, const struct nfw_plan_set *plan_set) {
        struct nfw_nft_set set;
        int r;

        if (plan_set->name) {
                fprintf(stream, "@%s", plan_set->name);
                return 0;
        }
        r = nfw_nft_set_from_plan(plan_set, &set);
        return r < 0 ? r : nfw_nft_print_elements(stream, &set, plan_set, false);
}

static void print_parameter(FILE *stream, const struct nfw_plan_match *match) {
        uint8_t family = nfw_nft_field(match->fields[0])->size == 4 ? AF_INET : AF_INET6;

        fprintf(stream, "@%s", nfw_nft_parameter_set_name(match->parameter, family));
}

static void print_octet_pairs(FILE *stream,
                              const struct nfw_plan_rule *rule,
                              const struct nfw_plan_match *match) {
        const struct nfw_nft_field *field = nfw_nft_field(match->fields[0]);
        uint8_t bits[NFW_VALUE_MAX] = { 0 };

        bits[match->octet] = 0xff;
        for (size_t i = 0; i < match->n_fields; i++) {
                fputs(i > 0 ? " . " : "", stream);
                print_field(stream, rule, match, match->fields[i]);
                fputs(" & ", stream);
                nfw_nft_print_bits(stream, field, bits);
        }
        fputs(match->negate ? " != {" : " {", stream);
        for (unsigned int octet = 0; octet < 256; octet++) {
                bits[match->octet] = (uint8_t)octet;
                fputs(octet > 0 ? ", " : " ", stream);
                nfw_nft_print_bits(stream, field, bits);
                fputs(" . ", stream);
                nfw_nft_print_bits(stream, field, bits);
        }
        fputs(" }", stream);
}

static void print_masked(FILE *stream, const struct nfw_plan_rule *rule, const struct nfw_plan_match *match) {
        const struct nfw_nft_field *field = nfw_nft_field(match->fields[0]);

        if (match->fields[0] == NFW_FIELD_TCP_FLAGS) {
                fprintf(stream, "tcp flags %s", match->negate ? "!= " : "");
                nfw_nft_print_tcp_flags(stream, match->range.first[0]);
                fputs(" / ", stream);
                nfw_nft_print_tcp_flags(stream, match->range.last[0]);
                return;
        }
        print_field(stream, rule, match, match->fields[0]);
        fputs(" & ", stream);
        nfw_nft_print_bits(stream, field, match->range.last);
        fputs(match->negate ? " != " : " == ", stream);
        nfw_nft_print_bits(stream, field, match->range.first);
}

static void print_connections(FILE *stream,
                              const struct nfw_plan *plan,
                              enum nfw_direction direction,
                              const struct nfw_plan_match *match) {
        fprintf(stream, "add @%s { %s . %s ct count over %" PRIu32 " }", plan->sets.items[match->set].name,
                nfw_nft_port_field(direction)->name, nfw_nft_field(match->fields[0])->name, match->flags);
}

static void print_tcp_option(FILE *stream, const struct nfw_plan_match *match) {
        fputs("tcp option ", stream);
        nfw_nft_print_tcp_option(stream, match->range.first[0]);
        fputs(match->negate ? " missing" : " exists", stream);
}

/* What only filters have; false where it is something else. */
static bool print_match_of_filter(FILE *stream,
                                  const struct nfw_plan *plan,
                                  enum nfw_direction direction,
                                  const struct nfw_plan_rule *rule,
                                  const struct nfw_plan_match *match) {
        if (match->kind == NFW_PLAN_SAME_OCTET)
                print_octet_pairs(stream, rule, match);
        else if (match->kind == NFW_PLAN_MASKED)
                print_masked(stream, rule, match);
        else if (match->kind == NFW_PLAN_CONNECTIONS)
                print_connections(stream, plan, direction, match);
        else if (match->kind == NFW_PLAN_RANGE && match->fields[0] == NFW_FIELD_TCP_OPTION)
                print_tcp_option(stream, match);
        else
                return false;
        return true;
}

static int print_match(FILE *stream,
                       const struct nfw_plan *plan,
                       enum nfw_direction direction,
                       const struct nfw_plan_rule *rule,
                       const struct nfw_plan_match *match) {
        bool per_port = match->kind == NFW_PLAN_PARAMETER;
        const struct nfw_plan_set *set = NULL;
        int r = 0;

        if (match->kind == NFW_PLAN_SET || match->kind == NFW_PLAN_CONNECTIONS) {
                if (match->set >= plan->sets.n)
                        return -EINVAL;
                set = &plan->sets.items[match->set];
                per_port = set->learned != SIZE_MAX || set->per_port;
        }
        if (print_match_of_filter(stream, plan, direction, rule, match))
                return 0;

        if (per_port)
                fprintf(stream, "%s%s", nfw_nft_port_field(direction)->name,
                        match->n_fields > 0 ? " . " : "");
        for (size_t i = 0; i < match->n_fields; i++) {
                if (i > 0)
                        fputs(" . ", stream);
                print_field(stream, rule, match, match->fields[i]);
                if (set && set->is_masked[i]) {
                        fputs(" & ", stream);
                        nfw_nft_print_bits(stream, nfw_nft_field(match->fields[i]), set->masks[i]);
                }
        }
        fputc(' ', stream);
        if (match->negate && match->kind != NFW_PLAN_FLAGS)
                fputs("!= ", stream);

        switch (match->kind) {
        case NFW_PLAN_RANGE:
                if (is_raw(rule, match->fields[0]))
                        nfw_nft_print_raw_range(stream, nfw_nft_field(match->fields[0]), &match->range);
                else
                        nfw_nft_print_range(stream, nfw_nft_field(match->fields[0]), &match->range);
                break;
        case NFW_PLAN_FLAGS:
                print_flags(stream, match);
                break;
        case NFW_PLAN_SET:
                r = print_set(stream, &plan->sets.items[match->set]);
                break;
        case NFW_PLAN_PARAMETER:
                print_parameter(stream, match);
                break;
        default:
                break;
        }
        return r;
}

void nfw_nft_print_separator(FILE *stream, const char **separator) {
        fputs(*separator, stream);
        *separator = " ";
}

int nfw_nft_print_matches(FILE *stream,
                          const struct nfw_plan *plan,
                          enum nfw_direction direction,
                          const struct nfw_plan_rule *rule,
                          const char **separator) {
        nfw_vec_foreach (match, &rule->matches) {
                int r;

                if (nfw_nft_match_is_implied(rule, match))
                        continue;
                nfw_nft_print_separator(stream, separator);
                r = print_match(stream, plan, direction, rule, match);
                if (r < 0)
                        return r;
        }
        return 0;
}
