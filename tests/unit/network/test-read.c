/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/network.h"
#include "policy/source.h"

#define UUID     "c7a5fdbd-edaf-9455-926a-d65c16db1809"
#define NETWORKS NFW_TEST_SOURCE "/tests/data/networks"

static struct nfw_network *read_valid(const char *text) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_network *network = NULL;
        int r;

        assert_int_equal(nfw_report_new(&report), 0);
        r = nfw_network_parse("net", text, strlen(text), report, &network);
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++)
                print_message("%s\n", nfw_diagnostic_text(nfw_report_diagnostic(report, i)));
        assert_int_equal(r, 0);
        assert_int_equal(nfw_report_n_diagnostics(report), 0);
        return network;
}

static char *dump(const struct nfw_network *network) {
        char *text = NULL;

        assert_int_equal(nfw_network_write(network, &text), 0);
        return text;
}

static const char xml[] = "<!-- a comment -->\n"
                          "<network ipv6='yes'>\n"
                          "  <name>lab</name>\n"
                          "  <title>Tom &amp; 'Jerry'</title>\n"
                          "  <bridge name='virbr7' delay='3' stp='off'/>\n"
                          "  <forward mode='nat' dev='eth0'>\n"
                          "    <nat ipv6='yes'>\n"
                          "      <address start='203.0.113.4' end='203.0.113.7'/>\n"
                          "      <port start='500' end='1000'/>\n"
                          "    </nat>\n"
                          "  </forward>\n"
                          "  <mtu size='9000'/>\n"
                          "  <mac address='52:54:00:12:34:56'/>\n"
                          "  <domain name='lab.example' localOnly='yes'/>\n"
                          "  <dns><host ip='192.168.7.9'><hostname>nine</hostname></host></dns>\n"
                          "  <ip address='192.168.7.1' netmask='255.255.255.0'>\n"
                          "    <tftp root='/srv'/>\n"
                          "    <dhcp><range start='192.168.7.2' end='192.168.7.254'/></dhcp>\n"
                          "  </ip>\n"
                          "  <ip family='ipv6' address='2001:db8:7::1' prefix='64'/>\n"
                          "</network>\n";

static const char yaml[] = "name: lab\n"
                           "ipv6: yes\n"
                           "title: \"Tom & 'Jerry'\"\n"
                           "bridge: {name: virbr7, delay: 3, stp: off}\n"
                           "forward:\n"
                           "  mode: nat\n"
                           "  dev: eth0\n"
                           "  nat:\n"
                           "    ipv6: yes\n"
                           "    address: {start: 203.0.113.4, end: 203.0.113.7}\n"
                           "    port: {start: 500, end: 1000}\n"
                           "mtu: {size: 9000}\n"
                           "mac: {address: \"52:54:00:12:34:56\"}\n"
                           "domain: {name: lab.example, localOnly: yes}\n"
                           "dns: {host: [{ip: 192.168.7.9, hostname: [nine]}]}\n"
                           "ip:\n"
                           "- address: 192.168.7.1\n"
                           "  netmask: 255.255.255.0\n"
                           "  tftp: {root: /srv}\n"
                           "  dhcp: {range: {start: 192.168.7.2, end: 192.168.7.254}}\n"
                           "- {family: ipv6, address: \"2001:db8:7::1\", prefix: 64}\n";

static void check_everything(const struct nfw_network *network) {
        char text[NFW_ADDR_TEXT_MAX];

        assert_string_equal(network->name, "lab");
        assert_string_equal(network->bridge, "virbr7");
        assert_string_equal(network->device, "eth0");
        assert_int_equal(network->mode, NFW_NETWORK_NAT);
        assert_true(network->ipv6 && network->nat_ipv6 && !network->stp && network->has_mac);
        assert_int_equal(network->delay, 3);
        assert_int_equal(network->mtu, 9000);
        assert_int_equal(network->mac[5], 0x56);
        assert_int_equal(network->nat_ports.first, 500);
        assert_int_equal(network->nat_ports.last, 1000);
        assert_string_equal(nfw_addr_format(&network->nat_last, text), "203.0.113.7");
        assert_int_equal(network->ips.n, 2);
        assert_int_equal(network->ips.items[0].prefix.length, 24);
        assert_true(network->ips.items[0].has_tftp);
        assert_string_equal(nfw_addr_format(&network->ips.items[0].prefix.addr, text), "192.168.7.0");
        assert_string_equal(nfw_addr_format(&network->ips.items[1].address, text), "2001:db8:7::1");
        assert_true(nfw_network_has_family(network, AF_INET6));
}

static void test_xml(void **state nfw_unused) {
        nfw_cleanup(nfw_network_freep) struct nfw_network *network = read_valid(xml);

        check_everything(network);
}

