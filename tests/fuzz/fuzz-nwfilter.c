/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter or a binding: what is read and written again is the same, and a refusal has reasons with places. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nwfilter/binding.h"
#include "nwfilter/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what) {
        if (condition)
                return;
        fprintf(stderr, "%s\n", what);
        abort();
}

static void check_report(const struct nfw_report *report, int r) {
        size_t n = nfw_report_n_diagnostics(report);

        require(nfw_report_has_errors(report) == (r == NFW_E_INVALID), "an answer without a reason");
        require(n <= 201, "diagnostics without bounds");
        for (size_t i = 0; i < n; i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                require(nfw_diagnostic_column(diagnostic) > 0 ||
                                strcmp(nfw_diagnostic_code(diagnostic), "nwfilter/more") == 0,
                        "a diagnostic without a position");
                for (const char *c = nfw_diagnostic_text(diagnostic); *c; c++)
                        require(*c >= ' ' && *c <= '~', "a diagnostic that is not plain text");
        }
}

static void check_rule(const struct nfw_nwfilter_rule *rule) {
        require(rule->n_elements == rule->element_negate.n, "another number of elements");
        require((rule->n_elements == 0) == (rule->protocol == NFW_NWFILTER_NONE),
                "a rule without a protocol");
        require(rule->priority >= -NFW_NWFILTER_PRIORITY_MAX && rule->priority <= NFW_NWFILTER_PRIORITY_MAX,
                "a priority out of range");
        nfw_vec_foreach (value, &rule->values) {
                const struct nfw_nwfilter_attribute_info *info =
                        nfw_nwfilter_attribute_info(value->attribute);
                enum nfw_nwfilter_attribute found;

                require(value->element < rule->n_elements, "a value in no element");
                require(nfw_nwfilter_attribute_find(rule->protocol, info->name, &found) &&
                                found == value->attribute,
                        "a value that the element does not have");
                require(!info->has_of || nfw_nwfilter_rule_of(rule, value), "a value without what it needs");
                require(!value->access.name || !info->no_variable, "a variable where none can be");
        }
}

static void check_filter(const struct nfw_nwfilter *filter) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *again = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL, *second = NULL;

        require(nfw_nwfilter_is_name(filter->name), "a filter without a name");
        nfw_vec_foreach (entry, &filter->entries) {
                require(!entry->rule != !entry->reference, "an entry of no kind, or of both");
                if (entry->rule)
                        check_rule(entry->rule);
        }
        if (nfw_nwfilter_write(filter, &text) < 0)
                return;
        /* Spaces and the order of attributes may take more room than they did. */
        if (strlen(text) > 1000000)
                return;
        require(nfw_nwfilter_read("again", text, strlen(text), NULL, &again) == 0,
                "written and not readable");
        if (nfw_nwfilter_write(again, &second) == 0)
                require(strcmp(text, second) == 0, "a filter that changes");
}

static void check_binding(const struct nfw_nwfilter_binding *binding) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *again = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL, *second = NULL;

        require(*binding->port && nfw_nwfilter_is_name(binding->filter), "a binding of nothing");
        if (nfw_nwfilter_binding_write(binding, &text) < 0 || strlen(text) > 1000000)
                return;
        require(nfw_nwfilter_binding_read("again", text, strlen(text), NULL, &again) == 0,
                "written and not readable");
        if (nfw_nwfilter_binding_write(again, &second) == 0)
                require(strcmp(text, second) == 0, "a binding that changes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        int r;

        if (nfw_report_new(&report) < 0)
                return 0;
        r = nfw_nwfilter_read("fuzz", data, size, report, &filter);
        require((r == 0) == (filter != NULL), "an answer that does not fit");
        check_report(report, r);
        if (filter)
                check_filter(filter);

        nfw_report_clear(report);
        r = nfw_nwfilter_binding_read("fuzz", data, size, report, &binding);
        require((r == 0) == (binding != NULL), "an answer that does not fit");
        check_report(report, r);
        if (binding)
                check_binding(binding);
        return 0;
}
