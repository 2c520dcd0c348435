/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/nwfilter/state.h"
#include "nft/list.h"

static int show_compiled(const struct nfw_nwfilters *filters,
                         const struct nfw_compiled *compiled,
                         enum nfw_format format,
                         FILE *stream) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        int r;

        if (format == NFW_FORMAT_NFT)
                return nfw_nft_print_filter(compiled->plan, filters->table_name, stream);
        r = nfw_filter_ir_text(compiled->ir, &text);
        if (r == 0)
                fputs(text, stream);
        return r;
}

/* As its ports have it; of one that is on no port, as it would be with nothing but a MAC address. */
static int show(struct nfw_context *context,
                struct nfw_nwfilters *filters,
                const char *name,
                enum nfw_format format,
                struct nfw_report *report,
                FILE *stream) {
        nfw_cleanup(nfw_nwfilter_binding_list_freep) struct nfw_nwfilter_binding_list *bindings = NULL;
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *none = NULL;
        const struct nfw_compiled *compiled;
        NFW_VEC(const struct nfw_compiled *) shown = { 0 };
        int r;

        r = nfw_nwfilter_bindings_load(context, &bindings);
        for (size_t i = 0; r == 0 && i < bindings->vec.n; i++) {
                bool known = false;

                if (strcmp(bindings->vec.items[i]->filter, name) != 0)
                        continue;
                r = nfw_compile(context, filters, &filters->compiled, bindings->vec.items[i], report,
                                &compiled);
                nfw_vec_foreach (other, &shown)
                        known |= r == 0 && *other == compiled;
                if (r == 0 && !known)
                        r = nfw_vec_push(&shown, compiled);
                if (r == 0 && !known)
                        r = show_compiled(filters, compiled, format, stream);
        }
        if (r == 0 && shown.n == 0) {
                r = nfw_nwfilter_binding_new("port", name, &none);
                if (r == 0)
                        r = nfw_compile(context, filters, &filters->compiled, none, report, &compiled);
                if (r == 0)
                        r = show_compiled(filters, compiled, format, stream);
        }
        nfw_vec_deinit(&shown);
        return r;
}

/**
 * nfw_nwfilter_show() - print what became of a network filter
 * @context:  the context
 * @name:     the filter at the top of the tree; with NFW_FORMAT_KERNEL everything there is of filters is printed
 * @format:   how
 * @report:   what is wrong is added here; may be NULL
 * @ret_text: the text; the caller frees it
 *
 * Return: 0; NFW_E_NOT_FOUND for an unknown filter; NFW_E_INVALID or NFW_E_REFUSED where it cannot be enforced; or a
 * negative errno.
 */
nfw_public int nfw_nwfilter_show(struct nfw_context *context,
                                 const char *name,
                                 enum nfw_format format,
                                 struct nfw_report *report,
                                 char **ret_text) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct nfw_nwfilters *filters = context->nwfilters;
        size_t size;
        FILE *stream;
        int r;

        if (format == NFW_FORMAT_KERNEL)
                return nfw_nft_list_table(filters->table_name, NFW_TABLE_BRIDGE, ret_text);
        r = nfw_nwfilters_follow(filters);
        if (r < 0)
                return r;
        stream = open_memstream(&text, &size);
        if (!stream)
                return -ENOMEM;
        r = show(context, filters, name, format, report, stream);
        if (fclose(stream) != 0 && r == 0)
                r = -ENOMEM;
        if (r == 0)
                *ret_text = nfw_steal(text);
        return r;
}
