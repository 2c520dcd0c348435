/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Frames between a guest (…:0a, 10.0.0.1, fd00::1) and its peer (…:0b, 10.0.0.2, fd00::2) as text for passes(). */

#define GUEST   "52540000000a"
#define PEER    "52540000000b"
#define OTHER   "525400000099"
#define ALL     "ffffffffffff"

#define IP_1    "0a000001"
#define IP_2    "0a000002"
#define IP_9    "0a000009"
#define NET_1   "0a000101" /* 10.0.1.1 */

#define PORT_22 "0016"
#define PORT_53 "0035"
#define PORT_54 "0036"
#define PORT_80 "0050"
#define PORT_1K "0400"

#define IPV4(length, protocol, source, destination)                                                          \
        "0800 4500" length "0001 0000 40" protocol "0000" source destination
#define UDP4(to, from, source, destination, source_port, destination_port)                                   \
        to from IPV4("001c", "11", source, destination)                                                      \
        source_port destination_port "00080000"
#define TCP4(to, from, source, destination, source_port, destination_port, flags)                            \
        to from IPV4("0028", "06", source, destination)                                                      \
        source_port destination_port "00000001 00000000 50" flags "ffff 0000 0000"
#define ICMP4(to, from, source, destination, type)                                                           \
        to from IPV4("001c", "01", source, destination) type "00 0000 0007 0001"

#define SYN     "02"
#define SYN_ACK "12"
#define ACK     "10"

#define ARP(to, from, operation, source_mac, source, destination_mac, destination)                           \
        to from "0806 0001 0800 06 04" operation source_mac source destination_mac destination
#define REQUEST    "0001"
#define REPLY      "0002"
#define RARP(from) ALL from "8035 0001 0800 06 04 0003" from "00000000" from "00000000"

#define FD00_1     "fd000000000000000000000000000001"
#define FD00_2     "fd000000000000000000000000000002"
#define UDP6(to, from, source, destination, source_port, destination_port)                                   \
        to from "86dd 60000000 0008 11 ff" source destination source_port destination_port "00080000"

#define TAGGED(to, from, rest) to from "8100 0007" rest
