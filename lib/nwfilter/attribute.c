/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/attribute.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/macros.h"

#define A(attribute_) NFW_NWFILTER_##attribute_

static const struct nfw_nwfilter_word ethernet_types[] = {
        { "arp", 0x0806 }, { "rarp", 0x8035 }, { "ipv4", 0x0800 }, { "ipv6", 0x86dd }, { "vlan", 0x8100 },
};

/* After the numbers of IANA; ebtables, and so libvirt, takes ARP_NAK for 9. */
static const struct nfw_nwfilter_word opcodes[] = {
        { "Request", 1 },       { "Reply", 2 },         { "Request_Reverse", 3 },
        { "Reply_Reverse", 4 }, { "DRARP_Request", 5 }, { "DRARP_Reply", 6 },
        { "DRARP_Error", 7 },   { "InARP_Request", 8 }, { "ARP_NAK", 10 },
};

static const struct nfw_nwfilter_word ip_protocols[] = {
        { "tcp", 6 },  { "udp", 17 }, { "udplite", 136 }, { "esp", 50 },    { "ah", 51 },
        { "icmp", 1 }, { "igmp", 2 }, { "sctp", 132 },    { "icmpv6", 58 },
};

/* The first of each value is the one that is written. */
static const struct nfw_nwfilter_word booleans[] = {
        { "true", 1 }, { "false", 0 }, { "yes", 1 }, { "no", 0 }, { "1", 1 }, { "0", 0 },
};

static const struct nfw_nwfilter_word states[] = {
        { "NEW", NFW_NWFILTER_STATE_NEW },         { "ESTABLISHED", NFW_NWFILTER_STATE_ESTABLISHED },
        { "RELATED", NFW_NWFILTER_STATE_RELATED }, { "INVALID", NFW_NWFILTER_STATE_INVALID },
        { "NONE", NFW_NWFILTER_STATE_NONE },
};

/* Bits of the octet in the header. */
static const struct nfw_nwfilter_word tcp_flags[] = {
        { "FIN", 0x01 }, { "SYN", 0x02 }, { "RST", 0x04 },  { "PSH", 0x08 },
        { "ACK", 0x10 }, { "URG", 0x20 }, { "NONE", 0x00 }, { "ALL", 0x3f },
};

#define NUMBER(max_, text_) .type = NFW_NWFILTER_TYPE_NUMBER, .max = (max_), .expected = text_
#define NUMBER8             NUMBER(0xff, "a number from 0 to 255")
#define NUMBER16            NUMBER(0xffff, "a number from 0 to 65535")
#define NUMBER32            NUMBER(0xffffffff, "a number from 0 to 4294967295")
#define WORDS(words_)       .words = (words_), .n_words = NFW_ARRAY_SIZE(words_)
#define MAC_ADDRESS         .type = NFW_NWFILTER_TYPE_MAC, .expected = "a MAC address such as 52:54:00:12:34:56"
#define MAC_MASK                                                                                             \
        .type = NFW_NWFILTER_TYPE_MAC_MASK,                                                                  \
        .expected = "a MAC mask of ones and then zeros such as ff:ff:ff:00:00:00"
#define IP_ADDRESS .type = NFW_NWFILTER_TYPE_IP
#define IP_MASK    .type = NFW_NWFILTER_TYPE_IP_MASK
/* What it stands beside: the start of its range, the address of its mask. */
#define OF(attribute_) .of = A(attribute_), .has_of = true

