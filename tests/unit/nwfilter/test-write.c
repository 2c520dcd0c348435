/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt's dumpxml makes of what was written by hand. */
#include "filters.h"

static void assert_written(const char *text, const char *expected) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = read_valid(text);
        nfw_cleanup(nfw_freep) char *written = NULL;

        assert_int_equal(nfw_nwfilter_write(filter, &written), 0);
        assert_string_equal(written, expected);
        assert_round_trip(filter);
}

static void test_filter(void **state nfw_unused) {
        assert_written("<filter name='t'/>", "<filter name='t' chain='root'>\n</filter>\n");
        assert_written(
                "<filter name=\"a'b&lt;\" chain='arp'><uuid>5C6D49AFB0716127B4EC6F8ED4B55335</uuid>"
                "<rule direction='out' action='drop'/>"
                "<filterref filter='other'/>"
                "<filterref filter='third'><parameter name='b' value='&lt;'/>"
                "<parameter name='a' value='1.2.3.4'/><parameter name='a' value='1.2.3.5'/></filterref>"
                "<rule priority='-1' direction='inout' action='continue' statematch='0'><tcp/></rule></filter>",
                "<filter name='a&apos;b&lt;' chain='arp' priority='-500'>\n"
                "  <uuid>5c6d49af-b071-6127-b4ec-6f8ed4b55335</uuid>\n"
                "  <rule action='drop' direction='out' priority='500'/>\n"
                "  <filterref filter='other'/>\n"
                "  <filterref filter='third'>\n"
                "    <parameter name='a' value='1.2.3.4'/>\n"
                "    <parameter name='a' value='1.2.3.5'/>\n"
                "    <parameter name='b' value='&lt;'/>\n"
                "  </filterref>\n"
                "  <rule action='continue' direction='inout' priority='-1' statematch='false'>\n"
                "    <tcp/>\n"
                "  </rule>\n"
                "</filter>\n");
}

static void assert_element(const char *element, const char *expected) {
        nfw_cleanup(nfw_freep) char *text = with_rule(element), *whole = NULL;

        assert_int_not_equal(asprintf(&whole,
                                      "<filter name='t' chain='root'>\n"
                                      "  <rule action='drop' direction='out' priority='500'>\n"
                                      "    %s\n"
                                      "  </rule>\n"
                                      "</filter>\n",
                                      expected),
                             -1);
        assert_written(text, whole);
}

static void test_elements(void **state nfw_unused) {
        assert_element(
                "<mac srcmacmask='ff:FF:0:0:0:0' protocolid='0x806' srcmacaddr='1:2:3:4:5:A' match='yes'/>",
                "<mac srcmacaddr='01:02:03:04:05:0a' srcmacmask='ff:ff:00:00:00:00' protocolid='arp'/>");
        assert_element("<mac protocolid='0x1234'/>", "<mac protocolid='0x1234'/>");
        assert_element("<mac protocolid='4660'/>", "<mac protocolid='4660'/>");
        assert_element(
                "<ip dscp='0X32' protocol='6' dstportstart='080' dstipmask='255.255.0.0' dstipaddr='10.0.0.0'/>",
                "<ip dstipaddr='10.0.0.0' dstipmask='16' protocol='tcp' dstportstart='80' dscp='0x32'/>");
        assert_element("<ipv6 srcipaddr='FE80:0::1' srcipmask='ffff:8000::'/>",
                       "<ipv6 srcipaddr='fe80::1' srcipmask='17'/>");
        assert_element("<arp opcode='1' gratuitous='yes'/>", "<arp opcode='Request' gratuitous='true'/>");
        assert_element("<arp opcode='11' gratuitous='0'/>", "<arp opcode='11' gratuitous='false'/>");
        assert_element(
                "<tcp comment='&quot;&amp;&apos;&lt;&gt;' flags='ack,SYN/syn' dstportstart='$P[@0]' state='new' "
                "srcipaddr='$A[ 1 ]' option='0x05'/>",
                "<tcp srcipaddr='$A[1]' state='NEW' dstportstart='$P' option='0x5' flags='SYN,ACK/SYN' "
                "comment='&quot;&amp;&apos;&lt;&gt;'/>");
        assert_element("<tcp flags='FIN,SYN,RST,PSH,ACK,URG/none'/>", "<tcp flags='ALL/NONE'/>");
        assert_element("<all ipsetflags='SRC,dst' ipset='a b' state='NONE'/>",
                       "<all state='NONE' ipset='a b' ipsetflags='src,dst'/>");
        assert_element("<udp/><udp srcportstart='1' match='no'/>",
                       "<udp/>\n    <udp match='no' srcportstart='1'/>");
        assert_element("<stp age='1' type='0x00'/>", "<stp type='0x0' age='1'/>");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_filter),
                cmocka_unit_test(test_elements),
        };

        return cmocka_run_group_tests_name("nwfilter-write", tests, NULL, NULL);
}
