/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <systemd/sd-bus.h>

struct daemon;

/* An object for each policy and each port in the daemon's model. 0 or a negative errno. */
int objects_add(struct daemon *daemon, sd_bus *bus);
