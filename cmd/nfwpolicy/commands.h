/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* One file each, in the order of --help. */

#include "shared/command.h"

extern const struct command command_check;
extern const struct command command_load;
extern const struct command command_attach;
extern const struct command command_detach;
extern const struct command command_unload;
extern const struct command command_list;
extern const struct command command_names;
extern const struct command command_show;
extern const struct command command_verify;
extern const struct command command_status;

extern const struct command command_net_define;
extern const struct command command_net_start;
extern const struct command command_net_destroy;
extern const struct command command_net_undefine;
extern const struct command command_net_list;
extern const struct command command_net_dumpxml;

extern const struct command command_nwfilter_list;
extern const struct command command_nwfilter_define;
extern const struct command command_nwfilter_undefine;
extern const struct command command_nwfilter_dumpxml;
extern const struct command command_nwfilter_edit;
extern const struct command command_nwfilter_import;
extern const struct command command_nwfilter_binding_create;
extern const struct command command_nwfilter_binding_list;
extern const struct command command_nwfilter_binding_dumpxml;
extern const struct command command_nwfilter_binding_delete;
extern const struct command command_set;
