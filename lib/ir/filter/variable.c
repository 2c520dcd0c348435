/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/filter/order.h"

struct names {
        const struct nfw_nwfilter_tree *tree;
        struct nfw_filter_ir *ir;
        struct nfw_seen variables, missing, compiled;
};

#define add_name(names_, name_)                                                                              \
        __extension__({                                                                                      \
                char *copy_ = strdup(name_);                                                                 \
                int added_ = copy_ ? nfw_vec_push((names_), copy_) : -ENOMEM;                                \
                if (added_ < 0)                                                                              \
                        free(copy_);                                                                         \
                added_;                                                                                      \
        })

static int is_new(struct nfw_seen *seen, const char *name, bool *ret_new) {
        unsigned int where;
        int r = nfw_seen_add(seen, name, strlen(name), 1, &where);

        *ret_new = r == 0 && where == 0;
        return r;
}

static int add_value(struct names *names, const struct nfw_nwfilter_value *value, size_t scope) {
        const char *name = value->access.name;
        bool fresh;
        int r = is_new(&names->variables, name, &fresh);

        if (fresh)
                r = add_name(&names->ir->variables, name);
        if (r == 0 && !nfw_nwfilter_tree_lookup(names->tree, scope, NULL, name)) {
                r = is_new(&names->missing, name, &fresh);
                if (fresh)
                        r = add_name(&names->ir->missing, name);
        }
        if (r == 0 && nfw_filter_is_compiled(value)) {
                r = is_new(&names->compiled, name, &fresh);
                if (fresh)
                        r = add_name(&names->ir->compiled, name);
        }
        return r;
}

static int add_all(struct names *names) {
        nfw_vec_foreach (instance, &names->tree->instances) {
                nfw_vec_foreach (value, &instance->rule->values) {
                        int r = value->access.name ? add_value(names, value, instance->scope) : 0;

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

int nfw_filter_variables_collect(const struct nfw_nwfilter_tree *tree, struct nfw_filter_ir *ir) {
        struct names names = { .tree = tree, .ir = ir };
        struct nfw_siphash_key key;
        int r = nfw_siphash_key_init(&key);

        if (r < 0)
                return r;
        names.variables.key = names.missing.key = names.compiled.key = key;
        r = add_all(&names);
        nfw_seen_deinit(&names.variables);
        nfw_seen_deinit(&names.missing);
        nfw_seen_deinit(&names.compiled);
        return r;
}
