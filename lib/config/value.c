/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "nft/names.h"

#define CODE       "config/bad-value"
#define SEPARATORS " \t,"

static int refuse(int r) {
        return r < 0 ? r : NFW_E_INVALID;
}

/* --- name servers ------------------------------------------------------------------------------------------- */

static int add_resolver(struct nfw_config *config,
                        const char *word,
                        const struct nfw_pos *pos,
                        struct nfw_report *report) {
        bool is_any = strcmp(word, "any") == 0;
        struct nfw_addr addr;

        if (config->any_resolver || (is_any && config->resolvers.n > 0))
                return refuse(nfw_report_error(report, CODE, pos,
                                               "`Resolvers=` with nothing behind it empties the list",
                                               "`any` trusts every name server, so no other can be named"));
        if (is_any) {
                config->any_resolver = true;
                return 0;
        }
        if (nfw_addr_parse(word, &addr) != 0)
                return refuse(nfw_report_error(report, CODE, pos,
                                               "write an IPv4 or IPv6 address, such as 192.0.2.53, or `any`",
                                               "`%s` is no address of a name server", word));
        return nfw_vec_push(&config->resolvers, addr);
}

static int add_resolvers(struct nfw_config *config,
                         const char *value,
                         const struct nfw_pos *pos,
                         struct nfw_report *report) {
        int result = 0;

        for (const char *word = value + strspn(value, SEPARATORS); *word; word += strspn(word, SEPARATORS)) {
                nfw_cleanup(nfw_freep) char *copy = strndup(word, strcspn(word, SEPARATORS));
                struct nfw_pos at = *pos;
                int r;

                if (!copy)
                        return -ENOMEM;
                for (const char *p = value; p < word; p++)
                        at.column += ((unsigned char)*p & 0xc0) != 0x80;
                word += strlen(copy);
                r = add_resolver(config, copy, &at, report);
                if (r < 0)
                        return r;
                result = r != 0 ? r : result;
        }
        return result;
}

/* As they are used: the same in every notation. */
static int print_resolvers(const struct nfw_config *config, char **ret_text) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size = 0;
        FILE *stream;

        if (config->resolvers.n == 0 && !config->any_resolver) {
                *ret_text = NULL;
                return 0;
        }
        stream = open_memstream(&text, &size);
        if (!stream)
                return -ENOMEM;
        if (config->any_resolver)
                fputs("any", stream);
        nfw_vec_foreach (resolver, &config->resolvers) {
                char addr[NFW_ADDR_TEXT_MAX];

                fprintf(stream, "%s%s", resolver > config->resolvers.items ? " " : "",
                        nfw_addr_format(resolver, addr));
        }
        if (fclose(stream) != 0)
                return -ENOMEM;
        *ret_text = nfw_steal(text);
        return 0;
}

/* --- the rest ----------------------------------------------------------------------------------------------- */

/* Digits only: no sign, no blanks, no other base. */
static bool parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret_number) {
        uint64_t number = 0;

        if (strspn(text, "0123456789") != strlen(text))
                return false;
        for (const char *p = text; *p && number <= max; p++)
                number = 10 * number + (uint64_t)(*p - '0');
        if (number < min || number > max)
                return false;
        *ret_number = (uint32_t)number;
        return true;
}

static bool parse_boolean(const char *text, uint32_t *ret_number) {
        static const char *const words[][4] = { { "no", "false", "off", "0" }, { "yes", "true", "on", "1" } };

        for (uint32_t i = 0; i < 2; i++)
                for (size_t j = 0; j < NFW_ARRAY_SIZE(words[i]); j++)
                        if (strcasecmp(text, words[i][j]) == 0) {
                                *ret_number = i;
                                return true;
                        }
        return false;
}

/* Why the value cannot be, in words for an error and a hint; NULL where it can. */
static const char *find_fault(const struct nfw_setting_spec *spec,
                              const char *value,
                              uint32_t *ret_number,
                              const char **ret_hint) {
        *ret_hint = NULL;
        switch (spec->kind) {
        case NFW_KIND_NUMBER:
                return parse_number(value, spec->min, spec->max, ret_number) ? NULL : "";
        case NFW_KIND_BOOLEAN:
                *ret_hint = "write `yes` or `no`";
                return parse_boolean(value, ret_number) ? NULL : "is neither yes nor no";
        case NFW_KIND_TABLE:
                *ret_hint =
                        "write a letter, then letters, digits, '.', '_' and '-', at most 64 in all, no word of nft's "
                        "own language, and not `-filter` at its end";
                return nfw_nft_table_name_is_valid(value) ? NULL : "cannot be a table's name";
        case NFW_KIND_DIRECTORY:
                *ret_hint = "write it from the root on, beginning with `/`";
                return value[0] == '/' ? NULL : "is no absolute path";
        case NFW_KIND_WORD:
                *ret_hint = "write one name";
                return strpbrk(value, SEPARATORS) == NULL ? NULL : "is not one name";
        case NFW_KIND_ADDRESSES:
                break;
        }
        return NULL;
}

static int set_text(struct nfw_config_value *field, const char *text) {
        char *copy = strdup(text);

        if (!copy)
                return -ENOMEM;
        free(field->text);
        field->text = copy;
        return 0;
}

static int set_plain(struct nfw_config_value *field,
                     const struct nfw_setting_spec *spec,
                     const char *value,
                     const struct nfw_pos *pos,
                     struct nfw_report *report) {
        const char *hint, *fault;
        char digits[16];
        uint32_t number = 0;

        fault = find_fault(spec, value, &number, &hint);
        if (fault && spec->kind == NFW_KIND_NUMBER)
                return refuse(nfw_report_error(report, CODE, pos, NULL,
                                               "%s must be a number from %u to %u, not `%s`", spec->key,
                                               spec->min, spec->max, value));
        if (fault)
                return refuse(nfw_report_error(report, CODE, pos, hint, "`%s` %s", value, fault));

        field->number = number;
        if (spec->kind == NFW_KIND_BOOLEAN)
                return set_text(field, number ? "yes" : "no");
        if (spec->kind != NFW_KIND_NUMBER)
                return set_text(field, value);
        (void)snprintf(digits, sizeof(digits), "%u", number);
        return set_text(field, digits);
}

int nfw_config_set(struct nfw_config *config,
                   enum nfw_setting setting,
                   const char *value,
                   const struct nfw_pos *pos,
                   struct nfw_report *report) {
        const struct nfw_setting_spec *spec = &nfw_setting_specs[setting];
        struct nfw_config_value *field = &config->values[setting];
        char *text;
        int r;

        field->pos = *pos;
        if (*value == '\0') {
                free(field->text);
                field->text = NULL;
                if (spec->kind == NFW_KIND_ADDRESSES) {
                        nfw_vec_deinit(&config->resolvers);
                        config->any_resolver = false;
                }
                return 0;
        }
        if (spec->kind != NFW_KIND_ADDRESSES)
                return set_plain(field, spec, value, pos, report);

        r = add_resolvers(config, value, pos, report);
        if (r == 0)
                r = print_resolvers(config, &text);
        if (r != 0)
                return r;
        free(field->text);
        field->text = text;
        return 0;
}
