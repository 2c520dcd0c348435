/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/access.h"

#include <errno.h>
#include <string.h>

#include "nwfilter/text.h"

#define NAME_MAX_ 256

static const char *skip_spaces(const char *text) {
        while (*text == ' ')
                text++;
        return text;
}

static bool is_of_name(char c) {
        const char text[] = { c, '\0' };

        return nfw_nwfilter_is_variable(text);
}

bool nfw_nwfilter_is_variable(const char *name) {
        return nfw_text_is_name(name, "_", NAME_MAX_);
}

static const char *parse_number(const char *text, unsigned int *ret_number) {
        unsigned int number = 0;

        if (*text < '0' || *text > '9')
                return NULL;
        for (; *text >= '0' && *text <= '9'; text++) {
                number = number * 10 + (unsigned int)(*text - '0');
                if (number > NFW_NWFILTER_NUMBER_MAX)
                        return NULL;
        }
        *ret_number = number;
        return text;
}

int nfw_nwfilter_access_parse(const char *text, struct nfw_nwfilter_access *ret_access) {
        struct nfw_nwfilter_access access = { 0 };
        const char *begin = skip_spaces(text + 1), *end = begin;

        while (is_of_name(*end))
                end++;
        if (end == begin || end - begin > NAME_MAX_)
                return NFW_E_INVALID;

        text = end;
        if (*text == '[') {
                text = skip_spaces(text + 1);
                access.is_index = *text != '@';
                text = parse_number(text + !access.is_index, &access.number);
                if (!text)
                        return NFW_E_INVALID;
                text = skip_spaces(text);
                if (*text++ != ']')
                        return NFW_E_INVALID;
        }
        if (*skip_spaces(text))
                return NFW_E_INVALID;

        access.name = strndup(begin, (size_t)(end - begin));
        if (!access.name)
                return -ENOMEM;
        *ret_access = access;
        return 0;
}

void nfw_nwfilter_access_deinit(struct nfw_nwfilter_access *access) {
        free(access->name);
        access->name = NULL;
}
