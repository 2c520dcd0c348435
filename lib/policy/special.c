/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/special.h"

#include <string.h>

#include "base/macros.h"

static const struct {
        const char *name;
        enum nfw_special_domain special;
} names[] = {
        { "host.lima.internal", NFW_SPECIAL_HOST },
        { "subnet.lima.internal", NFW_SPECIAL_SUBNET },
};

enum nfw_special_domain nfw_special_domain(const struct nfw_domain *domain) {
        if (domain->kind != NFW_DOMAIN_EXACT)
                return NFW_SPECIAL_NONE;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++)
                if (strcmp(domain->name, names[i].name) == 0)
                        return names[i].special;

        return NFW_SPECIAL_NONE;
}
