/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/bus/value.h"

#include <errno.h>

#include "shared/cleanup.h"

/* Containers in containers; ours have three at most. */
#define MAX_DEPTH 8

static json_t *read_basic(sd_bus_message *message, char type) {
        union {
                const char *s;
                int b;
                uint32_t u;
                uint64_t t;
        } value;

        if (sd_bus_message_read_basic(message, type, &value) < 0)
                return NULL;
        switch (type) {
        case 's':
                return json_string(value.s);
        case 'b':
                return json_boolean(value.b);
        case 'u':
                return json_integer(value.u);
        default:
                return json_integer((json_int_t)value.t);
        }
}

/* Into the array, and into the containers of the message where it begins one: 1, 0 at the end of one, or negative. */
static int read_item(sd_bus_message *message, json_t *array, json_t **ret_inner) {
        const char *contents;
        json_t *item;
        char type;
        int r;

        *ret_inner = NULL;
        r = sd_bus_message_peek_type(message, &type, &contents);
        if (r <= 0)
                return r;
        if (type == 'a' || type == 'r' || type == 'e') {
                r = sd_bus_message_enter_container(message, type, contents);
                item = *ret_inner = r < 0 ? NULL : json_array();
        } else if (type == 's' || type == 'b' || type == 'u' || type == 't') {
                item = read_basic(message, type);
        } else {
                return -EBADMSG;
        }
        if (r < 0)
                return r;
        return json_array_append_new(array, item) < 0 ? -ENOMEM : 1;
}

int bus_value_read(sd_bus_message *message, json_t **ret_value) {
        CLEANUP(json) json_t *top = json_array();
        json_t *open[MAX_DEPTH] = { top };
        size_t depth = 0;

        if (!top)
                return -ENOMEM;
        do {
                json_t *inner;
                int r;

                r = read_item(message, open[depth], &inner);
                if (r < 0)
                        return r;
                if (r == 0 && depth == 0)
                        return -EBADMSG;
                if (r == 0) {
                        r = sd_bus_message_exit_container(message);
                        if (r < 0)
                                return r;
                        depth--;
                }
                if (inner && depth + 1 == MAX_DEPTH)
                        return -EBADMSG;
                if (inner)
                        open[++depth] = inner;
        } while (depth > 0);
        *ret_value = json_incref(json_array_get(top, 0));
        return 0;
}
