/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the values of attributes may be. All return whether the text is such a value, and write only then. */

#include "network/network.h"

bool nfw_network_parse_number(const char *text, unsigned int max, unsigned int *ret_number);
bool nfw_network_parse_yes(const char *text, bool *ret_yes);
bool nfw_network_parse_on(const char *text, bool *ret_on);
/* With or without its dashes; written with them, in lower case. */
bool nfw_network_parse_uuid(const char *text, char ret_uuid[static NFW_NETWORK_UUID_MAX]);
/* 255.255.255.0 is 24. */
bool nfw_network_parse_netmask(const char *text, uint8_t *ret_length);
bool nfw_network_parse_mode(const char *text, enum nfw_network_mode *ret_mode);

/* The network that the address is in. */
struct nfw_prefix nfw_network_prefix_of(const struct nfw_addr *addr, uint8_t length);
bool nfw_network_prefixes_overlap(const struct nfw_prefix *a, const struct nfw_prefix *b);
/* What libvirt takes where neither a prefix nor a netmask is given: the class of the address, or 64. */
uint8_t nfw_network_default_length(const struct nfw_addr *addr);
