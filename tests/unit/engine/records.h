/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A record to write, and what the tests of its file share. */

#include "engine/record/record.h"
#include "place.h"

#define SOURCE                                                                                               \
        "version: \"1.0\"\n"                                                                                 \
        "rules:\n"                                                                                           \
        "  - name: web\n"                                                                                    \
        "    action: allow\n"                                                                                \
        "    priority: 1\n"                                                                                  \
        "    egress:\n"                                                                                      \
        "      domains: [www.example]\n"                                                                     \
        "      ports: [\"443\"]\n"

#define NAME      "web-1.a_b"
#define ID        "0123456789abcdef"
#define FILE_NAME NAME "-" ID ".policy"

/* A record that uses everything; the caller deinitialises it. */
static inline void make_record(struct nfw_record *ret_record, const char *file) {
        struct nfw_record record = {
                .name = NAME,
                .id = ID,
                .any_resolver = true,
                .min_ttl = 7,
                .max_ttl = UINT32_MAX,
                .max_names = 1000000,
                .nflog_group = UINT16_MAX,
                .parameters = { [NFW_PARAMETER_RESOLVERS] = true },
        };

        assert_int_equal(nfw_policy_read_buffer(file, SOURCE, strlen(SOURCE), NULL, &record.policy), 0);
        assert_int_equal(nfw_vec_push(&record.resolvers, address("192.0.2.53")), 0);
        assert_int_equal(nfw_vec_push(&record.resolvers, address("2001:db8::53")), 0);
        *ret_record = record;
}

static inline void write_record(const struct place *place, const char *name, const char *id) {
        struct nfw_record record;

        make_record(&record, "test.yaml");
        strcpy(record.name, name);
        strcpy(record.id, id);
        assert_int_equal(nfw_record_write(&place->context, &record), 0);
        nfw_record_deinit(&record);
}
