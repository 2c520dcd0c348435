/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * libnfwpolicy: policies for the network ports of virtual machines, containers and sandboxes, enforced by
 * nftables.
 *
 * Conventions: a negative return value is a negated errno and fatal to the call; a positive one is one of enum
 * nfw_condition and says what the caller can tell its user, with the details in the report. Outputs come last,
 * are named ret_x and are written on success only. All objects are opaque; strings that a getter returns live
 * as long as the object they were taken from. The library has no globals, starts no threads, prints nothing
 * and never exits. An object must not be used by two threads at once; different objects may. What was made from a
 * context (learner, monitor, store, keeper) shares it, and counts as one object with it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum nfw_condition - what a call can answer besides success (0) and a negative errno
 * @NFW_E_INVALID:   the input is wrong; the report says where and why
 * @NFW_E_REFUSED:   the input is right and cannot be enforced here; the report says why and what to do
 * @NFW_E_NOT_FOUND: there is no such policy, port or interface; the report has the nearest names
 * @NFW_E_IN_USE:    the policy still has ports, or another process does this already
 * @NFW_E_DIFFERS:   the kernel holds something else than what was compiled; the report lists it
 * @NFW_E_EMPTY:     there is no event now
 */
enum nfw_condition {
        NFW_E_INVALID = 1,
        NFW_E_REFUSED,
        NFW_E_NOT_FOUND,
        NFW_E_IN_USE,
        NFW_E_DIFFERS,
        NFW_E_EMPTY,
};

/* --- reports: everything that is to be told to the user ----------------------------------------------------- */

/**
 * enum nfw_severity - how much a diagnostic matters
 * @NFW_SEVERITY_NOTE:    worth knowing, nothing is wrong
 * @NFW_SEVERITY_WARNING: accepted, and probably not what was meant
 * @NFW_SEVERITY_ERROR:   refused
 */
enum nfw_severity {
        NFW_SEVERITY_NOTE,
        NFW_SEVERITY_WARNING,
        NFW_SEVERITY_ERROR,
};

struct nfw_report;
struct nfw_diagnostic;

int nfw_report_new(struct nfw_report **ret_report);
struct nfw_report *nfw_report_free(struct nfw_report *report);
void nfw_report_clear(struct nfw_report *report);
size_t nfw_report_n_diagnostics(const struct nfw_report *report);
bool nfw_report_has_errors(const struct nfw_report *report);
const struct nfw_diagnostic *nfw_report_diagnostic(const struct nfw_report *report, size_t index);

enum nfw_severity nfw_diagnostic_severity(const struct nfw_diagnostic *diagnostic);
const char *nfw_diagnostic_code(const struct nfw_diagnostic *diagnostic);
const char *nfw_diagnostic_file(const struct nfw_diagnostic *diagnostic);
unsigned int nfw_diagnostic_line(const struct nfw_diagnostic *diagnostic);
unsigned int nfw_diagnostic_column(const struct nfw_diagnostic *diagnostic);
const char *nfw_diagnostic_text(const struct nfw_diagnostic *diagnostic);
const char *nfw_diagnostic_hint(const struct nfw_diagnostic *diagnostic);

/* --- policies: read from YAML or JSON ----------------------------------------------------------------------- */

struct nfw_policy;

int nfw_policy_read_file(const char *path, struct nfw_report *report, struct nfw_policy **ret_policy);
int nfw_policy_read_buffer(const char *name,
                           const char *data,
                           size_t size,
                           struct nfw_report *report,
                           struct nfw_policy **ret_policy);
struct nfw_policy *nfw_policy_free(struct nfw_policy *policy);
size_t nfw_policy_n_rules(const struct nfw_policy *policy);
bool nfw_policy_has_domains(const struct nfw_policy *policy);

/* --- configuration: what is done where nobody asks for anything else ------------------------------------------- */

struct nfw_config;

