/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "records.h"

static void assert_not_found(struct place *place, const char *what, size_t at) {
        struct nfw_record record;
        int r = nfw_record_read(&place->context, NAME, ID, &record);

        if (r != NFW_E_NOT_FOUND)
                fail_msg("%s at octet %zu: %d", what, at, r);
}

static void test_round_trip(void **state) {
        struct place *place = *state;
        struct nfw_record written, record;
        struct stat st;

        make_record(&written, "dir/a file.yaml");
        assert_int_equal(nfw_record_write(&place->context, &written), 0);
        assert_int_equal(nfw_record_read(&place->context, NAME, ID, &record), 0);

        assert_string_equal(record.name, NAME);
        assert_string_equal(record.id, ID);
        assert_true(record.any_resolver);
        assert_int_equal(record.min_ttl, written.min_ttl);
        assert_int_equal(record.max_ttl, written.max_ttl);
        assert_int_equal(record.max_names, written.max_names);
        assert_int_equal(record.nflog_group, written.nflog_group);
        assert_memory_equal(record.parameters, written.parameters, sizeof(written.parameters));
        assert_int_equal(record.resolvers.n, 2);
        for (size_t i = 0; i < 2; i++)
                assert_true(nfw_addr_equal(&record.resolvers.items[i], &written.resolvers.items[i]));
        assert_string_equal(record.policy->file, "dir/a file.yaml");
        assert_int_equal(record.policy->source_size, strlen(SOURCE));
        assert_memory_equal(record.policy->source, SOURCE, strlen(SOURCE));
        nfw_record_deinit(&record);
        nfw_record_deinit(&written);

        /* what a policy says is nobody's business, and nothing of the writing is left */
        assert_int_equal(stat(place_path(place, FILE_NAME), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_false(place_has(place, FILE_NAME ".new"));
}

static void test_settings_only(void **state) {
        struct place *place = *state;
        struct nfw_record record;

        write_record(place, NAME, ID);
        nfw_record_forget_settings(&place->context);
        assert_int_equal(nfw_record_read_settings(&place->context, NAME, ID, &record), 0);
        assert_null(record.policy);
        assert_int_equal(record.min_ttl, 7);
        assert_int_equal(record.resolvers.n, 2);
        nfw_record_deinit(&record);
}

static void test_defaults_are_kept_apart(void **state) {
        struct place *place = *state;
        struct nfw_record written, record;

        make_record(&written, "test.yaml");
        written.any_resolver = false;
        nfw_vec_deinit(&written.resolvers);
        memset(written.parameters, 0, sizeof(written.parameters));
        assert_int_equal(nfw_record_write(&place->context, &written), 0);
        assert_int_equal(nfw_record_read(&place->context, NAME, ID, &record), 0);
        assert_false(record.any_resolver);
        assert_int_equal(record.resolvers.n, 0);
        assert_memory_equal(record.parameters, written.parameters, sizeof(written.parameters));
        nfw_record_deinit(&record);
        nfw_record_deinit(&written);
}

/* Whatever the file is called, the lines stay what they are. */
static void test_file_names(void **state) {
        static const char *const files[][2] = {
                { "two\nlines\nsize 3", "two?lines?size 3" },
                { " blanks ", " blanks " },
                { "", "" },
                { "\xff\x01", "\xff\x01" },
                { "size 1", "size 1" },
        };
        struct place *place = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(files); i++) {
                struct nfw_record record;

                make_record(&record, files[i][0]);
                assert_int_equal(nfw_record_write(&place->context, &record), 0);
                nfw_record_deinit(&record);
                assert_int_equal(nfw_record_read(&place->context, NAME, ID, &record), 0);
                assert_string_equal(record.policy->file, files[i][1]);
                nfw_record_deinit(&record);
        }
}

static void test_truncated_at_every_octet(void **state) {
        struct place *place = *state;
        size_t size;
        char *data;

        write_record(place, NAME, ID);
        data = read_file(place_path(place, FILE_NAME), &size);
        assert_true(size > strlen(SOURCE));
        for (size_t n = 0; n < size; n++) {
                write_file(place_path(place, FILE_NAME), data, n);
                assert_not_found(place, "truncated", n);
        }
        write_file(place_path(place, FILE_NAME), data, size);
        free(data);
}

static void test_changed_at_every_octet(void **state) {
        static const unsigned char changes[] = { 0x01, 0x20, 0x80, 0xff };
        struct place *place = *state;
        size_t size;
        char *data;

        write_record(place, NAME, ID);
        data = read_file(place_path(place, FILE_NAME), &size);
        for (size_t i = 0; i < size; i++) {
                char kept = data[i];

                for (size_t j = 0; j < sizeof(changes) + 3; j++) {
                        static const char others[] = { '\0', '\n', ' ' };

                        data[i] =
                                j < sizeof(changes) ? (char)(kept ^ changes[j]) : others[j - sizeof(changes)];
                        if (data[i] == kept)
                                continue;
                        write_file(place_path(place, FILE_NAME), data, size);
                        assert_not_found(place, "changed", i);
                }
                data[i] = kept;
        }
        free(data);
}

static void test_one_octet_more_or_less(void **state) {
        struct place *place = *state;
        size_t size;
        char *data, *other;

        write_record(place, NAME, ID);
        data = read_file(place_path(place, FILE_NAME), &size);
        other = malloc(size + 1);
        assert_non_null(other);
        for (size_t i = 0; i <= size; i++) {
                memcpy(other, data, i);
                other[i] = 'x';
                memcpy(other + i + 1, data + i, size - i);
                write_file(place_path(place, FILE_NAME), other, size + 1);
                assert_not_found(place, "inserted", i);
                if (i == size)
                        break;
                memcpy(other + i, data + i + 1, size - i - 1);
                write_file(place_path(place, FILE_NAME), other, size - 1);
                assert_not_found(place, "removed", i);
        }
        free(other);
        free(data);
}

/* Damage of the source does not matter to who does not read it; damage of the settings does. */
static void test_settings_of_a_damaged_file(void **state) {
        struct place *place = *state;
        struct nfw_record record;
        size_t size;
        char *data;

        write_record(place, NAME, ID);
        data = read_file(place_path(place, FILE_NAME), &size);
        data[size - 1] ^= 1;
        write_file(place_path(place, FILE_NAME), data, size);
        nfw_record_forget_settings(&place->context);
        assert_int_equal(nfw_record_read_settings(&place->context, NAME, ID, &record), 0);
        nfw_record_deinit(&record);
        data[30] ^= 1;
        write_file(place_path(place, FILE_NAME), data, size);
        nfw_record_forget_settings(&place->context);
        assert_int_equal(nfw_record_read_settings(&place->context, NAME, ID, &record), NFW_E_NOT_FOUND);
        free(data);
}

static void test_files_that_are_none(void **state) {
        static const char *const files[] = {
                "",
                "\n",
                "\n\n\n",
                "nfwpolicy-record 1",
                "nfwpolicy-record 1\n\n",
                "nfwpolicy-record 1\nheader 0000000000000000\n\n",
                "header 1e924b9d737700d7\n\n", /* the sum of nothing */
                "nfwpolicy-record 2\nfile x\nsize 0\n\n",
                "version: \"1.0\"\n",
        };
        struct place *place = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(files); i++) {
                write_file(place_path(place, FILE_NAME), files[i], strlen(files[i]));
                assert_not_found(place, files[i], i);
        }
        assert_int_equal(unlink(place_path(place, FILE_NAME)), 0);
        assert_int_equal(mkdir(place_path(place, FILE_NAME), 0700), 0);
        assert_not_found(place, "a directory", 0);
}

