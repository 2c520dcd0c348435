/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Built without libsystemd: whoever lacks the privilege cannot ask the daemon. */
#include "nfwpolicy/bus.h"

const bool bus_is_built_in = false;

int bus_open(const struct bus_arguments *arguments, struct bus **ret_bus) {
        (void)arguments;
        (void)ret_bus;
        return -EOPNOTSUPP;
}

struct bus *bus_close(struct bus *bus) {
        (void)bus;
        return NULL;
}

int bus_attach(struct bus *bus, const char *policy, const struct string_list *ports, bool persistent) {
        (void)persistent;
        (void)bus;
        (void)policy;
        (void)ports;
        return -EOPNOTSUPP;
}

int bus_detach(struct bus *bus, const struct string_list *ports) {
        (void)bus;
        (void)ports;
        return -EOPNOTSUPP;
}

int bus_unload(struct bus *bus, const char *policy, bool force) {
        (void)bus;
        (void)policy;
        (void)force;
        return -EOPNOTSUPP;
}

int bus_load(struct bus *bus, const struct load_arguments *arguments, const struct load_source *source) {
        (void)bus;
        (void)arguments;
        (void)source;
        return -EOPNOTSUPP;
}

int bus_verify(struct bus *bus, const char *policy) {
        (void)bus;
        (void)policy;
        return -EOPNOTSUPP;
}

int bus_look(struct bus *bus, struct picture *picture) {
        (void)bus;
        (void)picture;
        return -EOPNOTSUPP;
}

int bus_names(struct bus *bus, const char *port, struct picture *picture) {
        (void)bus;
        (void)port;
        (void)picture;
        return -EOPNOTSUPP;
}

json_t *bus_diagnostics(const struct bus *bus) {
        (void)bus;
        return NULL;
}

const char *bus_sentence(const struct bus *bus) {
        (void)bus;
        return NULL;
}

char *bus_daemon_version(const struct bus_arguments *arguments) {
        (void)arguments;
        return NULL;
}