/**
 * enum nfw_setting - what nfwpolicyd.conf can set
 * @NFW_SETTING_RESOLVERS:          whose DNS replies count: addresses, or "any"
 * @NFW_SETTING_MIN_TTL:            the shortest life of a grant, in seconds
 * @NFW_SETTING_MAX_TTL:            the longest life of a grant, in seconds
 * @NFW_SETTING_MAX_NAMES:          how many names a port can hold
 * @NFW_SETTING_LOG_DENIED:         whether packets that are dropped are told of: "yes" or "no"
 * @NFW_SETTING_TABLE_NAME:         what the tables in the kernel are called
 * @NFW_SETTING_NFLOG_GROUP:        where the kernel mirrors DNS messages to
 * @NFW_SETTING_STATE_DIRECTORY:    where the sources of loaded policies are kept
 * @NFW_SETTING_STORE_DIRECTORY:    where nfwpolicyd stores what is loaded
 * @NFW_SETTING_POLICIES_DIRECTORY: what nfwpolicyd loads when it starts
 * @NFW_SETTING_GROUP:              who may do over D-Bus what root may
 * @NFW_SETTING_BUS:                whether nfwpolicyd is on D-Bus: "yes" or "no"
 * @NFW_SETTING_VERBOSE:            whether nfwpolicyd prints every event: "yes" or "no"
 */
enum nfw_setting {
        NFW_SETTING_RESOLVERS,
        NFW_SETTING_MIN_TTL,
        NFW_SETTING_MAX_TTL,
        NFW_SETTING_MAX_NAMES,
        NFW_SETTING_LOG_DENIED,
        NFW_SETTING_TABLE_NAME,
        NFW_SETTING_NFLOG_GROUP,
        NFW_SETTING_STATE_DIRECTORY,
        NFW_SETTING_STORE_DIRECTORY,
        NFW_SETTING_POLICIES_DIRECTORY,
        NFW_SETTING_GROUP,
        NFW_SETTING_BUS,
        NFW_SETTING_VERBOSE,
        NFW_N_SETTINGS,
};

int nfw_config_new(const char *path, struct nfw_report *report, struct nfw_config **ret_config);
struct nfw_config *nfw_config_free(struct nfw_config *config);
const char *nfw_config_get(const struct nfw_config *config, enum nfw_setting setting);
const char *nfw_setting_name(enum nfw_setting setting);

/* --- the context: this host's kernel and the place of our state --------------------------------------------- */

struct nfw_context;

int nfw_context_new(struct nfw_context **ret_context);
struct nfw_context *nfw_context_free(struct nfw_context *context);
int nfw_context_set_state_directory(struct nfw_context *context, const char *path);
int nfw_context_set_nflog_group(struct nfw_context *context, uint16_t group);
int nfw_context_set_table_name(struct nfw_context *context, const char *name);
const char *nfw_context_table_name(const struct nfw_context *context);
int nfw_context_configure(struct nfw_context *context, const struct nfw_config *config);
int nfw_context_configure_loads(struct nfw_context *context, const struct nfw_config *config);

/**
 * enum nfw_feature - what a kernel may have or lack
 * @NFW_FEATURE_NF_TABLES:        nftables itself; nothing works without
 * @NFW_FEATURE_BRIDGE_CONNTRACK: connection tracking on bridges (Linux 5.3); needed for ports of a bridge
 * @NFW_FEATURE_TIMEOUT_UPDATE:   what is learned can be extended in place (Linux 6.12); else it is replaced
 */
enum nfw_feature {
        NFW_FEATURE_NF_TABLES,
        NFW_FEATURE_BRIDGE_CONNTRACK,
        NFW_FEATURE_TIMEOUT_UPDATE,
        NFW_N_FEATURES,
};

int nfw_context_has_feature(struct nfw_context *context, enum nfw_feature feature, bool *ret_has);
const char *nfw_feature_name(enum nfw_feature feature);

/* --- loading: policies into the kernel, ports under policies ------------------------------------------------ */

struct nfw_load;

int nfw_load_new(const struct nfw_policy *policy, const char *name, struct nfw_load **ret_load);
struct nfw_load *nfw_load_free(struct nfw_load *load);
int nfw_load_add_port(struct nfw_load *load, const char *interface);
int nfw_load_add_resolver(struct nfw_load *load, const char *address, struct nfw_report *report);
void nfw_load_set_any_resolver(struct nfw_load *load, bool any);
void nfw_load_set_log_denied(struct nfw_load *load, bool log);
int nfw_load_set_min_ttl(struct nfw_load *load, uint32_t seconds);
int nfw_load_set_max_ttl(struct nfw_load *load, uint32_t seconds);
int nfw_load_set_max_names(struct nfw_load *load, uint32_t n_names);
void nfw_load_set_dry_run(struct nfw_load *load, bool dry_run);
void nfw_load_set_require_learner(struct nfw_load *load, bool require);
int nfw_load_commit(struct nfw_context *context, const struct nfw_load *load, struct nfw_report *report);

