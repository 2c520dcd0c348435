/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a status holds, one value at a time: the public side of status.c. */

#include <string.h>

#include "engine/status/status.h"
#include "nft/names.h"

/**
 * nfw_status_learner_running() - whether something learns in this network namespace
 * @status: the status
 *
 * Return: true while a learner holds its lock.
 */
nfw_public bool nfw_status_learner_running(const struct nfw_status *status) {
        return status->learner_running;
}

/**
 * nfw_status_counter() - what the learner has counted
 * @status:  the status
 * @counter: which of its counters
 *
 * Return: the count since the learner started; of the last one where none runs.
 */
nfw_public uint64_t nfw_status_counter(const struct nfw_status *status, enum nfw_counter counter) {
        return (unsigned int)counter < NFW_N_COUNTERS ? status->statistics.counters[counter] : 0;
}

/**
 * nfw_counter_name() - the name of a counter
 * @counter: the counter
 *
 * Return: one word, such as "learned"; "unknown" for no counter.
 */
nfw_public const char *nfw_counter_name(enum nfw_counter counter) {
        static const char *const names[NFW_N_COUNTERS] = {
                [NFW_COUNTER_QUERIES] = "queries",
                [NFW_COUNTER_REPLIES] = "replies",
                [NFW_COUNTER_LEARNED] = "learned",
                [NFW_COUNTER_UNASKED] = "unasked",
                [NFW_COUNTER_UNTRUSTED] = "untrusted",
                [NFW_COUNTER_MALFORMED] = "malformed",
                [NFW_COUNTER_FORBIDDEN] = "forbidden",
                [NFW_COUNTER_EVICTED] = "evicted",
                [NFW_COUNTER_LOST] = "lost",
                [NFW_COUNTER_FAILED] = "failed",
                [NFW_COUNTER_LEASES] = "leases",
                [NFW_COUNTER_LEASES_ENDED] = "leases-ended",
                [NFW_COUNTER_LEASES_IGNORED] = "leases-ignored",
        };

        return (unsigned int)counter < NFW_N_COUNTERS ? names[counter] : "unknown";
}

static bool is_table(const bool tables[NFW_N_TABLES], const char *family) {
        for (int table = 0; table < NFW_N_TABLES; table++)
                if (strcmp(nfw_nft_family_name(table), family) == 0)
                        return tables[table];
        return false;
}

/**
 * nfw_status_has_table() - whether the kernel has a table of ours
 * @status: the status
 * @family: "inet" for routed ports or "bridge" for ports of bridges
 *
 * Return: true where it has.
 */
nfw_public bool nfw_status_has_table(const struct nfw_status *status, const char *family) {
        return is_table(status->tables, family);
}

/**
 * nfw_status_has_foreign_table() - whether another program's table has the name of ours
 * @status: the status
 * @family: as for nfw_status_has_table()
 *
 * Return: true where it has. Nothing can be loaded into that family then.
 */
nfw_public bool nfw_status_has_foreign_table(const struct nfw_status *status, const char *family) {
        return is_table(status->foreign, family);
}

/**
 * nfw_status_n_loaded() - how many loaded policies there are
 * @status: the status
 *
 * Return: their number.
 */
nfw_public size_t nfw_status_n_loaded(const struct nfw_status *status) {
        return status->loaded.n;
}

/**
 * nfw_status_loaded() - one of the loaded policies
 * @status: the status
 * @index:  from 0, below the number of them
 *
 * Return: it, as long as the status lives; NULL past the end.
 */
nfw_public const struct nfw_loaded *nfw_status_loaded(const struct nfw_status *status, size_t index) {
        return index < status->loaded.n ? &status->loaded.items[index] : NULL;
}

/**
 * nfw_loaded_name() - the name that a policy was loaded under
 * @loaded: one of nfw_status_loaded()
 *
 * Return: the name.
 */
nfw_public const char *nfw_loaded_name(const struct nfw_loaded *loaded) {
        return loaded->name;
}

/**
 * nfw_loaded_file() - the file that a policy was read from
 * @loaded: one of nfw_status_loaded()
 *
 * Return: the file as it was named then; "" where that is not known any more.
 */
nfw_public const char *nfw_loaded_file(const struct nfw_loaded *loaded) {
        return loaded->file;
}

