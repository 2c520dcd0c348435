/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 16

static void place(struct nfw_seen *seen, struct nfw_seen_slot content) {
        size_t slot = content.hash & (seen->n_slots - 1);

        while (seen->slots[slot].index != 0)
                slot = (slot + 1) & (seen->n_slots - 1);
        seen->slots[slot] = content;
}

/* A fifth of the slots stays empty, so that a search ends soon; more would be more cache lines. */
static int make_room(struct nfw_seen *seen) {
        struct nfw_seen_slot *old = seen->slots;
        size_t n_old = seen->n_slots, n_slots = n_old > 0 ? 2 * n_old : SLOTS_MIN;
        struct nfw_seen_slot *slots;

        if (5 * (seen->entries.n + 1) <= 4 * n_old)
                return 0;
        if (n_slots > UINT32_MAX)
                return -ENOMEM;

        slots = calloc(n_slots, sizeof(*slots));
        if (!slots)
                return -ENOMEM;

        seen->slots = slots;
        seen->n_slots = n_slots;
        for (size_t i = 0; i < n_old; i++)
                if (old[i].index != 0)
                        place(seen, old[i]);
        free(old);
        return 0;
}

static const struct nfw_seen_entry *find(const struct nfw_seen *seen,
                                         uint32_t hash,
                                         const void *data,
                                         size_t size) {
        size_t slot = hash & (seen->n_slots - 1);

        for (; seen->slots[slot].index != 0; slot = (slot + 1) & (seen->n_slots - 1)) {
                const struct nfw_seen_entry *entry;

                if (seen->slots[slot].hash != hash)
                        continue;
                entry = &seen->entries.items[seen->slots[slot].index - 1];
                if (entry->size == size && memcmp(seen->bytes.items + entry->offset, data, size) == 0)
                        return entry;
        }
        return NULL;
}

int nfw_seen_add(
        struct nfw_seen *seen, const void *data, size_t size, unsigned int where, unsigned int *ret_where) {
        uint32_t hash = (uint32_t)nfw_siphash(&seen->key, data, size);
        struct nfw_seen_entry entry = {
                .offset = (uint32_t)seen->bytes.n,
                .size = (uint32_t)size,
                .where = where,
        };
        const struct nfw_seen_entry *first;
        int r;

        if (size > UINT32_MAX - seen->bytes.n)
                return -ENOMEM;
        r = make_room(seen);
        if (r < 0)
                return r;

        first = find(seen, hash, data, size);
        if (first) {
                *ret_where = first->where;
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
        place(seen, (struct nfw_seen_slot){ hash, (uint32_t)seen->entries.n });
        *ret_where = 0;
        return 0;
}

void nfw_seen_deinit(struct nfw_seen *seen) {
        nfw_vec_deinit(&seen->entries);
        nfw_vec_deinit(&seen->bytes);
        free(seen->slots);
        seen->slots = NULL;
        seen->n_slots = 0;
}
