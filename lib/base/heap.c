/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/heap.h"

#include <stdlib.h>

static void place(struct nfw_heap *heap, struct nfw_heap_node *node, size_t index) {
        heap->nodes.items[index] = node;
        node->index = index;
}

static void sift_up(struct nfw_heap *heap, struct nfw_heap_node *node) {
        size_t index = node->index;

        while (index > 0) {
                size_t parent = (index - 1) / 2;

                if (heap->nodes.items[parent]->key <= node->key)
                        break;
                place(heap, heap->nodes.items[parent], index);
                index = parent;
        }
        place(heap, node, index);
}

static void sift_down(struct nfw_heap *heap, struct nfw_heap_node *node) {
        size_t index = node->index;

        for (;;) {
                size_t child = 2 * index + 1;

                if (child >= heap->nodes.n)
                        break;
                if (child + 1 < heap->nodes.n &&
                    heap->nodes.items[child + 1]->key < heap->nodes.items[child]->key)
                        child++;
                if (heap->nodes.items[child]->key >= node->key)
                        break;
                place(heap, heap->nodes.items[child], index);
                index = child;
        }
        place(heap, node, index);
}

int nfw_heap_push(struct nfw_heap *heap, struct nfw_heap_node *node, uint64_t key) {
        int r;

        r = nfw_vec_push(&heap->nodes, node);
        if (r < 0)
                return r;

        node->key = key;
        node->index = heap->nodes.n - 1;
        sift_up(heap, node);
        return 0;
}

void nfw_heap_update(struct nfw_heap *heap, struct nfw_heap_node *node, uint64_t key) {
        node->key = key;
        sift_up(heap, node);
        sift_down(heap, node);
}

void nfw_heap_remove(struct nfw_heap *heap, struct nfw_heap_node *node) {
        size_t index = node->index;
        struct nfw_heap_node *last = heap->nodes.items[--heap->nodes.n];

        if (last == node)
                return;

        place(heap, last, index);
        sift_up(heap, last);
        sift_down(heap, last);
}

struct nfw_heap_node *nfw_heap_first(const struct nfw_heap *heap) {
        return heap->nodes.n > 0 ? heap->nodes.items[0] : NULL;
}

void nfw_heap_deinit(struct nfw_heap *heap) {
        nfw_vec_deinit(&heap->nodes);
}
