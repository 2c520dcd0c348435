/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each attribute of each element takes and what it does not. */
#include "filters.h"

struct sample {
        const char *good[8];
        const char *bad[10];
        bool takes_variables;
};

#define NUMBER(max_, above_)                                                                                 \
        { { "0", max_, "0x1", "007" }, { above_, "", "-1", "+1", " 1", "1 ", "0x", "1a", "1.0", "x" }, true }

static const struct sample number8 = NUMBER("255", "256");
static const struct sample number16 = NUMBER("65535", "65536");
static const struct sample number32 = NUMBER("0xffffffff", "4294967296");

static const struct sample mac = {
        { "52:54:00:12:34:56", "1:2:3:4:5:6", "FF:ff:Ff:fF:00:0" },
        { "", "52:54:00:12:34", "52:54:00:12:34:56:78", "52-54-00-12-34-56", "5:5:5:5:5:g", "525400123456",
          "1:2:3:4:5:", "100:1:1:1:1:1", " 1:2:3:4:5:6", "1:2:3:4:5:6 " },
        true,
};

static const struct sample mac_mask = {
        { "ff:ff:ff:ff:ff:ff", "ff:ff:ff:80:00:00", "0:0:0:0:0:0" },
        { "", "00:ff:ff:ff:ff:ff", "ff:ff:01:00:00:00", "ff:00:ff:00:00:00", "48", "ff" },
        true,
};

static const struct sample ipv4 = {
        { "10.1.2.3", "0.0.0.0", "255.255.255.255" },
        { "", "10.1.2", "10.1.2.3.4", "10.1.2.256", "10.1.2.3/24", "::1", "10.1.2.3 ", " 10.1.2.3",
          "localhost", "0x0a010203" },
        true,
};

static const struct sample ipv6 = {
        { "fe80::1", "FE80::", "::", "::ffff:10.1.2.3", "a:b:c::d:e:f" },
        { "", "10.1.2.3", "a:b:c", "fe80::1%eth0", "fe80::/10", "1::2::3", "g::" },
        true,
};

static const struct sample mask4 = {
        { "0", "24", "32", "255.255.248.0", "0.0.0.0", "255.255.255.255" },
        { "", "33", "-1", "0x18", "024", "255.0.255.0", "0.0.0.255", "ffff::", "/24" },
        true,
};

static const struct sample mask6 = {
        { "0", "64", "128", "ffff:ffff:8000::", "::" },
        { "", "129", "-1", "0x40", "ffff:0:ffff::", "::1", "255.255.0.0" },
        true,
};

static const struct sample ethernet_type = {
        { "arp", "RARP", "ipv4", "ipv6", "vlan", "0x600", "65535" },
        { "", "ip", "0x5ff", "65536", "arp,ipv4", "ipx" },
        true,
};

static const struct sample encapsulated = {
        { "arp", "ipv4", "IPv6", "0x3c", "65535" },
        { "", "0x3b", "65536", "ip" },
        true,
};

static const struct sample vlanid = NUMBER("4095", "4096");
static const struct sample dscp = NUMBER("63", "64");

static const struct sample opcode = {
        { "Request", "reply", "Request_Reverse", "DRARP_Error", "ARP_NAK", "0", "0xffff" },
        { "", "65536", "Requests", "ask", "NAK" },
        true,
};

static const struct sample protocol = {
        { "tcp", "UDP", "udplite", "esp", "icmpv6", "0", "0xff" },
        { "", "256", "ip", "dccp", "tcp,udp" },
        true,
};

static const struct sample boolean = {
        { "true", "false", "yes", "no", "1", "0", "TRUE" },
        { "", "2", "on", "t", "$A" },
        false,
};

static const struct sample state_list = {
        { "NEW", "NEW,ESTABLISHED", "INVALID,RELATED,NEW,ESTABLISHED", "NONE", "new" },
        { "", "NEW,", ",NEW", "NEW,,INVALID", "NONE,NEW", "NEW,NONE", "NEW ESTABLISHED", "UNTRACKED", "$A" },
        false,
};

static const struct sample tcp_flags = {
        { "SYN/SYN", "SYN,ACK/SYN", "ALL/NONE", "ALL/ALL", "syn,rst,fin,urg,psh,ack/psh" },
        { "", "SYN", "SYN/", "/SYN", "SYN/SYN/SYN", "ALL,SYN/SYN", "SYN/NONE,SYN", "ECN/ECN", "2/2",
          "$A/$B" },
        false,
};

