/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan/box.h"

/* A box of so few values may as well be spelled out: look-ups in hash sets are cheaper, and so is filling them. */
#define MAX_VALUES_TO_SPELL_OUT 4

/*
 * From so many values on it pays to have them in a hash set of their own, although a packet then needs one more
 * look-up: the kernel fills large interval sets slowly.
 */
#define MIN_VALUES_APART 1024

/* One element more for every four is an acceptable price for spelling boxes out. */
static bool is_worth_it(size_t n_boxes, size_t n_values) {
        return n_values <= n_boxes + n_boxes / 4;
}

struct nfw_plan_part nfw_plan_part_from_boxes(struct nfw_plan_boxes *boxes, bool interval) {
        struct nfw_plan_part part = { .interval = interval };

        part.elements.items = boxes->ranges.items;
        part.elements.n = boxes->ranges.n;
        part.elements.size = boxes->ranges.size;
        boxes->ranges.items = NULL;
        boxes->ranges.n = boxes->ranges.size = 0;
        return part;
}

static int parts_take(struct nfw_plan_parts *parts, struct nfw_plan_boxes *boxes, bool interval) {
        int r;

        if (boxes->ranges.n == 0)
                return 0;
        r = nfw_vec_reserve(&parts->vec, 1);
        if (r < 0)
                return r;

        parts->vec.items[parts->vec.n++] = nfw_plan_part_from_boxes(boxes, interval);
        return 0;
}

static bool overlaps_open(const struct nfw_range *box,
                          const struct nfw_range *kept,
                          size_t *open,
                          size_t *n_open,
                          size_t stride) {
        size_t n_still_open = 0;
        bool overlaps = false;

        for (size_t i = 0; i < *n_open; i++) {
                const struct nfw_range *before = kept + open[i] * stride;

                if (nfw_value_compare(before->last, box->first) < 0)
                        continue;
                overlaps = overlaps || nfw_plan_box_overlaps(before, box, stride);
                open[n_still_open++] = open[i];
        }
        *n_open = n_still_open;
        return overlaps;
}

/* Moves boxes (sorted) that do not overlap to *layer; those that overlap a moved one stay, in order. */
static int take_layer(struct nfw_plan_boxes *boxes, struct nfw_plan_boxes *layer) {
        const size_t stride = boxes->n_fields;
        const size_t n = nfw_plan_boxes_count(boxes);
        nfw_cleanup(nfw_freep) size_t *open = calloc(n, sizeof(*open));
        size_t n_open = 0, n_left = 0;
        int r = nfw_vec_reserve(&layer->ranges, boxes->ranges.n);

        if (!open || r < 0)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                struct nfw_range *box = boxes->ranges.items + i * stride;

                if (overlaps_open(box, layer->ranges.items, open, &n_open, stride)) {
                        memmove(boxes->ranges.items + n_left++ * stride, box, stride * sizeof(*box));
                } else {
                        open[n_open++] = nfw_plan_boxes_count(layer);
                        memcpy(layer->ranges.items + layer->ranges.n, box, stride * sizeof(*box));
                        layer->ranges.n += stride;
                }
        }

        boxes->ranges.n = n_left * stride;
        return 0;
}

static int take_layers(struct nfw_plan_boxes *boxes, struct nfw_plan_parts *parts) {
        int r = nfw_plan_boxes_simplify(boxes);

        while (r == 0 && boxes->ranges.n > 0) {
                nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes layer = *boxes;

                layer.ranges.items = NULL;
                layer.ranges.n = layer.ranges.size = 0;
                r = take_layer(boxes, &layer);
                if (r == 0)
                        r = parts_take(parts, &layer, true);
        }
        return r;
}

struct census {
        size_t n_small;  /* boxes of few values */
        size_t n_values; /* in these */
        size_t n_large;
};

static bool is_small(const struct nfw_plan_boxes *boxes, const struct nfw_range *box) {
        return nfw_plan_box_n_values(boxes, box) <= MAX_VALUES_TO_SPELL_OUT;
}

static struct census take_census(const struct nfw_plan_boxes *boxes) {
        struct census census = { 0 };

        for (size_t i = 0; i < boxes->ranges.n; i += boxes->n_fields) {
                uint64_t n_values = nfw_plan_box_n_values(boxes, &boxes->ranges.items[i]);

                if (n_values <= MAX_VALUES_TO_SPELL_OUT) {
                        census.n_small++;
                        census.n_values += n_values;
                } else {
                        census.n_large++;
                }
        }
        return census;
}

/* Spells the small boxes out into *values and leaves the others. */
static int take_values(struct nfw_plan_boxes *boxes, struct nfw_plan_boxes *values) {
        const size_t stride = boxes->n_fields;
        size_t n_left = 0;

        for (size_t i = 0; i < boxes->ranges.n; i += stride) {
                const struct nfw_range *box = &boxes->ranges.items[i];
                int r;

                if (!is_small(boxes, box)) {
                        memmove(boxes->ranges.items + n_left, box, stride * sizeof(*box));
                        n_left += stride;
                        continue;
                }
                r = nfw_plan_boxes_add_values(values, box);
                if (r < 0)
                        return r;
        }

        boxes->ranges.n = n_left;
        nfw_plan_boxes_sort(values);
        return 0;
}

int nfw_plan_boxes_partition(struct nfw_plan_boxes *boxes, struct nfw_plan_parts *ret_parts) {
        struct census census = take_census(boxes);
        nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes values = *boxes;
        struct nfw_plan_parts parts = { 0 };
        int r = 0;

        values.ranges.items = NULL;
        values.ranges.n = values.ranges.size = 0;

        if (census.n_large == 0 && census.n_values == census.n_small) {
                /* There is nothing to spell out. */
                nfw_plan_boxes_sort(boxes);
                r = parts_take(&parts, boxes, false);
        } else if (is_worth_it(census.n_small, census.n_values) &&
                   (census.n_large == 0 || census.n_values >= MIN_VALUES_APART)) {
                r = take_values(boxes, &values);
                if (r == 0)
                        r = parts_take(&parts, &values, false);
        }
        if (r == 0)
                r = take_layers(boxes, &parts);
        if (r < 0) {
                nfw_plan_parts_deinit(&parts);
                return r;
        }

        *ret_parts = parts;
        return 0;
}
