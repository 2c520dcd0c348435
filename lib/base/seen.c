/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 16

static uint8_t mark_of(uint32_t hash) {
        return (uint8_t)(hash >> 24 | 1);
}

static void place(struct nfw_seen *seen, size_t slot, uint32_t index) {
        seen->marks[slot] = mark_of(seen->entries.items[index].hash);
        seen->slots[slot] = index;
}

/* A fifth of the slots stays empty, so that a search ends soon. */
static int make_room(struct nfw_seen *seen) {
        size_t n_slots = seen->n_slots > 0 ? 2 * seen->n_slots : SLOTS_MIN;
        uint32_t *slots;
        uint8_t *marks;

        if (5 * (seen->entries.n + 1) <= 4 * seen->n_slots)
                return 0;
        if (n_slots > UINT32_MAX)
                return -ENOMEM;

        marks = calloc(n_slots, sizeof(*marks));
        slots = reallocarray(NULL, n_slots, sizeof(*slots));
        if (!marks || !slots) {
                free(marks);
                free(slots);
                return -ENOMEM;
        }

        free(seen->marks);
        free(seen->slots);
        seen->marks = marks;
        seen->slots = slots;
        seen->n_slots = n_slots;
        for (size_t i = 0; i < seen->entries.n; i++) {
                size_t slot = seen->entries.items[i].hash & (n_slots - 1);

                while (marks[slot] != 0)
                        slot = (slot + 1) & (n_slots - 1);
                place(seen, slot, (uint32_t)i);
        }
        return 0;
}

/* The slot that has the key, or the one without an entry where it belongs. */
static size_t find(const struct nfw_seen *seen, uint32_t hash, const void *data, size_t size) {
        size_t slot = hash & (seen->n_slots - 1);

        for (; seen->marks[slot] != 0; slot = (slot + 1) & (seen->n_slots - 1)) {
                const struct nfw_seen_entry *entry;

                if (seen->marks[slot] != mark_of(hash))
                        continue;
                entry = &seen->entries.items[seen->slots[slot]];
                if (entry->hash == hash && entry->size == size &&
                    memcmp(seen->bytes.items + entry->offset, data, size) == 0)
                        break;
        }
        return slot;
}

int nfw_seen_add(
        struct nfw_seen *seen, const void *data, size_t size, unsigned int where, unsigned int *ret_where) {
        uint32_t hash = (uint32_t)nfw_siphash(&seen->key, data, size);
        struct nfw_seen_entry entry = {
                .offset = (uint32_t)seen->bytes.n,
                .size = (uint32_t)size,
                .where = where,
                .hash = hash,
        };
        size_t slot;
        int r;

        if (size > UINT32_MAX - seen->bytes.n)
                return -ENOMEM;
        r = make_room(seen);
        if (r < 0)
                return r;

        slot = find(seen, hash, data, size);
        if (seen->marks[slot] != 0) {
                *ret_where = seen->entries.items[seen->slots[slot]].where;
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
        place(seen, slot, (uint32_t)seen->entries.n - 1);
        *ret_where = 0;
        return 0;
}

void nfw_seen_deinit(struct nfw_seen *seen) {
        nfw_vec_deinit(&seen->entries);
        nfw_vec_deinit(&seen->bytes);
        free(seen->marks);
        free(seen->slots);
        seen->marks = NULL;
        seen->slots = NULL;
        seen->n_slots = 0;
}
