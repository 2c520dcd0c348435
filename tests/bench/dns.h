/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* DNS messages of one question (an A record) and one answer, all of the same size. */

#include <stddef.h>
#include <stdint.h>

/* The name with that number: "n0000001.bench.example"; patterns that match it: BENCH_DNS_PATTERN. */
#define BENCH_DNS_PATTERN    "*.bench.example"
#define BENCH_DNS_QUERY_SIZE (12 + (1 + 8) + (1 + 5) + (1 + 7) + 1 + 4)
#define BENCH_DNS_REPLY_SIZE (BENCH_DNS_QUERY_SIZE + 16)

void bench_dns_query(uint8_t message[static BENCH_DNS_QUERY_SIZE], uint16_t id, unsigned int name);

/* The address is the four last octets: what a floor program finds without reading the message. */
void bench_dns_reply(uint8_t message[static BENCH_DNS_REPLY_SIZE],
                     uint16_t id,
                     unsigned int name,
                     uint32_t ttl,
                     uint32_t address);

/* An address for each number below 131,072, of the network set apart for benchmarks (RFC 2544), host order. */
uint32_t bench_dns_address(unsigned int n);
