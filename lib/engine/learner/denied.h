/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Copies of packets that policies dropped. They come in a group of their own, so that a flood of them costs no mirrored
 * reply; the kernel lets some of each port through, so that no guest hides what others do.
 */

#include "engine/learner/learner.h"

/* What a copy says, apart from the port and the rule: 0, or NFW_E_INVALID where it comes from no rule of ours. */
int nfw_denied_parse(const struct nfw_nflog_message *message, struct nfw_event *ret_event);

/*
 * The packet as the rules saw it: 0, or NFW_E_INVALID where that cannot be told from the copy, for it was cut off too
 * early or is not well formed.
 */
int nfw_denied_packet(const struct nfw_nflog_message *message, struct nfw_evaluate_packet *ret_packet);

/* After a change: looks whether any copy waits that may be of before. */
void nfw_denied_check(struct nfw_learner *learner);

/* Reads some of those that wait, never many, and queues an event for each. 0 or a negative errno. */
int nfw_denied_dispatch(struct nfw_learner *learner);
