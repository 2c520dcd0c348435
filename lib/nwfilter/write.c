/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "nwfilter/print.h"

static void print_number(FILE *file,
                         const struct nfw_nwfilter_attribute_info *info,
                         const struct nfw_nwfilter_value *value) {
        uint64_t number = value->constant.number;

        for (size_t i = 0; i < info->n_words; i++)
                if (info->words[i].value == number) {
                        (void)fputs(info->words[i].name, file);
                        return;
                }
        if (value->text && value->text[0] == '0' && (value->text[1] == 'x' || value->text[1] == 'X'))
                (void)fprintf(file, "0x%" PRIx64, number);
        else
                (void)fprintf(file, "%" PRIu64, number);
}

/* The words whose bits are set; one word where there is one for all of them, or for none. */
static void print_bits(FILE *file, const struct nfw_nwfilter_attribute_info *info, uint64_t bits) {
        const char *comma = "";

        for (size_t i = 0; i < info->n_words; i++)
                if (info->words[i].value == bits) {
                        (void)fputs(info->words[i].name, file);
                        return;
                }
        for (size_t i = 0; i < info->n_words; i++)
                if (info->words[i].value & bits) {
                        (void)fprintf(file, "%s%s", comma, info->words[i].name);
                        comma = ",";
                        bits &= ~(uint64_t)info->words[i].value;
                }
}

static void print_access(FILE *file, const struct nfw_nwfilter_access *access) {
        (void)fprintf(file, "$%s", access->name);
        if (access->is_index || access->number > 0)
                (void)fprintf(file, "[%s%u]", access->is_index ? "" : "@", access->number);
}

static void print_value(FILE *file, const struct nfw_nwfilter_value *value) {
        const struct nfw_nwfilter_attribute_info *info = nfw_nwfilter_attribute_info(value->attribute);
        char addr[NFW_ADDR_TEXT_MAX];

        if (value->access.name) {
                print_access(file, &value->access);
                return;
        }
        switch (info->type) {
        case NFW_NWFILTER_TYPE_NUMBER:
        case NFW_NWFILTER_TYPE_BOOLEAN:
                print_number(file, info, value);
                break;
        case NFW_NWFILTER_TYPE_MAC:
        case NFW_NWFILTER_TYPE_MAC_MASK:
                nfw_print_mac(file, value->constant.mac);
                break;
        case NFW_NWFILTER_TYPE_IP:
                (void)fputs(nfw_addr_format(&value->constant.addr, addr), file);
                break;
        case NFW_NWFILTER_TYPE_IP_MASK:
                (void)fprintf(file, "%" PRIu64, value->constant.number);
                break;
        case NFW_NWFILTER_TYPE_STATE:
                print_bits(file, info, value->constant.number);
                break;
        case NFW_NWFILTER_TYPE_TCP_FLAGS:
                print_bits(file, info, value->constant.mask);
                (void)fputc('/', file);
                print_bits(file, info, value->constant.number);
                break;
        case NFW_NWFILTER_TYPE_IPSET:
        case NFW_NWFILTER_TYPE_IPSET_FLAGS:
        case NFW_NWFILTER_TYPE_COMMENT:
                nfw_print_escaped(file, value->constant.text);
                break;
        }
}

static void print_element(FILE *file, const struct nfw_nwfilter_rule *rule, size_t element) {
        const uint8_t *attributes;
        size_t n;

        (void)fprintf(file, "    <%s%s", nfw_nwfilter_protocol_name(rule->protocol),
                      rule->element_negate.items[element] ? " match='no'" : "");
        attributes = nfw_nwfilter_protocol_attributes(rule->protocol, &n);
        for (size_t i = 0; i < n; i++)
                nfw_vec_foreach (value, &rule->values)
                        if (value->element == element && value->attribute == attributes[i]) {
                                (void)fprintf(file, " %s='", nfw_nwfilter_attribute_name(value->attribute));
                                print_value(file, value);
                                (void)fputc('\'', file);
                        }
        (void)fputs("/>\n", file);
}

static void print_rule(FILE *file, const struct nfw_nwfilter_rule *rule) {
        (void)fprintf(file, "  <rule action='%s' direction='%s' priority='%d'%s",
                      nfw_nwfilter_action_name(rule->action), nfw_nwfilter_direction_name(rule->direction),
                      rule->priority, rule->statematch ? "" : " statematch='false'");
        if (rule->n_elements == 0) {
                (void)fputs("/>\n", file);
                return;
        }
        (void)fputs(">\n", file);
        for (size_t i = 0; i < rule->n_elements; i++)
                print_element(file, rule, i);
        (void)fputs("  </rule>\n", file);
}

int nfw_nwfilter_write(const struct nfw_nwfilter *filter, char **ret_text) {
        char *text = NULL;
        size_t size = 0;
        FILE *file;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        (void)fputs("<filter name='", file);
        nfw_print_escaped(file, filter->name);
        (void)fprintf(file, "' chain='%s'", filter->chain_name);
        /* libvirt leaves out a 0, also where the chain's name implies something else. */
        if (filter->chain_priority != 0 || filter->has_chain_priority)
                (void)fprintf(file, " priority='%d'", filter->chain_priority);
        (void)fputs(">\n", file);
        if (*filter->uuid)
                (void)fprintf(file, "  <uuid>%s</uuid>\n", filter->uuid);
        nfw_vec_foreach (entry, &filter->entries) {
                if (entry->rule)
                        print_rule(file, entry->rule);
                else
                        nfw_print_reference(file, 2, entry->reference->filter, &entry->reference->parameters);
        }
        (void)fputs("</filter>\n", file);
        return nfw_print_finish(file, &text, ret_text);
}
