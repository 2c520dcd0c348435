/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nfwpolicyd/bus/errors.h"
#include "nfwpolicyd/bus/lists.h"
#include "shared/cleanup.h"
#include "shared/suggest.h"

#define MAX_OPTIONS 16

static const struct call_option *find_option(const struct call_option *known, size_t n, const char *key) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(known[i].key, key) == 0)
                        return &known[i];
        return NULL;
}

static int refuse_unknown(sd_bus_message *call, const struct call_option *known, size_t n, const char *key) {
        CLEANUP(text) char *hint = NULL;
        const char *keys[MAX_OPTIONS];

        for (size_t i = 0; i < n && i < MAX_OPTIONS; i++)
                keys[i] = known[i].key;
        hint = suggest_hint(key, keys, n < MAX_OPTIONS ? n : MAX_OPTIONS);
        return error_refuse(call, NFW_E_INVALID, "bus/unknown-option", hint, "there is no option `%s`", key);
}

static int read_number(sd_bus_message *call, const struct call_option *option, uint32_t *field) {
        uint32_t number;
        int r;

        r = sd_bus_message_read(call, "u", &number);
        if (r < 0)
                return r;
        if (number < 1 || number > option->max)
                return error_refuse(call, NFW_E_INVALID, "bus/out-of-range", NULL,
                                    "`%s` must be from 1 to %u", option->key, option->max);
        *field = number;
        return 0;
}

static int read_text(sd_bus_message *call, const struct call_option *option, const char **field) {
        int r;

        r = sd_bus_message_read(call, "s", field);
        if (r < 0)
                return r;
        if (option->max > 0 && strlen(*field) > option->max)
                return error_refuse(call, NFW_E_INVALID, "bus/out-of-range", NULL,
                                    "`%s` is longer than %u octets", option->key, option->max);
        return 0;
}

static int read_value(sd_bus_message *call, const struct call_option *option, void *field) {
        char ***list = field;
        int r;

        switch (option->type[0]) {
        case 'u':
                return read_number(call, option, field);
        case 's':
                return read_text(call, option, field);
        case 'a':
                list_free(*list);
                *list = NULL;
                r = sd_bus_message_read_strv(call, list);
                break;
        default:
                r = sd_bus_message_read(call, option->type, field);
                break;
        }
        return r < 0 ? r : 0;
}

static int read_option(sd_bus_message *call, const struct call_option *known, size_t n, void *options) {
        const struct call_option *option;
        const char *key, *type;
        int r;

        r = sd_bus_message_read(call, "s", &key);
        if (r < 0)
                return r;
        option = find_option(known, n, key);
        if (!option)
                return refuse_unknown(call, known, n, key);
        r = sd_bus_message_peek_type(call, NULL, &type);
        if (r < 0)
                return r;
        if (strcmp(type, option->type) != 0)
                return error_refuse(call, NFW_E_INVALID, "bus/wrong-type", NULL,
                                    "option `%s` is of type `%s`, not `%s`", key, option->type, type);
        r = sd_bus_message_enter_container(call, 'v', option->type);
        if (r >= 0)
                r = read_value(call, option, (char *)options + option->offset);
        if (r != 0)
                return r;
        r = sd_bus_message_exit_container(call);
        return r < 0 ? r : 0;
}

int call_options_read(sd_bus_message *call, const struct call_option *known, size_t n_known, void *options) {
        int r;

        r = sd_bus_message_enter_container(call, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
                r = read_option(call, known, n_known, options);
                if (r != 0)
                        return r;
                r = sd_bus_message_exit_container(call);
                if (r < 0)
                        return r;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(call);
        return r < 0 ? r : 0;
}
