/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "policy/item.h"
#include "policy/reader.h"

struct list {
        const char *name;
        const char *what; /* the items, for messages */
        size_t max;       /* in the whole policy */
        int (*parse)(struct nfw_reader *reader,
                     const struct nfw_yaml_event *event,
                     struct nfw_item *item,
                     bool *ret_good);
        int (*push)(struct nfw_policy_rule *rule, const struct nfw_item *item);
};

static int push_protocol(struct nfw_policy_rule *rule, const struct nfw_item *item) {
        rule->protocols |= item->protocol;
        return 0;
}

static int push_domain(struct nfw_policy_rule *rule, const struct nfw_item *item) {
        return nfw_vec_push(&rule->domains, item->domain);
}

static int push_prefix(struct nfw_policy_rule *rule, const struct nfw_item *item) {
        return nfw_vec_push(&rule->prefixes, item->prefix);
}

static int push_ports(struct nfw_policy_rule *rule, const struct nfw_item *item) {
        return nfw_vec_push(&rule->ports, item->ports);
}

static const struct list lists[NFW_N_LISTS] = {
        [NFW_LIST_PROTOCOLS] = { "protocols", "protocols", SIZE_MAX, nfw_item_protocol, push_protocol },
        [NFW_LIST_DOMAINS] = { "domains", "domains", NFW_POLICY_DOMAINS_MAX, nfw_item_domain, push_domain },
        [NFW_LIST_IPS] = { "ips", "addresses", NFW_POLICY_PREFIXES_MAX, nfw_item_prefix, push_prefix },
        [NFW_LIST_PORTS] = { "ports", "ports", NFW_POLICY_PORTS_MAX, nfw_item_ports, push_ports },
};

static int read_item(struct nfw_reader *reader,
                     const struct list *list,
                     const struct nfw_yaml_event *event,
                     struct nfw_policy_rule *rule,
                     struct nfw_seen *seen) {
        char quote[NFW_QUOTE_MAX + 4], what[64];
        struct nfw_item item;
        unsigned int line;
        bool good = true;
        int r;

        if (event->bad)
                return 0;
        if (event->type != NFW_YAML_SCALAR || nfw_yaml_is_null(event) || nfw_yaml_is_boolean(event)) {
                (void)snprintf(what, sizeof(what), "an item of `%s`", list->name);
                return nfw_reader_wrong_type(reader, event, what, "text", NULL);
        }

        r = list->parse(reader, event, &item, &good);
        if (r < 0 || !good)
                return r;

        r = nfw_seen_add(seen, item.octets, item.n_octets, event->pos.line, &line);
        if (r < 0)
                return r;
        if (line != 0)
                return nfw_sink_warning(&reader->sink, "policy/duplicate-value", &event->pos, NULL,
                                        "`%s` is in the list already, in line %u",
                                        nfw_quote(event->text, quote), line);

        if (++reader->n_values[list - lists] > list->max)
                return nfw_reader_too_many(reader, &event->pos, list->what, list->max);
        return list->push(rule, &item);
}

static int read_list(struct nfw_reader *reader,
                     enum nfw_reader_list which,
                     struct nfw_policy_rule *rule,
                     const struct nfw_yaml_event *value) {
        const struct list *list = &lists[which];
        nfw_cleanup(nfw_seen_deinit) struct nfw_seen seen = NFW_SEEN_INIT(reader->names.key);
        struct nfw_pos pos = value->pos;
        char what[32];

        if (value->bad)
                return 0;
        if (value->type != NFW_YAML_SEQUENCE) {
                (void)snprintf(what, sizeof(what), "`%s`", list->name);
                return nfw_reader_wrong_type(reader, value, what, "a list",
                                             "write a list, also for one: [value]");
        }

        for (size_t n = 0;; n++) {
                struct nfw_yaml_event event;
                int r;

                r = nfw_yaml_next(reader->yaml, &event);
                if (r != 0)
                        return r;

                if (event.type == NFW_YAML_SEQUENCE_END) {
                        if (n > 0)
                                return 0;
                        return nfw_sink_error(&reader->sink, "policy/empty-list", &pos,
                                              "leave the key out where nothing is to be restricted",
                                              "`%s` is an empty list", list->name);
                }

                r = read_item(reader, list, &event, rule, &seen);
                if (r != 0)
                        return r;
        }
}

int nfw_reader_protocols(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value) {
        struct nfw_draft *draft = target;

        return read_list(reader, NFW_LIST_PROTOCOLS, &draft->rule, value);
}

int nfw_reader_domains(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value) {
        struct nfw_draft *draft = target;

        return read_list(reader, NFW_LIST_DOMAINS, &draft->rule, value);
}

int nfw_reader_ips(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value) {
        struct nfw_draft *draft = target;

        return read_list(reader, NFW_LIST_IPS, &draft->rule, value);
}

int nfw_reader_ports(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value) {
        struct nfw_draft *draft = target;

        draft->ports = value->pos;
        return read_list(reader, NFW_LIST_PORTS, &draft->rule, value);
}
