/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of virtual networks, XML and YAML: what it takes it must write so that it takes it again, unchanged. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "network/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *write_out(const struct nfw_network *network) {
        char *text;

        if (nfw_network_write(network, &text) < 0)
                abort();
        return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct nfw_network *network = NULL, *again = NULL;
        struct nfw_report *report = NULL;
        char *text, *text_again;
        int r;

        if (nfw_report_new(&report) < 0)
                return 0;
        r = nfw_network_parse("fuzz", data, size, report, &network);
        /* What is wrong is told, and nothing else is. */
        if (r < 0 || (r == 0) == nfw_report_has_errors(report))
                abort();
        nfw_report_free(report);
        if (r != 0)
                return 0;

        if (nfw_network_complete(network, "c7a5fdbd-edaf-9455-926a-d65c16db1809", "virbr0") < 0)
                abort();
        text = write_out(network);
        if (nfw_network_parse("fuzz", text, strlen(text), NULL, &again) != 0)
                abort();
        text_again = write_out(again);
        if (strcmp(text, text_again) != 0 || again->ips.n != network->ips.n || again->mode != network->mode)
                abort();

        free(text);
        free(text_again);
        nfw_network_free(network);
        nfw_network_free(again);
        return 0;
}
