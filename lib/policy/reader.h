/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the parts of the reader share. Their functions return 0 to go on, also where something was wrong and has
 * been reported; NFW_E_INVALID where reading must stop; or a negative errno.
 */

#include "base/seen.h"
#include "policy/policy.h"
#include "policy/sink.h"
#include "policy/yaml.h"

/* Bounds that no policy comes near, and that keep a hostile one of 16 MiB from becoming gigabytes of memory. */
#define NFW_POLICY_SIZE_MAX     ((size_t)16 << 20)
#define NFW_POLICY_RULES_MAX    100000
#define NFW_POLICY_DOMAINS_MAX  100000
#define NFW_POLICY_PREFIXES_MAX 1000000
#define NFW_POLICY_PORTS_MAX    1000000

/* The lists that a rule can have under `egress`. */
enum nfw_reader_list {
        NFW_LIST_PROTOCOLS,
        NFW_LIST_DOMAINS,
        NFW_LIST_IPS,
        NFW_LIST_PORTS,
        NFW_N_LISTS,
};

struct nfw_reader {
        struct nfw_sink sink;
        struct nfw_yaml *yaml;
        struct nfw_policy *policy;
        struct nfw_seen names;
        size_t n_rules;
        size_t n_values[NFW_N_LISTS];
};

/* --- mapping.c: mappings by a table of their keys ------------------------------------------------------------ */

struct nfw_key {
        const char *name;
        bool required;
        /* Reads the value, to its end where it is a list or a mapping. */
        int (*read)(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);
};

/* Reads the rest of a mapping that begin has begun; "a rule", for instance, is what it is called in messages. */
int nfw_reader_mapping(struct nfw_reader *reader,
                       const char *what,
                       const struct nfw_yaml_event *begin,
                       const struct nfw_key *keys,
                       size_t n_keys,
                       void *target);

/* Reports that `what` must be wanted ("a list") and is something else, and skips it. */
int nfw_reader_wrong_type(struct nfw_reader *reader,
                          const struct nfw_yaml_event *event,
                          const char *what,
                          const char *wanted,
                          const char *hint);

/* Reports that there are too many, and stops. */
int nfw_reader_too_many(struct nfw_reader *reader, const struct nfw_pos *pos, const char *what, size_t max);

/* --- rule.c, list.c, value.c: what the keys of the format hold ----------------------------------------------- */

/* A rule while it is read. */
struct nfw_draft {
        struct nfw_policy_rule rule;
        struct nfw_pos egress;
        struct nfw_pos ports;
};

int nfw_reader_version(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);
int nfw_reader_rules(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);

/* The target is a struct nfw_draft. */
int nfw_reader_name(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);
int nfw_reader_action(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);
int nfw_reader_priority(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);
int nfw_reader_protocols(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);
int nfw_reader_domains(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);
int nfw_reader_ips(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);
int nfw_reader_ports(struct nfw_reader *reader, void *target, const struct nfw_yaml_event *value);

void nfw_policy_rule_deinit(struct nfw_policy_rule *rule);
