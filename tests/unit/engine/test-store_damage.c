/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has become of the files of a store, and what is known of it then. */

#include "storing.h"

struct content {
        char octets[4096];
        size_t size;
};

static void take(const struct kernel *kernel, const char *name, struct content *ret_content) {
        FILE *stream = fopen(store_path(kernel, name), "re");

        assert_non_null(stream);
        ret_content->size = fread(ret_content->octets, 1, sizeof(ret_content->octets), stream);
        assert_true(ret_content->size > 0 && ret_content->size < sizeof(ret_content->octets));
        fclose(stream);
}

static void put_octets(const struct kernel *kernel, const char *name, const char *octets, size_t size) {
        FILE *stream = fopen(store_path(kernel, name), "we");

        assert_non_null(stream);
        assert_int_equal(fwrite(octets, 1, size, stream), size);
        assert_int_equal(fclose(stream), 0);
}

/* The file and its twin, and where they go when they are not whole. */
struct pair {
        const char *files[2];
        const char *aside[2];
};

static const struct pair pairs[] = {
        { { "policies/one.policy", "policies/one.policy~" },
          { "policies/one.policy.damaged", "policies/one.policy~.damaged" } },
        { { "bindings", "bindings~" }, { "bindings.damaged", "bindings~.damaged" } },
};

static void put_pair(const struct kernel *kernel, const struct pair *pair, const struct content *content) {
        for (int i = 0; i < 2; i++) {
                put_octets(kernel, pair->files[i], content->octets, content->size);
                (void)unlink(store_path(kernel, pair->aside[i]));
        }
}

/* Cut behind that many octets, or all of it with another one there, or with none but zeroes from there on. */
enum damage {
        CUT,
        OTHER,
        ZEROES,
        N_DAMAGES,
};

static void do_damage(const struct kernel *kernel,
                      const char *file,
                      const struct content *content,
                      enum damage damage,
                      size_t at) {
        struct content bad = *content;

        if (damage == OTHER)
                bad.octets[at] ^= 1;
        else if (damage == ZEROES)
                memset(bad.octets + at, 0, bad.size - at);
        put_octets(kernel, file, bad.octets, damage == CUT ? at : bad.size);
}

/* What the next one who opens it knows. */
static void assert_stored(struct kernel *kernel, bool has_policy, bool has_bindings) {
        struct nfw_store *store = open_store(kernel);
        struct nfw_record record;
        int r;

        assert_int_equal(store->known.n, has_policy ? 2 : 1);
        r = nfw_store_read_policy(store, "one", &record);
        assert_int_equal(r, has_policy ? 0 : NFW_E_NOT_FOUND);
        if (r == 0)
                nfw_record_deinit(&record);
        assert_int_equal(store->bindings.n, has_bindings ? 2 : 0);
        if (has_bindings) {
                assert_string_equal(store->bindings.items[0].interface, "lo");
                assert_string_equal(store->bindings.items[1].interface, "veth0");
                assert_string_equal(store->bindings.items[1].policy, "one");
        }
        nfw_store_free(store);
}

/* At whatever octet a file ends, or is another: the other one of the two has it all, and this one is kept for a look. */
static void test_damage_of_one_of_two(void **state) {
        struct kernel *kernel = *state;

        load_two(kernel);
        save(kernel);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(pairs); i++) {
                struct content good;

                take(kernel, pairs[i].files[0], &good);
                for (size_t at = 0; at < good.size; at++)
                        for (enum damage damage = 0; damage < N_DAMAGES; damage++) {
                                nfw_report_clear(kernel->report);
                                do_damage(kernel, pairs[i].files[0], &good, damage, at);
                                assert_stored(kernel, true, true);
                                assert_int_equal(nfw_report_n_diagnostics(kernel->report), 1);
                                assert_false(nfw_report_has_errors(kernel->report));
                                assert_non_null(find_diagnostic(kernel, "state/set-aside"));
                                assert_true(has_file(kernel, pairs[i].aside[0]));

                                put_pair(kernel, &pairs[i], &good);
                                nfw_report_clear(kernel->report);
                                do_damage(kernel, pairs[i].files[1], &good, damage, at);
                                assert_stored(kernel, true, true);
                                assert_int_equal(nfw_report_n_diagnostics(kernel->report), 0);
                                put_pair(kernel, &pairs[i], &good);
                        }
                /* One that is gone is no worse. */
                for (int j = 0; j < 2; j++) {
                        assert_int_equal(unlink(store_path(kernel, pairs[i].files[j])), 0);
                        assert_stored(kernel, true, true);
                        put_pair(kernel, &pairs[i], &good);
                }
        }
}