int nfw_attach(struct nfw_context *context,
               const char *name,
               const char *const *interfaces,
               size_t n_interfaces,
               struct nfw_report *report);
int nfw_attach_persistent(struct nfw_context *context,
                          const char *name,
                          const char *const *interfaces,
                          size_t n_interfaces,
                          struct nfw_report *report);
int nfw_detach(struct nfw_context *context,
               const char *const *interfaces,
               size_t n_interfaces,
               struct nfw_report *report);
int nfw_unload(struct nfw_context *context, const char *name, bool force, struct nfw_report *report);

/* --- storing: what outlives a reboot ------------------------------------------------------------------------ */

struct nfw_store;

int nfw_store_new(struct nfw_context *context,
                  const char *path,
                  struct nfw_report *report,
                  struct nfw_store **ret_store);
struct nfw_store *nfw_store_free(struct nfw_store *store);
int nfw_store_save(struct nfw_store *store, struct nfw_report *report);
int nfw_store_restore(struct nfw_store *store, struct nfw_report *report);

/* --- looking: what is in force ------------------------------------------------------------------------------ */

/**
 * enum nfw_format - how nfw_show() prints a loaded policy
 * @NFW_FORMAT_IR:     the rules as they are evaluated, one a line, with their source positions
 * @NFW_FORMAT_NFT:    what was compiled, in the syntax of nft, complete enough for `nft -c -f`
 * @NFW_FORMAT_KERNEL: what the kernel holds now, printed by libnftables in a process of its own
 */
enum nfw_format {
        NFW_FORMAT_IR,
        NFW_FORMAT_NFT,
        NFW_FORMAT_KERNEL,
};

int nfw_show(struct nfw_context *context,
             const char *name,
             enum nfw_format format,
             struct nfw_report *report,
             char **ret_text);
int nfw_verify(struct nfw_context *context, const char *name, struct nfw_report *report);

struct nfw_status;
struct nfw_loaded;
struct nfw_binding;
struct nfw_grant;
struct nfw_ignored;

/**
 * enum nfw_counter - what a learner counts since it started
 * @NFW_COUNTER_QUERIES:   queries seen from guests
 * @NFW_COUNTER_REPLIES:   replies seen on their way to guests
 * @NFW_COUNTER_LEARNED:   addresses put into the kernel or extended there
 * @NFW_COUNTER_UNASKED:   replies that answer no query seen from that port
 * @NFW_COUNTER_UNTRUSTED: replies from a server that is not trusted
 * @NFW_COUNTER_MALFORMED: messages that are not well formed to their last byte
 * @NFW_COUNTER_FORBIDDEN: addresses that are never learned (loopback, link-local, the host's own, …)
 * @NFW_COUNTER_EVICTED:   names that made room for others
 * @NFW_COUNTER_LOST:      times that the kernel had to throw mirrored packets away
 * @NFW_COUNTER_FAILED:    transactions that the kernel refused
 * @NFW_COUNTER_LEASES:    addresses of guests that were learned, or leases extended
 * @NFW_COUNTER_LEASES_ENDED: addresses of guests that were given back, taken back or expired
 * @NFW_COUNTER_LEASES_IGNORED: messages about addresses of guests that did not count
 */
enum nfw_counter {
        NFW_COUNTER_QUERIES,
        NFW_COUNTER_REPLIES,
        NFW_COUNTER_LEARNED,
        NFW_COUNTER_UNASKED,
        NFW_COUNTER_UNTRUSTED,
        NFW_COUNTER_MALFORMED,
        NFW_COUNTER_FORBIDDEN,
        NFW_COUNTER_EVICTED,
        NFW_COUNTER_LOST,
        NFW_COUNTER_FAILED,
        NFW_COUNTER_LEASES,
        NFW_COUNTER_LEASES_ENDED,
        NFW_COUNTER_LEASES_IGNORED,
        NFW_N_COUNTERS,
};

int nfw_status_new(struct nfw_context *context, struct nfw_report *report, struct nfw_status **ret_status);
int nfw_status_new_without_grants(struct nfw_context *context,
                                  struct nfw_report *report,
                                  struct nfw_status **ret_status);
