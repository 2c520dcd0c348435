/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t nfw_plan_boxes_count(const struct nfw_plan_boxes *boxes) {
        return boxes->ranges.n / boxes->n_fields;
}

static int add_box(struct nfw_plan_boxes *boxes, const struct nfw_range *box) {
        int r = nfw_vec_reserve(&boxes->ranges, boxes->n_fields);

        if (r < 0)
                return r;
        memcpy(boxes->ranges.items + boxes->ranges.n, box, boxes->n_fields * sizeof(*box));
        boxes->ranges.n += boxes->n_fields;
        return 0;
}

int nfw_plan_boxes_add_product(struct nfw_plan_boxes *boxes, const struct nfw_ranges *by_field) {
        size_t at[NFW_PLAN_MAX_FIELDS] = { 0 };
        size_t field, n = boxes->n_fields;
        int r;

        for (field = 0; field < boxes->n_fields; field++)
                if (__builtin_mul_overflow(n, by_field[boxes->fields[field]].vec.n, &n))
                        return -ENOMEM;
        r = nfw_vec_reserve(&boxes->ranges, n);
        if (r < 0)
                return r;

        do {
                for (field = 0; field < boxes->n_fields; field++)
                        boxes->ranges.items[boxes->ranges.n++] =
                                by_field[boxes->fields[field]].vec.items[at[field]];

                for (field = boxes->n_fields; field-- > 0;) {
                        if (++at[field] < by_field[boxes->fields[field]].vec.n)
                                break;
                        at[field] = 0;
                }
        } while (field < boxes->n_fields);

        return 0;
}

int nfw_plan_boxes_add_values(struct nfw_plan_boxes *boxes, const struct nfw_range *box) {
        struct nfw_range value[NFW_PLAN_MAX_FIELDS];
        size_t field;

        for (field = 0; field < boxes->n_fields; field++) {
                memcpy(value[field].first, box[field].first, NFW_VALUE_MAX);
                memcpy(value[field].last, box[field].first, NFW_VALUE_MAX);
        }
        do {
                int r = add_box(boxes, value);

                if (r < 0)
                        return r;
                for (field = boxes->n_fields; field-- > 0;) {
                        bool was_last = nfw_value_compare(value[field].first, box[field].last) == 0;

                        if (was_last)
                                memcpy(value[field].first, box[field].first, NFW_VALUE_MAX);
                        else
                                (void)nfw_value_next(value[field].first,
                                                     nfw_field_info(boxes->fields[field])->size);
                        memcpy(value[field].last, value[field].first, NFW_VALUE_MAX);
                        if (!was_last)
                                break;
                }
        } while (field < boxes->n_fields);

        return 0;
}

uint64_t nfw_plan_box_n_values(const struct nfw_plan_boxes *boxes, const struct nfw_range *box) {
        uint64_t n_values = 1;

        for (size_t i = 0; i < boxes->n_fields; i++) {
                uint64_t n;

                if (nfw_range_is_single(&box[i]))
                        continue;
                n = nfw_range_n_values(&box[i], nfw_field_info(boxes->fields[i])->size);

                if (__builtin_mul_overflow(n_values, n, &n_values))
                        return UINT64_MAX;
        }
        return n_values;
}

bool nfw_plan_box_overlaps(const struct nfw_range *a, const struct nfw_range *b, size_t n_fields) {
        for (size_t i = 0; i < n_fields; i++) {
                if (!nfw_range_overlaps(&a[i], &b[i]))
                        return false;
        }
        return true;
}

bool nfw_plan_box_covers(const struct nfw_range *outer, const struct nfw_range *inner, size_t n_fields) {
        for (size_t i = 0; i < n_fields; i++) {
                if (!nfw_range_covers(&outer[i], &inner[i]))
                        return false;
        }
        return true;
}

void nfw_plan_boxes_deinit(struct nfw_plan_boxes *boxes) {
        nfw_vec_deinit(&boxes->ranges);
}

void nfw_plan_parts_deinit(struct nfw_plan_parts *parts) {
        nfw_vec_foreach (part, &parts->vec)
                nfw_vec_deinit(&part->elements);
        nfw_vec_deinit(&parts->vec);
}
