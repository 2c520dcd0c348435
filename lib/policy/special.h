/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Names that Lima's user-v2 network gives a meaning of its own. No name server is asked for them: they stand for
 * what the host knows of the guest's link, so they are parameters of the port instead of something learned.
 */

#include "net/domain.h"

enum nfw_special_domain {
        NFW_SPECIAL_NONE,
        NFW_SPECIAL_HOST,   /* host.lima.internal: the host's own addresses on the guest's link */
        NFW_SPECIAL_SUBNET, /* subnet.lima.internal: the networks of those addresses */
};

/* Only the name itself is special: a wildcard above it is learned like any other. */
enum nfw_special_domain nfw_special_domain(const struct nfw_domain *domain);
