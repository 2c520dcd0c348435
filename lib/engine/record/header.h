/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The lines before the source in a record's file: what the record says besides the policy itself. */

#include <stdio.h>

#include "engine/record/record.h"

#define NFW_RECORD_SUM_MAX 17

struct nfw_record_header {
        char *file;                   /* where the policy was read from */
        uint32_t size;                /* of the source */
        char sum[NFW_RECORD_SUM_MAX]; /* of the source */
};

void nfw_record_header_deinit(struct nfw_record_header *header);

/* Writes everything up to the source. 0 or a negative errno; what goes wrong on the stream is left in it. */
int nfw_record_header_write(FILE *stream, const struct nfw_record *record);

/*
 * Reads up to the source. What the lines say of the record goes to it, also where the answer is not 0: whoever
 * calls deinitialises it then. 0; NFW_E_NOT_FOUND where they are not what was written; or a negative errno.
 */
int nfw_record_header_read(FILE *stream, struct nfw_record *record, struct nfw_record_header *ret_header);

/* Tells what was damaged by accident, not what somebody changed on purpose: the directory is the administrator's. */
void nfw_record_sum(const void *data, size_t size, char ret_sum[static NFW_RECORD_SUM_MAX]);
