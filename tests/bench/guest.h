/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A guest behind a link of lab_link(), and a name server on the host's end of that link. */

#include <stdint.h>

#include "dns.h"

struct guest {
        int ns;
        int fd;
        int server_fd;
        uint8_t query[BENCH_DNS_QUERY_SIZE];
        uint8_t reply[BENCH_DNS_REPLY_SIZE];
};

/* The link and the guest's namespace are made; the program is in the host's namespace afterwards. */
void guest_init(struct guest *guest, int host, const char *port, unsigned int n);
void guest_deinit(struct guest *guest);

/* Writes the messages for a name with that number, so that sending them costs nothing but the sending. */
void guest_prepare(struct guest *guest, unsigned int name, unsigned int address, uint32_t ttl);
/* The query goes out and the server has it afterwards. */
void guest_ask(struct guest *guest);
/* The reply goes out: when this returns, the kernel has handed it to whoever mirrors it. */
void guest_answer(struct guest *guest);
/* Query and reply go out at once, and nobody reads them: what the ends cannot hold is thrown away behind the mirror. */
void guest_post(struct guest *guest);
/* The guest has the reply afterwards. */
void guest_take(struct guest *guest);
