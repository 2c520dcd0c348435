/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "nwfilter/filter.h"

static struct nfw_nwfilter_parameter *find(const struct nfw_nwfilter_parameters *parameters,
                                           const char *name) {
        nfw_vec_foreach (parameter, &parameters->vec)
                if (strcmp(parameter->name, name) == 0)
                        return parameter;
        return NULL;
}

const struct nfw_nwfilter_parameter *nfw_nwfilter_parameters_find(
        const struct nfw_nwfilter_parameters *parameters, const char *name) {
        return find(parameters, name);
}

/* In the order of names, as libvirt prints them. There is room for one more. */
static struct nfw_nwfilter_parameter *make_room(struct nfw_nwfilter_parameters *parameters,
                                                const char *name) {
        size_t i = parameters->vec.n++;

        for (; i > 0 && strcmp(parameters->vec.items[i - 1].name, name) > 0; i--)
                parameters->vec.items[i] = parameters->vec.items[i - 1];
        return &parameters->vec.items[i];
}

int nfw_nwfilter_parameters_add(struct nfw_nwfilter_parameters *parameters,
                                const char *name,
                                const char *value,
                                const struct nfw_pos *pos) {
        struct nfw_nwfilter_parameter *parameter = find(parameters, name);
        nfw_cleanup(nfw_freep) char *copy = NULL;
        int r;

        copy = strdup(value);
        if (!copy)
                return -ENOMEM;

        if (!parameter) {
                struct nfw_nwfilter_parameter added = { .pos = pos ? *pos : NFW_POS_NONE };

                added.name = strdup(name);
                if (!added.name)
                        return -ENOMEM;
                r = nfw_vec_reserve(&parameters->vec, 1);
                if (r < 0) {
                        free(added.name);
                        return r;
                }
                parameter = make_room(parameters, name);
                *parameter = added;
        }
        r = nfw_vec_push(&parameter->values, copy);
        if (r == 0)
                copy = NULL;
        return r;
}

void nfw_nwfilter_parameters_deinit(struct nfw_nwfilter_parameters *parameters) {
        nfw_vec_foreach (parameter, &parameters->vec) {
                nfw_vec_foreach (value, &parameter->values)
                        free(*value);
                nfw_vec_deinit(&parameter->values);
                free(parameter->name);
        }
        nfw_vec_deinit(&parameters->vec);
}