static const struct sample ipset = {
        { "test", "test:_.-+", "two words", "abcdefghijklmnopqrstuvwxyz01234" },
        { "", "abcdefghijklmnopqrstuvwxyz012345", "a;b", "a/b", "ü" },
        true,
};

static const struct sample ipset_flags = {
        { "src", "DST", "src,dst", "SRC,dSt,src,src,dst,dst" },
        { "", "src,", ",src", "src,dst,src,dst,src,dst,src", "both", "src dst", "$A" },
        false,
};

static const struct sample comment = {
        { "", "a comment", "$A is no variable", "ünïcode", "&lt;&amp;&gt;&quot;&apos;" },
        { "a&#10;b", "a&#9;b",
          "a\xc2\x9b"
          "31m",
          "a\xe2\x80\xae"
          "b" },
        false,
};

static const struct sample *sample_of(enum nfw_nwfilter_protocol in, enum nfw_nwfilter_attribute attribute) {
        bool is_v6 = nfw_nwfilter_protocol_family(in) == AF_INET6;

        switch (attribute) {
        case NFW_NWFILTER_SRCMACADDR:
        case NFW_NWFILTER_DSTMACADDR:
        case NFW_NWFILTER_ROOT_ADDRESS:
        case NFW_NWFILTER_SENDER_ADDRESS:
        case NFW_NWFILTER_ARPSRCMACADDR:
        case NFW_NWFILTER_ARPDSTMACADDR:
                return &mac;
        case NFW_NWFILTER_SRCMACMASK:
        case NFW_NWFILTER_DSTMACMASK:
        case NFW_NWFILTER_ROOT_ADDRESS_MASK:
        case NFW_NWFILTER_SENDER_ADDRESS_MASK:
                return &mac_mask;
        case NFW_NWFILTER_PROTOCOLID:
                return &ethernet_type;
        case NFW_NWFILTER_ENCAP_PROTOCOL:
                return &encapsulated;
        case NFW_NWFILTER_VLANID:
                return &vlanid;
        case NFW_NWFILTER_STP_TYPE:
        case NFW_NWFILTER_STP_FLAGS:
        case NFW_NWFILTER_TYPE:
        case NFW_NWFILTER_TYPE_END:
        case NFW_NWFILTER_CODE:
        case NFW_NWFILTER_CODE_END:
        case NFW_NWFILTER_OPTION:
                return &number8;
        case NFW_NWFILTER_ROOT_COST:
        case NFW_NWFILTER_ROOT_COST_HI:
                return &number32;
        case NFW_NWFILTER_OPCODE:
                return &opcode;
        case NFW_NWFILTER_ARPSRCIPADDR:
        case NFW_NWFILTER_ARPDSTIPADDR:
                return &ipv4;
        case NFW_NWFILTER_ARPSRCIPMASK:
        case NFW_NWFILTER_ARPDSTIPMASK:
                return &mask4;
        case NFW_NWFILTER_SRCIPADDR:
        case NFW_NWFILTER_DSTIPADDR:
        case NFW_NWFILTER_SRCIPFROM:
        case NFW_NWFILTER_SRCIPTO:
        case NFW_NWFILTER_DSTIPFROM:
        case NFW_NWFILTER_DSTIPTO:
                return is_v6 ? &ipv6 : &ipv4;
        case NFW_NWFILTER_SRCIPMASK:
        case NFW_NWFILTER_DSTIPMASK:
                return is_v6 ? &mask6 : &mask4;
        case NFW_NWFILTER_GRATUITOUS:
                return &boolean;
        case NFW_NWFILTER_PROTOCOL:
                return &protocol;
        case NFW_NWFILTER_DSCP:
                return &dscp;
        case NFW_NWFILTER_FLAGS:
                return &tcp_flags;
        case NFW_NWFILTER_STATE:
                return &state_list;
        case NFW_NWFILTER_IPSET:
                return &ipset;
        case NFW_NWFILTER_IPSETFLAGS:
                return &ipset_flags;
        case NFW_NWFILTER_COMMENT:
                return &comment;
        default:
                return &number16;
        }
}

