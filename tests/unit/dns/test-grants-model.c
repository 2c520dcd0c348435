/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grants against a model that is too simple to be wrong: a table of who holds what until when. The
 * operations are applied to a table of elements as the kernel would; that table must be what the model says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dns/grants.h"

#define N_STEPS     30000
#define N_NAMES     30
#define MAX_NAMES   20
#define N_ADDRESSES 10
#define N_LEARNED   3

static const struct nfw_addr resolver = { AF_INET, { 10, 0, 0, 1 } };

struct kernel_element {
        uint64_t expires;
        char name[32];
};

struct model {
        uint64_t holds[N_NAMES][N_LEARNED][N_ADDRESSES]; /* until when; 0: not held */
        struct kernel_element kernel[N_LEARNED][N_ADDRESSES];
        uint64_t now;
};

static struct model m;

static struct nfw_addr address(size_t n) {
        return n % 2 ? (struct nfw_addr){ AF_INET, { 198, 18, 0, (uint8_t)n } }
                     : (struct nfw_addr){ AF_INET6, { 0xfd, [15] = (uint8_t)n } };
}

static size_t address_index(const struct nfw_addr *addr) {
        return addr->family == AF_INET ? addr->bytes[3] : addr->bytes[15];
}

static void name_text(size_t n, char text[static 32]) {
        snprintf(text, 32, "n%zu.test", n);
}

/* Until when the name has anything; 0: it has nothing now. */
static uint64_t name_expires(size_t n) {
        uint64_t latest = 0;

        for (size_t l = 0; l < N_LEARNED; l++)
                for (size_t a = 0; a < N_ADDRESSES; a++)
                        if (m.holds[n][l][a] > m.now && m.holds[n][l][a] > latest)
                                latest = m.holds[n][l][a];
        return latest;
}

static size_t make_room(size_t for_name) {
        size_t n_names = 0, first = 0;

        for (size_t n = 0; n < N_NAMES; n++)
                n_names += name_expires(n) > 0;
        if (name_expires(for_name) > 0 || n_names < MAX_NAMES)
                return 0;

        for (size_t n = 1; n < N_NAMES; n++)
                if (name_expires(n) > 0 &&
                    (name_expires(first) == 0 || name_expires(n) < name_expires(first)))
                        first = n;
        memset(m.holds[first], 0, sizeof(m.holds[first]));
        return 1;
}

static void apply(const struct nfw_grant_ops *ops) {
        nfw_vec_foreach (op, &ops->vec) {
                struct kernel_element *element = &m.kernel[op->learned][address_index(&op->addr)];
                bool exists = element->expires > m.now;

                assert_true(op->learned < N_LEARNED);
                assert_true(nfw_addr_equal(&op->resolver, &resolver));
                assert_int_equal(exists, op->change != NFW_GRANT_ADD);
                assert_true(op->expires_ms > m.now);
                if (op->change == NFW_GRANT_EXTEND) {
                        assert_string_equal(element->name, op->name);
                        assert_true(op->expires_ms > element->expires);
                }
                if (op->change == NFW_GRANT_REMOVE)
                        assert_string_equal(element->name, op->name);

                snprintf(element->name, sizeof(element->name), "%s", op->name);
                element->expires = op->change == NFW_GRANT_REMOVE ? 0 : op->expires_ms;
        }
}

static void check_kernel(void) {
        for (size_t l = 0; l < N_LEARNED; l++)
                for (size_t a = 0; a < N_ADDRESSES; a++) {
                        const struct kernel_element *element = &m.kernel[l][a];
                        size_t longest = 0;
                        char text[32];

                        for (size_t n = 1; n < N_NAMES; n++)
                                if (m.holds[n][l][a] > m.holds[longest][l][a])
                                        longest = n;
                        if (m.holds[longest][l][a] <= m.now) {
                                assert_true(element->expires <= m.now);
                                continue;
                        }
                        name_text(longest, text);
                        assert_int_equal(element->expires, m.holds[longest][l][a]);
                        assert_string_equal(element->name, text);
                }
}