static void test_yaml_is_the_same(void **state nfw_unused) {
        nfw_cleanup(nfw_network_freep) struct nfw_network *a = read_valid(xml), *b = read_valid(yaml);
        nfw_cleanup(nfw_freep) char *text_a = NULL, *text_b = NULL;

        check_everything(b);
        assert_int_equal(nfw_network_complete(a, UUID, "unused"), 0);
        assert_int_equal(nfw_network_complete(b, UUID, "unused"), 0);
        text_a = dump(a);
        text_b = dump(b);
        assert_non_null(strstr(text_a, "<hostname>nine</hostname>"));
        assert_non_null(strstr(text_a, "<title>Tom &amp; &apos;Jerry&apos;</title>"));
        assert_non_null(strstr(text_b, "<range start='192.168.7.2' end='192.168.7.254'/>"));
}

static void test_round_trip(void **state nfw_unused) {
        nfw_cleanup(nfw_network_freep) struct nfw_network *a = read_valid(yaml), *b = NULL;
        nfw_cleanup(nfw_freep) char *text_a = NULL, *text_b = NULL;

        assert_int_equal(nfw_network_complete(a, UUID, "unused"), 0);
        text_a = dump(a);
        b = read_valid(text_a);
        check_everything(b);
        assert_int_equal(nfw_network_complete(b, "x", "unused"), 0);
        text_b = dump(b);
        assert_string_equal(text_a, text_b);
}

static void test_defaults(void **state nfw_unused) {
        nfw_cleanup(nfw_network_freep) struct nfw_network *network =
                read_valid("<network><name>a</name><forward/><ip address='10.1.2.3'/></network>");
        nfw_cleanup(nfw_freep) char *text = NULL;

        assert_int_equal(network->mode, NFW_NETWORK_NAT);
        assert_int_equal(network->ips.items[0].prefix.length, 8);
        assert_true(network->stp);
        assert_int_equal(nfw_network_complete(network, UUID, "virbr3"), 0);
        assert_string_equal(network->bridge, "virbr3");
        text = dump(network);
        assert_string_equal(text, "<network>\n"
                                  "  <name>a</name>\n"
                                  "  <uuid>" UUID "</uuid>\n"
                                  "  <forward mode='nat'/>\n"
                                  "  <bridge name='virbr3' stp='on' delay='0'/>\n"
                                  "  <ip address='10.1.2.3'/>\n"
                                  "</network>\n");
}

static const struct {
        const char *text;
        const char *code;
        unsigned int line, column; /* 0: whatever */
        const char *hint;          /* a part of it, or NULL */
} refused[] = {
        { "", "network/yaml", 0, 0, NULL },
        { "<network><name>a</name>", "xml/syntax", 0, 0, NULL },
        { "<networks/>", "network/unknown-element", 1, 1, NULL },
        { "<network/>", "network/missing-element", 1, 1, NULL },
        { "<network>\n <name>a</name>\n <brigde name='b'/>\n</network>", "network/unknown-element", 3, 2,
          "bridge" },
        { "<network>\n <name>a</name>\n <bridge nam='b'/>\n</network>", "network/unknown-attribute", 3, 10,
          "name" },
        { "<network><name>a/b</name></network>", "network/value", 1, 10, NULL },
        { "<network><name>a</name>text</network>", "network/text", 1, 1, NULL },
        { "<network><name>a</name><name>b</name></network>", "network/duplicate-element", 1, 24, NULL },
        { "<network><name>a</name><forward mode='bridge'/></network>", "network/value", 1, 33, NULL },
        { "<network><name>a</name><forward/></network>", "network/missing-element", 1, 24, "mode='open'" },
        { "<network><name>a</name><forward mode='open' dev='x'/></network>", "network/value", 1, 24, NULL },
        { "<network><name>a</name><forward mode='route'><nat/></forward><ip address='10.0.0.1'/></network>",
          "network/value", 1, 46, "mode='nat'" },
        { "<network><name>a</name><forward><nat><port start='9' end='8'/></nat></forward><ip "
          "address='10.0.0.1'/></network>",
          "network/value", 1, 38, NULL },
        { "<network><name>a</name><forward><nat><port start='0' end='8'/></nat></forward><ip "
          "address='10.0.0.1'/></network>",
          "network/value", 0, 0, NULL },
        { "<network><name>a</name><ip address='2001:db8::1'/></network>", "network/value", 1, 24, "ipv6" },
        { "<network><name>a</name><ip/></network>", "network/missing-attribute", 1, 24, NULL },
        { "<network><name>a</name><ip address='10.0.0.1' prefix='8' netmask='255.0.0.0'/></network>",
          "network/value", 1, 24, NULL },
        { "<network><name>a</name><ip address='10.0.0.1' prefix='33'/></network>", "network/value", 1, 24,
          NULL },
        { "<network><name>a</name><ip address='10.0.0.1' netmask='255.0.255.0'/></network>", "network/value",
          1, 47, NULL },
        { "<network><name>a</name><ip address='10.0.0.1' prefix='8'/><ip address='10.1.0.1' prefix='24'/></network>",
          "network/value", 1, 59, NULL },
        { "<network><name>a</name><bandwidth/></network>", "network/unsupported", 1, 24, "tc" },
        { "<network><name>a</name><bridge name='a\"b'/></network>", "network/value", 1, 32, NULL },
        { "<network><name>a</name><mac address='01:00:5e:00:00:01'/></network>", "network/value", 0, 0,
          NULL },
        { "name: a\nbrigde: {name: b}\n", "network/unknown-element", 2, 9, "bridge" },
        { "name: a\nname: b\n", "network/yaml", 2, 1, "list" },
        { "- a\n", "network/yaml", 1, 1, NULL },
        { "name: a\nip: [[1]]\n", "network/yaml", 2, 6, NULL },
        { "name: a\nip: {address: 10.0.0.1, prefx: 8}\n", "network/unknown-attribute", 2, 32, "prefix" },
        { "name: a\n\"b c\": d\n", "network/yaml", 2, 1, NULL },
        { "name: a\nip:\n- {address: 192.0.2.1}: none\n", "network/yaml", 3, 3, NULL },
};

