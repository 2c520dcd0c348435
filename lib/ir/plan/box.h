/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Boxes, that is, products of one range for each of a few fields, and how they become set elements. A box is
 * n_fields ranges one behind the other.
 */

#include "ir/plan/plan.h"

struct nfw_plan_boxes {
        enum nfw_field fields[NFW_PLAN_MAX_FIELDS];
        size_t n_fields;
        NFW_VEC(struct nfw_range) ranges;
};

/* What fits into one set of the kernel: single values in a hash set, or boxes that do not overlap. */
struct nfw_plan_part {
        bool interval;
        NFW_VEC(struct nfw_range) elements;
};

struct nfw_plan_parts {
        NFW_VEC(struct nfw_plan_part) vec;
};

size_t nfw_plan_boxes_count(const struct nfw_plan_boxes *boxes);
/* Adds the product of the ranges of its fields; by_field has NFW_N_POLICY_FIELDS entries. 0 or -ENOMEM. */
int nfw_plan_boxes_add_product(struct nfw_plan_boxes *boxes, const struct nfw_ranges *by_field);
/* Adds every single value of a box. 0 or -ENOMEM. */
int nfw_plan_boxes_add_values(struct nfw_plan_boxes *boxes, const struct nfw_range *box);
/* The number of single values in a box, UINT64_MAX where there are as many or more. */
uint64_t nfw_plan_box_n_values(const struct nfw_plan_boxes *boxes, const struct nfw_range *box);
bool nfw_plan_box_overlaps(const struct nfw_range *a, const struct nfw_range *b, size_t n_fields);
bool nfw_plan_box_covers(const struct nfw_range *outer, const struct nfw_range *inner, size_t n_fields);

/* In the order of the first field, wider ones first; equal ones are dropped. */
void nfw_plan_boxes_sort(struct nfw_plan_boxes *boxes);
/* Drops what others cover and joins neighbours; leaves them sorted. 0 or -ENOMEM. */
int nfw_plan_boxes_simplify(struct nfw_plan_boxes *boxes);
void nfw_plan_boxes_deinit(struct nfw_plan_boxes *boxes);

/* Moves the boxes, which must fit together. */
struct nfw_plan_part nfw_plan_part_from_boxes(struct nfw_plan_boxes *boxes, bool interval);
/* Distributes the boxes to as few parts as is cheap. The boxes are used up. 0 or -ENOMEM. */
int nfw_plan_boxes_partition(struct nfw_plan_boxes *boxes, struct nfw_plan_parts *ret_parts);
void nfw_plan_parts_deinit(struct nfw_plan_parts *parts);
