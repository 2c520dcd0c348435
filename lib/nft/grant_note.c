/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/grant_note.h"

#include <stdio.h>
#include <string.h>

#include <libnftnl/udata.h>

#define VIA " via "
#define CUT "..."

/* A comment stands in quotes; a name of a real host has none of what would end them. */
static bool is_plain(const char *name) {
        for (; *name != '\0'; name++)
                if (*name <= ' ' || *name > '~' || *name == '"' || *name == '\\')
                        return false;
        return true;
}

static size_t put_record(uint8_t *at, uint8_t type, const char *value, size_t size) {
        at[0] = type;
        at[1] = (uint8_t)size;
        memcpy(at + 2, value, size);
        return 2 + size;
}

size_t nfw_nft_grant_note_encode(const struct nfw_nft_grant_note *note,
                                 uint8_t userdata[static NFW_NFT_USERDATA_MAX]) {
        char comment[NFW_NFT_COMMENT_MAX + 1], via[sizeof(VIA) + NFW_ADDR_TEXT_MAX] = "",
                                                                 resolver[NFW_ADDR_TEXT_MAX];
        size_t n_name = strnlen(note->name, sizeof(note->name)), n_head, n_rest = 0, room, size;

        if (n_name == 0 || n_name == sizeof(note->name) || !is_plain(note->name))
                return 0;
        if (note->resolver.family)
                snprintf(via, sizeof(via), VIA "%s", nfw_addr_format(&note->resolver, resolver));

        room = NFW_NFT_COMMENT_MAX - strlen(via);
        n_head = NFW_MIN(n_name, room);
        n_rest = n_name - n_head;
        if (n_rest > NFW_NFT_USERDATA_MAX - 2 - sizeof(comment) - 2) {
                snprintf(comment, sizeof(comment), "%.*s" CUT "%s", (int)(room - strlen(CUT)), note->name,
                         via);
                n_rest = 0;
        } else {
                snprintf(comment, sizeof(comment), "%.*s%s", (int)n_head, note->name, via);
        }

        size = put_record(userdata, NFTNL_UDATA_SET_ELEM_COMMENT, comment, strlen(comment) + 1);
        if (n_rest > 0)
                size += put_record(userdata + size, NFW_NFT_USERDATA_OURS, note->name + n_head, n_rest);
        return size;
}

void nfw_nft_grant_note_decode(const uint8_t *userdata, size_t size, struct nfw_nft_grant_note *ret_note) {
        const char *comment = nfw_nft_userdata_comment(userdata, size, NFTNL_UDATA_SET_ELEM_COMMENT);
        struct nfw_nft_userdata rest = { 0 };
        struct nfw_nft_grant_note note = { 0 };
        const char *via;
        size_t n_head;

        *ret_note = note;
        if (!comment)
                return;

        via = strstr(comment, VIA);
        n_head = via ? (size_t)(via - comment) : strlen(comment);
        if (via && nfw_addr_parse(via + strlen(VIA), &note.resolver) != 0)
                return;

        (void)nfw_nft_userdata_find(userdata, size, NFW_NFT_USERDATA_OURS, &rest);
        if (n_head + rest.size >= sizeof(note.name))
                return;
        memcpy(note.name, comment, n_head);
        if (rest.size > 0)
                memcpy(note.name + n_head, rest.value, rest.size);

        /* Somebody's own comment, or a name that did not fit. */
        if (!is_plain(note.name) || strlen(note.name) != n_head + rest.size ||
            (n_head >= strlen(CUT) && memcmp(note.name + n_head - strlen(CUT), CUT, strlen(CUT)) == 0))
                note.name[0] = '\0';
        *ret_note = note;
}
