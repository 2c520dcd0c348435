/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/print.h"

#include <errno.h>

#include "net/mac.h"

void nfw_print_escaped(FILE *file, const char *text) {
        for (; *text; text++)
                switch (*text) {
                case '&':
                        (void)fputs("&amp;", file);
                        break;
                case '<':
                        (void)fputs("&lt;", file);
                        break;
                case '>':
                        (void)fputs("&gt;", file);
                        break;
                case '\'':
                        (void)fputs("&apos;", file);
                        break;
                case '"':
                        (void)fputs("&quot;", file);
                        break;
                default:
                        (void)fputc(*text, file);
                }
}

void nfw_print_mac(FILE *file, const uint8_t mac[static 6]) {
        char text[NFW_MAC_TEXT_MAX];

        (void)fputs(nfw_mac_format(mac, text), file);
}

void nfw_print_reference(FILE *file,
                         int indent,
                         const char *filter,
                         const struct nfw_nwfilter_parameters *parameters) {
        (void)fprintf(file, "%*s<filterref filter='", indent, "");
        nfw_print_escaped(file, filter);
        if (parameters->vec.n == 0) {
                (void)fputs("'/>\n", file);
                return;
        }

        (void)fputs("'>\n", file);
        nfw_vec_foreach (parameter, &parameters->vec)
                nfw_vec_foreach (value, &parameter->values) {
                        (void)fprintf(file, "%*s  <parameter name='%s' value='", indent, "", parameter->name);
                        nfw_print_escaped(file, *value);
                        (void)fputs("'/>\n", file);
                }
        (void)fprintf(file, "%*s</filterref>\n", indent, "");
}

int nfw_print_finish(FILE *file, char **text, char **ret_text) {
        bool failed = ferror(file);

        if (fclose(file) != 0 || failed) {
                free(*text);
                return -ENOMEM;
        }
        *ret_text = *text;
        return 0;
}
