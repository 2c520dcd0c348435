/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 16

static void place(struct nfw_seen *seen, size_t index) {
        size_t slot = seen->entries.items[index].hash & (seen->n_slots - 1);

        while (seen->slots[slot] != 0)
                slot = (slot + 1) & (seen->n_slots - 1);
        seen->slots[slot] = (uint32_t)index + 1;
}

/* Half of the slots stay empty, so that a search ends soon. */
static int make_room(struct nfw_seen *seen) {
        size_t n_slots = seen->n_slots > 0 ? 2 * seen->n_slots : SLOTS_MIN;
        uint32_t *slots;

        if (2 * (seen->entries.n + 1) <= seen->n_slots)
                return 0;
        if (seen->entries.n >= UINT32_MAX / 4)
                return -ENOMEM;

        slots = calloc(n_slots, sizeof(*slots));
        if (!slots)
                return -ENOMEM;

        free(seen->slots);
        seen->slots = slots;
        seen->n_slots = n_slots;
        for (size_t i = 0; i < seen->entries.n; i++)
                place(seen, i);
        return 0;
}

static const struct nfw_seen_entry *find(const struct nfw_seen *seen,
                                         uint64_t hash,
                                         const void *data,
                                         size_t size) {
        size_t slot = hash & (seen->n_slots - 1);

        for (; seen->slots[slot] != 0; slot = (slot + 1) & (seen->n_slots - 1)) {
                const struct nfw_seen_entry *entry = &seen->entries.items[seen->slots[slot] - 1];

                if (entry->hash == hash && entry->size == size &&
                    memcmp(seen->bytes.items + entry->offset, data, size) == 0)
                        return entry;
        }
        return NULL;
}

int nfw_seen_add(
        struct nfw_seen *seen, const void *data, size_t size, unsigned int line, unsigned int *ret_line) {
        struct nfw_seen_entry entry = {
                .hash = nfw_siphash(&seen->key, data, size),
                .offset = seen->bytes.n,
                .size = size,
                .line = line,
        };
        const struct nfw_seen_entry *first;
        int r;

        r = make_room(seen);
        if (r < 0)
                return r;

        first = find(seen, entry.hash, data, size);
        if (first) {
                *ret_line = first->line;
                return 0;
        }

        r = nfw_vec_reserve(&seen->bytes, size);
        if (r < 0)
                return r;
        r = nfw_vec_push(&seen->entries, entry);
        if (r < 0)
                return r;

        if (size > 0)
                memcpy(seen->bytes.items + entry.offset, data, size);
        seen->bytes.n += size;
        place(seen, seen->entries.n - 1);
        *ret_line = 0;
        return 0;
}

void nfw_seen_deinit(struct nfw_seen *seen) {
        nfw_vec_deinit(&seen->entries);
        nfw_vec_deinit(&seen->bytes);
        free(seen->slots);
        seen->slots = NULL;
        seen->n_slots = 0;
}
