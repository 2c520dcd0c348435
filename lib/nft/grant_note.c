/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/grant_note.h"

#include <stdio.h>
#include <string.h>

#include <libnftnl/udata.h>

#define VIA " via "
#define CUT "..."

/* What is left for a second record beside a full comment. */
#define REST_MAX (NFW_NFT_USERDATA_MAX - 2 - (NFW_NFT_COMMENT_MAX + 1) - 2)

/* A comment stands in quotes; a name of a real host has none of what would end them. */
static bool is_plain(const char *name) {
        for (; *name != '\0'; name++)
                if (*name <= ' ' || *name > '~' || *name == '"' || *name == '\\')
                        return false;
        return true;
}

bool nfw_nft_grant_note_encode(const struct nfw_nft_grant_note *note,
                               struct nfw_nft_userdata_buffer *ret_userdata) {
        char comment[NFW_NFT_COMMENT_MAX + 1], via[sizeof(VIA) + NFW_ADDR_TEXT_MAX] = "";
        char *end = comment;
        size_t n_name = strnlen(note->name, sizeof(note->name)), n_head, n_rest, room;

        if (n_name == 0 || n_name == sizeof(note->name) || !is_plain(note->name))
                return false;
        if (note->resolver.family) {
                memcpy(via, VIA, sizeof(VIA));
                nfw_addr_format(&note->resolver, via + strlen(VIA));
        }

        room = NFW_NFT_COMMENT_MAX - strlen(via);
        n_head = NFW_MIN(n_name, room);
        n_rest = n_name - n_head;
        /* This is done for every address that is learned: printf() would take longer than all the rest. */
        if (n_rest > REST_MAX) {
                end = mempcpy(end, note->name, room - strlen(CUT));
                end = mempcpy(end, CUT, strlen(CUT));
                n_rest = 0;
        } else {
                end = mempcpy(end, note->name, n_head);
        }
        strcpy(end, via);

        ret_userdata->size = 0;
        return nfw_nft_userdata_put_text(ret_userdata, NFTNL_UDATA_SET_ELEM_COMMENT, comment) &&
               (n_rest == 0 ||
                nfw_nft_userdata_put(ret_userdata, NFW_NFT_USERDATA_OURS, note->name + n_head, n_rest));
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
