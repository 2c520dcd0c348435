/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Methods of org.nfwpolicy1.Manager for the sets that network filters look up. userdata is the struct daemon. */

#include <systemd/sd-bus.h>

int sets_add(sd_bus_message *call, void *userdata, sd_bus_error *error);
int sets_delete_from(sd_bus_message *call, void *userdata, sd_bus_error *error);
int sets_delete(sd_bus_message *call, void *userdata, sd_bus_error *error);
int sets_list(sd_bus_message *call, void *userdata, sd_bus_error *error);
int sets_list_elements(sd_bus_message *call, void *userdata, sd_bus_error *error);
