/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan/box.h"

/* How boxes are compared: field axis counts last, so that boxes that differ in it only become neighbours. */
struct order {
        size_t n_fields;
        size_t axis;
};

static int range_compare(const struct nfw_range *a, const struct nfw_range *b) {
        int c = nfw_value_compare(a->first, b->first);

        return c ? c : nfw_value_compare(b->last, a->last);
}

static int compare_but_axis(const struct nfw_range *a, const struct nfw_range *b, const struct order *order) {
        for (size_t i = 0; i < order->n_fields; i++) {
                int c = i == order->axis ? 0 : range_compare(&a[i], &b[i]);

                if (c != 0)
                        return c;
        }
        return 0;
}

static int box_compare(const void *a, const void *b, void *userdata) {
        const struct order *order = userdata;
        const struct nfw_range *x = a, *y = b;
        int c = compare_but_axis(x, y, order);

        return c || order->axis >= order->n_fields ? c : range_compare(&x[order->axis], &y[order->axis]);
}

static void sort(struct nfw_plan_boxes *boxes, size_t axis) {
        struct order order = { .n_fields = boxes->n_fields, .axis = axis };
        size_t n = nfw_plan_boxes_count(boxes);
        const struct nfw_range *box = boxes->ranges.items;

        for (size_t i = 1; i < n; i++, box += boxes->n_fields) {
                if (box_compare(box, box + boxes->n_fields, &order) > 0) {
                        qsort_r(boxes->ranges.items, n, boxes->n_fields * sizeof(*box), box_compare, &order);
                        return;
                }
        }
}

void nfw_plan_boxes_sort(struct nfw_plan_boxes *boxes) {
        const size_t stride = boxes->n_fields;
        struct nfw_range *kept = boxes->ranges.items;
        size_t n = nfw_plan_boxes_count(boxes);

        sort(boxes, stride);
        for (size_t i = 1; i < n; i++) {
                const struct nfw_range *box = boxes->ranges.items + i * stride;

                if (memcmp(kept, box, stride * sizeof(*box)) == 0)
                        continue;
                kept += stride;
                if (kept != box)
                        memcpy(kept, box, stride * sizeof(*box));
        }
        if (n > 0)
                boxes->ranges.n = (size_t)(kept - boxes->ranges.items) + stride;
}

/*
 * In this order a box comes before all that it covers; those before it whose range in the first field has not
 * ended are the only ones that can cover it.
 */
static int drop_covered(struct nfw_plan_boxes *boxes) {
        const size_t stride = boxes->n_fields;
        const size_t n = nfw_plan_boxes_count(boxes);
        struct nfw_range *items = boxes->ranges.items;
        size_t n_kept = 0, n_open = 0;
        nfw_cleanup(nfw_freep) size_t *open = NULL;

        if (n < 2)
                return 0;
        open = calloc(n, sizeof(*open));
        if (!open)
                return -ENOMEM;

        nfw_plan_boxes_sort(boxes);
        for (size_t i = 0; i < nfw_plan_boxes_count(boxes); i++) {
                const struct nfw_range *box = items + i * stride;
                bool covered = false;
                size_t n_still_open = 0;

                for (size_t j = 0; j < n_open; j++) {
                        const struct nfw_range *before = items + open[j] * stride;

                        if (nfw_value_compare(before->last, box->first) < 0)
                                continue;
                        covered = covered || nfw_plan_box_covers(before, box, stride);
                        open[n_still_open++] = open[j];
                }
                n_open = n_still_open;
                if (covered)
                        continue;
                memmove(items + n_kept * stride, box, stride * sizeof(*box));
                open[n_open++] = n_kept++;
        }

        boxes->ranges.n = n_kept * stride;
        return 0;
}

/* Joins boxes that are equal but for one field and touch or overlap there. */
static void join(struct nfw_plan_boxes *boxes, size_t axis) {
        const struct order order = { .n_fields = boxes->n_fields, .axis = axis };
        const size_t stride = boxes->n_fields;
        const size_t size = nfw_field_info(boxes->fields[axis])->size;
        const size_t n = nfw_plan_boxes_count(boxes);
        struct nfw_range *kept = boxes->ranges.items;

        if (n < 2)
                return;
        sort(boxes, axis);
        for (size_t i = 1; i < n; i++) {
                const struct nfw_range *box = boxes->ranges.items + i * stride;

                if (compare_but_axis(kept, box, &order) == 0 &&
                    (nfw_range_overlaps(&kept[axis], &box[axis]) ||
                     nfw_range_touches(&kept[axis], &box[axis], size))) {
                        if (nfw_value_compare(box[axis].last, kept[axis].last) > 0)
                                memcpy(kept[axis].last, box[axis].last, NFW_VALUE_MAX);
                        continue;
                }
                kept += stride;
                memmove(kept, box, stride * sizeof(*box));
        }
        boxes->ranges.n = (size_t)(kept - boxes->ranges.items) + stride;
}

int nfw_plan_boxes_simplify(struct nfw_plan_boxes *boxes) {
        int r = drop_covered(boxes);

        if (r < 0)
                return r;
        for (size_t axis = boxes->n_fields; axis-- > 0;)
                join(boxes, axis);
        return drop_covered(boxes);
}
