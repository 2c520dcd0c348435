/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the tests of the nft layer share. To be included behind cmocka.h. */

#include <stdio.h>

#include "../unit/nft/plans.h"
#include "namespace.h"
#include "nft/compile.h"
#include "nft/dump.h"
#include "nft/names.h"
#include "nft/socket.h"
#include "nft/table.h"
#include "nft/verify/verify.h"

struct fixture {
        struct nfw_nft_socket *nft;
        struct nfw_nft_batch *batch;
        struct nfw_report *report;
};

static inline int fixture_setup(void **state) {
        struct fixture *fixture = calloc(1, sizeof(*fixture));

        if (!fixture || system("nft flush ruleset") != 0 ||
            nfw_nft_socket_new(NFW_NFT_TABLE_DEFAULT, &fixture->nft) < 0 ||
            nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &fixture->batch) < 0 ||
            nfw_report_new(&fixture->report) < 0)
                return -1;
        *state = fixture;
        return 0;
}

static inline int fixture_teardown(void **state) {
        struct fixture *fixture = *state;

        nfw_nft_socket_free(fixture->nft);
        nfw_nft_batch_free(fixture->batch);
        nfw_report_free(fixture->report);
        free(fixture);
        return 0;
}

/* The output of a command that must succeed; the caller frees it. */
static inline char *output_of(const char *command) {
        FILE *pipe = popen(command, "r"), *stream;
        char *text = NULL;
        size_t size = 0;
        int c;

        assert_non_null(pipe);
        stream = open_memstream(&text, &size);
        assert_non_null(stream);
        while ((c = fgetc(pipe)) != EOF)
                fputc(c, stream);
        fclose(stream);
        assert_int_equal(pclose(pipe), 0);
        return text;
}

#define assert_output(command_, expected_)                                                                   \
        do {                                                                                                 \
                char *output_ = output_of(command_);                                                         \
                assert_string_equal(output_, expected_);                                                     \
                free(output_);                                                                               \
        } while (0)

/* Commits and empties the batch; fails the test with what the kernel has to say. */
static inline void commit(struct fixture *fixture) {
        struct nfw_nft_failure failure = { 0 };
        int r = nfw_nft_commit(fixture->nft, fixture->batch, 0, false, &failure);

        if (r != 0)
                print_error("%s %s %s:%u: %s %s\n", failure.origin.what ? failure.origin.what : "?",
                            failure.origin.name ? failure.origin.name : "?",
                            failure.origin.pos.file ? failure.origin.pos.file : "?", failure.origin.pos.line,
                            strerror(failure.error), failure.message);
        assert_int_equal(r, 0);
        nfw_nft_batch_reset(fixture->batch);
}

static inline void load(struct fixture *fixture, const struct nfw_plan *plan) {
        assert_int_equal(nfw_nft_put_table(fixture->batch, plan->table), 0);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, plan, true), 0);
        commit(fixture);
}

static inline struct nfw_nft_snapshot *snapshot(struct fixture *fixture) {
        struct nfw_nft_snapshot *held;

        assert_int_equal(nfw_nft_snapshot_new(fixture->nft, &held), 0);
        return held;
}

static inline struct nfw_addr address(const char *text) {
        struct nfw_addr addr;

        assert_int_equal(nfw_addr_parse(text, &addr), 0);
        return addr;
}
