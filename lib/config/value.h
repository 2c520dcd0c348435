/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "config/setting.h"

/*
 * Sets what is written behind the `=`, which begins at the position; "" makes it unset again. What is wrong is in the
 * report. 0, NFW_E_INVALID or -ENOMEM.
 */
int nfw_config_set(struct nfw_config *config,
                   enum nfw_setting setting,
                   const char *value,
                   const struct nfw_pos *pos,
                   struct nfw_report *report);
