/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Tells that links or addresses of the host have changed; what they are now is asked with rtnl/link.h. */

#include <stdbool.h>

struct nfw_rtnl_monitor;

int nfw_rtnl_monitor_new(struct nfw_rtnl_monitor **ret_monitor);
struct nfw_rtnl_monitor *nfw_rtnl_monitor_free(struct nfw_rtnl_monitor *monitor);
int nfw_rtnl_monitor_get_fd(const struct nfw_rtnl_monitor *monitor);
/* Reads everything that waits. *ret_changed also where messages were lost (ENOBUFS). 0 or a negative errno. */
int nfw_rtnl_monitor_dispatch(struct nfw_rtnl_monitor *monitor, bool *ret_changed);