/* What the attribute needs beside it, with values that go with any of its own. */
static const char *company_of(enum nfw_nwfilter_protocol in, enum nfw_nwfilter_attribute attribute) {
        bool is_v6 = nfw_nwfilter_protocol_family(in) == AF_INET6;
        bool needs_protocol = in == NFW_NWFILTER_IP || in == NFW_NWFILTER_IPV6;

        switch (attribute) {
        case NFW_NWFILTER_SRCMACMASK:
                return "srcmacaddr='$B'";
        case NFW_NWFILTER_DSTMACMASK:
                return "dstmacaddr='$B'";
        case NFW_NWFILTER_ROOT_ADDRESS_MASK:
                return "root-address='$B'";
        case NFW_NWFILTER_SENDER_ADDRESS_MASK:
                return "sender-address='$B'";
        case NFW_NWFILTER_ROOT_PRIORITY_HI:
                return "root-priority='0'";
        case NFW_NWFILTER_ROOT_COST_HI:
                return "root-cost='0'";
        case NFW_NWFILTER_SENDER_PRIORITY_HI:
                return "sender-priority='0'";
        case NFW_NWFILTER_STP_PORT_HI:
                return "port='0'";
        case NFW_NWFILTER_AGE_HI:
                return "age='0'";
        case NFW_NWFILTER_MAX_AGE_HI:
                return "max-age='0'";
        case NFW_NWFILTER_HELLO_TIME_HI:
                return "hello-time='0'";
        case NFW_NWFILTER_FORWARD_DELAY_HI:
                return "forward-delay='0'";
        case NFW_NWFILTER_ARPSRCIPMASK:
                return "arpsrcipaddr='$B'";
        case NFW_NWFILTER_ARPDSTIPMASK:
                return "arpdstipaddr='$B'";
        case NFW_NWFILTER_SRCIPMASK:
                return "srcipaddr='$B'";
        case NFW_NWFILTER_DSTIPMASK:
                return "dstipaddr='$B'";
        case NFW_NWFILTER_SRCIPTO:
                return is_v6 ? "srcipfrom='::'" : "srcipfrom='0.0.0.0'";
        case NFW_NWFILTER_DSTIPTO:
                return is_v6 ? "dstipfrom='::'" : "dstipfrom='0.0.0.0'";
        case NFW_NWFILTER_SRCPORTSTART:
        case NFW_NWFILTER_DSTPORTSTART:
                return needs_protocol ? "protocol='udp'" : "";
        case NFW_NWFILTER_SRCPORTEND:
                return needs_protocol ? "srcportstart='0' protocol='sctp'" : "srcportstart='0'";
        case NFW_NWFILTER_DSTPORTEND:
                return needs_protocol ? "dstportstart='0' protocol='tcp'" : "dstportstart='0'";
        case NFW_NWFILTER_TYPE:
        case NFW_NWFILTER_CODE:
                return needs_protocol ? "protocol='icmpv6'" : "";
        case NFW_NWFILTER_TYPE_END:
                return "type='0' protocol='icmpv6'";
        case NFW_NWFILTER_CODE_END:
                return "code='0' protocol='icmpv6'";
        case NFW_NWFILTER_IPSET:
                return "ipsetflags='src'";
        case NFW_NWFILTER_IPSETFLAGS:
                return "ipset='test'";
        default:
                return "";
        }
}

static char *write_rule(enum nfw_nwfilter_protocol in,
                        enum nfw_nwfilter_attribute attribute,
                        const char *value) {
        nfw_cleanup(nfw_freep) char *element = NULL;

        assert_int_not_equal(asprintf(&element, "<%s %s %s='%s'/>", nfw_nwfilter_protocol_name(in),
                                      company_of(in, attribute), nfw_nwfilter_attribute_name(attribute),
                                      value),
                             -1);
        return with_rule(element);
}

static void check_good(enum nfw_nwfilter_protocol in,
                       enum nfw_nwfilter_attribute attribute,
                       const char *value) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        nfw_cleanup(nfw_freep) char *text = write_rule(in, attribute, value);
        const struct nfw_nwfilter_value *read;

        filter = read_valid(text);
        read = value_of(filter->entries.items[0].rule, 0, attribute);
        assert_non_null(read);
        assert_int_equal(!read->access.name, value[0] != '$' || attribute == NFW_NWFILTER_COMMENT);
        assert_round_trip(filter);
}