static const struct nfw_nwfilter_attribute_info infos[] = {
        [A(SRCMACADDR)] = { "srcmacaddr", MAC_ADDRESS },
        [A(SRCMACMASK)] = { "srcmacmask", MAC_MASK, OF(SRCMACADDR) },
        [A(DSTMACADDR)] = { "dstmacaddr", MAC_ADDRESS },
        [A(DSTMACMASK)] = { "dstmacmask", MAC_MASK, OF(DSTMACADDR) },
        [A(PROTOCOLID)] = { "protocolid",
                            NUMBER(0xffff,
                                   "a number from 0x600 to 0xffff, or one of arp, rarp, ipv4, ipv6, vlan"),
                            .min = 0x600, WORDS(ethernet_types) },
        [A(VLANID)] = { "vlanid", NUMBER(0xfff, "a number from 0 to 4095") },
        [A(ENCAP_PROTOCOL)] = { "encap-protocol",
                                NUMBER(0xffff,
                                       "a number from 0x3c to 0xffff, or one of arp, rarp, ipv4, ipv6, vlan"),
                                .min = 0x3c, WORDS(ethernet_types) },
        [A(STP_TYPE)] = { "type", NUMBER8 },
        [A(STP_FLAGS)] = { "flags", NUMBER8 },
        [A(ROOT_PRIORITY)] = { "root-priority", NUMBER16 },
        [A(ROOT_PRIORITY_HI)] = { "root-priority-hi", NUMBER16, OF(ROOT_PRIORITY) },
        [A(ROOT_ADDRESS)] = { "root-address", MAC_ADDRESS },
        [A(ROOT_ADDRESS_MASK)] = { "root-address-mask", MAC_MASK, OF(ROOT_ADDRESS) },
        [A(ROOT_COST)] = { "root-cost", NUMBER32 },
        [A(ROOT_COST_HI)] = { "root-cost-hi", NUMBER32, OF(ROOT_COST) },
        [A(SENDER_PRIORITY)] = { "sender-priority", NUMBER16 },
        [A(SENDER_PRIORITY_HI)] = { "sender-priority-hi", NUMBER16, OF(SENDER_PRIORITY) },
        [A(SENDER_ADDRESS)] = { "sender-address", MAC_ADDRESS },
        [A(SENDER_ADDRESS_MASK)] = { "sender-address-mask", MAC_MASK, OF(SENDER_ADDRESS) },
        [A(STP_PORT)] = { "port", NUMBER16 },
        [A(STP_PORT_HI)] = { "port-hi", NUMBER16, OF(STP_PORT), .alias = "port_hi" },
        [A(AGE)] = { "age", NUMBER16, .alias = "msg-age" },
        [A(AGE_HI)] = { "age-hi", NUMBER16, OF(AGE), .alias = "msg-age-hi" },
        [A(MAX_AGE)] = { "max-age", NUMBER16 },
        [A(MAX_AGE_HI)] = { "max-age-hi", NUMBER16, OF(MAX_AGE) },
        [A(HELLO_TIME)] = { "hello-time", NUMBER16 },
        [A(HELLO_TIME_HI)] = { "hello-time-hi", NUMBER16, OF(HELLO_TIME) },
        [A(FORWARD_DELAY)] = { "forward-delay", NUMBER16 },
        [A(FORWARD_DELAY_HI)] = { "forward-delay-hi", NUMBER16, OF(FORWARD_DELAY) },
        [A(HWTYPE)] = { "hwtype", NUMBER16 },
        [A(PROTOCOLTYPE)] = { "protocoltype", NUMBER16 },
        [A(OPCODE)] = { "opcode",
                        NUMBER(0xffff, "a number from 0 to 65535, or a name such as Request or Reply"),
                        WORDS(opcodes) },
        [A(ARPSRCMACADDR)] = { "arpsrcmacaddr", MAC_ADDRESS },
        [A(ARPDSTMACADDR)] = { "arpdstmacaddr", MAC_ADDRESS },
        [A(ARPSRCIPADDR)] = { "arpsrcipaddr", IP_ADDRESS },
        [A(ARPSRCIPMASK)] = { "arpsrcipmask", IP_MASK, OF(ARPSRCIPADDR) },
        [A(ARPDSTIPADDR)] = { "arpdstipaddr", IP_ADDRESS },
        [A(ARPDSTIPMASK)] = { "arpdstipmask", IP_MASK, OF(ARPDSTIPADDR) },
        [A(GRATUITOUS)] = { "gratuitous", .type = NFW_NWFILTER_TYPE_BOOLEAN, WORDS(booleans),
                            .no_variable = true, .expected = "true, yes, 1, false, no or 0" },
        [A(SRCIPADDR)] = { "srcipaddr", IP_ADDRESS },
        [A(SRCIPMASK)] = { "srcipmask", IP_MASK, OF(SRCIPADDR) },
        [A(DSTIPADDR)] = { "dstipaddr", IP_ADDRESS },
        [A(DSTIPMASK)] = { "dstipmask", IP_MASK, OF(DSTIPADDR) },
        [A(SRCIPFROM)] = { "srcipfrom", IP_ADDRESS },
        [A(SRCIPTO)] = { "srcipto", IP_ADDRESS, OF(SRCIPFROM) },
        [A(DSTIPFROM)] = { "dstipfrom", IP_ADDRESS },
        [A(DSTIPTO)] = { "dstipto", IP_ADDRESS, OF(DSTIPFROM) },
        [A(PROTOCOL)] = { "protocol",
                          NUMBER(0xff,
                                 "a number from 0 to 255, or one of tcp, udp, udplite, esp, ah, icmp, igmp, sctp, icmpv6"),
                          WORDS(ip_protocols) },
        [A(SRCPORTSTART)] = { "srcportstart", NUMBER16 },
        [A(SRCPORTEND)] = { "srcportend", NUMBER16, OF(SRCPORTSTART) },
        [A(DSTPORTSTART)] = { "dstportstart", NUMBER16 },
        [A(DSTPORTEND)] = { "dstportend", NUMBER16, OF(DSTPORTSTART) },
        [A(DSCP)] = { "dscp", NUMBER(63, "a number from 0 to 63") },
        [A(TYPE)] = { "type", NUMBER8 },
        [A(TYPE_END)] = { "typeend", NUMBER8, OF(TYPE) },
        [A(CODE)] = { "code", NUMBER8 },
        [A(CODE_END)] = { "codeend", NUMBER8, OF(CODE) },
        [A(FLAGS)] = { "flags", .type = NFW_NWFILTER_TYPE_TCP_FLAGS, WORDS(tcp_flags), .no_variable = true,
                       .expected = "MASK/FLAGS, each NONE, ALL or a list of FIN,SYN,RST,PSH,ACK,URG" },
        [A(OPTION)] = { "option", NUMBER8 },
        [A(STATE)] = { "state", .type = NFW_NWFILTER_TYPE_STATE, WORDS(states), .no_variable = true,
                       .expected = "NONE or a list of NEW,ESTABLISHED,RELATED,INVALID" },
        [A(CONNLIMIT_ABOVE)] = { "connlimit-above", NUMBER16 },
        [A(IPSET)] = { "ipset", .type = NFW_NWFILTER_TYPE_IPSET, OF(IPSETFLAGS),
                       .expected = "a name of up to 31 letters, digits, spaces and any of _ . : - +" },
        [A(IPSETFLAGS)] = { "ipsetflags", .type = NFW_NWFILTER_TYPE_IPSET_FLAGS, .no_variable = true,
                            OF(IPSET), .expected = "up to six of src and dst with commas between them" },
        [A(COMMENT)] = { "comment", .type = NFW_NWFILTER_TYPE_COMMENT, .no_variable = true,
                         .expected = "a text of up to 256 visible characters" },
};

