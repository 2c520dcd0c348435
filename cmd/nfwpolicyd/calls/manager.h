/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <systemd/sd-bus.h>

struct daemon;

/* 0 or a negative errno. */
int manager_add(struct daemon *daemon, sd_bus *bus);

/* status.c: handlers of methods that look, whose userdata is the daemon. */
int status_call_get(sd_bus_message *call, void *userdata, sd_bus_error *error);
int status_call_show(sd_bus_message *call, void *userdata, sd_bus_error *error);
int status_call_verify(sd_bus_message *call, void *userdata, sd_bus_error *error);

/* load.c: handlers of the two methods, whose userdata is the daemon. */
int load_call_text(sd_bus_message *message, void *userdata, sd_bus_error *error);
int load_call_fd(sd_bus_message *message, void *userdata, sd_bus_error *error);