static void test_refused(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(refused); i++) {
                nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
                struct nfw_network *network = NULL;
                const struct nfw_diagnostic *first;
                int r;

                assert_int_equal(nfw_report_new(&report), 0);
                r = nfw_network_parse("net", refused[i].text, strlen(refused[i].text), report, &network);
                if (r != NFW_E_INVALID)
                        fail_msg("%s: %d", refused[i].text, r);
                assert_true(nfw_report_has_errors(report));
                first = nfw_report_diagnostic(report, 0);
                print_message("%s:%u:%u: %s [%s]\n", refused[i].text, nfw_diagnostic_line(first),
                              nfw_diagnostic_column(first), nfw_diagnostic_text(first),
                              nfw_diagnostic_code(first));
                assert_string_equal(nfw_diagnostic_code(first), refused[i].code);
                if (refused[i].line > 0) {
                        assert_int_equal(nfw_diagnostic_line(first), refused[i].line);
                        assert_int_equal(nfw_diagnostic_column(first), refused[i].column);
                }
                if (refused[i].hint)
                        assert_non_null(strstr(nfw_diagnostic_hint(first), refused[i].hint));
        }
}

static void test_all_mistakes_at_once(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        static const char text[] = "<network><name>a b</name><ip address='x' prefix='y'/><bogus/></network>";
        struct nfw_network *network = NULL;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_network_parse("net", text, strlen(text), report, &network), NFW_E_INVALID);
        assert_int_equal(nfw_report_n_diagnostics(report), 4);
}

static void test_deep_yaml(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        char text[256] = "name: a\ndns: ";
        struct nfw_network *network = NULL;

        for (int i = 0; i < 20; i++)
                strcat(text, "{a: ");
        strcat(text, "b");
        for (int i = 0; i < 20; i++)
                strcat(text, "}");
        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_network_parse("net", text, strlen(text), report, &network), NFW_E_INVALID);
}

/* One of each kind: all are valid, and come back as they went in. */
static void test_files(void **state nfw_unused) {
        DIR *directory = opendir(NETWORKS);
        struct dirent *entry;
        size_t n = 0;

        assert_non_null(directory);
        while ((entry = readdir(directory))) {
                nfw_cleanup(nfw_network_freep) struct nfw_network *a = NULL, *b = NULL;
                nfw_cleanup(nfw_freep) char *source = NULL, *text_a = NULL, *text_b = NULL;
                char path[sizeof(NETWORKS) + 300];
                size_t size;

                if (!strstr(entry->d_name, ".xml"))
                        continue;
                snprintf(path, sizeof(path), NETWORKS "/%s", entry->d_name);
                assert_int_equal(nfw_source_read(path, 1 << 20, &source, &size), 0);
                a = read_valid(source);
                assert_int_equal(nfw_network_complete(a, UUID, "unused"), 0);
                text_a = dump(a);
                b = read_valid(text_a);
                text_b = dump(b);
                assert_string_equal(text_a, text_b);
                assert_string_equal(b->uuid, UUID);
                assert_int_equal(a->ips.n, b->ips.n);
                assert_int_equal(a->mode, b->mode);
                n++;
        }
        closedir(directory);
        assert_int_equal(n, 11);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_xml),        cmocka_unit_test(test_yaml_is_the_same),
                cmocka_unit_test(test_round_trip), cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_refused),    cmocka_unit_test(test_all_mistakes_at_once),
                cmocka_unit_test(test_deep_yaml),  cmocka_unit_test(test_files),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