_Static_assert(NFW_ARRAY_SIZE(infos) == NFW_N_NWFILTER_ATTRIBUTES, "each attribute has a type");

/* In the order in which they are written. */
#define MACS A(SRCMACADDR), A(SRCMACMASK), A(DSTMACADDR), A(DSTMACMASK)
#define ARP                                                                                                  \
        MACS, A(HWTYPE), A(PROTOCOLTYPE), A(OPCODE), A(ARPSRCMACADDR), A(ARPDSTMACADDR), A(ARPSRCIPADDR),    \
                A(ARPSRCIPMASK), A(ARPDSTIPADDR), A(ARPDSTIPMASK), A(GRATUITOUS), A(COMMENT)
#define ADDRESSES A(SRCIPADDR), A(SRCIPMASK), A(DSTIPADDR), A(DSTIPMASK)
#define PORTS     A(SRCPORTSTART), A(SRCPORTEND), A(DSTPORTSTART), A(DSTPORTEND)
#define PACKET                                                                                               \
        ADDRESSES, A(SRCIPFROM), A(SRCIPTO), A(DSTIPFROM), A(DSTIPTO), A(DSCP), A(CONNLIMIT_ABOVE),          \
                A(STATE), A(IPSET), A(IPSETFLAGS)

#define LIST(name_, ...) static const uint8_t name_[] = { __VA_ARGS__ }

