/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/policy/ports.h"

#include <stdarg.h>
#include <stdlib.h>

#include "shared/text.h"

/* clang-format off */
#define PORT_OPTION                                                                                          \
        { .name = "port",                                                                                    \
          .letter = 'p',                                                                                     \
          .kind = OPTION_STRINGS,                                                                            \
          .offset = offsetof(struct ports_arguments, ports),                                                 \
          .argument = "IFACE",                                                                               \
          .help = "the host side of the guest's network; may be repeated" }
/* clang-format on */

const struct option_spec ports_options[PORTS_N_OPTIONS] = {
        PORT_OPTION,
        BUS_OPTIONS(struct ports_arguments),
};

const struct option_spec attach_options[ATTACH_N_OPTIONS] = {
        PORT_OPTION,
        { .name = "persistent",
          .offset = offsetof(struct ports_arguments, is_persistent),
          .help = "also interfaces that do not exist yet, and for good" },
        BUS_OPTIONS(struct ports_arguments),
};

void ports_say(const struct cli *cli, const struct string_list *ports, const char *format, ...) {
        va_list arguments;
        char *text;

        if (cli->quiet || cli->json)
                return;
        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        if (!text)
                return;
        text_put(stdout, text);
        free(text);
        for (size_t i = 0; i < ports->n_items; i++) {
                fputs(i == 0 ? " " : ", ", stdout);
                text_put(stdout, ports->items[i]);
        }
        putchar('\n');
}
