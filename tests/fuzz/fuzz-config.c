/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfwpolicyd.conf: whatever is read, the answer, the report and what is set must agree with each other. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/setting.h"
#include "config/value.h"
#include "nft/names.h"
#include "policy/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what) {
        if (condition)
                return;
        fprintf(stderr, "%s\n", what);
        abort();
}

/* What goes to a terminal must not be able to speak to it. */
static void check_text(const char *text) {
        size_t size = text ? strlen(text) : 0;

        for (size_t i = 0; i < size;) {
                uint32_t character;
                size_t n = nfw_utf8_decode(text + i, size - i, &character);

                require(n > 0 && (nfw_utf8_is_visible(character) || character == '\t'),
                        "a diagnostic that is not plain text");
                i += n;
        }
}

static void check_report(const struct nfw_report *report, size_t n_lines) {
        /* A list is told word by word, and a line has 198 octets. */
        size_t n = nfw_report_n_diagnostics(report), max = NFW_CONFIG_MAX_PROBLEMS + 100;

        require(n <= max, "diagnostics without bounds");
        for (size_t i = 0; i < n; i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                require(strncmp(nfw_diagnostic_code(diagnostic), "config/", 7) == 0, "a foreign code");
                require(strcmp(nfw_diagnostic_file(diagnostic), "fuzz") == 0, "a foreign file");
                require(nfw_diagnostic_line(diagnostic) >= 1 && nfw_diagnostic_line(diagnostic) <= n_lines &&
                                nfw_diagnostic_column(diagnostic) >= 1,
                        "a place outside of the file");
                check_text(nfw_diagnostic_text(diagnostic));
                check_text(nfw_diagnostic_hint(diagnostic));
        }
}

static void check_value(const struct nfw_config *config, enum nfw_setting setting) {
        const struct nfw_setting_spec *spec = &nfw_setting_specs[setting];
        const struct nfw_config_value *value = &config->values[setting];

        if (!value->text)
                return;
        require(value->text[0] != '\0', "a setting that is nothing");
        switch (spec->kind) {
        case NFW_KIND_NUMBER:
                require(value->number >= spec->min && value->number <= spec->max, "a number out of range");
                break;
        case NFW_KIND_BOOLEAN:
                require(strcmp(value->text, value->number ? "yes" : "no") == 0, "neither yes nor no");
                break;
        case NFW_KIND_TABLE:
                require(nfw_nft_table_name_is_valid(value->text), "a table's name that is none");
                break;
        case NFW_KIND_DIRECTORY:
                require(value->text[0] == '/', "a path that is not absolute");
                break;
        case NFW_KIND_ADDRESSES:
                require(config->any_resolver != (config->resolvers.n > 0), "no list of name servers");
                break;
        case NFW_KIND_WORD:
                break;
        }
}

/* What a setting is printed as is read as the same. */
static void check_again(const struct nfw_config *config) {
        struct nfw_config *again = calloc(1, sizeof(*again));

        require(again != NULL, "no memory");
        for (int i = 0; i < NFW_N_SETTINGS; i++) {
                const char *text = nfw_config_get(config, (enum nfw_setting)i);

                if (!text)
                        continue;
                require(nfw_config_set(again, (enum nfw_setting)i, text, &NFW_POS_NONE, NULL) == 0,
                        "a setting that is refused");
                require(strcmp(nfw_config_get(again, (enum nfw_setting)i), text) == 0,
                        "a setting that changes");
        }
        nfw_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_config_freep) struct nfw_config *config = calloc(1, sizeof(*config));
        nfw_cleanup(nfw_freep) char *text = malloc(size + 1);
        size_t n_lines = 1;
        int r;

        if (!config || !text || nfw_report_new(&report) < 0)
                return 0;
        if (size > 0)
                memcpy(text, data, size);
        text[size] = '\0';
        for (size_t i = 0; i < size; i++)
                n_lines += text[i] == '\n';

        r = nfw_config_read_buffer(config, "fuzz", text, size, report);
        require(r == 0 || r == NFW_E_INVALID, "an answer that is not documented");
        require(nfw_report_has_errors(report) == (r != 0),
                "a report that says something else than the answer");
        check_report(report, n_lines);
        for (int i = 0; i < NFW_N_SETTINGS; i++)
                check_value(config, (enum nfw_setting)i);
        if (r == 0)
                check_again(config);
        return 0;
}
