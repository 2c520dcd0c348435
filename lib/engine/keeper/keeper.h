/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 *   keeper.c  what it hears of, and links
 *   tables.c  who has changed our tables, and putting them right
 */

#include "engine/event.h"
#include "engine/store/store.h"
#include "nft/notify.h"
#include "rtnl/monitor.h"

struct nfw_keeper {
        struct nfw_context *context;
        struct nfw_store *store;
        struct nfw_nft_notifier *notifier;
        struct nfw_rtnl_monitor *links;
        struct nfw_events events;
        int epoll, timer;
        int later; /* storing what could not be, or can wait */
        int files; /* is told of definitions, and of named sets that change where the kernel has none */
        int sets;  /* what watches the latter */
        bool is_in_container; /* that numbers processes by itself */
        bool timer_is_set;
        bool is_unsaved;
        bool saves_later;
        bool follows_again; /* what became of links was refused */
        bool links_changed;
        bool touches_ours;       /* the transaction that is being read */
        bool touches_values;     /* likewise: what ports have in the parameter sets */
        bool touches_filters;    /* likewise */
        bool touches_learned;    /* likewise */
        bool ours_changed;       /* and was not looked at since */
        bool others_did;         /* at least one of those changes, of what is not filters */
        bool others_did_values;  /* of those */
        bool others_did_filters; /* and of filters */
        bool others_did_learned; /* and of what was learned */
        unsigned int n_repairs;  /* since the last pause */
        uint64_t n_learned;      /* repairs of what was learned, that are counted there */
        uint64_t last_repair_ms; /* of the monotonic clock */
        unsigned int pause_ms;   /* between repairs that follow one another without end */
        struct nfw_nft_author author;
};

NFW_DEFINE_CLEANUP(struct nfw_keeper, nfw_keeper_free)

extern const struct nfw_nft_notify_handlers nfw_keeper_handlers;

/* Something of ours has changed: puts right what must be, and stores what is. 0 or a negative errno. */
int nfw_keeper_check(struct nfw_keeper *keeper);
/* What is stored and not in force is put back; edited: our tables are made again before. 0 or a negative errno. */
int nfw_keeper_repair(struct nfw_keeper *keeper, bool edited);

/* Where it cannot be, that is told once, and tried again later. 0; or a negative errno, which is no matter of the disk. */
int nfw_keeper_save(struct nfw_keeper *keeper);
/*
 * After a repair: what is stored would come back as well, and the disk may be slow. Ports have what they had learned before it
 * is waited for. 0 or a negative errno.
 */
int nfw_keeper_save_later(struct nfw_keeper *keeper);

void nfw_keeper_watch_definitions(struct nfw_keeper *keeper);

/* An event: what could not be done, in the words of the first error. */
void nfw_keeper_tell_failure(struct nfw_keeper *keeper,
                             const char *what,
                             int r,
                             const struct nfw_report *report);
/* Unless it is set. 0 or a negative errno. */
int nfw_keeper_set_timer(struct nfw_keeper *keeper, unsigned int ms);
