/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/verify_resolvers.h"

#include <string.h>

#include "engine/record/record.h"

struct comparison {
        const struct nfw_record *settings;
        struct nfw_report *report;
        bool differs;
};

static bool is_resolver(const struct nfw_record *settings, const struct nfw_addr *addr) {
        nfw_vec_foreach (resolver, &settings->resolvers)
                if (nfw_addr_equal(resolver, addr))
                        return true;
        return false;
}

static bool has_resolver(const struct nfw_shadow_port *port, const struct nfw_addr *addr) {
        nfw_vec_foreach (value, &port->parameters[NFW_PARAMETER_RESOLVERS])
                if (nfw_addr_equal(&value->addr, addr))
                        return true;
        return false;
}

static int compare(const struct nfw_shadow_port *port, const char *interface, struct comparison *comparison) {
        char text[NFW_ADDR_TEXT_MAX];
        int r = 0;

        nfw_vec_foreach (value, &port->parameters[NFW_PARAMETER_RESOLVERS]) {
                if (r < 0 || is_resolver(comparison->settings, &value->addr))
                        continue;
                comparison->differs = true;
                r = nfw_report_error(
                        comparison->report, "kernel/foreign-element", NULL, NULL,
                        "name server %s counts for port %s, and the policy was loaded with others",
                        nfw_addr_format(&value->addr, text), interface);
        }
        nfw_vec_foreach (resolver, &comparison->settings->resolvers) {
                if (r < 0 || has_resolver(port, resolver))
                        continue;
                comparison->differs = true;
                r = nfw_report_error(comparison->report, "kernel/missing-element", NULL, NULL,
                                     "name server %s does not count for port %s any more",
                                     nfw_addr_format(resolver, text), interface);
        }
        return r;
}

static int take_port(struct nfw_shadow_port *port, void *userdata) {
        struct comparison *comparison = userdata;
        int r;

        if (strcmp(port->policy, comparison->settings->name) != 0)
                return 0;
        r = compare(port, port->interface, comparison);
        return r == 0 && port->standby && port->standby->policy
                       ? compare(port->standby, port->interface, comparison)
                       : r;
}

int nfw_verify_resolvers(struct nfw_context *context, const char *name, struct nfw_report *report) {
        bool differs = false;

        nfw_vec_foreach (policy, &context->shadow.policies) {
                struct nfw_record settings;
                struct comparison comparison = { .settings = &settings, .report = report };
                int r = 0;

                /* It stands there once for each table. */
                if ((name && strcmp(policy->name, name) != 0) ||
                    policy != nfw_shadow_any_policy(&context->shadow, policy->name))
                        continue;
                r = nfw_record_read_settings(context, policy->name, policy->id, &settings);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                if (settings.parameters[NFW_PARAMETER_RESOLVERS] && settings.resolvers.n > 0)
                        r = nfw_shadow_foreach_port(&context->shadow, take_port, &comparison);
                nfw_record_deinit(&settings);
                if (r < 0)
                        return r;
                differs |= comparison.differs;
        }
        return differs ? NFW_E_DIFFERS : 0;
}