/**
 * nfw_loaded_n_rules() - how many rules a policy has
 * @loaded: one of nfw_status_loaded()
 *
 * Return: their number.
 */
nfw_public size_t nfw_loaded_n_rules(const struct nfw_loaded *loaded) {
        return loaded->n_rules;
}

/**
 * nfw_loaded_has_domains() - whether a policy learns from DNS
 * @loaded: one of nfw_status_loaded()
 *
 * Return: true where it has domain rules.
 */
nfw_public bool nfw_loaded_has_domains(const struct nfw_loaded *loaded) {
        return loaded->has_domains;
}

/**
 * nfw_loaded_any_resolver() - whether a policy trusts every name server
 * @loaded: one of nfw_status_loaded()
 *
 * Return: true where it does.
 */
nfw_public bool nfw_loaded_any_resolver(const struct nfw_loaded *loaded) {
        return loaded->any_resolver;
}

/**
 * nfw_loaded_log_denied() - whether a policy tells of what it drops
 * @loaded: the policy
 *
 * Return: as nfw_load_set_log_denied() was called; false where the record of its source is gone.
 */
nfw_public bool nfw_loaded_log_denied(const struct nfw_loaded *loaded) {
        return loaded->log_denied;
}

/**
 * nfw_loaded_id() - which load of a policy is in force
 * @loaded: the policy
 *
 * Return: 16 hexadecimal digits, others with every load, whatever is loaded; "" where the kernel does not say.
 */
nfw_public const char *nfw_loaded_id(const struct nfw_loaded *loaded) {
        return loaded->id;
}

/**
 * nfw_status_n_bindings() - how many ports under policies there are
 * @status: the status
 *
 * Return: their number.
 */
nfw_public size_t nfw_status_n_bindings(const struct nfw_status *status) {
        return status->bindings.n;
}

/**
 * nfw_status_binding() - one of the ports under policies
 * @status: the status
 * @index:  from 0, below the number of them
 *
 * Return: it, as long as the status lives; NULL past the end.
 */
nfw_public const struct nfw_binding *nfw_status_binding(const struct nfw_status *status, size_t index) {
        return index < status->bindings.n ? &status->bindings.items[index] : NULL;
}

/**
 * nfw_binding_port() - the interface of a binding
 * @binding: one of nfw_status_binding()
 *
 * Return: its name.
 */
nfw_public const char *nfw_binding_port(const struct nfw_binding *binding) {
        return binding->port;
}

/**
 * nfw_binding_policy() - the policy of a binding
 * @binding: one of nfw_status_binding()
 *
 * Return: its name.
 */
nfw_public const char *nfw_binding_policy(const struct nfw_binding *binding) {
        return binding->policy;
}

/**
 * nfw_binding_is_persistent() - whether a binding stays when its interface goes away
 * @binding: one of nfw_status_binding()
 *
 * Return: whether it was made with nfw_attach_persistent().
 */
nfw_public bool nfw_binding_is_persistent(const struct nfw_binding *binding) {
        return binding->is_persistent;
}

/**
 * nfw_binding_drops_on_bridges() - whether everything is dropped on a port while it is in a bridge
 * @binding: one of nfw_status_binding()
 *
 * Return: whether it is in force there as well, on a kernel that cannot track connections on bridges.
 */
nfw_public bool nfw_binding_drops_on_bridges(const struct nfw_binding *binding) {
        return binding->drops_on_bridges;
}

/**
 * nfw_binding_table() - the table in which a port is seen
 * @binding: one of nfw_status_binding()
 *
 * Return: "bridge" for a bridge port, else "inet".
 */
nfw_public const char *nfw_binding_table(const struct nfw_binding *binding) {
        return nfw_nft_family_name(binding->table);
}

/**
 * nfw_binding_n_resolvers() - how many name servers a port may learn from
 * @binding: one of nfw_status_binding()
 *
 * Return: their number; 0 where the policy needs none or trusts all.
 */
nfw_public size_t nfw_binding_n_resolvers(const struct nfw_binding *binding) {
        return binding->resolvers.n;
}