struct nfw_status *nfw_status_free(struct nfw_status *status);
bool nfw_status_learner_running(const struct nfw_status *status);
uint64_t nfw_status_counter(const struct nfw_status *status, enum nfw_counter counter);
const char *nfw_counter_name(enum nfw_counter counter);
bool nfw_status_has_table(const struct nfw_status *status, const char *family);
bool nfw_status_has_foreign_table(const struct nfw_status *status, const char *family);

size_t nfw_status_n_loaded(const struct nfw_status *status);
const struct nfw_loaded *nfw_status_loaded(const struct nfw_status *status, size_t index);
const char *nfw_loaded_name(const struct nfw_loaded *loaded);
const char *nfw_loaded_file(const struct nfw_loaded *loaded);
size_t nfw_loaded_n_rules(const struct nfw_loaded *loaded);
bool nfw_loaded_has_domains(const struct nfw_loaded *loaded);
bool nfw_loaded_any_resolver(const struct nfw_loaded *loaded);
bool nfw_loaded_log_denied(const struct nfw_loaded *loaded);
const char *nfw_loaded_id(const struct nfw_loaded *loaded);

size_t nfw_status_n_bindings(const struct nfw_status *status);
const struct nfw_binding *nfw_status_binding(const struct nfw_status *status, size_t index);
const char *nfw_binding_port(const struct nfw_binding *binding);
const char *nfw_binding_policy(const struct nfw_binding *binding);
bool nfw_binding_is_persistent(const struct nfw_binding *binding);
bool nfw_binding_drops_on_bridges(const struct nfw_binding *binding);
const char *nfw_binding_table(const struct nfw_binding *binding);
size_t nfw_binding_n_resolvers(const struct nfw_binding *binding);
const char *nfw_binding_resolver(const struct nfw_binding *binding, size_t index);

size_t nfw_status_n_grants(const struct nfw_status *status);
const struct nfw_grant *nfw_status_grant(const struct nfw_status *status, size_t index);
const char *nfw_grant_port(const struct nfw_grant *grant);
const char *nfw_grant_policy(const struct nfw_grant *grant);
const char *nfw_grant_name(const struct nfw_grant *grant);
const char *nfw_grant_address(const struct nfw_grant *grant);
const char *nfw_grant_resolver(const struct nfw_grant *grant);
uint64_t nfw_grant_expires_ms(const struct nfw_grant *grant);

size_t nfw_status_n_ignored(const struct nfw_status *status);
const struct nfw_ignored *nfw_status_ignored(const struct nfw_status *status, size_t index);
const char *nfw_ignored_port(const struct nfw_ignored *ignored);
const char *nfw_ignored_resolver(const struct nfw_ignored *ignored);
uint64_t nfw_ignored_n_replies(const struct nfw_ignored *ignored);

const char *nfw_status_store(const struct nfw_status *status);
int nfw_status_store_error(const struct nfw_status *status);
size_t nfw_status_n_set_aside(const struct nfw_status *status);
const char *nfw_status_set_aside(const struct nfw_status *status, size_t index);

/* --- learning: the addresses of names, from the DNS replies that guests get --------------------------------- */

struct nfw_learner;
struct nfw_event;

/**
 * enum nfw_event_type - what a learner or a monitor has to tell
 * @NFW_EVENT_LEARNED: an address was granted to a port, or the grant was extended
 * @NFW_EVENT_EVICTED: a grant ended before its time: its name made room for another, or its port was detached
 * @NFW_EVENT_IGNORED: a reply was not learned; nfw_event_text() says why
 * @NFW_EVENT_LOST:    the kernel threw mirrored packets away because the learner was too slow
 * @NFW_EVENT_RELOADED: the learner follows a changed set of policies or ports
 * @NFW_EVENT_ERROR:   a transaction failed; nfw_event_text() says why
 * @NFW_EVENT_EDITED:  another program changed our tables, and a keeper puts them right, or the learner of the keeper's
 *                     context what was learned; nfw_event_text() says who
 * @NFW_EVENT_DENIED:  a packet was dropped by a policy that was loaded to tell of it; some of many are told of
 * @NFW_EVENT_ADDRESS: the guest behind a port has the address; nfw_event_text() says whether it was "leased" or "claimed"
 * @NFW_EVENT_ADDRESS_GONE: the guest behind a port does not have the address any more
 */
