/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "shared/cli.h"

/*
 * Loads each DIRECTORY/NAME.yaml and NAME.json as the policy NAME, in the order of their names; one that is loaded
 * already is replaced and keeps its ports. What is wrong with one is told and does not keep the rest from it. No
 * directory is no policy. 0, or an exit status where the kernel cannot be changed at all.
 */
int policies_load(const struct cli *cli, struct nfw_context *context, const char *directory);
