/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/named_set/named_set.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PORT_SIZE 2

static const char *const type_names[NFW_NAMED_SET_MAX_PARTS + 1] = { "", "ip", "ip,port", "ip,port,ip" };

struct nfw_named_set *nfw_named_set_free(struct nfw_named_set *set) {
        if (!set)
                return NULL;
        nfw_vec_deinit(&set->elements);
        free(set->name);
        free(set);
        return NULL;
}

int nfw_named_set_new(const char *name, struct nfw_named_set_type type, struct nfw_named_set **ret_set) {
        nfw_cleanup(nfw_named_set_freep) struct nfw_named_set *set = calloc(1, sizeof(*set));

        if (!set)
                return -ENOMEM;
        set->type = type;
        set->name = strdup(name);
        if (!set->name)
                return -ENOMEM;
        *ret_set = nfw_steal(set);
        return 0;
}

/* As the attribute ipset takes them. */
bool nfw_named_set_name_is_valid(const char *name) {
        size_t n = strlen(name);

        if (n == 0 || n > NFW_NAMED_SET_NAME_MAX)
                return false;
        for (; *name; name++)
                if (!isalnum((unsigned char)*name) && !strchr("_.:-+ ", *name))
                        return false;
        return true;
}

const char *nfw_named_set_type_name(struct nfw_named_set_type type) {
        return type_names[type.n_parts];
}

const char *nfw_named_set_family_name(struct nfw_named_set_type type) {
        return type.family == AF_INET6 ? "ipv6" : type.family == AF_INET ? "ipv4" : "";
}

int nfw_named_set_type_parse(const char *type, const char *family, struct nfw_named_set_type *ret_type) {
        struct nfw_named_set_type parsed = { 0 };

        for (uint8_t n = 1; type && n <= NFW_NAMED_SET_MAX_PARTS; n++)
                if (strcmp(type, type_names[n]) == 0)
                        parsed.n_parts = n;
        if (family && strcmp(family, "ipv4") == 0)
                parsed.family = AF_INET;
        else if (family && strcmp(family, "ipv6") == 0)
                parsed.family = AF_INET6;
        if ((type && !parsed.n_parts) || (family && !parsed.family))
                return NFW_E_INVALID;
        *ret_type = parsed;
        return 0;
}

/* --- elements ------------------------------------------------------------------------------------------------ */

static bool is_port(size_t part) {
        return part % 2 == 1;
}

static size_t part_size(const struct nfw_named_set *set, size_t part) {
        return is_port(part) ? PORT_SIZE : nfw_addr_size(set->type.family);
}

static void range_from_addresses(const struct nfw_addr *first,
                                 const struct nfw_addr *last,
                                 struct nfw_range *ret_range) {
        memcpy(ret_range->first, first->bytes, sizeof(first->bytes));
        memcpy(ret_range->last, last->bytes, sizeof(last->bytes));
}

static int parse_address_range(
        char *text, char *dash, uint8_t *ret_family, struct nfw_range *ret_range, const char **ret_reason) {
        struct nfw_addr first, last;

        *dash = '\0';
        if (nfw_addr_parse(text, &first) != 0 || nfw_addr_parse(dash + 1, &last) != 0 ||
            first.family != last.family) {
                *ret_reason = "that is no range of addresses";
                return NFW_E_INVALID;
        }
        range_from_addresses(&first, &last, ret_range);
        if (nfw_value_compare(ret_range->first, ret_range->last) > 0) {
                *ret_reason = "the end of the range is below its start";
                return NFW_E_INVALID;
        }
        *ret_family = first.family;
        return 0;
}

static int parse_address(char *text,
                         uint8_t *ret_family,
                         struct nfw_range *ret_range,
                         const char **ret_reason) {
        struct nfw_prefix prefix;
        char *dash = strchr(text, '-');
        bool host_bits;
        int r;

        if (dash)
                return parse_address_range(text, dash, ret_family, ret_range, ret_reason);
        r = nfw_prefix_parse(text, &prefix, &host_bits, ret_reason);
        if (r == 0 && host_bits) {
                *ret_reason = "bits behind the length of the prefix are set";
                r = NFW_E_INVALID;
        }
        if (r != 0)
                return r;
        *ret_family = prefix.addr.family;
        *ret_range = nfw_range_from_prefix(&prefix);
        return 0;
}