enum nfw_event_type {
        NFW_EVENT_LEARNED,
        NFW_EVENT_EVICTED,
        NFW_EVENT_IGNORED,
        NFW_EVENT_LOST,
        NFW_EVENT_RELOADED,
        NFW_EVENT_ERROR,
        NFW_EVENT_EDITED,
        NFW_EVENT_DENIED,
        NFW_EVENT_ADDRESS,
        NFW_EVENT_ADDRESS_GONE,
};

int nfw_learner_new(struct nfw_context *context, struct nfw_report *report, struct nfw_learner **ret_learner);
struct nfw_learner *nfw_learner_free(struct nfw_learner *learner);
int nfw_learner_get_fd(const struct nfw_learner *learner);
int nfw_learner_dispatch(struct nfw_learner *learner);
int nfw_learner_pop_event(struct nfw_learner *learner, struct nfw_event **ret_event);
uint64_t nfw_learner_counter(const struct nfw_learner *learner, enum nfw_counter counter);

struct nfw_event *nfw_event_free(struct nfw_event *event);
enum nfw_event_type nfw_event_get_type(const struct nfw_event *event);
const char *nfw_event_port(const struct nfw_event *event);
const char *nfw_event_process(const struct nfw_event *event);
uint32_t nfw_event_pid(const struct nfw_event *event);
const char *nfw_event_name(const struct nfw_event *event);
const char *nfw_event_address(const struct nfw_event *event);
const char *nfw_event_resolver(const struct nfw_event *event);
const char *nfw_event_text(const struct nfw_event *event);
uint64_t nfw_event_expires_ms(const struct nfw_event *event);
const char *nfw_event_policy(const struct nfw_event *event);
const char *nfw_event_rule(const struct nfw_event *event);
uint32_t nfw_event_rule_line(const struct nfw_event *event);
const char *nfw_event_direction(const struct nfw_event *event);
uint16_t nfw_event_ether_type(const struct nfw_event *event);
uint8_t nfw_event_protocol(const struct nfw_event *event);
const char *nfw_event_source(const struct nfw_event *event);
uint16_t nfw_event_source_port(const struct nfw_event *event);
const char *nfw_event_destination(const struct nfw_event *event);
uint16_t nfw_event_destination_port(const struct nfw_event *event);

struct nfw_monitor;

int nfw_monitor_new(struct nfw_context *context, struct nfw_report *report, struct nfw_monitor **ret_monitor);
struct nfw_monitor *nfw_monitor_free(struct nfw_monitor *monitor);
int nfw_monitor_get_fd(const struct nfw_monitor *monitor);
int nfw_monitor_dispatch(struct nfw_monitor *monitor);
int nfw_monitor_pop_event(struct nfw_monitor *monitor, struct nfw_event **ret_event);

/* --- network filters: libvirt's nwfilter, on the ports of bridges ------------------------------------------- */

struct nfw_nwfilter;
struct nfw_nwfilter_list;
struct nfw_nwfilter_binding;
struct nfw_nwfilter_binding_list;

int nfw_context_set_nwfilter_directories(struct nfw_context *context, const char *path, const char *builtin);

int nfw_nwfilter_read_file(const char *path, struct nfw_report *report, struct nfw_nwfilter **ret_filter);
int nfw_nwfilter_read_buffer(const char *name,
                             const char *data,
                             size_t size,
                             struct nfw_report *report,
                             struct nfw_nwfilter **ret_filter);
struct nfw_nwfilter *nfw_nwfilter_free(struct nfw_nwfilter *filter);
const char *nfw_nwfilter_name(const struct nfw_nwfilter *filter);
const char *nfw_nwfilter_uuid(const struct nfw_nwfilter *filter);

int nfw_nwfilter_define(struct nfw_context *context,
                        const struct nfw_nwfilter *filter,
                        bool dry_run,
                        struct nfw_report *report);
int nfw_nwfilter_undefine(struct nfw_context *context, const char *name, struct nfw_report *report);
int nfw_nwfilter_dumpxml(struct nfw_context *context,
                         const char *name,
                         struct nfw_report *report,
                         char **ret_text);

int nfw_nwfilter_list_new(struct nfw_context *context,
                          struct nfw_report *report,
                          struct nfw_nwfilter_list **ret_list);