/* Names and ids come from the kernel's comments, which anybody with its privilege can have written. */
static void test_names_that_lead_elsewhere(void **state) {
        static const struct {
                const char *name, *id;
        } cases[] = {
                { "../web", ID },
                { "/web", ID },
                { "", ID },
                { "a/b", ID },
                { "..", ID },
                { NAME, "" },
                { NAME, "../../../../x/.." },
                { NAME, "0123456789abcde" },
                { NAME, "0123456789abcdef0" },
                { NAME, "0123456789abcdeg" },
                { NAME, "0123456789abcde/" },
        };
        struct place *place = *state;
        struct nfw_record record;

        write_record(place, NAME, ID);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                assert_int_equal(nfw_record_read(&place->context, cases[i].name, cases[i].id, &record),
                                 NFW_E_NOT_FOUND);
                nfw_record_remove(&place->context, cases[i].name, cases[i].id);
        }
        assert_true(place_has(place, FILE_NAME));
}

static void test_removing_leads_nowhere_else(void **state) {
        struct place *place = *state;
        char outside[128];

        snprintf(outside, sizeof(outside), "%s/web-" ID ".policy", place->directory);
        write_file(outside, "", 0);
        nfw_record_remove(&place->context, "../web", ID);
        assert_int_equal(access(outside, F_OK), 0);
}

