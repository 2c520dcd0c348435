/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The daemon, over D-Bus: bus.c where libsystemd is, no-bus.c where it is not. */

#include <errno.h>
#include <jansson.h>

#include "nfwpolicy/load.h"
#include "shared/picture.h"

/* Nobody has the name on the bus, and nobody can be started to take it. */
#define BUS_NO_DAEMON (-ENXIO)

struct bus;

extern const bool bus_is_built_in;

/* 0 or a negative errno. Whether the daemon is there is seen with the first call. */
int bus_open(const struct bus_arguments *arguments, struct bus **ret_bus);
struct bus *bus_close(struct bus *bus);

/*
 * Calls of the daemon's methods, which start it where it does not run. 0, a condition of the library's, BUS_NO_DAEMON
 * or a negative errno.
 */
int bus_attach(struct bus *bus, const char *policy, const struct string_list *ports, bool persistent);
int bus_detach(struct bus *bus, const struct string_list *ports);
int bus_unload(struct bus *bus, const char *policy, bool force);
int bus_load(struct bus *bus, const struct load_arguments *arguments, const struct load_source *source);

/* What is in force; and what a port has learned, or all of them where it is NULL: into an empty picture. */
int bus_verify(struct bus *bus, const char *policy_or_null);
int bus_look(struct bus *bus, struct picture *picture);
int bus_names(struct bus *bus, const char *port, struct picture *picture);

/* What the last call has told: an array of diagnostics, and what was said besides, or NULL. The bus keeps both. */
json_t *bus_diagnostics(const struct bus *bus);
const char *bus_sentence(const struct bus *bus);

/* The version of the daemon, or NULL where none has the name on the bus. None is started for it. The caller frees it. */
char *bus_daemon_version(const struct bus_arguments *arguments);
