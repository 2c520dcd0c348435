/* SPDX-License-Identifier: GPL-2.0-or-later */
/* docs/nwfilter.rst describes every element and every attribute that there is. */
#include "filters.h"

static char *read_document(void) {
        char *text = calloc(1, 262144);
        FILE *file;

        assert_non_null(text);
        file = fopen(NFW_TEST_SOURCE "/docs/nwfilter.rst", "re");
        assert_non_null(file);
        assert_true(fread(text, 1, 262143, file) > 0);
        assert_int_equal(fclose(file), 0);
        return text;
}

/* A row of a table begins with it. */
static void assert_row(const char *document, const char *name) {
        char row[64];

        (void)snprintf(row, sizeof(row), "\n``%s``  ", name);
        if (!strstr(document, row))
                fail_msg("%s is not described", name);
}

static void test_rows(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *document = read_document();

        for (size_t i = NFW_NWFILTER_NONE + 1; i < NFW_N_NWFILTER_PROTOCOLS; i++)
                assert_row(document, nfw_nwfilter_protocol_name((enum nfw_nwfilter_protocol)i));
        for (size_t i = 0; i < NFW_N_NWFILTER_ATTRIBUTES; i++)
                assert_row(document, nfw_nwfilter_attribute_name((enum nfw_nwfilter_attribute)i));
}

static bool is_in(const char *list, const char *end, const char *name) {
        char quoted[64];
        const char *found;

        (void)snprintf(quoted, sizeof(quoted), "``%s``", name);
        found = strstr(list, quoted);
        return found && found < end;
}

/* The attributes that are listed with an element and in the groups it names are those it has. */
static void test_elements(void **state nfw_unused) {
        static const struct {
                const char *name;
                const char *list;
        } groups[] = {
                { "MAC", "``srcmacaddr`` ``srcmacmask`` ``dstmacaddr`` ``dstmacmask``" },
                { "addresses", "``srcipaddr`` ``srcipmask`` ``dstipaddr`` ``dstipmask``" },
                { "ports", "``srcportstart`` ``srcportend`` ``dstportstart`` ``dstportend``" },
                { "packet",
                  "``srcipaddr`` ``srcipmask`` ``dstipaddr`` ``dstipmask`` ``srcipfrom`` ``srcipto`` "
                  "``dstipfrom`` ``dstipto`` ``dscp`` ``connlimit-above`` ``state`` ``ipset`` ``ipsetflags``" },
        };

        nfw_cleanup(nfw_freep) char *document = read_document();
        const char *table = strstr(document, "\nElements\n");

        assert_non_null(table);
        for (size_t i = NFW_NWFILTER_NONE + 1; i < NFW_N_NWFILTER_PROTOCOLS; i++) {
                const char *row, *end;
                char name[64];

                (void)snprintf(name, sizeof(name), "\n``%s``  ",
                               nfw_nwfilter_protocol_name((enum nfw_nwfilter_protocol)i));
                row = strstr(table, name);
                assert_non_null(row);
                if (strstr(row, " as ``") && strstr(row, " as ``") < strchr(row + 1, '\n'))
                        continue;
                row += strlen(name);
                for (end = strchr(row, '\n'); end[1] == ' ';)
                        end = strchr(end + 1, '\n');
                for (size_t k = 0; k < NFW_N_NWFILTER_ATTRIBUTES; k++) {
                        const char *attribute = nfw_nwfilter_attribute_name((enum nfw_nwfilter_attribute)k);
                        enum nfw_nwfilter_attribute found;
                        bool listed = is_in(row, end, attribute) || strcmp(attribute, "comment") == 0;

                        for (size_t g = 0; g < NFW_ARRAY_SIZE(groups) && !listed; g++) {
                                const char *mention = strstr(row, groups[g].name);

                                listed = mention && mention < end &&
                                         is_in(groups[g].list, groups[g].list + strlen(groups[g].list),
                                               attribute);
                        }
                        if (listed !=
                            nfw_nwfilter_attribute_find((enum nfw_nwfilter_protocol)i, attribute, &found))
                                fail_msg("%s and %s", name + 1, attribute);
                }
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_elements),
        };

        return cmocka_run_group_tests_name("nwfilter-document", tests, NULL, NULL);
}
