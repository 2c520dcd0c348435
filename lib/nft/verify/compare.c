/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nft/names.h"
#include "nft/verify/internal.h"

/* A set that differs altogether is told in a few lines. */
#define MAX_ELEMENTS_SHOWN 20

/* A key of 64 octets in hexadecimal, and its end. */
#define ELEMENT_TEXT_MAX (2 * (2 * 64) + 2)

int nfw_nft_differ(struct nfw_nft_comparison *comparison,
                   const char *code,
                   const struct nfw_pos *pos,
                   const char *hint,
                   const char *format,
                   ...) {
        char text[512];
        va_list args;

        comparison->n_differences++;
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        return nfw_report_error(comparison->report, code, pos, hint, "%s", text);
}

static void format_octets(const uint8_t *octets, size_t size, char *text) {
        for (size_t i = 0; i < size; i++)
                sprintf(text + 2 * i, "%02x", octets[i]);
}

static int differ_element(struct nfw_nft_comparison *comparison,
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
        return nfw_nft_differ(
                comparison, missing ? "kernel/missing-element" : "kernel/foreign-element", NULL, NULL,
                missing ? "set %s lacks the element 0x%s" : "set %s has the element 0x%s, which is not ours",
                set->name, text);
}

/* The record at that offset, or NULL behind the last one. */
static const uint8_t *record_at(const struct nfw_nft_image_set *set, size_t offset) {
        return offset < set->elements.n ? set->elements.items + offset : NULL;
}

int nfw_nft_compare_elements(struct nfw_nft_comparison *comparison,
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
                r = nfw_nft_differ(comparison, "kernel/more-elements", NULL, NULL,
                                   "set %s differs in %zu more elements", expected->name,
                                   n_shown - MAX_ELEMENTS_SHOWN);
        return r;
}

static size_t find_rule(const struct nfw_nft_image_chain *chain, size_t index, const char *text) {
        while (index < chain->rules.n && strcmp(chain->rules.items[index].text, text) != 0)
                index++;
        return index;
}

static int differ_missing_rule(struct nfw_nft_comparison *comparison,
                               const struct nfw_nft_image_chain *chain,
                               size_t index) {
        const struct nfw_nft_image_rule *rule = &chain->rules.items[index];

        if (rule->comment)
                return nfw_nft_differ(comparison, "kernel/missing-rule", &rule->pos, NULL,
                                      "chain %s lacks the rule \"%s\"", chain->name, rule->comment);
        if (comparison->plan)
                return nfw_nft_differ(comparison, "kernel/missing-rule", &rule->pos, NULL,
                                      "chain %s lacks rule %zu of those that were compiled", chain->name,
                                      index + 1);
        return nfw_nft_differ(
                comparison, "kernel/missing-rule", NULL, "unload all policies and load them again",
                "chain %s lacks the rule that leads to policies: nothing is filtered there", chain->name);
}

/* Where it stands: nobody but nft can put somebody else's rule into words. */
static int differ_foreign_rule(struct nfw_nft_comparison *comparison,
                               const struct nfw_nft_image_chain *chain,
                               size_t index) {
        const struct nfw_nft_image_rule *rule = &chain->rules.items[index];
        const char *comment = rule->comment;
        nfw_cleanup(nfw_freep) char *hint = NULL;

        if (asprintf(&hint, "`nft -a list chain %s %s %s` shows it", nfw_nft_family_name(comparison->table),
                     comparison->table_name, chain->name) < 0)
                return -ENOMEM;
        return nfw_nft_differ(comparison, "kernel/foreign-rule", NULL, hint,
                              "rule %zu of chain %s is not ours: %s%s%shandle %" PRIu64, index + 1,
                              chain->name, comment ? "\"" : "", comment ? comment : "", comment ? "\", " : "",
                              nftnl_rule_get_u64(rule->rule, NFTNL_RULE_HANDLE));
}

int nfw_nft_compare_rules(struct nfw_nft_comparison *comparison, const char *chain) {
        static const struct nfw_nft_image_chain none = { 0 };
        const struct nfw_nft_image_chain *expected = nfw_nft_image_find_chain(comparison->expected, chain);
        const struct nfw_nft_image_chain *actual = nfw_nft_image_find_chain(comparison->actual, chain);
        size_t i = 0, j = 0;
        int r = 0;

        if (!expected)
                expected = &none;
        if (!actual)
                actual = &none;

        /* An expected rule is missing where it does not come later; else what stands here was put in between. */
        while (r == 0 && (i < expected->rules.n || j < actual->rules.n)) {
                bool is_expected = i < expected->rules.n;
                size_t found =
                        is_expected ? find_rule(actual, j, expected->rules.items[i].text) : actual->rules.n;

                if (is_expected && found == actual->rules.n) {
                        r = differ_missing_rule(comparison, expected, i++);
                } else if (found == j) {
                        i++;
                        j++;
                } else {
                        r = differ_foreign_rule(comparison, actual, j++);
                }
        }
        return r;
}
