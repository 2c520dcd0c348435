/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/nwfilter/state.h"

/* A filter as any other, so that it is sent, compared and found again as they are. */
static const char definition[] = "<filter name='" NFW_FILTER_BLOCKED
                                 "'><rule action='drop' direction='inout' priority='-1000'/></filter>";

struct nfw_blocked {
        struct nfw_nwfilter *filter;
        struct nfw_compiled *compiled;
};

NFW_DEFINE_CLEANUP(struct nfw_blocked, nfw_blocked_free)

struct nfw_blocked *nfw_blocked_free(struct nfw_blocked *blocked) {
        if (!blocked)
                return NULL;
        nfw_compiled_free(blocked->compiled);
        nfw_nwfilter_free(blocked->filter);
        free(blocked);
        return NULL;
}

static const struct nfw_nwfilter *find_none(void *userdata nfw_unused, const char *name nfw_unused) {
        return NULL;
}

static int make(struct nfw_nwfilters *filters) {
        nfw_cleanup(nfw_blocked_freep) struct nfw_blocked *blocked = calloc(1, sizeof(*blocked));
        const struct nfw_nwfilter_source source = { .find = find_none };
        struct nfw_nwfilter_parameters none = { 0 };
        int r;

        if (!blocked || !(blocked->compiled = calloc(1, sizeof(*blocked->compiled))) ||
            !(blocked->compiled->filter = strdup(NFW_FILTER_BLOCKED)))
                return -ENOMEM;
        r = nfw_nwfilter_read(NFW_FILTER_BLOCKED, definition, strlen(definition), NULL, &blocked->filter);
        if (r == 0)
                r = nfw_nwfilter_tree_new(&source, blocked->filter, NULL, &blocked->compiled->tree);
        if (r == 0)
                r = nfw_compiled_make(filters, blocked->compiled, &none, NFW_FILTER_BLOCKED, NULL);
        if (r == 0)
                filters->blocked = nfw_steal(blocked);
        return r;
}

int nfw_compile_blocked(struct nfw_nwfilters *filters, const struct nfw_compiled **ret_compiled) {
        int r = filters->blocked ? 0 : make(filters);

        if (r > 0) /* it is the same on every kernel */
                r = -EINVAL;
        if (r == 0)
                *ret_compiled = filters->blocked->compiled;
        return r;
}

bool nfw_compiled_is_refused(const struct nfw_nwfilters *filters, const struct nfw_compiled *compiled) {
        nfw_vec_foreach (refused, &filters->refused)
                if (strcmp(refused->id, compiled->id) == 0)
                        return true;
        return false;
}

bool nfw_compiled_is_blocked(const struct nfw_nwfilters *filters, const struct nfw_compiled *compiled) {
        return filters->blocked && filters->blocked->compiled == compiled;
}
