/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/named_set/named_set.h"

struct set_change {
        const char *name;
        const char *const *elements;
        size_t n_elements;
        struct nfw_named_set_type type; /* that is asked for */
        struct nfw_named_set *old;      /* NULL: there was none */
        struct nfw_named_set *new;      /* NULL: there will be none */
        bool is_saved;
};

static void set_change_deinit(struct set_change *change) {
        change->old = nfw_named_set_free(change->old);
        change->new = nfw_named_set_free(change->new);
}

static int check_name(const char *name, struct nfw_report *to) {
        int r;

        if (nfw_named_set_name_is_valid(name))
                return 0;
        r = nfw_report_error(to, "set/name", NULL,
                             "take 1 to 31 letters, digits, spaces and any of _ . : - +",
                             "`%s` cannot be the name of a set", name);
        return r < 0 ? r : NFW_E_INVALID;
}

/* What the filters in force look for. 0; NFW_E_NOT_FOUND where none of them does; or a negative errno. */
static int find_use(struct nfw_context *context,
                    const char *name,
                    struct nfw_named_set_type *ret_type,
                    char **ret_filter) {
        nfw_cleanup(nfw_nwfilter_binding_list_freep) struct nfw_nwfilter_binding_list *bindings = NULL;
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        r = nfw_nwfilter_bindings_load(context, &bindings);
        for (size_t i = 0; r >= 0 && i < bindings->vec.n; i++) {
                const struct nfw_compiled *compiled;

                r = nfw_compile(context, filters, &filters->compiled, bindings->vec.items[i], NULL,
                                &compiled);
                if (r != 0)
                        continue;
                nfw_vec_foreach (wanted, &compiled->ir->named_sets) {
                        if (strcmp(wanted->name, name) != 0)
                                continue;
                        *ret_type = nfw_named_set_type_of(wanted);
                        *ret_filter = strdup(compiled->filter);
                        return *ret_filter ? 0 : -ENOMEM;
                }
        }
        return r < 0 ? r : NFW_E_NOT_FOUND;
}

static int report_wanted(struct nfw_report *to,
                         const char *name,
                         const char *filter,
                         struct nfw_named_set_type wanted) {
        int r;

        r = nfw_report_error(to, "set/type", NULL, NULL, "filter `%s` looks for %s (%s) in set `%s`", filter,
                             nfw_named_set_type_name(wanted), nfw_named_set_family_name(wanted), name);
        return r < 0 ? r : NFW_E_REFUSED;
}

static bool contradicts(struct nfw_named_set_type asked, struct nfw_named_set_type is) {
        return (asked.n_parts && asked.n_parts != is.n_parts) || (asked.family && asked.family != is.family);
}

static int report_other_type(const struct set_change *change, struct nfw_report *to) {
        int r;

        r = nfw_report_error(to, "set/type", NULL, "delete it first: nfwpolicy set delete NAME",
                             "set `%s` has %s (%s)", change->name, nfw_named_set_type_name(change->old->type),
                             nfw_named_set_family_name(change->old->type));
        return r < 0 ? r : NFW_E_REFUSED;
}

/* The old one's, or what filters look for; the rest is told by the elements. */
static int decide_type(const struct set_change *change,
                       struct nfw_context *context,
                       struct nfw_report *to,
                       struct nfw_named_set_type *ret_type) {
        nfw_cleanup(nfw_freep) char *filter = NULL;
        struct nfw_named_set_type wanted;
        int r;

        *ret_type = change->type;
        if (change->old) {
                *ret_type = change->old->type;
                return contradicts(change->type, change->old->type) ? report_other_type(change, to) : 0;
        }
        r = find_use(context, change->name, &wanted, &filter);
        if (r != 0)
                return r < 0 ? r : 0;
        *ret_type = wanted;
        return contradicts(change->type, wanted) ? report_wanted(to, change->name, filter, wanted) : 0;
}

static int report_element(const char *text, const char *reason, struct nfw_report *to) {
        int r;

        r = nfw_report_error(to, "set/element", NULL, NULL, "`%s` cannot be in the set: %s", text, reason);
        return r < 0 ? r : NFW_E_INVALID;
}

static int parse_all(const struct set_change *change,
                     struct nfw_named_set_type *type,
                     struct nfw_report *to,
                     struct nfw_named_set *parsed) {
        int r, result = 0;

        for (size_t i = 0; i < change->n_elements; i++) {
                struct nfw_named_set_element element;
                const char *reason = NULL;

                r = nfw_named_set_element_parse(change->elements[i], type, &element, &reason);
                if (r == 0)
                        r = nfw_vec_push(&parsed->elements, element);
                else if (r > 0)
                        result = r = report_element(change->elements[i], reason, to);
                if (r < 0)
                        return r;
        }
        parsed->type = *type;
        return result;
}