static void check_bad(enum nfw_nwfilter_protocol in,
                      enum nfw_nwfilter_attribute attribute,
                      const char *value) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_freep) char *text = write_rule(in, attribute, value);
        const char *name = nfw_nwfilter_attribute_name(attribute);
        const struct nfw_diagnostic *diagnostic;
        char expected[64];

        assert_int_equal(nfw_report_new(&report), 0);
        if (nfw_nwfilter_read("test.xml", text, strlen(text), report, &filter) != NFW_E_INVALID)
                fail_msg("accepted: %s", text);
        assert_null(filter);
        assert_int_equal(nfw_report_n_diagnostics(report), 1);
        diagnostic = nfw_report_diagnostic(report, 0);
        assert_string_equal(nfw_diagnostic_code(diagnostic), "nwfilter/value");
        assert_int_equal(nfw_diagnostic_line(diagnostic), 1);
        (void)snprintf(expected, sizeof(expected), " %s='", name);
        assert_int_equal(nfw_diagnostic_column(diagnostic), strstr(text, expected) + 2 - text);
        (void)snprintf(expected, sizeof(expected), "%s has %s='", nfw_nwfilter_protocol_name(in), name);
        assert_memory_equal(nfw_diagnostic_text(diagnostic), expected, strlen(expected));
        assert_non_null(strstr(nfw_diagnostic_text(diagnostic), "'; expected "));
}

static void test_every_attribute(void **state nfw_unused) {
        for (size_t i = NFW_NWFILTER_NONE + 1; i < NFW_N_NWFILTER_PROTOCOLS; i++) {
                enum nfw_nwfilter_protocol in = (enum nfw_nwfilter_protocol)i;
                const uint8_t *attributes;
                size_t n;

                attributes = nfw_nwfilter_protocol_attributes(in, &n);
                assert_true(n > 0);
                for (size_t k = 0; k < n; k++) {
                        enum nfw_nwfilter_attribute attribute = (enum nfw_nwfilter_attribute)attributes[k];
                        const struct sample *sample = sample_of(in, attribute);

                        for (size_t v = 0; v < NFW_ARRAY_SIZE(sample->good) && sample->good[v]; v++)
                                check_good(in, attribute, sample->good[v]);
                        for (size_t v = 0; v < NFW_ARRAY_SIZE(sample->bad) && sample->bad[v]; v++)
                                check_bad(in, attribute, sample->bad[v]);
                        if (sample->takes_variables) {
                                check_good(in, attribute, "$A");
                                check_bad(in, attribute, "$");
                        }
                }
        }
}

static void test_longest_comment(void **state nfw_unused) {
        char text[2 * NFW_NWFILTER_COMMENT_MAX + 3] = "";

        for (size_t i = 0; i < NFW_NWFILTER_COMMENT_MAX; i++)
                (void)strcat(text, "ü");
        check_good(NFW_NWFILTER_MAC, NFW_NWFILTER_COMMENT, text);
        (void)strcat(text, "x");
        check_bad(NFW_NWFILTER_MAC, NFW_NWFILTER_COMMENT, text);
}

