/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Tests as data: lists of mappings in the YAML files of tests/data. */

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libfyaml.h>

/* NULL where there is no such key. */
static inline struct fy_node *node_of(struct fy_node *mapping, const char *key) {
        return fy_node_mapping_lookup_by_string(mapping, key, (size_t)-1);
}

/* NULL where there is no such key. */
static inline const char *text_of(struct fy_node *mapping, const char *key) {
        struct fy_node *node = node_of(mapping, key);

        return node ? fy_node_get_scalar0(node) : NULL;
}

/* What is next in a list that may not be there. */
static inline struct fy_node *next_of(struct fy_node *mapping, const char *key, void **iterator) {
        struct fy_node *list = node_of(mapping, key);

        return list ? fy_node_sequence_iterate(list, iterator) : NULL;
}

/* The texts of a list that may not be there, with that between them. */
static inline void join_texts(
        struct fy_node *mapping, const char *key, const char *between, char *ret_text, size_t size) {
        struct fy_node *item;
        void *iterator = NULL;
        size_t n = 0;

        *ret_text = 0;
        while ((item = next_of(mapping, key, &iterator))) {
                n += (size_t)snprintf(ret_text + n, size - n, "%s%s", n ? between : "",
                                      fy_node_get_scalar0(item));
                assert_true(n < size);
        }
}

/* Every case of every file that the pattern fits. */
static inline void for_each_case(const char *pattern,
                                 void (*run)(struct fy_node *test, void *userdata),
                                 void *userdata) {
        glob_t files;

        assert_int_equal(glob(pattern, 0, NULL, &files), 0);
        for (size_t i = 0; i < files.gl_pathc; i++) {
                struct fy_document *document = fy_document_build_from_file(NULL, files.gl_pathv[i]);
                struct fy_node *test;
                void *iterator = NULL;

                if (!document)
                        fail_msg("%s cannot be read", files.gl_pathv[i]);
                while ((test = fy_node_sequence_iterate(fy_document_root(document), &iterator)))
                        run(test, userdata);
                fy_document_destroy(document);
        }
        globfree(&files);
}
