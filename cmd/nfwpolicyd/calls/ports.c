/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/ports.h"

#include <nfwpolicy/nfwpolicy.h>

#include "nfwpolicyd/bus/errors.h"
#include "nfwpolicyd/bus/lists.h"
#include "shared/world.h"

int call_check_ports(sd_bus_message *call, char *const *ports, bool must_be_there) {
        size_t n = list_count(ports);

        if (n == 0 && must_be_there)
                return error_refuse(call, NFW_E_INVALID, "bus/no-interface", "name at least one interface",
                                    "there is no interface in the list");
        if (n > WORLD_MAX_PORTS)
                return error_refuse(call, NFW_E_INVALID, "bus/too-many", "name them in several calls",
                                    "%zu interfaces are more than a call can name, which is %d", n,
                                    WORLD_MAX_PORTS);
        return 0;
}