/* Then it is lost and that is an error, and the rest is put back. Something else has the name of the policy. */
static void test_damage_of_both(void **state) {
        struct kernel *kernel = *state;

        load_two(kernel);
        save(kernel);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(pairs); i++) {
                struct content good;

                take(kernel, pairs[i].files[0], &good);
                for (int step = 0; step < 12; step++) {
                        size_t at = (good.size - 1) * (size_t)step / 11;

                        for (int j = 0; j < 2; j++)
                                do_damage(kernel, pairs[i].files[j], &good, (enum damage)(step % N_DAMAGES),
                                          at);
                        reboot(kernel);
                        assert_int_equal(restore(kernel), i == 0 ? NFW_E_REFUSED : 0);
                        assert_int_equal(nfw_diagnostic_severity(find_diagnostic(kernel, "state/set-aside")),
                                         NFW_SEVERITY_ERROR);
                        for (int j = 0; j < 2; j++) {
                                assert_true(has_file(kernel, pairs[i].aside[j]));
                                assert_false(has_file(kernel, pairs[i].files[j]));
                        }
                        if (i == 0) {
                                assert_in_force(kernel, "any one", "any", "one");
                                assert_int_equal(
                                        nfw_diagnostic_severity(find_diagnostic(kernel, "state/policy-lost")),
                                        NFW_SEVERITY_ERROR);
                        } else
                                assert_in_force(kernel, "any one", "none", "none");
                        put_pair(kernel, &pairs[i], &good);
                }
        }
}

/* Whichever of them was damaged, both are whole again with the next save, also where nothing else is to be written. */
static void test_what_was_damaged_is_mended(void **state) {
        struct kernel *kernel = *state;

        load_two(kernel);
        save(kernel);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(pairs); i++)
                for (int j = 0; j < 2; j++) {
                        struct content good, mended;

                        take(kernel, pairs[i].files[0], &good);
                        do_damage(kernel, pairs[i].files[j], &good, CUT, good.size / 2);
                        save(kernel);
                        for (int k = 0; k < 2; k++) {
                                take(kernel, pairs[i].files[k], &mended);
                                assert_int_equal(mended.size, good.size);
                                assert_memory_equal(mended.octets, good.octets, good.size);
                        }
                        reboot(kernel);
                        assert_int_equal(restore(kernel), 0);
                        assert_in_force(kernel, "any one", "any", "one");
                        save(kernel);
                }
}

/* What could not be written is written when it can be, although nothing has changed since. */
static void test_what_could_not_be_written(void **state) {
        static const char *const veth0[] = { "veth0" };
        struct kernel *kernel = *state;
        struct nfw_status *status = NULL;
        struct nfw_store *store;

        load_two(kernel);
        assert_int_equal(nfw_detach(kernel->context, veth0, 1, NULL), 0);
        store = open_store(kernel);
        assert_int_equal(nfw_store_save(store, NULL), 0);

        /* Nobody can write a file where a directory is. */
        assert_int_equal(mkdir(store_path(kernel, "bindings.new"), 0700), 0);
        assert_int_equal(nfw_attach(kernel->context, "one", veth0, 1, NULL), 0);
        for (int i = 0; i < 2; i++)
                assert_int_equal(nfw_store_save(store, NULL), -EISDIR);
        assert_int_equal(nfw_status_new(kernel->context, NULL, &status), 0);
        assert_int_equal(nfw_status_store_error(status), EISDIR);
        assert_string_equal(nfw_status_store(status), store_path(kernel, ""));
        nfw_status_free(status);

        assert_int_equal(rmdir(store_path(kernel, "bindings.new")), 0);
        assert_int_equal(nfw_store_save(store, NULL), 0);
        assert_int_equal(nfw_status_new(kernel->context, NULL, &status), 0);
        assert_int_equal(nfw_status_store_error(status), 0);
        nfw_status_free(status);
        nfw_store_free(store);
        reboot(kernel);
        assert_int_equal(restore(kernel), 0);
        assert_in_force(kernel, "any one", "any", "one");
}

/* As long as somebody has not deleted them. */
static void test_a_status_tells_what_was_set_aside(void **state) {
        struct kernel *kernel = *state;
        struct nfw_status *status = NULL;
        struct content good;

        load_two(kernel);
        assert_int_equal(nfw_status_new(kernel->context, NULL, &status), 0);
        assert_null(nfw_status_store(status));
        assert_int_equal(nfw_status_n_set_aside(status), 0);
        nfw_status_free(status);

        save(kernel);
        take(kernel, "bindings", &good);
        do_damage(kernel, "bindings", &good, CUT, 0);
        write_text(store_path(kernel, "policies/notes.txt"), "mine\n");
        save(kernel);
        assert_int_equal(nfw_status_new(kernel->context, NULL, &status), 0);
        assert_int_equal(nfw_status_n_set_aside(status), 2);
        assert_string_equal(nfw_status_set_aside(status, 0), store_path(kernel, "bindings.damaged"));
        assert_string_equal(nfw_status_set_aside(status, 1),
                            store_path(kernel, "policies/notes.txt.damaged"));
        assert_null(nfw_status_set_aside(status, 2));
        nfw_status_free(status);

        assert_int_equal(unlink(store_path(kernel, "bindings.damaged")), 0);
        assert_int_equal(unlink(store_path(kernel, "policies/notes.txt.damaged")), 0);
        assert_int_equal(nfw_status_new(kernel->context, NULL, &status), 0);
        assert_int_equal(nfw_status_n_set_aside(status), 0);
        nfw_status_free(status);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                kernel_test(test_damage_of_one_of_two),
                kernel_test(test_damage_of_both),
                kernel_test(test_what_was_damaged_is_mended),
                kernel_test(test_what_could_not_be_written),
                kernel_test(test_a_status_tells_what_was_set_aside),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("engine/store_damage", tests, NULL, NULL);
}