LIST(mac, MACS, A(PROTOCOLID), A(COMMENT));
LIST(vlan, MACS, A(VLANID), A(ENCAP_PROTOCOL), A(COMMENT));
LIST(stp,
     A(SRCMACADDR),
     A(SRCMACMASK),
     A(STP_TYPE),
     A(STP_FLAGS),
     A(ROOT_PRIORITY),
     A(ROOT_PRIORITY_HI),
     A(ROOT_ADDRESS),
     A(ROOT_ADDRESS_MASK),
     A(ROOT_COST),
     A(ROOT_COST_HI),
     A(SENDER_PRIORITY),
     A(SENDER_PRIORITY_HI),
     A(SENDER_ADDRESS),
     A(SENDER_ADDRESS_MASK),
     A(STP_PORT),
     A(STP_PORT_HI),
     A(AGE),
     A(AGE_HI),
     A(MAX_AGE),
     A(MAX_AGE_HI),
     A(HELLO_TIME),
     A(HELLO_TIME_HI),
     A(FORWARD_DELAY),
     A(FORWARD_DELAY_HI),
     A(COMMENT));
LIST(arp, ARP);
LIST(ip, MACS, ADDRESSES, A(PROTOCOL), PORTS, A(DSCP), A(COMMENT));
LIST(ipv6, MACS, ADDRESSES, A(PROTOCOL), PORTS, A(TYPE), A(TYPE_END), A(CODE), A(CODE_END), A(COMMENT));
LIST(tcp, A(SRCMACADDR), PACKET, PORTS, A(OPTION), A(FLAGS), A(COMMENT));
LIST(with_ports, A(SRCMACADDR), PACKET, PORTS, A(COMMENT));
LIST(icmp, MACS, PACKET, A(TYPE), A(CODE), A(COMMENT));
LIST(icmpv6, A(SRCMACADDR), PACKET, A(TYPE), A(CODE), A(COMMENT));
LIST(without_ports, MACS, PACKET, A(COMMENT));
LIST(without_ports_v6, A(SRCMACADDR), PACKET, A(COMMENT));

#define ATTRIBUTES(list_) .attributes = (list_), .n_attributes = NFW_ARRAY_SIZE(list_)