static int parse_port(const char *text, struct nfw_range *ret_range, const char **ret_reason) {
        struct nfw_port_range ports;
        int r;

        if (strchr(text, ':')) {
                *ret_reason = "a port stands alone here: the rule says of which protocol it is";
                return NFW_E_INVALID;
        }
        r = nfw_port_range_parse(text, &ports, ret_reason);
        if (r == 0)
                *ret_range = nfw_range_from_ports(&ports);
        return r;
}

static int parse_part(
        char *text, size_t part, uint8_t *family, struct nfw_range *ret_range, const char **ret_reason) {
        uint8_t found = 0;
        int r;

        if (is_port(part))
                return parse_port(text, ret_range, ret_reason);
        r = parse_address(text, &found, ret_range, ret_reason);
        if (r == 0 && *family && found != *family) {
                *ret_reason = *family == AF_INET ? "the set is for IPv4" : "the set is for IPv6";
                r = NFW_E_INVALID;
        }
        *family = found;
        return r;
}

int nfw_named_set_element_parse(const char *text,
                                struct nfw_named_set_type *type,
                                struct nfw_named_set_element *ret_element,
                                const char **ret_reason) {
        static const char *const amounts[] = { "", "the set has addresses only",
                                               "the set has an address and a port",
                                               "the set has an address, a port and an address" };
        nfw_cleanup(nfw_freep) char *copy = strdup(text);
        struct nfw_named_set_element element = { 0 };
        struct nfw_named_set_type found = *type;
        uint8_t n = 0;
        char *part, *rest;
        int r = 0;

        if (!copy)
                return -ENOMEM;
        for (rest = copy; (part = strsep(&rest, ",")) && r == 0; n++) {
                if (n == NFW_NAMED_SET_MAX_PARTS || (type->n_parts && n == type->n_parts)) {
                        *ret_reason = type->n_parts ? amounts[type->n_parts]
                                                    : "it has at most an address, a port and an address";
                        return NFW_E_INVALID;
                }
                r = parse_part(part, n, &found.family, &element.parts[n], ret_reason);
        }
        if (r == 0 && type->n_parts && n < type->n_parts) {
                *ret_reason = amounts[type->n_parts];
                r = NFW_E_INVALID;
        }
        if (r != 0)
                return r;
        found.n_parts = n;
        *type = found;
        *ret_element = element;
        return 0;
}

static void print_address(FILE *stream, uint8_t family, const struct nfw_range *range) {
        char text[NFW_ADDR_TEXT_MAX];
        struct nfw_addr addr;
        unsigned int length;

        nfw_addr_from_bytes(family, range->first, &addr);
        fputs(nfw_addr_format(&addr, text), stream);
        if (nfw_range_is_single(range))
                return;
        if (nfw_range_is_prefix(range, nfw_addr_size(family), &length)) {
                fprintf(stream, "/%u", length);
                return;
        }
        nfw_addr_from_bytes(family, range->last, &addr);
        fprintf(stream, "-%s", nfw_addr_format(&addr, text));
}

static unsigned int port_of(const uint8_t value[static NFW_VALUE_MAX]) {
        return (unsigned int)value[0] << 8 | value[1];
}

static void print_port(FILE *stream, const struct nfw_range *range) {
        fprintf(stream, ",%u", port_of(range->first));
        if (!nfw_range_is_single(range))
                fprintf(stream, "-%u", port_of(range->last));
}

const char *nfw_named_set_element_format(const struct nfw_named_set *set,
                                         const struct nfw_named_set_element *element,
                                         char text[static NFW_NAMED_SET_TEXT_MAX]) {
        FILE *stream = fmemopen(text, NFW_NAMED_SET_TEXT_MAX, "w");

        text[0] = '\0';
        if (!stream)
                return text;
        for (size_t part = 0; part < set->type.n_parts; part++) {
                if (is_port(part)) {
                        print_port(stream, &element->parts[part]);
                        continue;
                }
                if (part > 0)
                        fputc(',', stream);
                print_address(stream, set->type.family, &element->parts[part]);
        }
        fclose(stream);
        return text;
}

