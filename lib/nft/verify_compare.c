/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "nft/verify-internal.h"

/* A set that differs altogether is told in a few lines. */
#define MAX_ELEMENTS_SHOWN 20

/* A key of 64 octets in hexadecimal, and its end. */
#define ELEMENT_TEXT_MAX (2 * (2 * 64) + 2)

int nfw_nft_differ(const struct nfw_nft_comparison *comparison,
                   const char *code,
                   const struct nfw_pos *pos,
                   const char *format,
                   ...) {
        char text[512];
        va_list args;

        (*comparison->n_differences)++;
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        return nfw_report_error(comparison->report, code, pos, NULL, "%s", text);
}

bool nfw_nft_set_is_constant(const struct nfw_plan *plan, const char *name) {
        if (!plan)
                return false;
        nfw_vec_foreach (set, &plan->sets)
                if (set->name && strcmp(set->name, name) == 0)
                        return set->learned == SIZE_MAX;
        return false;
}

static void format_octets(const uint8_t *octets, size_t size, char *text) {
        for (size_t i = 0; i < size; i++)
                sprintf(text + 2 * i, "%02x", octets[i]);
}

static int differ_element(const struct nfw_nft_comparison *comparison,
                          const struct nfw_nft_image_set *set,
                          const uint8_t *record,
                          bool missing,
                          size_t *n_shown) {
        char text[ELEMENT_TEXT_MAX];

        if ((*n_shown)++ >= MAX_ELEMENTS_SHOWN)
                return 0;
        format_octets(record, set->key_size, text);
        if (memcmp(record, record + set->key_size, set->key_size) != 0) {
                text[2 * set->key_size] = '-';
                format_octets(record + set->key_size, set->key_size, text + 2 * set->key_size + 1);
        }
        return nfw_nft_differ(comparison, missing ? "kernel/missing-element" : "kernel/foreign-element", NULL,
                              missing ? "set %s lacks the element 0x%s"
                                      : "set %s has the element 0x%s, which is not ours",
                              set->name, text);
}

/* The record at that offset, or NULL behind the last one. */
static const uint8_t *record_at(const struct nfw_nft_image_set *set, size_t offset) {
        return offset < set->elements.n ? set->elements.items + offset : NULL;
}

int nfw_nft_compare_elements(const struct nfw_nft_comparison *comparison,
                             const struct nfw_nft_image_set *expected,
                             const struct nfw_nft_image_set *actual) {
        size_t size = nfw_nft_image_record_size(expected), n_shown = 0, i = 0, j = 0;
        const uint8_t *a = record_at(expected, 0), *b = record_at(actual, 0);
        int r = 0;

        /* Their headers are the same, so their keys are as long. */
        while (r == 0 && (a || b)) {
                int order = !a ? 1 : !b ? -1 : memcmp(a, b, size);

                if (order < 0)
                        r = differ_element(comparison, expected, a, true, &n_shown);
                else if (order > 0)
                        r = differ_element(comparison, actual, b, false, &n_shown);
                if (order <= 0)
                        a = record_at(expected, i += size);
                if (order >= 0)
                        b = record_at(actual, j += size);
        }
        if (r == 0 && n_shown > MAX_ELEMENTS_SHOWN)
                r = nfw_nft_differ(comparison, "kernel/more-elements", NULL,
                                   "set %s differs in %zu more elements", expected->name,
                                   n_shown - MAX_ELEMENTS_SHOWN);
        return r;
}

/* The next rule of the chain from index on, or the number of rules. */
static size_t next_rule(const struct nfw_nft_image *image, const char *chain, size_t index) {
        while (index < image->rules.n && strcmp(image->rules.items[index].chain, chain) != 0)
                index++;
        return index;
}

static size_t find_rule(const struct nfw_nft_image *image,
                        const char *chain,
                        size_t index,
                        const char *text) {
        for (index = next_rule(image, chain, index); index < image->rules.n;
             index = next_rule(image, chain, index + 1))
                if (strcmp(image->rules.items[index].text, text) == 0)
                        break;
        return index;
}

static int differ_rule(const struct nfw_nft_comparison *comparison,
                       const struct nfw_nft_image_rule *rule,
                       bool missing) {
        const char *comment = rule->comment;

        return nfw_nft_differ(
                comparison, missing ? "kernel/missing-rule" : "kernel/foreign-rule",
                missing ? &rule->pos : NULL,
                missing ? "chain %s lacks the rule %s%s%s" : "chain %s has a rule that is not ours: %s%s%s",
                rule->chain, comment ? "\"" : "", comment ? comment : rule->text, comment ? "\"" : "");
}

/* The expected rule is missing where it does not come later; else this one was put in between, or moved. */
static int compare_pair(const struct nfw_nft_comparison *comparison,
                        const char *chain,
                        size_t *i,
                        size_t *j) {
        const struct nfw_nft_image *expected = comparison->expected, *actual = comparison->actual;
        const char *text = expected->rules.items[*i].text;
        size_t found = find_rule(actual, chain, *j, text);

        if (found == actual->rules.n) {
                size_t missing = *i;

                *i = next_rule(expected, chain, *i + 1);
                return differ_rule(comparison, &expected->rules.items[missing], true);
        }
        if (found != *j) {
                size_t foreign = *j;

                *j = next_rule(actual, chain, *j + 1);
                return differ_rule(comparison, &actual->rules.items[foreign], false);
        }
        *i = next_rule(expected, chain, *i + 1);
        *j = next_rule(actual, chain, *j + 1);
        return 0;
}

int nfw_nft_compare_rules(const struct nfw_nft_comparison *comparison, const char *chain) {
        const struct nfw_nft_image *expected = comparison->expected, *actual = comparison->actual;
        size_t i = next_rule(expected, chain, 0), j = next_rule(actual, chain, 0);
        int r = 0;

        while (r == 0 && i < expected->rules.n && j < actual->rules.n)
                r = compare_pair(comparison, chain, &i, &j);
        for (; r == 0 && i < expected->rules.n; i = next_rule(expected, chain, i + 1))
                r = differ_rule(comparison, &expected->rules.items[i], true);
        for (; r == 0 && j < actual->rules.n; j = next_rule(actual, chain, j + 1))
                r = differ_rule(comparison, &actual->rules.items[j], false);
        return r;
}
