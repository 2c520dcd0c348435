/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/reader.h"
#include "network/tree.h"

bool nfw_network_has_family(const struct nfw_network *network, uint8_t family) {
        nfw_vec_foreach (ip, &network->ips)
                if (ip->prefix.addr.family == family)
                        return true;
        return false;
}

/**
 * nfw_network_free() - forget a network that was read
 * @network: the network, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_network *nfw_network_free(struct nfw_network *network) {
        if (!network)
                return NULL;
        nfw_vec_deinit(&network->ips);
        nfw_xml_free(network->xml);
        free(network);
        return NULL;
}

static int report(struct nfw_network_reading *reading,
                  const char *code,
                  const struct nfw_pos *pos,
                  const char *hint,
                  const char *text) {
        return nfw_sink_error(&reading->sink, code, pos, hint, "%s", text);
}

/* <interface> is a longer way to write dev='…'. */
static int check_device(struct nfw_network_reading *reading) {
        struct nfw_network *network = reading->network;

        if (reading->interface[0] && network->device[0] && strcmp(reading->interface, network->device) != 0)
                return report(reading, "network/value", &reading->forward_pos, NULL,
                              "`dev` of <forward> and <interface> are not the same");
        if (reading->interface[0])
                strcpy(network->device, reading->interface);
        if (network->mode == NFW_NETWORK_OPEN && network->device[0])
                return report(reading, "network/value", &reading->forward_pos,
                              "leave it out, or use mode='route'",
                              "an open network has no rules that could keep it to a device");
        return 0;
}

/* What one element alone does not tell. */
static int check_whole(struct nfw_network_reading *reading) {
        const struct nfw_network *network = reading->network;
        const struct nfw_xml_element *root = network->xml->root;
        int r = 0;

        if (!nfw_xml_child(root, "name"))
                r = report(reading, "network/missing-element", &root->pos, NULL,
                           "<network> lacks its <name>");
        if (r == 0)
                r = check_device(reading);
        if (r == 0 && reading->has_nat && network->mode != NFW_NETWORK_NAT)
                r = report(reading, "network/value", &reading->nat_pos, "write mode='nat'",
                           "<nat> is for networks with address translation only");
        if (r == 0 && (network->mode == NFW_NETWORK_NAT || network->mode == NFW_NETWORK_ROUTE) &&
            network->ips.n == 0)
                r = report(reading, "network/missing-element", &reading->forward_pos,
                           "add an <ip>, or use mode='open'",
                           "guests may only send from the networks of <ip> elements, and there is none");
        return r;
}

static int read_tree(struct nfw_network_reading *reading, const char *source, size_t size, const char *file) {
        struct nfw_network *network = reading->network;
        const char *begin = source;
        int r;

        /* A byte order mark may stand before either. */
        if (size >= 3 && memcmp(begin, "\xef\xbb\xbf", 3) == 0)
                begin += 3;
        begin += strspn(begin, " \t\r\n");
        if (*begin == '<')
                r = nfw_xml_parse(file, source, size, reading->sink.report, &network->xml);
        else
                r = nfw_network_yaml_parse(file, source, size, &reading->sink, &network->xml);
        if (r != 0)
                return r;

        network->pos = network->xml->root->pos;
        if (strcmp(network->xml->root->name, "network") != 0) {
                char quote[NFW_QUOTE_MAX + 4];

                return nfw_sink_error(&reading->sink, "network/unknown-element", &network->pos, NULL,
                                      "<%s> is no <network>", nfw_quote(network->xml->root->name, quote));
        }
        r = nfw_network_check(reading, network->xml->root);
        return r == 0 && nfw_sink_n_errors(&reading->sink) == 0 ? check_whole(reading) : r;
}

int nfw_network_parse(const char *file,
                      const void *data,
                      size_t size,
                      struct nfw_report *report_,
                      struct nfw_network **ret_network) {
        nfw_cleanup(nfw_network_freep) struct nfw_network *network = calloc(1, sizeof(*network));
        struct nfw_network_reading reading = { .sink.report = report_, .network = network };
        nfw_cleanup(nfw_freep) char *source = NULL;
        struct nfw_pos pos = { .file = file };
        int r, q;

        if (!network)
                return -ENOMEM;
        if (size > NFW_NETWORK_SIZE_MAX) {
                r = nfw_report_error(report_, "network/size", &pos, NULL,
                                     "a network has no more than %zu octets", NFW_NETWORK_SIZE_MAX);
                return r < 0 ? r : NFW_E_INVALID;
        }
        source = malloc(size + 1);
        if (!source)
                return -ENOMEM;
        if (size > 0)
                memcpy(source, data, size);
        source[size] = '\0';

        network->stp = true;
        r = read_tree(&reading, source, size, file);
        q = nfw_sink_finish(&reading.sink, file);
        if (r == 0 && q < 0)
                r = q;
        if (r == 0 && nfw_sink_n_errors(&reading.sink) > 0)
                r = NFW_E_INVALID;
        if (r != 0)
                return r;

        *ret_network = nfw_steal(network);
        return 0;
}

static struct nfw_xml_element *find(const struct nfw_network *network, const char *name) {
        nfw_vec_foreach (child, &network->xml->root->children)
                if (strcmp((*child)->name, name) == 0)
                        return *child;
        return NULL;
}

static int find_or_add(struct nfw_network *network, const char *name, struct nfw_xml_element **ret_element) {
        *ret_element = find(network, name);
        return *ret_element ? 0 : nfw_network_tree_add(network->xml->root, name, &network->pos, ret_element);
}

int nfw_network_complete(struct nfw_network *network, const char *uuid, const char *bridge) {
        struct nfw_xml_element *element;
        char delay[16];
        int r;

        if (!network->uuid[0])
                strcpy(network->uuid, uuid);
        if (!network->bridge[0])
                strcpy(network->bridge, bridge);
        (void)snprintf(delay, sizeof(delay), "%u", network->delay);

        r = find_or_add(network, "uuid", &element);
        if (r == 0)
                r = nfw_network_tree_set_text(element, network->uuid);
        if (r == 0)
                r = find_or_add(network, "bridge", &element);
        if (r == 0)
                r = nfw_network_tree_set(element, "name", network->bridge, &network->pos);
        if (r == 0)
                r = nfw_network_tree_set(element, "stp", network->stp ? "on" : "off", &network->pos);
        if (r == 0)
                r = nfw_network_tree_set(element, "delay", delay, &network->pos);
        if (r < 0 || network->mode == NFW_NETWORK_ISOLATED)
                return r;
        return nfw_network_tree_set(find(network, "forward"), "mode", nfw_network_mode_name(network->mode),
                                    &network->pos);
}
