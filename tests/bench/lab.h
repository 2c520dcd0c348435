/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Network namespaces without names, and links between them: they end with the program. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/macros.h"

/* The namespace that the program is in, as a descriptor. */
int lab_here(void);
/* A new one, which the program enters. */
int lab_new(void);
void lab_enter(int namespace);

/* Runs a shell command in the namespace that the program is in. */
void lab_run(const char *format, ...) nfw_printf(1, 2);

/*
 * A veth pair: near in the host's namespace with 10.128.N.1 and fd00:N::1, far in the guest's with .2 and ::2 and
 * default routes. Neighbours are permanent, so that no ARP disturbs. The program is in the host's afterwards.
 */
void lab_link(int host, const char *near, int guest, const char *far, unsigned int n);

/* A UDP socket of the namespace, bound to ADDRESS, or to any where it is NULL. Times out after some seconds. */
int lab_udp(int namespace, const char *address, unsigned int port);
void lab_connect(int fd, const char *address, unsigned int port);

void lab_pin(int cpu);

/* A process of the program's own; it ends with the program at the latest. */
pid_t lab_fork(void (*run)(void *userdata), void *userdata);
void lab_stop(pid_t child);
/* Until it has ended, which must be a success. */
void lab_wait(pid_t child);
