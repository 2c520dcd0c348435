/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Methods of org.nfwpolicy1.Manager for network filters and the ports under them. userdata is the struct daemon. */

#include <systemd/sd-bus.h>

int filters_define(sd_bus_message *call, void *userdata, sd_bus_error *error);
int filters_undefine(sd_bus_message *call, void *userdata, sd_bus_error *error);
int filters_bind(sd_bus_message *call, void *userdata, sd_bus_error *error);
int filters_unbind(sd_bus_message *call, void *userdata, sd_bus_error *error);
int filters_list(sd_bus_message *call, void *userdata, sd_bus_error *error);
int filters_dump(sd_bus_message *call, void *userdata, sd_bus_error *error);
int filters_list_bindings(sd_bus_message *call, void *userdata, sd_bus_error *error);
