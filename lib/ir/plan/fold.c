/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/fold.h"

#include <stdlib.h>

/* Uniting along one field can make items alike that were not; after a few rounds there is little left to gain. */
#define MAX_ROUNDS 4

/* Only the items with the fewest fields are tried as covers, so that the time stays linear. */
#define MAX_COVERS 64

static int order_compare(const struct nfw_plan_item *a, const struct nfw_plan_item *b) {
        size_t x = a->sources.vec.items[0], y = b->sources.vec.items[0];

        return (x > y) - (x < y);
}

static int by_order(const void *a, const void *b) {
        return order_compare(*(struct nfw_plan_item *const *)a, *(struct nfw_plan_item *const *)b);
}

static int by_all_but_axis(const void *a, const void *b, void *userdata) {
        const struct nfw_plan_item *x = *(struct nfw_plan_item *const *)a;
        const struct nfw_plan_item *y = *(struct nfw_plan_item *const *)b;
        const unsigned int *axis = userdata;
        int c = nfw_plan_item_compare(x, y, *axis);

        return c ? c : order_compare(x, y);
}

static int by_number_of_fields(const void *a, const void *b) {
        const struct nfw_plan_item *x = *(struct nfw_plan_item *const *)a;
        const struct nfw_plan_item *y = *(struct nfw_plan_item *const *)b;
        int c = __builtin_popcount(x->fields) - __builtin_popcount(y->fields);

        return c ? c : order_compare(x, y);
}

static void sort(struct nfw_plan_items *items, int (*compare)(const void *, const void *)) {
        if (items->vec.n > 1)
                qsort(items->vec.items, items->vec.n, sizeof(*items->vec.items), compare);
}

/* Unites all of the run with its first item; the others are freed whatever happens. */
static int unite_run(struct nfw_plan_item **run, size_t n, unsigned int axis) {
        int r = 0;

        for (size_t i = 1; i < n; i++) {
                if (r == 0)
                        r = nfw_plan_item_merge(run[0], run[i], axis);
                run[i] = nfw_plan_item_free(run[i]);
        }
        if (n > 1)
                nfw_plan_item_normalize(run[0], axis);
        return r;
}

static int unite(struct nfw_plan_items *items, unsigned int axis) {
        struct nfw_plan_item **all = items->vec.items;
        size_t n = items->vec.n, n_kept = 0;
        int r = 0;

        if (n < 2)
                return 0;
        qsort_r(all, n, sizeof(*all), by_all_but_axis, &axis);

        for (size_t first = 0, next; first < n; first = next) {
                int failed;

                for (next = first + 1; next < n; next++) {
                        if (nfw_plan_item_compare(all[first], all[next], axis) != 0)
                                break;
                }
                failed = unite_run(&all[first], next - first, axis);
                if (failed < 0)
                        r = failed;
                all[n_kept++] = all[first];
        }

        items->vec.n = n_kept;
        return r;
}

/* Uniting along any axis unites what is equal, too. */
static int unite_all_axes(struct nfw_plan_items *items) {
        unsigned int fields = 0;
        bool learned = false;
        int r = 0;

        nfw_vec_foreach (item, &items->vec) {
                fields |= (*item)->fields;
                learned = learned || nfw_plan_item_has_learned_axis(*item);
        }

        if (learned || fields == 0)
                r = unite(items, NFW_PLAN_AXIS_LEARNED);
        for (unsigned int i = 0; r == 0 && i < NFW_N_POLICY_FIELDS; i++) {
                if (fields & 1U << i)
                        r = unite(items, i);
        }
        return r;
}

static bool is_covered(const struct nfw_plan_items *items, size_t index) {
        for (size_t i = 0; i < MAX_COVERS && i < items->vec.n; i++) {
                const struct nfw_plan_item *cover = items->vec.items[i];

                if (i != index && cover && nfw_plan_item_covers(cover, items->vec.items[index]))
                        return true;
        }
        return false;
}

static void drop_covered(struct nfw_plan_items *items) {
        size_t n_kept = 0;

        sort(items, by_number_of_fields);
        for (size_t i = 0; i < items->vec.n; i++) {
                if (is_covered(items, i))
                        items->vec.items[i] = nfw_plan_item_free(items->vec.items[i]);
        }
        for (size_t i = 0; i < items->vec.n; i++) {
                if (items->vec.items[i])
                        items->vec.items[n_kept++] = items->vec.items[i];
        }
        items->vec.n = n_kept;
}

int nfw_plan_fold(struct nfw_plan_items *items) {
        for (size_t round = 0, n = SIZE_MAX; round < MAX_ROUNDS && items->vec.n < n; round++) {
                int r;

                n = items->vec.n;
                r = unite_all_axes(items);
                if (r < 0)
                        return r;
        }

        drop_covered(items);
        sort(items, by_order);
        return 0;
}
