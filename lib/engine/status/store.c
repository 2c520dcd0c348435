/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is in force would come back. */

#include "engine/store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/status/status.h"

static int take_aside(const char *file, void *userdata) {
        struct nfw_status *status = userdata;
        char *copy = strdup(file);
        int r = copy ? nfw_vec_push(&status->set_aside, copy) : -ENOMEM;

        if (r < 0)
                free(copy);
        return r;
}

static int compare(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

int nfw_status_take_store(struct nfw_context *context, struct nfw_status *status) {
        int r;

        r = nfw_store_hear(context, &status->store, &status->store_error);
        if (r == 0)
                r = nfw_store_foreach_aside(status->store, take_aside, status);
        if (status->set_aside.n > 1)
                qsort(status->set_aside.items, status->set_aside.n, sizeof(char *), compare);
        return r < 0 ? r : 0;
}

/**
 * nfw_status_store() - where what is in force is stored
 * @status: the status
 *
 * Return: the directory of the last nfw_store_save() since the reboot; NULL where there was none, and in a status
 * without grants.
 */
nfw_public const char *nfw_status_store(const struct nfw_status *status) {
        return status->store;
}

/**
 * nfw_status_store_error() - why what is in force could not be stored
 * @status: the status
 *
 * Return: 0 where it could be, else the errno of the last nfw_store_save(), such as ENOSPC.
 */
nfw_public int nfw_status_store_error(const struct nfw_status *status) {
        return status->store_error;
}

/**
 * nfw_status_n_set_aside() - how many files of the store were set aside
 * @status: the status
 *
 * Return: the number of those that nobody has deleted since.
 */
nfw_public size_t nfw_status_n_set_aside(const struct nfw_status *status) {
        return status->set_aside.n;
}

/**
 * nfw_status_set_aside() - one of the files that were set aside
 * @status: the status
 * @index:  from 0, below the number of them
 *
 * The store has each file twice. Where the name ends with "~.damaged" it was the second one of two, and the first was not
 * whole either: then what they held is lost.
 *
 * Return: its path, as long as the status lives; NULL past the end.
 */
nfw_public const char *nfw_status_set_aside(const struct nfw_status *status, size_t index) {
        return index < status->set_aside.n ? status->set_aside.items[index] : NULL;
}