static void test_variables(void **state nfw_unused) {
        static const struct {
                const char *text;
                const char *name; /* NULL: refused */
                bool is_index;
                unsigned int number;
        } cases[] = {
                { "$A", "A", false, 0 },
                { "$ A ", "A", false, 0 },
                { "$a_1[3]", "a_1", true, 3 },
                { "$A[ 0 ] ", "A", true, 0 },
                { "$A[@0]", "A", false, 0 },
                { "$A[  @2 ]", "A", false, 2 },
                { "$1", "1", false, 0 },
                { "$A[1000]", "A", true, 1000 },
                { "$A[@1000]", "A", false, 1000 },
                { "$A[1001]", NULL, false, 0 },
                { "$A[@1001]", NULL, false, 0 },
                { "$A[]", NULL, false, 0 },
                { "$A[@]", NULL, false, 0 },
                { "$A[1", NULL, false, 0 },
                { "$A[-1]", NULL, false, 0 },
                { "$A[1]x", NULL, false, 0 },
                { "$A[@ 1]", NULL, false, 0 },
                { "$A-B", NULL, false, 0 },
                { "$A B", NULL, false, 0 },
                { "$$A", NULL, false, 0 },
                { "$A[4294967296]", NULL, false, 0 },
                { "${A}", NULL, false, 0 },
                { "$A[1][2]", NULL, false, 0 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
                nfw_cleanup(nfw_freep) char *text = NULL;
                const struct nfw_nwfilter_access *access;

                if (!cases[i].name) {
                        check_bad(NFW_NWFILTER_TCP, NFW_NWFILTER_DSTPORTSTART, cases[i].text);
                        continue;
                }
                text = write_rule(NFW_NWFILTER_TCP, NFW_NWFILTER_DSTPORTSTART, cases[i].text);
                filter = read_valid(text);
                access = &filter->entries.items[0].rule->values.items[0].access;
                assert_string_equal(access->name, cases[i].name);
                assert_int_equal(access->is_index, cases[i].is_index);
                assert_int_equal(access->number, cases[i].number);
                assert_round_trip(filter);
        }
}

static void test_meanings(void **state nfw_unused) {
        static const uint8_t octets[6] = { 1, 2, 3, 4, 5, 0xab }, mask[6] = { 0xff, 0xff, 0x80 };
        struct nfw_nwfilter_constant constant;
        const char *expected;

#define PARSE(protocol_, attribute_, text_)                                                                  \
        assert_int_equal(nfw_nwfilter_constant_parse(NFW_NWFILTER_##protocol_, NFW_NWFILTER_##attribute_,    \
                                                     (text_), &constant, &expected),                         \
                         0)
        PARSE(TCP, DSTPORTSTART, "0x16");
        assert_int_equal(constant.number, 22);
        PARSE(MAC, PROTOCOLID, "ipv6");
        assert_int_equal(constant.number, 0x86dd);
        PARSE(ARP, OPCODE, "arp_nak");
        assert_int_equal(constant.number, 10);
        PARSE(IP, PROTOCOL, "udplite");
        assert_int_equal(constant.number, 136);
        PARSE(MAC, SRCMACADDR, "1:2:3:4:5:aB");
        assert_memory_equal(constant.mac, octets, sizeof(octets));
        PARSE(MAC, SRCMACMASK, "ff:ff:80:0:0:0");
        assert_memory_equal(constant.mac, mask, sizeof(mask));
        assert_int_equal(constant.number, 17);
        PARSE(IP, SRCIPMASK, "255.255.240.0");
        assert_int_equal(constant.number, 20);
        PARSE(IPV6, SRCIPMASK, "ffff:8000::");
        assert_int_equal(constant.number, 17);
        PARSE(TCP, FLAGS, "SYN,ACK/SYN");
        assert_int_equal(constant.mask, 0x12);
        assert_int_equal(constant.number, 0x02);
        PARSE(TCP, FLAGS, "ALL/NONE");
        assert_int_equal(constant.mask, 0x3f);
        assert_int_equal(constant.number, 0);
        PARSE(ARP, GRATUITOUS, "no");
        assert_int_equal(constant.number, 0);
        PARSE(ALL, STATE, "ESTABLISHED,RELATED");
        assert_int_equal(constant.number, NFW_NWFILTER_STATE_ESTABLISHED | NFW_NWFILTER_STATE_RELATED);
        assert_string_equal(constant.text, "ESTABLISHED,RELATED");
        nfw_nwfilter_constant_deinit(&constant);
        PARSE(ALL, IPSETFLAGS, "SRC,dSt");
        assert_string_equal(constant.text, "src,dst");
        nfw_nwfilter_constant_deinit(&constant);
#undef PARSE
        assert_int_equal(nfw_nwfilter_constant_parse(NFW_NWFILTER_TCP_IPV6, NFW_NWFILTER_SRCIPADDR,
                                                     "10.0.0.1", &constant, &expected),
                         NFW_E_INVALID);
        assert_string_equal(expected, "an IPv6 address");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_attribute),
                cmocka_unit_test(test_longest_comment),
                cmocka_unit_test(test_variables),
                cmocka_unit_test(test_meanings),
        };

        return cmocka_run_group_tests_name("nwfilter-values", tests, NULL, NULL);
}
