/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Methods of org.nfwpolicy1.Manager for virtual networks. userdata is the struct daemon. */

#include <systemd/sd-bus.h>

int networks_define(sd_bus_message *call, void *userdata, sd_bus_error *error);
int networks_undefine(sd_bus_message *call, void *userdata, sd_bus_error *error);
int networks_start(sd_bus_message *call, void *userdata, sd_bus_error *error);
int networks_destroy(sd_bus_message *call, void *userdata, sd_bus_error *error);
int networks_dump(sd_bus_message *call, void *userdata, sd_bus_error *error);
int networks_list(sd_bus_message *call, void *userdata, sd_bus_error *error);
