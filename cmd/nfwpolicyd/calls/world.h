/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Properties of org.nfwpolicy1.Manager that say where the daemon is at work, and with what. */

#include <systemd/sd-bus.h>

int world_get_namespace(sd_bus *bus,
                        const char *path,
                        const char *interface,
                        const char *property,
                        sd_bus_message *reply,
                        void *userdata,
                        sd_bus_error *error);
int world_get_directories(sd_bus *bus,
                          const char *path,
                          const char *interface,
                          const char *property,
                          sd_bus_message *reply,
                          void *userdata,
                          sd_bus_error *error);
int world_get_settings(sd_bus *bus,
                       const char *path,
                       const char *interface,
                       const char *property,
                       sd_bus_message *reply,
                       void *userdata,
                       sd_bus_error *error);
