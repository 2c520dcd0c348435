/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/bindings.h"

/*
 * Puts the grants of an old version of a policy into the context's batch that still apply under the new one:
 * each goes, with the time it has left, into the learned sets whose patterns its name matches. The bindings, which may be
 * NULL, are the policy's in the same transaction: what is bound anew there begins with nothing.
 */
int nfw_transfer_put(struct nfw_context *context,
                     const struct nfw_nft_policy *old,
                     const struct nfw_plan *new,
                     const struct nfw_bindings *bindings);
