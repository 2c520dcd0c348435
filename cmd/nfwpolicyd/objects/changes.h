/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nfwpolicyd/daemon.h"

/* Makes it the daemon's model, which takes what it holds, and tells the bus what is different. */
void changes_apply(struct daemon *daemon, struct model *model);

/* The signals Edited, Learned and Denied. */
void changes_tell_edited(struct daemon *daemon, const struct nfw_event *event);
void changes_tell_learned(struct daemon *daemon, const struct nfw_event *event);
void changes_tell_denied(struct daemon *daemon, const struct nfw_event *event);
void changes_tell_address(struct daemon *daemon, const struct nfw_event *event);