static int settle(struct nfw_named_set *set, struct nfw_report *to) {
        char a_text[NFW_NAMED_SET_TEXT_MAX], b_text[NFW_NAMED_SET_TEXT_MAX];
        size_t a, b;
        int r;

        r = nfw_named_set_settle(set, &a, &b);
        if (r == NFW_E_INVALID) {
                r = nfw_report_error(
                        to, "set/overlap", NULL, "write them so that they do not overlap",
                        "`%s` and `%s` overlap, which the kernel does not take in a set of addresses "
                        "and ports",
                        nfw_named_set_element_format(set, &set->elements.items[a], a_text),
                        nfw_named_set_element_format(set, &set->elements.items[b], b_text));
                return r < 0 ? r : NFW_E_INVALID;
        }
        if (r == 0 && set->elements.n > NFW_NAMED_SET_MAX_ELEMENTS) {
                r = nfw_report_error(to, "set/too-large", NULL, NULL, "a set has %d elements at most",
                                     NFW_NAMED_SET_MAX_ELEMENTS);
                return r < 0 ? r : NFW_E_INVALID;
        }
        return r;
}

/* --- the file, before the commit ------------------------------------------------------------------------------ */

static int save(struct set_change *change, const struct nfw_context *context) {
        int r = change->new ? nfw_named_set_save(context, change->new) : 0;

        change->is_saved = r == 0;
        return r;
}

static void failed(struct nfw_context *context, void *userdata) {
        struct set_change *change = userdata;

        if (!change->is_saved || !change->new)
                return;
        if (change->old)
                (void)nfw_named_set_save(context, change->old);
        else
                nfw_named_set_forget(context, change->name);
}

static int applied(struct nfw_context *context, void *userdata) {
        const struct set_change *change = userdata;

        /* Which sets there are now, only the kernel's dump tells. */
        if (!change->new) {
                nfw_named_set_forget(context, change->name);
                return -EAGAIN;
        }
        if (change->new->elements.n > 0)
                return 0;
        /* The set may have been empty before, whoever emptied it: then there was no transaction that the kernel counts. */
        nfw_shadow_invalidate(&context->shadow);
        return -EAGAIN;
}

static int prepare(struct set_change *change, struct nfw_context *context, struct nfw_report *to) {
        int r;

        /* What an attempt before this one has written is not what was there. */
        failed(context, change);
        change->is_saved = false;
        set_change_deinit(change);
        r = check_name(change->name, to);
        if (r == 0)
                r = nfw_named_set_load(context, change->name, &change->old);
        return r == NFW_E_NOT_FOUND ? 0 : r;
}

static int run(struct nfw_context *context,
               struct set_change *change,
               int (*build)(struct nfw_context *context, void *userdata, struct nfw_report *to),
               struct nfw_report *to) {
        const struct nfw_nwfilter_transaction transaction = {
                .build = build, .applied = applied, .failed = failed, .userdata = change
        };
        int r;

        r = nfw_nwfilter_transaction_run(context, &transaction, to);
        set_change_deinit(change);
        return r;
}

/* --- adding -------------------------------------------------------------------------------------------------- */

static int check_complete(const struct set_change *change,
                          struct nfw_named_set_type type,
                          struct nfw_report *to) {
        int r;

        if (type.n_parts && type.family)
                return 0;
        r = nfw_report_error(to, "set/no-type", NULL, "say --type and --family, or add an element",
                             "nothing says what set `%s` is to have in it", change->name);
        return r < 0 ? r : NFW_E_INVALID;
}

static int build_add(struct nfw_context *context, void *userdata, struct nfw_report *to) {
        struct set_change *change = userdata;
        struct nfw_named_set_type type;
        int r;

        r = prepare(change, context, to);
        if (r == 0)
                r = decide_type(change, context, to, &type);
        if (r == 0)
                r = nfw_named_set_new(change->name, type, &change->new);
        if (r == 0)
                r = parse_all(change, &type, to, change->new);
        if (r == 0)
                r = check_complete(change, type, to);
        for (size_t i = 0; r == 0 && change->old && i < change->old->elements.n; i++)
                r = nfw_vec_push(&change->new->elements, change->old->elements.items[i]);
        if (r == 0)
                r = settle(change->new, to);
        if (r == 0)
                r = nfw_named_set_put(context, change->new);
        return r == 0 ? save(change, context) : r;
}

