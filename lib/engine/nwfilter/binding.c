/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/binding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "nwfilter/access.h"
#include "nwfilter/text.h"

/* Of all variables: as many as a file of a binding can have. */
#define VALUES_MAX 10000

int nfw_uuid_new(char ret_uuid[static NFW_UUID_MAX]) {
        uint8_t u[16];

        if (getrandom(u, sizeof(u), 0) != sizeof(u))
                return -errno;
        u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);
        u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
        snprintf(ret_uuid, NFW_UUID_MAX,
                 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2],
                 u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
        return 0;
}

static int replace(char **text, const char *with) {
        char *copy = strdup(with ? with : "");

        if (!copy)
                return -ENOMEM;
        free(*text);
        *text = copy;
        return 0;
}

/**
 * nfw_nwfilter_binding_new() - begin to put a port under a filter
 * @port:        the port's interface name; it need not exist yet
 * @filter:      the name of the filter; copied
 * @ret_binding: the binding, which nothing is in force of before nfw_nwfilter_bind()
 *
 * Return: 0; -EINVAL for what cannot be an interface's or a filter's name; or -ENOMEM.
 */
nfw_public int nfw_nwfilter_binding_new(const char *port,
                                        const char *filter,
                                        struct nfw_nwfilter_binding **ret_binding) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;

        if (!nfw_nwfilter_is_port(port) || !nfw_nwfilter_is_name(filter))
                return -EINVAL;
        binding = calloc(1, sizeof(*binding));
        if (!binding)
                return -ENOMEM;
        strcpy(binding->port, port);
        if (replace(&binding->filter, filter) < 0 || replace(&binding->owner_name, "") < 0 ||
            replace(&binding->owner_uuid, "") < 0)
                return -ENOMEM;
        *ret_binding = nfw_steal(binding);
        return 0;
}

/**
 * nfw_nwfilter_binding_set_mac() - say which MAC address the guest has
 * @binding: the binding
 * @mac:     six octets in hexadecimal, separated by colons
 *
 * It is the value of the variable MAC, unless the binding has a parameter of that name.
 *
 * Return: 0, or -EINVAL for what is no MAC address of a single host.
 */
nfw_public int nfw_nwfilter_binding_set_mac(struct nfw_nwfilter_binding *binding, const char *mac) {
        uint8_t octets[NFW_MAC_SIZE];

        if (!nfw_mac_parse(mac, octets) || nfw_mac_is_group(octets))
                return -EINVAL;
        (void)nfw_mac_format(octets, binding->mac);
        return 0;
}

/**
 * nfw_nwfilter_binding_set_owner() - say whose port it is
 * @binding: the binding
 * @name:    the name of the guest; copied
 * @uuid:    its UUID, or NULL; copied
 *
 * It is kept and shown, and nothing depends on it.
 *
 * Return: 0; -EINVAL for a name of more than 256 or with invisible characters, or for what is no UUID; or -ENOMEM.
 */
nfw_public int nfw_nwfilter_binding_set_owner(struct nfw_nwfilter_binding *binding,
                                              const char *name,
                                              const char *uuid) {
        char text[NFW_UUID_SIZE] = "";
        int r;

        /* What is stored must be readable when it is to be put back. */
        if ((name && !nfw_text_is_visible(name, NFW_NWFILTER_OWNER_NAME_MAX)) ||
            (uuid && *uuid && !nfw_text_to_uuid(uuid, text)))
                return -EINVAL;
        r = replace(&binding->owner_name, name);
        return r < 0 ? r : replace(&binding->owner_uuid, text);
}

/**
 * nfw_nwfilter_binding_set_compat() - enforce the filter as libvirt does
 * @binding: the binding
 * @compat:  whether what libvirt does not filter passes
 */
nfw_public void nfw_nwfilter_binding_set_compat(struct nfw_nwfilter_binding *binding, bool compat) {
        binding->compat = compat;
}

/**
 * nfw_nwfilter_binding_add_parameter() - give a value to a variable
 * @binding: the binding
 * @name:    the variable
 * @value:   the value; further ones of the same name make a list. Both are copied.
 *
 * Return: 0; -EINVAL for what cannot be a variable's name, a value that has not 1 to 256 visible characters, the 257th
 * name or the 10,001st value; or -ENOMEM.
 */
nfw_public int nfw_nwfilter_binding_add_parameter(struct nfw_nwfilter_binding *binding,
                                                  const char *name,
                                                  const char *value) {
        const struct nfw_nwfilter_parameters *parameters = &binding->parameters;

        if (!nfw_nwfilter_is_variable(name) || !*value || !nfw_text_is_visible(value, NFW_NWFILTER_VALUE_MAX))
                return -EINVAL;
        if (nfw_nwfilter_binding_n_parameters(binding) >= VALUES_MAX ||
            (parameters->vec.n >= NFW_NWFILTER_PARAMETERS_MAX &&
             !nfw_nwfilter_parameters_find(parameters, name)))
                return -EINVAL;
        return nfw_nwfilter_parameters_add(&binding->parameters, name, value, &NFW_POS_NONE);
}

