/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/disjoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "ir/filter/set.h"

/* Each is compared with each: lists of ranges that people write are short. */
#define MAX_BOXES 4096

static int compare(const void *a, const void *b, void *userdata) {
        const struct nfw_filter_set *set = userdata;

        return memcmp(a, b, set->n_fields * sizeof(struct nfw_range));
}

static void sort_unique(const struct nfw_filter_set *set, struct nfw_filter_tuples *tuples) {
        size_t size = set->n_fields * sizeof(struct nfw_range);
        size_t n = size ? tuples->vec.n * sizeof(struct nfw_range) / size : 0, n_kept = 1;
        uint8_t *bytes = (uint8_t *)tuples->vec.items;

        if (n < 2)
                return;
        qsort_r(bytes, n, size, compare, (void *)set);
        for (size_t i = 1; i < n; i++) {
                if (memcmp(bytes + (n_kept - 1) * size, bytes + i * size, size) != 0)
                        memmove(bytes + n_kept++ * size, bytes + i * size, size);
        }
        tuples->vec.n = n_kept * set->n_fields;
}

static void normalize(const struct nfw_filter_set *set, struct nfw_filter_tuples *tuples) {
        struct nfw_ranges ranges = { 0 };

        ranges.vec.items = tuples->vec.items;
        ranges.vec.n = tuples->vec.n;
        ranges.vec.size = tuples->vec.size;
        nfw_ranges_normalize(&ranges, nfw_field_info(set->fields[0].field)->size);
        tuples->vec.n = ranges.vec.n;
}

static bool overlap(const struct nfw_range *a, const struct nfw_range *b, size_t n_fields) {
        for (size_t i = 0; i < n_fields; i++) {
                if (!nfw_range_overlaps(&a[i], &b[i]))
                        return false;
        }
        return true;
}

/* The value before or behind, which there is: something else begins or ends there. */
static void value_step(uint8_t value[static NFW_VALUE_MAX], size_t size, bool up) {
        for (size_t i = size; i-- > 0;) {
                value[i] = (uint8_t)(value[i] + (up ? 1 : -1));
                if (value[i] != (up ? 0 : 0xff))
                        return;
        }
}

/* Appends what of the box is outside of the other, and leaves in it what is inside. */
static int cut(const struct nfw_filter_set *set,
               struct nfw_range *box,
               const struct nfw_range *other,
               struct nfw_filter_tuples *pieces) {
        for (size_t i = 0; i < set->n_fields; i++) {
                size_t size = nfw_field_info(set->fields[i].field)->size;

                for (size_t side = 0; side < 2; side++) {
                        struct nfw_range piece[NFW_FILTER_MAX_FIELDS];
                        int r;

                        if (side == 0 ? nfw_value_compare(box[i].first, other[i].first) >= 0
                                      : nfw_value_compare(box[i].last, other[i].last) <= 0)
                                continue;
                        memcpy(piece, box, set->n_fields * sizeof(*piece));
                        if (side == 0) {
                                memcpy(piece[i].last, other[i].first, NFW_VALUE_MAX);
                                value_step(piece[i].last, size, false);
                                memcpy(box[i].first, other[i].first, NFW_VALUE_MAX);
                        } else {
                                memcpy(piece[i].first, other[i].last, NFW_VALUE_MAX);
                                value_step(piece[i].first, size, true);
                                memcpy(box[i].last, other[i].last, NFW_VALUE_MAX);
                        }
                        for (size_t j = 0; j < set->n_fields; j++) {
                                r = nfw_vec_push(&pieces->vec, piece[j]);
                                if (r < 0)
                                        return r;
                        }
                }
        }
        return 0;
}

/* Adds what of the box no other one has yet. */
static int add_rest(const struct nfw_filter_set *set,
                    const struct nfw_range *box,
                    struct nfw_filter_tuples *disjoint) {
        size_t n_fields = set->n_fields, n_before = disjoint->vec.n;
        struct nfw_filter_tuples open = { 0 };
        int r = 0;

        for (size_t i = 0; r == 0 && i < n_fields; i++)
                r = nfw_vec_push(&open.vec, box[i]);
        while (r == 0 && open.vec.n > 0 && disjoint->vec.n <= MAX_BOXES * n_fields) {
                struct nfw_range piece[NFW_FILTER_MAX_FIELDS];
                size_t at = 0;

                open.vec.n -= n_fields;
                memcpy(piece, open.vec.items + open.vec.n, n_fields * sizeof(*piece));
                while (at < n_before && !overlap(piece, disjoint->vec.items + at, n_fields))
                        at += n_fields;
                if (at < n_before) {
                        r = cut(set, piece, disjoint->vec.items + at, &open);
                        continue;
                }
                for (size_t i = 0; r == 0 && i < n_fields; i++)
                        r = nfw_vec_push(&disjoint->vec, piece[i]);
        }
        nfw_filter_tuples_deinit(&open);
        return r;
}

int nfw_filter_tuples_disjoin(const struct nfw_filter_set *set,
                              struct nfw_filter_tuples *tuples,
                              bool *ret_fits) {
        struct nfw_filter_tuples disjoint = { 0 };
        int r = 0;

        *ret_fits = true;
        if (tuples->vec.n == 0)
                return 0;
        if (set->interval && set->n_fields == 1) {
                normalize(set, tuples);
                return 0;
        }
        sort_unique(set, tuples);
        if (!set->interval)
                return 0;

        for (size_t i = 0; r == 0 && *ret_fits && i < tuples->vec.n; i += set->n_fields) {
                r = add_rest(set, tuples->vec.items + i, &disjoint);
                *ret_fits = disjoint.vec.n <= MAX_BOXES * set->n_fields && i < MAX_BOXES * set->n_fields;
        }
        if (r < 0) {
                nfw_filter_tuples_deinit(&disjoint);
                return r;
        }
        nfw_filter_tuples_deinit(tuples);
        *tuples = disjoint;
        sort_unique(set, tuples);
        return 0;
}
