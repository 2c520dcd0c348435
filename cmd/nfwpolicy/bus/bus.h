/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The daemon, over D-Bus: bus.c and its neighbours where libsystemd is, none.c where it is not. */

#include <errno.h>
#include <jansson.h>

#include "nfwpolicy/policy/load.h"
#include "shared/picture.h"

/* Nobody has the name on the bus, and nobody can be started to take it. */
#define BUS_NO_DAEMON (-ENXIO)
/* It, or the bus, went away before it had answered: what was ordered may be done or not. */
#define BUS_LOST (-ECONNRESET)

struct bus;

extern const bool bus_is_built_in;

/* 0 or a negative errno. Whether the daemon is there is seen with the first call. */
int bus_open(const struct bus_arguments *arguments, struct bus **ret_bus);
/*
 * The same for who can do without: NULL unless a daemon is there already, answers soon, and has all the properties that
 * this object has. Calls go to that one and to no other.
 */
struct bus *bus_find(const struct bus_arguments *arguments, const json_t *world);
struct bus *bus_close(struct bus *bus);

/*
 * Calls of the daemon's methods, which start it where it does not run. 0, a condition of the library's, BUS_NO_DAEMON,
 * BUS_LOST or a negative errno. More ports than a call can name are -E2BIG to who can do without the daemon.
 */
int bus_attach(struct bus *bus, const char *policy, const struct string_list *ports, bool persistent);
int bus_detach(struct bus *bus, const struct string_list *ports);
/* The type and the family of a set may be NULL. */
int bus_add_to_set(struct bus *bus,
                   const char *name,
                   const char *type,
                   const char *family,
                   const char *const *elements,
                   size_t n_elements);
int bus_delete_from_set(struct bus *bus, const char *name, const char *const *elements, size_t n_elements);
int bus_load(struct bus *bus, const struct load_arguments *arguments, const struct load_source *source);

/*
 * What a file is called in messages; the caller frees it. The bus takes well-formed UTF-8 only, and a file may be called
 * what it likes. -EILSEQ where it would be called something else, to who can do without the daemon.
 */
int bus_name_file(struct bus *bus, const char *file, char **ret_name);

/*
 * A method that answers with a report, and one that answers with a value before it, as bus_value_read() has it. What
 * follows types is as for sd_bus_message_append(3); texts may be anything, and what is not UTF-8 is refused.
 */
int bus_do(struct bus *bus, const char *member, const char *types, ...);
int bus_ask(struct bus *bus, json_t **ret_value, const char *member, const char *types, ...);
/* The same for a value that is a text; the caller frees it. */
int bus_ask_text(struct bus *bus, char **ret_text, const char *member, const char *types, ...);

/* What is in force; and what a port has learned, or all of them where it is NULL: into an empty picture. */
int bus_look(struct bus *bus, struct picture *picture);
int bus_names(struct bus *bus, const char *port, struct picture *picture);
/* A descriptor to read events from, which the caller closes: what they learn from now on. */
int bus_follow(struct bus *bus, const char *port, int *ret_fd);

/* What the last call has told: an array of diagnostics, and what was said besides, or NULL. The bus keeps both. */
json_t *bus_diagnostics(const struct bus *bus);
const char *bus_sentence(const struct bus *bus);

/* Whether it is certain that nobody has begun to do what the last call asked for. */
bool bus_has_done_nothing(const struct bus *bus);

/* The version of the daemon, or NULL where none has the name on the bus. None is started for it. The caller frees it. */
char *bus_daemon_version(const struct bus_arguments *arguments);