struct nfw_nwfilter_list *nfw_nwfilter_list_free(struct nfw_nwfilter_list *list);
size_t nfw_nwfilter_list_n(const struct nfw_nwfilter_list *list);
const char *nfw_nwfilter_list_name(const struct nfw_nwfilter_list *list, size_t index);
const char *nfw_nwfilter_list_uuid(const struct nfw_nwfilter_list *list, size_t index);
const char *nfw_nwfilter_list_id(const struct nfw_nwfilter_list *list, size_t index);
bool nfw_nwfilter_list_is_builtin(const struct nfw_nwfilter_list *list, size_t index);

int nfw_nwfilter_binding_new(const char *port, const char *filter, struct nfw_nwfilter_binding **ret_binding);
int nfw_nwfilter_binding_read_file(const char *path,
                                   struct nfw_report *report,
                                   struct nfw_nwfilter_binding **ret_binding);
int nfw_nwfilter_binding_read_buffer(const char *name,
                                     const char *data,
                                     size_t size,
                                     struct nfw_report *report,
                                     struct nfw_nwfilter_binding **ret_binding);
struct nfw_nwfilter_binding *nfw_nwfilter_binding_free(struct nfw_nwfilter_binding *binding);
int nfw_nwfilter_binding_set_mac(struct nfw_nwfilter_binding *binding, const char *mac);
int nfw_nwfilter_binding_set_owner(struct nfw_nwfilter_binding *binding, const char *name, const char *uuid);
void nfw_nwfilter_binding_set_compat(struct nfw_nwfilter_binding *binding, bool compat);
int nfw_nwfilter_binding_add_parameter(struct nfw_nwfilter_binding *binding,
                                       const char *name,
                                       const char *value);
const char *nfw_nwfilter_binding_port(const struct nfw_nwfilter_binding *binding);
const char *nfw_nwfilter_binding_filter(const struct nfw_nwfilter_binding *binding);
const char *nfw_nwfilter_binding_mac(const struct nfw_nwfilter_binding *binding);
const char *nfw_nwfilter_binding_owner_name(const struct nfw_nwfilter_binding *binding);
const char *nfw_nwfilter_binding_owner_uuid(const struct nfw_nwfilter_binding *binding);
bool nfw_nwfilter_binding_compat(const struct nfw_nwfilter_binding *binding);
size_t nfw_nwfilter_binding_n_parameters(const struct nfw_nwfilter_binding *binding);
const char *nfw_nwfilter_binding_parameter_name(const struct nfw_nwfilter_binding *binding, size_t index);
const char *nfw_nwfilter_binding_parameter_value(const struct nfw_nwfilter_binding *binding, size_t index);
int nfw_nwfilter_binding_dumpxml(const struct nfw_nwfilter_binding *binding, char **ret_text);

int nfw_nwfilter_bind(struct nfw_context *context,
                      const struct nfw_nwfilter_binding *const *bindings,
                      size_t n_bindings,
                      struct nfw_report *report);
int nfw_nwfilter_unbind(struct nfw_context *context,
                        const char *const *ports,
                        size_t n_ports,
                        struct nfw_report *report);
int nfw_nwfilter_restore(struct nfw_context *context, struct nfw_report *report);

int nfw_nwfilter_binding_list_new(struct nfw_context *context,
                                  struct nfw_report *report,
                                  struct nfw_nwfilter_binding_list **ret_list);
struct nfw_nwfilter_binding_list *nfw_nwfilter_binding_list_free(struct nfw_nwfilter_binding_list *list);
size_t nfw_nwfilter_binding_list_n(const struct nfw_nwfilter_binding_list *list);
const struct nfw_nwfilter_binding *nfw_nwfilter_binding_list_item(
        const struct nfw_nwfilter_binding_list *list, size_t index);
const char *nfw_nwfilter_binding_list_learning(const struct nfw_nwfilter_binding_list *list, size_t index);
size_t nfw_nwfilter_binding_list_n_addresses(const struct nfw_nwfilter_binding_list *list, size_t index);
const char *nfw_nwfilter_binding_list_address(const struct nfw_nwfilter_binding_list *list,
                                              size_t index,
                                              size_t address);
const char *nfw_nwfilter_binding_list_address_origin(const struct nfw_nwfilter_binding_list *list,
                                                     size_t index,
                                                     size_t address);
uint64_t nfw_nwfilter_binding_list_address_expires_ms(const struct nfw_nwfilter_binding_list *list,
                                                      size_t index,
                                                      size_t address);

