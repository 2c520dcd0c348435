/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is changed or looked at: by the daemon, over D-Bus, where there is one of our world, else by this process where it
 * has the privilege. Commands do not see a difference, so their users do not either.
 */

#include <jansson.h>

#include "nfwpolicy/bus/bus.h"
#include "nfwpolicy/policy/load.h"
#include "shared/picture.h"

struct act {
        const struct cli *cli;
        struct nfw_report *report;
        struct nfw_context *context; /* NULL: no privilege */
        struct bus *bus;             /* NULL: alone */
        json_t *found;               /* diagnostics that are told instead, or NULL */
};

void act_close(struct act *act);
#define CLEANUP_ACT __attribute__((cleanup(act_close)))

/* Who is to do it. What stands in the way has been told: 0 or an exit status. */
int act_open(const struct cli *cli, const struct bus_arguments *bus, struct act *ret_act);

/* This process, whoever else could. */
int act_open_alone(const struct cli *cli, struct act *ret_act);

/* For what goes on until somebody ends it: with the privilege alone, so that the daemon may come and go meanwhile. */
int act_open_for_long(const struct cli *cli, const struct bus_arguments *bus, struct act *ret_act);

/*
 * Whether the result is what the daemon has answered. Else it was not asked, or has certainly not begun to do it, or to
 * look at it however far it got, and from now on we are alone.
 */
bool act_is_done(struct act *act, int result);
bool act_is_seen(struct act *act, int result);

/* Each as the function of the library that it is named after: 0, a condition, or a negative errno. */
int act_attach(struct act *act, const char *policy, const struct string_list *ports, bool persistent);
int act_detach(struct act *act, const struct string_list *ports);
int act_unload(struct act *act, const char *policy, bool force);

/* The load is what the arguments say, and text is what its policy was read from. */
int act_load(struct act *act,
             const struct nfw_load *load,
             const struct load_arguments *arguments,
             const struct load_source *source);

int act_verify(struct act *act, const char *policy_or_null);

int act_show(struct act *act, const char *policy, enum nfw_format format, char **ret_text);

/* What is in force, into an empty picture. */
int act_look(struct act *act, struct picture *picture);
/* The same with what the kernel can do, which may load its modules. */
int act_look_at_kernel(struct act *act, struct picture *picture);
/* What the port has learned, or all ports where it is NULL. NFW_E_NOT_FOUND and a diagnostic for one without a policy. */
int act_names(struct act *act, const char *port, struct picture *picture);

/* What was found out besides, as JSON and on stderr. NULL when out of memory. */
json_t *act_diagnostics(const struct act *act);
void act_print(const struct act *act);

/* Whether something with that code is to be told. */
bool act_tells(const struct act *act, const char *code);

/* Whether something that is told is an error. */
bool act_has_errors(const struct act *act);

/* As diagnostics_finish(). */
int act_finish(const struct act *act, int result, const char *about);
