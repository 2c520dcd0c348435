/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns/name.h"

#include <nfwpolicy/nfwpolicy.h>

#define LABEL_MAX 63

/*
 * The labels of a name, one after the other. Each pointer must lead to before the place where the run of labels
 * that it ends began: so a walk never sees an octet twice and always comes to an end.
 */
struct walk {
        const uint8_t *data;
        size_t size;
        size_t offset;
        size_t run; /* where the present run of labels began */
        size_t end; /* behind the name where it stands; 0: not known yet */
        size_t n_octets;
        size_t n_labels;
        size_t n_pointers;
        bool compressed;
};

/* The next label's length, 0 at the end, or -1. */
static inline int next_label(struct walk *w, const uint8_t **ret_label) {
        for (;;) {
                size_t length, target;

                if (w->offset >= w->size)
                        return -1;
                length = w->data[w->offset];

                if (length <= LABEL_MAX) {
                        w->n_labels++;
                        w->n_octets += length + 1;
                        w->offset++;
                        if (w->n_octets > NFW_DNS_NAME_WIRE_MAX || length > w->size - w->offset)
                                return -1;
                        *ret_label = w->data + w->offset;
                        w->offset += length;
                        if (length == 0 && w->end == 0)
                                w->end = w->offset;
                        return (int)length;
                }

                /* The two other types of label (RFC 6891, section 5) are extinct. */
                if (length < 0xc0 || !w->compressed || w->size - w->offset < 2 ||
                    ++w->n_pointers > NFW_DNS_MAX_POINTERS)
                        return -1;
                target = nfw_dns_u16(w->data + w->offset) & 0x3fff;
                if (target < NFW_DNS_HEADER_SIZE || target >= w->run)
                        return -1;
                if (w->end == 0)
                        w->end = w->offset + 2;
                w->offset = w->run = target;
        }
}

int nfw_dns_name_skip(
        const uint8_t *data, size_t size, size_t offset, bool compressed, size_t *n_steps, size_t *ret_end) {
        struct walk w = {
                .data = data, .size = size, .offset = offset, .run = offset, .compressed = compressed
        };
        const uint8_t *label;
        int length;

        do {
                length = next_label(&w, &label);
                if (length < 0)
                        return NFW_E_INVALID;
        } while (length > 0);

        *n_steps += w.n_labels + w.n_pointers;
        *ret_end = w.end;
        return 0;
}

/*
 * What must not stand in a name's text: a dot would make two labels of one, and the others could pretend to be
 * something else where the name is shown, stored or quoted.
 */
static inline bool is_plain(uint8_t c) {
        return c > ' ' && c < 0x7f && c != '.' && c != '\\' && c != '"';
}

static inline char fold(uint8_t c) {
        return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

int nfw_dns_name_read(const uint8_t *data,
                      size_t size,
                      size_t offset,
                      struct nfw_dns_name *ret_name,
                      struct nfw_dns_name_info *ret_info) {
        struct walk w = { .data = data, .size = size, .offset = offset, .run = offset, .compressed = true };
        const uint8_t *label;
        bool is_text = true;
        size_t n = 0;
        int length;

        while ((length = next_label(&w, &label)) > 0) {
                /* 255 octets on the wire are 253 of text, so this cannot run over. */
                if (n > 0)
                        ret_name->text[n++] = '.';
                for (int i = 0; i < length; i++) {
                        is_text &= is_plain(label[i]);
                        ret_name->text[n++] = fold(label[i]);
                }
        }
        if (length < 0)
                return NFW_E_INVALID;

        ret_name->text[n] = 0;
        *ret_info = (struct nfw_dns_name_info){ .length = n, .end = w.end, .is_text = is_text };
        return 0;
}
