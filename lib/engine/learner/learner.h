/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The learner's parts and how they hang together:
 *
 *   learner.c  its life, its descriptors, what wakes it
 *   follow.c   which policies and ports there are: kept in step with the kernel
 *   policy.c   what the policies want to learn
 *   restore.c  grants that the kernel has already, and that a policy's last version had
 *   packet.c   from a mirrored packet to what a name may open
 *   check.c    that what was learned is in the kernel, and nothing else
 *   commit.c   from decisions to set elements
 *   place.c    the files that it holds at the state's place
 *   denied.c   what policies drop that tell of it: nothing is learned from that
 *   denier.c   which rule dropped it
 *   guest.h    the other half: addresses of guests, from ARP, DHCP and neighbour discovery
 *
 * The kernel is the truth. What is in memory follows the context's shadow of it and is tied to a generation of the
 * ruleset: every commit is refused when somebody else has changed anything, and then that is followed first. What is
 * changed through the same context is in the shadow already, port by port, and costs no look at the kernel.
 */

#include <net/if.h>

#include "base/uthash.h"
#include "dns/grants.h"
#include "dns/index.h"
#include "dns/pending.h"
#include "dns/stream.h"
#include "engine/context.h"
#include "engine/event.h"
#include "engine/record/record.h"
#include "engine/statistics.h"
#include "ir/denier.h"
#include "nflog/receiver.h"
#include "rtnl/monitor.h"

struct learner_set_pair {
        char *set4;
        char *set6;
};

/* What it takes to say which rule of a policy dropped a packet. */
struct learner_denier {
        struct nfw_denier *rules;
        struct nfw_dns_index *index; /* the names that rules deny, by learned entries of the IR */
        NFW_VEC(size_t) sets;        /* indices into the policy's, where such names are remembered */
};

/* A policy in one table. */
struct learner_policy {
        struct learner_policy *next;
        char name[NFW_POLICY_NAME_MAX + 1];
        char id[NFW_ID_MAX];
        uint64_t incarnation; /* its sets are empty when it was put back */
        enum nfw_table table;
        bool any_resolver;
        bool log_denied;
        uint32_t min_ttl;
        uint32_t max_ttl;
        uint32_t max_names;
        struct nfw_dns_index *index;
        NFW_VEC(struct learner_set_pair) sets; /* by learned index */
        struct learner_denier denier;          /* empty unless the policy tells of what it drops */
        bool present;                          /* the last look at the kernel saw it */
        bool fresh;                            /* its grants have not been read yet */
};

struct learner_port {
        UT_hash_handle hh;
        char interface[IFNAMSIZ];
        char binding[NFW_NFT_BINDING_MAX];
        struct learner_policy *policy;
        NFW_VEC(struct nfw_addr) resolvers;
        struct nfw_dns_pending *pending;
        struct nfw_dns_streams *streams;
        struct nfw_dns_grants *grants;
        struct nfw_dns_grants *old_grants; /* of the policy's last version, to be looked through */
        bool has_nameless;   /* the kernel has grants of which nobody knows the names any more */
        uint64_t changed_at; /* the moment when the kernel had the last change of its grants */
        bool present;
};

/* A decision on its way to the kernel. */
struct learner_op {
        struct learner_port *port;
        enum nfw_grant_change change;
        size_t learned;
        struct nfw_addr addr;
        struct nfw_nft_grant_note note;
        uint64_t expires_ms;
        bool is_trial; /* an extension that shows how the kernel takes it */
        bool is_void;  /* to be taken out */
};

/* The name of an interface that packets were seen on; the kernel gives its number only. */
struct learner_interface {
        UT_hash_handle hh;
        unsigned int index;
        char name[IFNAMSIZ];
};

struct nfw_learner {
        struct nfw_context *context;
        struct nfw_nft_socket *nft;
        struct nfw_nft_batch *batch;
        uint32_t
                followed; /* the generation that policies and ports are of; 0: they must be looked at first */
        uint64_t n_changes; /* of the context's shadow, that they are of */
        struct nfw_nflog *nflog;
        struct nfw_nflog *denied; /* NULL as long as nobody wants it */
        struct nfw_nflog *
                snooped; /* messages that tell addresses of guests; NULL where another program has the group */
        struct nfw_rtnl *rtnl;
        struct nfw_rtnl_monitor *monitor;
        struct nfw_statistics *statistics;
        char *lock_path;
        int statistics_fd;
        int lock_fd;
        int inotify_fd;
        int epoll_fd;
        struct learner_policy *policies;
        struct learner_port *ports;
        struct learner_interface *interfaces;
        struct learner_guest *guests;
        uint32_t guests_followed; /* the generation that they are of; 0: they must be looked at */
        bool has_changed_guests;
        bool lacks_snooped; /* it has been told */
        uint64_t n_snooped_lost;
        int timer_fd;
        uint64_t next_expiry;     /* when it wakes us; 0: never */
        struct nfw_prefixes host; /* the host's own addresses: never learned */
        NFW_VEC(struct learner_op) ops;
        struct nfw_grant_ops scratch;
        struct nfw_dns_ids ids;

