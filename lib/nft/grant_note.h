/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A grant's note as the user data of its element. Records of a type, a length (one octet each) and the value:
 *
 *   type 0    nft's own comment, at most 127 characters and a NUL: "NAME via RESOLVER". This is all there is
 *             where it fits, and nft shows it, keeps it and takes it back.
 *   type 100  ours, only where NAME is too long for the comment: the rest of NAME, which stands between what
 *             the comment has of it and " via". nft ignores it.
 *
 * The kernel takes 256 octets. Of a name that does not fit into both (more than 207 octets, depending on the
 * resolver), the comment has the beginning with "..." behind it, and it is read back as "".
 */

#include "nft/element.h"
#include "nft/userdata.h"

/* False where there is nothing to note, or the name has octets that no comment may have. */
bool nfw_nft_grant_note_encode(const struct nfw_nft_grant_note *note,
                               struct nfw_nft_userdata_buffer *ret_userdata);

/* Anything that does not look like a note becomes an empty one. */
void nfw_nft_grant_note_decode(const uint8_t *userdata, size_t size, struct nfw_nft_grant_note *ret_note);