static const struct {
        const char *name;
        uint8_t family; /* of the IP addresses in it */
        const uint8_t *attributes;
        size_t n_attributes;
} protocols[] = {
        [A(NONE)] = { "", AF_UNSPEC, NULL, 0 },
        [A(MAC)] = { "mac", AF_UNSPEC, ATTRIBUTES(mac) },
        [A(VLAN)] = { "vlan", AF_UNSPEC, ATTRIBUTES(vlan) },
        [A(STP)] = { "stp", AF_UNSPEC, ATTRIBUTES(stp) },
        [A(ARP)] = { "arp", AF_INET, ATTRIBUTES(arp) },
        [A(RARP)] = { "rarp", AF_INET, ATTRIBUTES(arp) },
        [A(IP)] = { "ip", AF_INET, ATTRIBUTES(ip) },
        [A(IPV6)] = { "ipv6", AF_INET6, ATTRIBUTES(ipv6) },
        [A(TCP)] = { "tcp", AF_INET, ATTRIBUTES(tcp) },
        [A(UDP)] = { "udp", AF_INET, ATTRIBUTES(with_ports) },
        [A(UDPLITE)] = { "udplite", AF_INET, ATTRIBUTES(without_ports) },
        [A(ESP)] = { "esp", AF_INET, ATTRIBUTES(without_ports) },
        [A(AH)] = { "ah", AF_INET, ATTRIBUTES(without_ports) },
        [A(SCTP)] = { "sctp", AF_INET, ATTRIBUTES(with_ports) },
        [A(ICMP)] = { "icmp", AF_INET, ATTRIBUTES(icmp) },
        [A(IGMP)] = { "igmp", AF_INET, ATTRIBUTES(without_ports) },
        [A(ALL)] = { "all", AF_INET, ATTRIBUTES(without_ports) },
        [A(TCP_IPV6)] = { "tcp-ipv6", AF_INET6, ATTRIBUTES(tcp) },
        [A(UDP_IPV6)] = { "udp-ipv6", AF_INET6, ATTRIBUTES(with_ports) },
        [A(UDPLITE_IPV6)] = { "udplite-ipv6", AF_INET6, ATTRIBUTES(without_ports_v6) },
        [A(ESP_IPV6)] = { "esp-ipv6", AF_INET6, ATTRIBUTES(without_ports_v6) },
        [A(AH_IPV6)] = { "ah-ipv6", AF_INET6, ATTRIBUTES(without_ports_v6) },
        [A(SCTP_IPV6)] = { "sctp-ipv6", AF_INET6, ATTRIBUTES(with_ports) },
        [A(ICMPV6)] = { "icmpv6", AF_INET6, ATTRIBUTES(icmpv6) },
        [A(IGMP_IPV6)] = { "igmp-ipv6", AF_INET6, ATTRIBUTES(without_ports_v6) },
        [A(ALL_IPV6)] = { "all-ipv6", AF_INET6, ATTRIBUTES(without_ports_v6) },
};

_Static_assert(NFW_ARRAY_SIZE(protocols) == NFW_N_NWFILTER_PROTOCOLS, "each protocol has its attributes");

const char *nfw_nwfilter_protocol_name(enum nfw_nwfilter_protocol protocol) {
        return protocols[protocol].name;
}

uint8_t nfw_nwfilter_protocol_family(enum nfw_nwfilter_protocol protocol) {
        return protocols[protocol].family;
}

bool nfw_nwfilter_protocol_find(const char *name, enum nfw_nwfilter_protocol *ret_protocol) {
        for (size_t i = NFW_NWFILTER_NONE + 1; i < NFW_N_NWFILTER_PROTOCOLS; i++)
                if (strcmp(protocols[i].name, name) == 0) {
                        *ret_protocol = (enum nfw_nwfilter_protocol)i;
                        return true;
                }
        return false;
}

const uint8_t *nfw_nwfilter_protocol_attributes(enum nfw_nwfilter_protocol protocol, size_t *ret_n) {
        *ret_n = protocols[protocol].n_attributes;
        return protocols[protocol].attributes;
}

bool nfw_nwfilter_attribute_find(enum nfw_nwfilter_protocol protocol,
                                 const char *name,
                                 enum nfw_nwfilter_attribute *ret_attribute) {
        for (size_t i = 0; i < protocols[protocol].n_attributes; i++) {
                const struct nfw_nwfilter_attribute_info *info = &infos[protocols[protocol].attributes[i]];

                if (strcmp(info->name, name) == 0 || (info->alias && strcmp(info->alias, name) == 0)) {
                        *ret_attribute = (enum nfw_nwfilter_attribute)protocols[protocol].attributes[i];
                        return true;
                }
        }
        return false;
}

const char *nfw_nwfilter_attribute_name(enum nfw_nwfilter_attribute attribute) {
        return infos[attribute].name;
}

const struct nfw_nwfilter_attribute_info *nfw_nwfilter_attribute_info(enum nfw_nwfilter_attribute attribute) {
        return &infos[attribute];
}

bool nfw_nwfilter_word_find(const struct nfw_nwfilter_attribute_info *info,
                            const char *text,
                            size_t size,
                            uint32_t *ret_value) {
        for (size_t i = 0; i < info->n_words; i++)
                if (strlen(info->words[i].name) == size &&
                    strncasecmp(info->words[i].name, text, size) == 0) {
                        *ret_value = info->words[i].value;
                        return true;
                }
        return false;
}