/**
 * nfw_nwfilter_set_add() - put addresses and ports into a set that network filters refer to (ipset)
 * @context:    the context
 * @name:       the set, which is made where there is none of that name
 * @type:       what is in it: "ip", "ip,port" or "ip,port,ip". NULL: what filters in force look for, or else what the
 *              elements are
 * @family:     "ipv4" or "ipv6". NULL: likewise
 * @elements:   addresses, prefixes ("192.0.2.0/24") or ranges ("192.0.2.1-192.0.2.9"), and ports or ranges of them, with
 *              commas between
 * @n_elements: how many; may be 0, where the set is only to be made
 * @report:     what is wrong is added here; may be NULL
 *
 * All of them in one transaction, or none. What is there already is no error.
 *
 * Return: 0; NFW_E_INVALID for a name, type or element that is none; NFW_E_REFUSED where the set has something else in
 * it, or a filter looks for something else; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_nwfilter_set_add(struct nfw_context *context,
                                    const char *name,
                                    const char *type,
                                    const char *family,
                                    const char *const *elements,
                                    size_t n_elements,
                                    struct nfw_report *report) {
        struct set_change change = { .name = name, .elements = elements, .n_elements = n_elements };
        int r;

        r = nfw_named_set_type_parse(type, family, &change.type);
        if (r != 0) {
                r = nfw_report_error(report, "set/type", NULL,
                                     "types are ip, ip,port and ip,port,ip; families are ipv4 and ipv6",
                                     "there is no set of type `%s` and family `%s`", type ? type : "",
                                     family ? family : "");
                return r < 0 ? r : NFW_E_INVALID;
        }
        return run(context, &change, build_add, report);
}

/* --- deleting ------------------------------------------------------------------------------------------------ */

static int report_no_set(struct nfw_report *to, const char *name) {
        int r;

        r = nfw_report_error(to, "set/no-set", NULL, "`nfwpolicy set list` lists those that there are",
                             "there is no set `%s`", name);

        return r < 0 ? r : NFW_E_NOT_FOUND;
}

static int check_unused(struct nfw_context *context, const char *name, struct nfw_report *to) {
        nfw_cleanup(nfw_freep) char *filter = NULL;
        struct nfw_named_set_type type;
        int r;

        r = find_use(context, name, &type, &filter);
        if (r != 0)
                return r < 0 ? r : 0;
        r = nfw_report_error(to, "set/in-use", NULL, "delete its elements, or the bindings first",
                             "set `%s` is in use: filter `%s` looks into it", name, filter);
        return r < 0 ? r : NFW_E_IN_USE;
}

static int take_out(struct set_change *change, struct nfw_report *to) {
        nfw_cleanup(nfw_named_set_freep) struct nfw_named_set *gone = NULL;
        struct nfw_named_set_type type = change->old->type;
        size_t a, b;
        int r, result = 0;

        r = nfw_named_set_new(change->name, type, &gone);
        if (r == 0)
                r = parse_all(change, &type, to, gone);
        if (r != 0)
                return r;
        for (size_t i = 0; i < gone->elements.n; i++)
                if (nfw_named_set_find(change->old, &gone->elements.items[i]) == SIZE_MAX) {
                        result = nfw_report_error(to, "set/no-element", NULL, NULL, "`%s` is not in the set",
                                                  change->elements[i]);
                        if (result < 0)
                                return result;
                        result = NFW_E_NOT_FOUND;
                }
        if (result != 0)
                return result;
        /* They are elements of the set, and those do not overlap. */
        (void)nfw_named_set_settle(gone, &a, &b);
        r = nfw_named_set_new(change->name, type, &change->new);
        for (size_t i = 0; r == 0 && i < change->old->elements.n; i++)
                if (nfw_named_set_find(gone, &change->old->elements.items[i]) == SIZE_MAX)
                        r = nfw_vec_push(&change->new->elements, change->old->elements.items[i]);
        return r;
}

static int build_delete(struct nfw_context *context, void *userdata, struct nfw_report *to) {
        struct set_change *change = userdata;
        int r;

        r = prepare(change, context, to);
        if (r == 0 && !change->old)
                return report_no_set(to, change->name);
        if (r == 0 && change->n_elements == 0) {
                r = check_unused(context, change->name, to);
                return r == 0 ? nfw_named_set_put_removal(context, change->name) : r;
        }
        if (r == 0)
                r = take_out(change, to);
        if (r == 0)
                r = nfw_named_set_put(context, change->new);
        return r == 0 ? save(change, context) : r;
}

/**
 * nfw_nwfilter_set_delete() - take elements out of a set, or the set itself away
 * @context:    the context
 * @name:       the set
 * @elements:   as for nfw_nwfilter_set_add(); each as it was added
 * @n_elements: how many; 0: the set itself with all that is in it
 * @report:     what is wrong is added here; may be NULL
 *
 * All of them in one transaction, or none.
 *
 * Return: 0; NFW_E_NOT_FOUND for a set or element that is not there; NFW_E_INVALID for an element that is none;
 * NFW_E_IN_USE where a filter in force looks into the set that is to go; or a negative errno, -EPERM without
 * CAP_NET_ADMIN.
 */
nfw_public int nfw_nwfilter_set_delete(struct nfw_context *context,
                                       const char *name,
                                       const char *const *elements,
                                       size_t n_elements,
                                       struct nfw_report *report) {
        struct set_change change = { .name = name, .elements = elements, .n_elements = n_elements };

        return run(context, &change, build_delete, report);
}
