/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What two processes must have in common so that one may do what the other was asked for: the kernel's rules, the
 * files beside them, and what counts where an order says nothing.
 */

#include <jansson.h>

#include <nfwpolicy/nfwpolicy.h>

/* So many interfaces one order may name: of a host they take under a second, for which nothing is learned. */
#define WORLD_MAX_PORTS 4096

/* Where the library looks unless it is told otherwise. */
#define WORLD_NETWORK_DIRECTORY "/etc/nfwpolicy/networks"

/* The kernel's number of our network namespace, which it never gives to another one; 0 where it does not say. */
uint64_t world_network_namespace(void);

/* Absolute paths; NULL: where it usually is. */
struct world_places {
        const char *state;
        const char *filters;
        const char *builtin;
        const char *networks;
};

/*
 * An array of [name, [path, device, inode]]. The same path may lead elsewhere in another mount namespace. The numbers
 * of a directory that is not there are 0. NULL when out of memory.
 */
json_t *world_directories(const struct world_places *places);

/* An array of [name, value] of what nfwpolicyd.conf says of the rules; the default is "". NULL when out of memory. */
json_t *world_settings(const struct nfw_config *config);

/* Takes into such an array what may change while a program runs. 0 or -ENOMEM, and then some are as before. */
int world_update_settings(json_t *array, const struct nfw_config *config);
