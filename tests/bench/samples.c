/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "samples.h"

#include "bench.h"

void samples_deinit(struct samples *samples) {
        nfw_vec_deinit(&samples->vec);
}

void samples_add(struct samples *samples, uint64_t ns) {
        bench_check(nfw_vec_push(&samples->vec, ns), "keeping a sample");
}

static int compare(const void *a_, const void *b_) {
        const uint64_t *a = a_, *b = b_;

        return (*a > *b) - (*a < *b);
}

uint64_t samples_quantile(struct samples *samples, double share) {
        size_t n = samples->vec.n, rank;

        if (n == 0)
                bench_fail("nothing was measured");

        qsort(samples->vec.items, n, sizeof(*samples->vec.items), compare);
        rank = (size_t)(share * (double)n);
        if ((double)rank < share * (double)n)
                rank++;
        return samples->vec.items[rank > 0 ? rank - 1 : 0];
}
