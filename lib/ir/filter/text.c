/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "ir/filter/set.h"
#include "ir/text_match.h"

static const char *field_name(enum nfw_field field) {
        return nfw_field_info(field)->name;
}

static void print_match(void *userdata, const struct nfw_match *match, FILE *stream) {
        const struct nfw_filter_ir *ir = userdata;
        const char *negation = match->negate ? "!= " : "";

        switch (match->kind) {
        case NFW_OPERAND_MASKED:
                fprintf(stream, "%s & 0x%02" PRIx32 " %s 0x%02" PRIx32, field_name(match->field), match->mask,
                        match->negate ? "!=" : "==", match->flags);
                break;
        case NFW_OPERAND_SAME_OCTET:
                fprintf(stream, "%s[%u] %s %s[%u]", field_name(match->field), match->octet,
                        match->negate ? "!=" : "==", field_name(match->other), match->octet);
                break;
        case NFW_OPERAND_TUPLE:
                fprintf(stream, "%s@%s", negation, ir->sets.items[match->set].name);
                break;
        case NFW_OPERAND_NAMED_SET: {
                const struct nfw_filter_named_set *set = &ir->named_sets.items[match->set];

                for (size_t i = 0; i < set->n_fields; i++)
                        fprintf(stream, "%s%s", i ? " . " : "", field_name(set->fields[i]));
                fprintf(stream, " %sset %s", negation, set->name);
                break;
        }
        case NFW_OPERAND_ABOVE:
                fprintf(stream, "connections of %s %s %" PRIu32, field_name(match->field),
                        match->negate ? "<=" : ">", match->flags);
                break;
        default:
                nfw_ir_print_match(NULL, match, stream);
                break;
        }
}

static const char *chain_name(void *userdata, size_t chain) {
        const struct nfw_filter_ir *ir = userdata;

        return chain < ir->chains.n ? ir->chains.items[chain].name : NULL;
}

static void print_value(const struct nfw_nwfilter_value *value, FILE *stream) {
        const struct nfw_nwfilter_access *access = &value->access;

        if (!access->name)
                fputs(value->text ? value->text : "", stream);
        else if (access->is_index || access->number > 0)
                fprintf(stream, "$%s[%s%u]", access->name, access->is_index ? "" : "@", access->number);
        else
                fprintf(stream, "$%s", access->name);
}

static void print_set(const struct nfw_filter_set *set, FILE *stream) {
        fprintf(stream, "set %s%s:", set->name, set->interval ? " (ranges)" : "");
        nfw_vec_foreach (column, &set->columns) {
                fputs(column == set->columns.items ? " " : " . ", stream);
                if (column->field != NFW_FILTER_NO_FIELD)
                        fprintf(stream, "%s ", field_name(set->fields[column->field].field));
                print_value(column->value, stream);
                if (column->second) {
                        fputc(column->second_is_mask ? '/' : '-', stream);
                        print_value(column->second, stream);
                }
        }
        fputc('\n', stream);
}

static int print(const struct nfw_filter_ir *ir, FILE *stream) {
        struct nfw_ir_printer printer = { .print_match = print_match,
                                          .chain_name = chain_name,
                                          .userdata = (void *)ir };

        fprintf(stream, "filter %s%s\n", ir->name, ir->compat ? " (as libvirt)" : "");
        nfw_vec_foreach (chain, &ir->chains) {
                int r;

                fprintf(stream, "\nchain %s\n", chain->name);
                r = nfw_ir_print_chain(&chain->rules, &printer, stream);
                if (r < 0)
                        return r;
        }
        if (ir->sets.n > 0)
                fputc('\n', stream);
        nfw_vec_foreach (set, &ir->sets)
                print_set(set, stream);
        return 0;
}

int nfw_filter_ir_text(const struct nfw_filter_ir *ir, char **ret_text) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        int r;

        if (!stream)
                return -ENOMEM;
        r = print(ir, stream);
        if (fclose(stream) != 0 && r == 0)
                r = -ENOMEM;
        if (r < 0) {
                free(text);
                return r;
        }
        *ret_text = text;
        return 0;
}
