/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "nft/text/internal.h"

/* nft reads the fields of a concatenation, one behind the other, as one number in the host's byte order. */
static int compare_concatenations(const struct nfw_range *a,
                                  const struct nfw_range *b,
                                  const struct nfw_nft_key *key) {
        bool from_end = BYTE_ORDER == LITTLE_ENDIAN;

        for (size_t i = 0; i < key->n_fields; i++) {
                size_t at = from_end ? key->n_fields - 1 - i : i, size = key->fields[at]->size;

                for (size_t j = 0; j < size; j++) {
                        size_t octet = from_end ? size - 1 - j : j;

                        if (a[at].first[octet] != b[at].first[octet])
                                return a[at].first[octet] < b[at].first[octet] ? -1 : 1;
                }
        }
        return 0;
}

static int compare_elements(const void *a, const void *b, void *userdata) {
        const struct nfw_nft_set *set = userdata;
        const struct nfw_range *const *x = a, *const *y = b;

        if (set->key.n_fields == 1)
                return memcmp((*x)->first, (*y)->first, NFW_VALUE_MAX);
        return compare_concatenations(*x, *y, &set->key);
}

/* Boxes stay in the order in which they were added, everything else is listed sorted. */
static int sort_elements(const struct nfw_nft_set *set,
                         const struct nfw_plan_set *plan_set,
                         const struct nfw_range ***ret_elements) {
        size_t n = plan_set->elements.n / plan_set->n_fields;
        const struct nfw_range **elements = reallocarray(NULL, n ? n : 1, sizeof(*elements));

        if (!elements)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++)
                elements[i] = &plan_set->elements.items[i * plan_set->n_fields];
        if (!(set->flags & NFT_SET_CONCAT))
                qsort_r(elements, n, sizeof(const struct nfw_range *), compare_elements, (void *)set);

        *ret_elements = elements;
        return 0;
}

int nfw_nft_print_elements(FILE *stream,
                           const struct nfw_nft_set *set,
                           const struct nfw_plan_set *plan_set,
                           bool in_block) {
        nfw_cleanup(nfw_freep) const struct nfw_range **elements = NULL;
        size_t per_line = nfw_nft_elements_per_line(set);
        int r;

        r = sort_elements(set, plan_set, &elements);
        if (r < 0)
                return r;

        fputs("{ ", stream);
        for (size_t i = 0; i < set->n_elements; i++) {
                if (i > 0)
                        fputs(in_block && i % per_line == 0 ? ",\n\t\t\t     " : ", ", stream);
                for (size_t j = 0; j < set->key.n_fields; j++) {
                        if (j > 0)
                                fputs(" . ", stream);
                        nfw_nft_print_range(stream, set->key.fields[j], &elements[i][j]);
                }
        }
        fputs(" }", stream);
        return 0;
}