/* --- order --------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
        return memcmp(a, b, sizeof(struct nfw_named_set_element));
}

size_t nfw_named_set_find(const struct nfw_named_set *set, const struct nfw_named_set_element *element) {
        const struct nfw_named_set_element *found;

        if (set->elements.n == 0)
                return SIZE_MAX;
        found = bsearch(element, set->elements.items, set->elements.n, sizeof(*element), compare);
        return found ? (size_t)(found - set->elements.items) : SIZE_MAX;
}

static bool overlap(const struct nfw_named_set *set,
                    const struct nfw_named_set_element *a,
                    const struct nfw_named_set_element *b) {
        for (size_t part = 0; part < set->type.n_parts; part++)
                if (!nfw_range_overlaps(&a->parts[part], &b->parts[part]))
                        return false;
        return true;
}

/* The kernel joins nothing of several parts, and takes nothing that overlaps. */
static int find_overlap(const struct nfw_named_set *set, size_t *ret_a, size_t *ret_b) {
        for (size_t i = 0; i < set->elements.n; i++) {
                const struct nfw_named_set_element *a = &set->elements.items[i];

                for (size_t j = i + 1; j < set->elements.n; j++) {
                        const struct nfw_named_set_element *b = &set->elements.items[j];

                        if (nfw_value_compare(b->parts[0].first, a->parts[0].last) > 0)
                                break;
                        if (!overlap(set, a, b))
                                continue;
                        *ret_a = i;
                        *ret_b = j;
                        return NFW_E_INVALID;
                }
        }
        return 0;
}

int nfw_named_set_settle(struct nfw_named_set *set, size_t *ret_a, size_t *ret_b) {
        size_t n = 0;

        if (set->elements.n < 2)
                return 0;
        qsort(set->elements.items, set->elements.n, sizeof(*set->elements.items), compare);
        for (size_t i = 0; i < set->elements.n; i++)
                if (n == 0 || compare(&set->elements.items[n - 1], &set->elements.items[i]) != 0)
                        set->elements.items[n++] = set->elements.items[i];
        set->elements.n = n;
        return set->type.n_parts > 1 ? find_overlap(set, ret_a, ret_b) : 0;
}

/* --- as the kernel has it ------------------------------------------------------------------------------------- */

void nfw_named_set_plan_deinit(struct nfw_plan_set *plan) {
        nfw_vec_deinit(&plan->elements);
        free(plan->name);
}

static int fill_plan(const struct nfw_named_set *set, struct nfw_plan_set *plan) {
        struct nfw_ranges joined = { 0 };
        int r = 0;

        for (size_t i = 0; i < set->elements.n && r == 0; i++)
                for (size_t part = 0; part < set->type.n_parts && r == 0; part++)
                        r = set->type.n_parts == 1
                                    ? nfw_ranges_add(&joined, &set->elements.items[i].parts[part])
                                    : nfw_vec_push(&plan->elements, set->elements.items[i].parts[part]);
        if (set->type.n_parts == 1)
                nfw_ranges_normalize(&joined, part_size(set, 0));
        nfw_vec_foreach (range, &joined.vec)
                if (r == 0)
                        r = nfw_vec_push(&plan->elements, *range);
        nfw_ranges_deinit(&joined);
        return r;
}

int nfw_named_set_plan(const struct nfw_named_set *set, struct nfw_plan_set *ret_plan) {
        const enum nfw_field address =
                set->type.family == AF_INET6 ? NFW_FIELD_IP6_SADDR : NFW_FIELD_IP_SADDR;
        struct nfw_plan_set plan = { .n_fields = set->type.n_parts,
                                     .fields = { address, NFW_FIELD_TH_SPORT, address },
                                     .interval = true,
                                     .learned = SIZE_MAX,
                                     .is_shared = true };
        int r;

        if (asprintf(&plan.name, "%s%c%s", NFW_FILTER_NAMED_SETS, NFW_FILTER_SEPARATOR, set->name) < 0)
                return -ENOMEM;
        r = fill_plan(set, &plan);
        if (r < 0) {
                nfw_named_set_plan_deinit(&plan);
                return r;
        }
        *ret_plan = plan;
        return 0;
}
