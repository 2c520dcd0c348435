/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/bus/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shared/text.h"

char *string_for_bus(const char *text) {
        return text_escape(text ? text : "");
}

int strings_add(struct strings *strings, const char *text) {
        char **items;

        items = realloc(strings->items, (strings->n + 2) * sizeof(*items));
        if (!items)
                return -ENOMEM;
        strings->items = items;
        items[strings->n + 1] = NULL;
        items[strings->n] = string_for_bus(text);
        if (!items[strings->n])
                return -ENOMEM;
        strings->n++;
        return 0;
}

void strings_deinit(struct strings *strings) {
        for (size_t i = 0; i < strings->n; i++)
                free(strings->items[i]);
        free(strings->items);
        *strings = (struct strings){ 0 };
}

bool strings_equal(char *const *a, char *const *b) {
        while (a && *a && b && *b && strcmp(*a, *b) == 0) {
                a++;
                b++;
        }
        return !(a && *a) && !(b && *b);
}