static int see(const char *name,
               const struct nfw_addr *from,
               size_t learned,
               const struct nfw_addr *addr,
               uint64_t expires_ms,
               void *userdata) {
        size_t n;

        assert_int_equal(sscanf(name, "n%zu.test", &n), 1);
        assert_true(nfw_addr_equal(from, &resolver));
        assert_int_equal(m.holds[n][learned][address_index(addr)], expires_ms);
        (*(size_t *)userdata)++;
        return 0;
}

static void check_foreach(const struct nfw_dns_grants *g) {
        const uint64_t *holds = &m.holds[0][0][0];
        size_t n_seen = 0, n_held = 0;

        assert_int_equal(nfw_dns_grants_foreach(g, m.now, see, &n_seen), 0);
        for (size_t i = 0; i < (size_t)N_NAMES * N_LEARNED * N_ADDRESSES; i++)
                n_held += holds[i] > m.now;
        assert_int_equal(n_seen, n_held);
}

static void step(struct nfw_dns_grants *g, uint64_t number) {
        size_t name = (size_t)random() % N_NAMES, n_learned = 0, n_addresses = (size_t)random() % 4,
               evicted = 0;
        struct nfw_addr addresses[4];
        size_t learned[N_LEARNED];
        struct nfw_grant_ops ops = { 0 };
        uint64_t expires;
        char text[32];

        /* No two calls have the same expiry: who goes first is never a matter of taste. */
        m.now += (uint64_t)random() % 3 * 1000 * N_STEPS;
        expires = m.now + (uint64_t)(random() % 60 - 5) * 1000 * N_STEPS;
        expires = expires / N_STEPS * N_STEPS + number;
        if ((int64_t)expires <= 0)
                expires = 1;

        for (size_t i = 0; i < n_addresses; i++)
                addresses[i] = address((size_t)random() % N_ADDRESSES);
        for (size_t l = 0; l < N_LEARNED; l++)
                if (random() % 2)
                        learned[n_learned++] = l;

        if (n_learned > 0 && n_addresses > 0 && expires > m.now) {
                evicted = make_room(name);
                for (size_t i = 0; i < n_addresses; i++)
                        for (size_t l = 0; l < n_learned; l++) {
                                uint64_t *held = &m.holds[name][learned[l]][address_index(addresses + i)];

                                if (*held < expires)
                                        *held = expires;
                        }
        }

        name_text(name, text);
        assert_int_equal(nfw_dns_grants_learn(g, text, &resolver, learned, n_learned, addresses, n_addresses,
                                              expires, m.now, &ops),
                         0);
        assert_int_equal(ops.n_evicted, evicted);
        assert_true(nfw_dns_grants_n_names(g) <= MAX_NAMES);
        apply(&ops);
        nfw_vec_deinit(&ops.vec);
        check_kernel();
}

/* Somebody else takes over, with what the kernel holds and nothing else. */
static struct nfw_dns_grants *restart(struct nfw_dns_grants *g) {
        memset(m.holds, 0, sizeof(m.holds));
        nfw_dns_grants_free(g);
        assert_int_equal(nfw_dns_grants_new(MAX_NAMES, &g), 0);
        for (size_t l = 0; l < N_LEARNED; l++)
                for (size_t a = 0; a < N_ADDRESSES; a++) {
                        const struct kernel_element *element = &m.kernel[l][a];
                        struct nfw_addr addr = address(a);
                        size_t n;

                        if (element->expires <= m.now)
                                continue;
                        assert_int_equal(sscanf(element->name, "n%zu.test", &n), 1);
                        m.holds[n][l][a] = element->expires;
                        assert_int_equal(nfw_dns_grants_restore(g, element->name, &resolver, l, &addr,
                                                                element->expires),
                                         0);
                }
        return g;
}

static void test_against_the_model(void **state) {
        unsigned int seed = (unsigned int)time(NULL);
        struct nfw_dns_grants *g;

        (void)state;
        print_message("seed %u\n", seed);
        srandom(seed);

        assert_int_equal(nfw_dns_grants_new(MAX_NAMES, &g), 0);
        for (uint64_t i = 0; i < N_STEPS; i++) {
                step(g, i);
                if (i % 100 == 99)
                        check_foreach(g);
                if (i % 1000 == 999)
                        g = restart(g);
        }
        nfw_dns_grants_free(g);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_against_the_model),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
