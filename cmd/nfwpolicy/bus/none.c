/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Built without libsystemd: whoever lacks the privilege cannot ask the daemon. */
#include "nfwpolicy/bus/bus.h"

const bool bus_is_built_in = false;

int bus_open(const struct bus_arguments *arguments, struct bus **ret_bus) {
        (void)arguments;
        (void)ret_bus;
        return -EOPNOTSUPP;
}

struct bus *bus_find(const struct bus_arguments *arguments, const json_t *world) {
        (void)arguments;
        (void)world;
        return NULL;
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

int bus_load(struct bus *bus, const struct load_arguments *arguments, const struct load_source *source) {
        (void)bus;
        (void)arguments;
        (void)source;
        return -EOPNOTSUPP;
}

int bus_add_to_set(struct bus *bus,
                   const char *name,
                   const char *type,
                   const char *family,
                   const char *const *elements,
                   size_t n_elements) {
        (void)bus;
        (void)name;
        (void)type;
        (void)family;
        (void)elements;
        (void)n_elements;
        return -EOPNOTSUPP;
}

int bus_delete_from_set(struct bus *bus, const char *name, const char *const *elements, size_t n_elements) {
        (void)bus;
        (void)name;
        (void)elements;
        (void)n_elements;
        return -EOPNOTSUPP;
}

int bus_name_file(struct bus *bus, const char *file, char **ret_name) {
        (void)bus;
        (void)file;
        (void)ret_name;
        return -EOPNOTSUPP;
}

int bus_do(struct bus *bus, const char *member, const char *types, ...) {
        (void)bus;
        (void)member;
        (void)types;
        return -EOPNOTSUPP;
}

int bus_ask(struct bus *bus, json_t **ret_value, const char *member, const char *types, ...) {
        (void)bus;
        (void)ret_value;
        (void)member;
        (void)types;
        return -EOPNOTSUPP;
}

int bus_ask_text(struct bus *bus, char **ret_text, const char *member, const char *types, ...) {
        (void)bus;
        (void)ret_text;
        (void)member;
        (void)types;
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

int bus_follow(struct bus *bus, const char *port, int *ret_fd) {
        (void)bus;
        (void)port;
        (void)ret_fd;
        return -EOPNOTSUPP;
}

json_t *bus_diagnostics(const struct bus *bus) {
        (void)bus;
        return NULL;
}

bool bus_has_done_nothing(const struct bus *bus) {
        (void)bus;
        return true;
}

const char *bus_sentence(const struct bus *bus) {
        (void)bus;
        return NULL;
}

char *bus_daemon_version(const struct bus_arguments *arguments) {
        (void)arguments;
        return NULL;
}
