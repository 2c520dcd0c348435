/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Copies of packets that policies dropped. They come in a group of their own, so that a flood of them costs no mirrored
 * reply; the kernel lets some of each port through, so that no guest hides what others do.
 */

#include "engine/event.h"
#include "nflog/receiver.h"

/* What a copy says, apart from the port: 0, or NFW_E_INVALID where it comes from no rule of ours. */
int nfw_denied_parse(const struct nfw_nflog_message *message, struct nfw_event *ret_event);

/* Reads some of those that wait, never many, and queues an event for each. 0 or a negative errno. */
int nfw_denied_dispatch(struct nfw_nflog *nflog, struct nfw_events *events);
