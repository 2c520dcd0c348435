/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Lists of ports in calls. */

#include <stdbool.h>

#include <systemd/sd-bus.h>

/* 0; or what the handler is to return where there are too many, or none and one must be. */
int call_check_ports(sd_bus_message *call, char *const *ports, bool must_be_there);