/**
 * nfw_nwfilter_binding_port() - which port it is about
 * @binding: the binding, which keeps the text
 *
 * Return: the interface's name.
 */
nfw_public const char *nfw_nwfilter_binding_port(const struct nfw_nwfilter_binding *binding) {
        return binding->port;
}

/**
 * nfw_nwfilter_binding_filter() - which filter the port is under
 * @binding: the binding, which keeps the text
 *
 * Return: the filter's name.
 */
nfw_public const char *nfw_nwfilter_binding_filter(const struct nfw_nwfilter_binding *binding) {
        return binding->filter;
}

/**
 * nfw_nwfilter_binding_mac() - the guest's MAC address
 * @binding: the binding, which keeps the text
 *
 * Return: the address, or "" where none was given.
 */
nfw_public const char *nfw_nwfilter_binding_mac(const struct nfw_nwfilter_binding *binding) {
        return binding->mac;
}

/**
 * nfw_nwfilter_binding_owner_name() - whose port it is
 * @binding: the binding, which keeps the text
 *
 * Return: the guest's name, or "".
 */
nfw_public const char *nfw_nwfilter_binding_owner_name(const struct nfw_nwfilter_binding *binding) {
        return binding->owner_name;
}

/**
 * nfw_nwfilter_binding_owner_uuid() - the UUID of whose port it is
 * @binding: the binding, which keeps the text
 *
 * Return: the guest's UUID, or "".
 */
nfw_public const char *nfw_nwfilter_binding_owner_uuid(const struct nfw_nwfilter_binding *binding) {
        return binding->owner_uuid;
}

/**
 * nfw_nwfilter_binding_compat() - whether the filter is enforced as libvirt does
 * @binding: the binding
 *
 * Return: as nfw_nwfilter_binding_set_compat() was told.
 */
nfw_public bool nfw_nwfilter_binding_compat(const struct nfw_nwfilter_binding *binding) {
        return binding->compat;
}

/* The value at that place of all lists one behind the other. */
static const struct nfw_nwfilter_parameter *parameter_at(const struct nfw_nwfilter_binding *binding,
                                                         size_t index,
                                                         size_t *ret_value) {
        nfw_vec_foreach (parameter, &binding->parameters.vec) {
                if (index < parameter->values.n) {
                        *ret_value = index;
                        return parameter;
                }
                index -= parameter->values.n;
        }
        return NULL;
}

/**
 * nfw_nwfilter_binding_n_parameters() - how many values are given to variables
 * @binding: the binding
 *
 * Return: the number of values; a list counts as many as it has.
 */
nfw_public size_t nfw_nwfilter_binding_n_parameters(const struct nfw_nwfilter_binding *binding) {
        size_t n = 0;

        nfw_vec_foreach (parameter, &binding->parameters.vec)
                n += parameter->values.n;
        return n;
}

/**
 * nfw_nwfilter_binding_parameter_name() - a variable that has a value
 * @binding: the binding, which keeps the text
 * @index:   which of the values, from 0
 *
 * Return: the variable's name, or NULL behind the last value.
 */
nfw_public const char *nfw_nwfilter_binding_parameter_name(const struct nfw_nwfilter_binding *binding,
                                                           size_t index) {
        size_t value;
        const struct nfw_nwfilter_parameter *parameter = parameter_at(binding, index, &value);

        return parameter ? parameter->name : NULL;
}

/**
 * nfw_nwfilter_binding_parameter_value() - the value of a variable
 * @binding: the binding, which keeps the text
 * @index:   which of the values, from 0
 *
 * Return: the value, or NULL behind the last one.
 */
nfw_public const char *nfw_nwfilter_binding_parameter_value(const struct nfw_nwfilter_binding *binding,
                                                            size_t index) {
        size_t value;
        const struct nfw_nwfilter_parameter *parameter = parameter_at(binding, index, &value);

        return parameter ? parameter->values.items[value] : NULL;
}

int nfw_nwfilter_parameters_copy(const struct nfw_nwfilter_parameters *from,
                                 struct nfw_nwfilter_parameters *to) {
        nfw_vec_foreach (parameter, &from->vec)
                nfw_vec_foreach (value, &parameter->values) {
                        int r = nfw_nwfilter_parameters_add(to, parameter->name, *value, &NFW_POS_NONE);

                        if (r < 0)
                                return r;
                }
        return 0;
}

int nfw_nwfilter_binding_values(const struct nfw_nwfilter_binding *binding,
                                struct nfw_nwfilter_parameters *ret_values) {
        struct nfw_nwfilter_parameters values = { 0 };
        int r;

        r = nfw_nwfilter_parameters_copy(&binding->parameters, &values);
        if (r == 0 && binding->mac[0] && !nfw_nwfilter_parameters_find(&values, "MAC"))
                r = nfw_nwfilter_parameters_add(&values, "MAC", binding->mac, &NFW_POS_NONE);
        if (r < 0) {
                nfw_nwfilter_parameters_deinit(&values);
                return r;
        }
        *ret_values = values;
        return 0;
}