static void test_remove(void **state) {
        struct place *place = *state;

        write_record(place, NAME, ID);
        nfw_record_remove(&place->context, NAME, ID);
        assert_not_found(place, "removed", 0);
        nfw_record_remove(&place->context, NAME, ID);
}

static void test_leftover_of_an_interrupted_write(void **state) {
        struct place *place = *state;
        struct nfw_record record;

        write_file(place_path(place, FILE_NAME ".new"), "half a record", 13);
        assert_not_found(place, "half", 0);
        write_record(place, NAME, ID);
        assert_false(place_has(place, FILE_NAME ".new"));
        assert_int_equal(nfw_record_read(&place->context, NAME, ID, &record), 0);
        nfw_record_deinit(&record);
}

static void test_a_link_in_the_way_is_not_followed(void **state) {
        struct place *place = *state;
        struct nfw_record record;
        char victim[128];
        size_t size;
        char *data;

        snprintf(victim, sizeof(victim), "%s/victim", place->directory);
        write_file(victim, "precious", 8);
        assert_int_equal(symlink(victim, place_path(place, FILE_NAME ".new")), 0);
        make_record(&record, "test.yaml");
        assert_int_equal(nfw_record_write(&place->context, &record), -ELOOP);
        nfw_record_deinit(&record);
        data = read_file(victim, &size);
        assert_int_equal(size, 8);
        assert_memory_equal(data, "precious", 8);
        free(data);
}

/* Where there is no room, that is told, and what was there before is still there. */
static void test_no_room(void **state) {
        struct place *place = *state;
        struct nfw_record record;
        int status;
        pid_t child;

        write_record(place, NAME, ID);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                signal(SIGXFSZ, SIG_IGN);
                make_record(&record, "other.yaml");
                if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 100, 100 }) < 0)
                        _exit(2);
                _exit(nfw_record_write(&place->context, &record) == -EFBIG ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_false(place_has(place, FILE_NAME ".new"));

        assert_int_equal(nfw_record_read(&place->context, NAME, ID, &record), 0);
        assert_string_equal(record.policy->file, "test.yaml");
        nfw_record_deinit(&record);
}

#define place_test(test_) cmocka_unit_test_setup_teardown(test_, place_setup, place_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                place_test(test_round_trip),
                place_test(test_settings_only),
                place_test(test_defaults_are_kept_apart),
                place_test(test_file_names),
                place_test(test_truncated_at_every_octet),
                place_test(test_changed_at_every_octet),
                place_test(test_one_octet_more_or_less),
                place_test(test_settings_of_a_damaged_file),
                place_test(test_files_that_are_none),
                place_test(test_names_that_lead_elsewhere),
                place_test(test_removing_leads_nowhere_else),
                place_test(test_remove),
                place_test(test_leftover_of_an_interrupted_write),
                place_test(test_a_link_in_the_way_is_not_followed),
                place_test(test_no_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
