/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/begin.h"

#include <stdarg.h>

static int read_arguments(sd_bus_message *call, const char *types, va_list arguments) {
        int r = 0;

        for (const char *type = types; r >= 0 && *type; type++)
                if (type[0] == 'a' && type[1] == 's') {
                        type++;
                        r = sd_bus_message_read_strv(call, va_arg(arguments, char ***));
                } else {
                        r = sd_bus_message_read_basic(call, *type, va_arg(arguments, void *));
                }
        return r;
}

int call_begin(sd_bus_message *call,
               struct nfw_report **ret_report,
               const struct call_options *options,
               const char *types,
               ...) {
        va_list arguments;
        int r;

        va_start(arguments, types);
        r = read_arguments(call, types, arguments);
        va_end(arguments);
        if (r < 0)
                return r;
        r = options ? call_options_read(call, options->known, options->n_known, options->values) : 0;
        return r != 0 ? r : nfw_report_new(ret_report);
}
