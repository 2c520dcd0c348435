/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "shared/picture.h"

static const struct nfw_grant *grant_of(const void *element) {
        return *(const struct nfw_grant *const *)element;
}

/* What is counted: equal ones of a port once, since one address may have several names. */
typedef const char *(*getter)(const struct nfw_grant *grant);

static int compare(const void *a, const void *b, getter get) {
        int r = strcmp(nfw_grant_port(grant_of(a)), nfw_grant_port(grant_of(b)));

        return r ? r : strcmp(get(grant_of(a)), get(grant_of(b)));
}

static int compare_names(const void *a, const void *b) {
        return compare(a, b, nfw_grant_name);
}

static int compare_addresses(const void *a, const void *b) {
        return compare(a, b, nfw_grant_address);
}

/* The first grant of a port in the sorted array, or n. */
static size_t find_port(const struct nfw_grant *const *grants, size_t n, const char *port) {
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (strcmp(nfw_grant_port(grants[middle]), port) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* The grants are sorted by port and by what is counted. */
static size_t count(const struct nfw_grant *const *grants, size_t n, const char *port, getter get) {
        const char *previous = NULL;
        size_t n_different = 0;

        for (size_t i = find_port(grants, n, port); i < n && strcmp(nfw_grant_port(grants[i]), port) == 0;
             i++) {
                if (!previous || strcmp(previous, get(grants[i])) != 0)
                        n_different++;
                previous = get(grants[i]);
        }
        return n_different;
}

struct picture_learned *picture_count_learned(const struct nfw_status *status) {
        size_t n_grants = nfw_status_n_grants(status);
        size_t n_bindings = nfw_status_n_bindings(status);
        struct picture_learned *learned = calloc(n_bindings + 1, sizeof(*learned));
        const struct nfw_grant **grants = calloc(n_grants + 1, sizeof(*grants));

        if (!learned || !grants) {
                free(learned);
                free(grants);
                return NULL;
        }
        for (size_t i = 0; i < n_grants; i++)
                grants[i] = nfw_status_grant(status, i);

        /* thousands of ports with thousands of grants each: not every port may walk all of them */
        qsort(grants, n_grants, sizeof(*grants), compare_names);
        for (size_t i = 0; i < n_bindings; i++)
                learned[i].n_names = count(grants, n_grants, nfw_binding_port(nfw_status_binding(status, i)),
                                           nfw_grant_name);
        qsort(grants, n_grants, sizeof(*grants), compare_addresses);
        for (size_t i = 0; i < n_bindings; i++)
                learned[i].n_addresses = count(
                        grants, n_grants, nfw_binding_port(nfw_status_binding(status, i)), nfw_grant_address);
        free(grants);
        return learned;
}