/**
 * nfw_binding_resolver() - a name server that a port may learn from
 * @binding: one of nfw_status_binding()
 * @index:   from 0, below the number of them
 *
 * Return: its address; NULL past the end.
 */
nfw_public const char *nfw_binding_resolver(const struct nfw_binding *binding, size_t index) {
        return index < binding->resolvers.n ? binding->resolvers.items[index].text : NULL;
}

/**
 * nfw_status_n_grants() - how many learned addresses there are
 * @status: the status
 *
 * Return: their number.
 */
nfw_public size_t nfw_status_n_grants(const struct nfw_status *status) {
        return status->grants.n;
}

/**
 * nfw_status_grant() - one of the learned addresses
 * @status: the status
 * @index:  from 0, below the number of them
 *
 * Return: it, as long as the status lives; NULL past the end.
 */
nfw_public const struct nfw_grant *nfw_status_grant(const struct nfw_status *status, size_t index) {
        return index < status->grants.n ? &status->grants.items[index] : NULL;
}

/**
 * nfw_grant_port() - the port that an address was learned for
 * @grant: one of nfw_status_grant()
 *
 * Return: its interface.
 */
nfw_public const char *nfw_grant_port(const struct nfw_grant *grant) {
        return grant->port;
}

/**
 * nfw_grant_policy() - the policy that an address was learned for
 * @grant: one of nfw_status_grant()
 *
 * Return: its name.
 */
nfw_public const char *nfw_grant_policy(const struct nfw_grant *grant) {
        return grant->policy;
}

/**
 * nfw_grant_name() - the name that an address was learned from
 * @grant: one of nfw_status_grant()
 *
 * Return: the name; "" where it was too long to be kept with the address.
 */
nfw_public const char *nfw_grant_name(const struct nfw_grant *grant) {
        return grant->name;
}

/**
 * nfw_grant_address() - a learned address
 * @grant: one of nfw_status_grant()
 *
 * Return: the address as text.
 */
nfw_public const char *nfw_grant_address(const struct nfw_grant *grant) {
        return grant->address;
}

/**
 * nfw_grant_resolver() - the name server that an address was learned from
 * @grant: one of nfw_status_grant()
 *
 * Return: its address; "" where it was not kept.
 */
nfw_public const char *nfw_grant_resolver(const struct nfw_grant *grant) {
        return grant->resolver;
}

/**
 * nfw_grant_expires_ms() - how long a learned address is still valid
 * @grant: one of nfw_status_grant()
 *
 * Return: milliseconds from when the status was made.
 */
nfw_public uint64_t nfw_grant_expires_ms(const struct nfw_grant *grant) {
        return grant->expires_ms;
}

/**
 * nfw_status_n_ignored() - how many name servers whose answers were not learned there are
 * @status: the status
 *
 * Return: their number.
 */
nfw_public size_t nfw_status_n_ignored(const struct nfw_status *status) {
        return status->statistics.n_ignored;
}

/**
 * nfw_status_ignored() - one of the name servers whose answers were not learned
 * @status: the status
 * @index:  from 0, below the number of them
 *
 * Return: it, as long as the status lives; NULL past the end.
 */
nfw_public const struct nfw_ignored *nfw_status_ignored(const struct nfw_status *status, size_t index) {
        return index < status->statistics.n_ignored ? &status->statistics.ignored[index] : NULL;
}

/**
 * nfw_ignored_port() - the port whose guest asked an untrusted name server
 * @ignored: one of nfw_status_ignored()
 *
 * Return: its interface; "*" for all that have no entry of their own.
 */
nfw_public const char *nfw_ignored_port(const struct nfw_ignored *ignored) {
        return ignored->port;
}

/**
 * nfw_ignored_resolver() - an untrusted name server
 * @ignored: one of nfw_status_ignored()
 *
 * Return: its address; "others" for all that have no entry of their own.
 */
nfw_public const char *nfw_ignored_resolver(const struct nfw_ignored *ignored) {
        return ignored->server_text;
}

/**
 * nfw_ignored_n_replies() - how many answers of an untrusted name server were ignored
 * @ignored: one of nfw_status_ignored()
 *
 * Return: their number.
 */
nfw_public uint64_t nfw_ignored_n_replies(const struct nfw_ignored *ignored) {
        return ignored->n_replies;
}