        enum {
                LEARNER_EXTEND_UNKNOWN,
                LEARNER_EXTEND_BY_ADD,     /* Linux 6.12: adding an element that exists sets its timeout */
                LEARNER_EXTEND_BY_REPLACE, /* before: it is ignored in silence, so delete and add in one batch */
        } extend;

        uint64_t n_edits;    /* of those that the context knows of, that were looked after */
        uint64_t n_follows;  /* how often policies and ports were brought up to date */
        uint64_t restore_ms; /* the longest that grants of a set took to be read, the last time */
        uint64_t n_lost;
        bool lacks_denied;       /* somebody else has the group; it has been told */
        uint64_t denied_follow;  /* when a packet that was dropped may have us look at the kernel again */
        uint64_t moment;         /* counts what is told apart below and in ports: which of two came first */
        uint64_t changed_at;     /* the last change of what any port knows */
        uint64_t followed_at;    /* policies and ports were brought up to date */
        uint64_t none_denied_at; /* no copy of a packet that was dropped waited to be read */
        uint64_t none_denied_ms; /* when that was */
        unsigned int n_hurried;
        struct nfw_events events;
};

/* Milliseconds of a clock that only goes forward. */
uint64_t nfw_learner_now(void);

/* learner.c: listens to what is dropped, if a policy is to tell of it. 0 or a negative errno. */
int nfw_learner_listen_denied(struct nfw_learner *learner);
/* learner.c: listens to what tells addresses of guests. 0 or a negative errno. */
int nfw_learner_listen_snooped(struct nfw_learner *learner);

/* place.c: the lock, and the watch for who closes it or takes it away. 0 or a negative errno. */
int nfw_learner_open_place(struct nfw_learner *learner);
/* place.c: makes anew what somebody has taken away there: the lock, or the sign that a learner lives. 0 or -ENOMEM. */
int nfw_learner_keep_place(struct nfw_learner *learner);
/* The same where the lock is not there. */
int nfw_learner_keep_lock(struct nfw_learner *learner);

/* follow.c: brings policies and ports up to date. 0 or a negative errno. */
int nfw_learner_follow(struct nfw_learner *learner);
/* False where it is known without asking the kernel that there is something to follow. */
bool nfw_learner_is_in_step(const struct nfw_learner *learner);
/* The same, but only if the ruleset has changed since. *ret_changed tells. */
int nfw_learner_follow_if_changed(struct nfw_learner *learner, bool *ret_changed);
/* Forgets what is thought to be known of grants and reads them from the kernel. */
int nfw_learner_reread(struct nfw_learner *learner);
void nfw_learner_unfollow_all(struct nfw_learner *learner);

/* policy.c: from the context's shadow. NULL where it is in force and nobody knows what it means. */
int nfw_learner_follow_policies(struct nfw_learner *learner);
struct learner_policy *nfw_learner_find_policy(const struct nfw_learner *learner,
                                               const struct nfw_nft_policy *in_force);
void nfw_learner_remove_absent_policies(struct nfw_learner *learner);

/* denier.c: from a policy's rules. 0 or -ENOMEM. */
int nfw_learner_denier_init(struct learner_denier *denier,
                            const struct nfw_ir *ir,
                            const struct nfw_plan *plan);
void nfw_learner_denier_deinit(struct learner_denier *denier);
/*
 * Which rule of the port's policy dropped a packet whose copy has just been read. is_current: the ruleset is still of the
 * generation that is followed. 0; NFW_E_NOT_FOUND where it cannot be told; or -ENOMEM.
 */
int nfw_learner_denier_find(struct nfw_learner *learner,
                            const struct learner_port *port,
                            enum nfw_direction direction,
                            const struct nfw_evaluate_packet *packet,
                            bool is_current,
                            const struct nfw_denier_rule **ret_rule);

/* check.c: puts right what others have changed in learned sets, if somebody did. 0 or a negative errno. */
int nfw_learner_check_edits(struct nfw_learner *learner);

/* restore.c: reads the grants of fresh policies, and queues what ports take along from old versions. */
int nfw_learner_restore(struct nfw_learner *learner);

/* packet.c: 0, NFW_E_NOT_FOUND or -ENOMEM. */
int nfw_learner_interface_name(struct nfw_learner *learner, unsigned int index, const char **ret_name);
/* packet.c: the callback for mirrored packets; decisions go to learner->ops. */
int nfw_learner_handle_packet(const struct nfw_nflog_message *message, void *userdata);

/* commit.c */
int nfw_learner_queue(struct nfw_learner *learner,
                      struct learner_port *port,
                      const struct nfw_grant_ops *ops);
void nfw_learner_drop_ops(struct nfw_learner *learner, const struct learner_port *port);
int nfw_learner_commit(struct nfw_learner *learner);

/* The name was too long for the note, so who has not learned it himself does not know it. */
static inline bool nfw_learner_is_nameless(const struct nfw_nft_grant *grant) {
        return !grant->note.name[0] && grant->note.resolver.family;
}

/* What the port has learned changes now, or may have: copies that are read already and those that wait are of before. */
static inline void nfw_learner_note_change(struct nfw_learner *learner, struct learner_port *port) {
        port->changed_at = learner->changed_at = ++learner->moment;
}

static inline void nfw_learner_count(struct nfw_learner *learner, enum nfw_counter counter, uint64_t n) {
        learner->statistics->counters[counter] += n;
}