int nfw_nwfilter_show(struct nfw_context *context,
                      const char *name,
                      enum nfw_format format,
                      struct nfw_report *report,
                      char **ret_text);
int nfw_nwfilter_verify(struct nfw_context *context, struct nfw_report *report);

/* Sets that filters refer to by their names (ipset). */
struct nfw_nwfilter_set_list;

int nfw_nwfilter_set_add(struct nfw_context *context,
                         const char *name,
                         const char *type,
                         const char *family,
                         const char *const *elements,
                         size_t n_elements,
                         struct nfw_report *report);
int nfw_nwfilter_set_delete(struct nfw_context *context,
                            const char *name,
                            const char *const *elements,
                            size_t n_elements,
                            struct nfw_report *report);
int nfw_nwfilter_set_list_new(struct nfw_context *context,
                              struct nfw_report *report,
                              struct nfw_nwfilter_set_list **ret_list);
struct nfw_nwfilter_set_list *nfw_nwfilter_set_list_free(struct nfw_nwfilter_set_list *list);
size_t nfw_nwfilter_set_list_n(const struct nfw_nwfilter_set_list *list);
const char *nfw_nwfilter_set_list_name(const struct nfw_nwfilter_set_list *list, size_t index);
const char *nfw_nwfilter_set_list_type(const struct nfw_nwfilter_set_list *list, size_t index);
const char *nfw_nwfilter_set_list_family(const struct nfw_nwfilter_set_list *list, size_t index);
size_t nfw_nwfilter_set_list_n_elements(const struct nfw_nwfilter_set_list *list, size_t index);
const char *nfw_nwfilter_set_list_element(struct nfw_nwfilter_set_list *list, size_t index, size_t element);

/* --- keeping: what a service does besides learning ---------------------------------------------------------- */

struct nfw_keeper;

int nfw_keeper_new(struct nfw_context *context,
                   struct nfw_store *store,
                   struct nfw_report *report,
                   struct nfw_keeper **ret_keeper);
struct nfw_keeper *nfw_keeper_free(struct nfw_keeper *keeper);
int nfw_keeper_get_fd(const struct nfw_keeper *keeper);
int nfw_keeper_dispatch(struct nfw_keeper *keeper);
int nfw_keeper_pop_event(struct nfw_keeper *keeper, struct nfw_event **ret_event);

/* --- virtual networks: libvirt's, as bridges of the host ----------------------------------------------------- */

struct nfw_network;
struct nfw_network_list;

int nfw_context_set_network_directory(struct nfw_context *context, const char *path);

int nfw_network_read_file(const char *path, struct nfw_report *report, struct nfw_network **ret_network);
int nfw_network_read_buffer(const char *name,
                            const char *data,
                            size_t size,
                            struct nfw_report *report,
                            struct nfw_network **ret_network);
struct nfw_network *nfw_network_free(struct nfw_network *network);
const char *nfw_network_name(const struct nfw_network *network);
const char *nfw_network_uuid(const struct nfw_network *network);
const char *nfw_network_bridge(const struct nfw_network *network);
const char *nfw_network_forward(const struct nfw_network *network);

int nfw_network_define(struct nfw_context *context,
                       struct nfw_network *network,
                       const struct nfw_policy *policy,
                       bool dry_run,
                       struct nfw_report *report);
int nfw_network_undefine(struct nfw_context *context, const char *name, struct nfw_report *report);
int nfw_network_start(struct nfw_context *context,
                      const char *name,
                      bool create_bridge,
                      struct nfw_report *report);
int nfw_network_destroy(struct nfw_context *context, const char *name, struct nfw_report *report);
int nfw_network_dumpxml(struct nfw_context *context,
                        const char *name,
                        bool inactive,
                        struct nfw_report *report,
                        char **ret_text);

int nfw_network_list_new(struct nfw_context *context,
                         struct nfw_report *report,
                         struct nfw_network_list **ret_list);
struct nfw_network_list *nfw_network_list_free(struct nfw_network_list *list);
size_t nfw_network_list_n(const struct nfw_network_list *list);
const struct nfw_network *nfw_network_list_get(const struct nfw_network_list *list, size_t index);
bool nfw_network_list_is_active(const struct nfw_network_list *list, size_t index);
bool nfw_network_list_is_persistent(const struct nfw_network_list *list, size_t index);
bool nfw_network_list_has_policy(const struct nfw_network_list *list, size_t index);

#ifdef __cplusplus
}
#endif
