/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nft/dump.h"

void nfw_nft_port_deinit(struct nfw_nft_port *port);

/* Adds the table's ports to the snapshot, sorted by their names. 0 or a negative errno. */
int nfw_nft_read_ports(struct nfw_nft_socket *nft, enum nfw_table table, struct nfw_nft_snapshot *snapshot);
