/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A binary heap of what expires first. The owner embeds a struct nfw_heap_node; the node knows its place, so
 * that an item can be removed or moved in O(log n) when its key changes.
 */

#include <stdint.h>

#include "base/vec.h"

struct nfw_heap_node {
        uint64_t key;
        size_t index;
};

struct nfw_heap {
        NFW_VEC(struct nfw_heap_node *) nodes;
};

/* 0, or -ENOMEM and the heap is as before. */
int nfw_heap_push(struct nfw_heap *heap, struct nfw_heap_node *node, uint64_t key);
void nfw_heap_remove(struct nfw_heap *heap, struct nfw_heap_node *node);
void nfw_heap_update(struct nfw_heap *heap, struct nfw_heap_node *node, uint64_t key);
/* The node with the smallest key, or NULL. It stays in the heap. */
struct nfw_heap_node *nfw_heap_first(const struct nfw_heap *heap);
void nfw_heap_deinit(struct nfw_heap *heap);
