/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Reads what nfnetlink_log sends, apart from the socket that it comes from. */

#include "nflog/receiver.h"

struct nlmsghdr;

/*
 * Reads one message; the result points into it. 0, or NFW_E_INVALID where it is not a packet of nfnetlink_log
 * or an attribute has not the size that it must have.
 */
int nfw_nflog_message_parse(const struct nlmsghdr *message, struct nfw_nflog_message *ret_message);
