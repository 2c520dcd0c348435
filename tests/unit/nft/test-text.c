/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "nft/names.h"
#include "nft/text/text.h"
#include "plans.h"

static char *print(const struct nfw_plan *plan) {
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        assert_int_equal(nfw_nft_print_plan(plan, NFW_NFT_TABLE_DEFAULT, stream), 0);
        fclose(stream);
        return text;
}

static void test_typical(void **state) {
        static const char *const lines[] = {
                "table inet nfwpolicy {\n\tcomment \"nfwpolicy " NFW_VERSION "\"\n",
                "\tmap egress {\n\t\ttype ifname : verdict\n\t}\n\n",
                "\tset subnets6 {\n\t\ttype ifname . ipv6_addr\n\t\tflags interval\n\t}\n\n",
                "\tset web.id {\n\t\ttype ifname\n\t\tcomment \"policy web, id 0123456789abcdef\"\n\t}\n\n",
                "\tset web-allow1-learned4 {\n\t\ttype ifname . ipv4_addr\n\t\tflags timeout\n"
                "\t\tcomment \"github.com, *.github.com\"\n\t}\n\n",
                "\tset web-allow2-ip-proto-port {\n\t\ttype ipv4_addr . inet_proto . inet_service\n\t\tflags interval\n"
                "\t\telements = { 192.0.2.0/24 . tcp . 443,\n"
                "\t\t\t     198.51.100.1-198.51.100.3 . udp . 1000-2000 }\n\t}\n\n",
                "\tchain prerouting {\n\t\ttype filter hook prerouting priority mangle; policy accept;\n"
                "\t\tiifname vmap @egress\n\t}\n\n",
                "\tchain postrouting {\n\t\ttype filter hook postrouting priority 150; policy accept;\n"
                "\t\toifname vmap @ingress\n\t}\n\n",
                "\tchain web-egress {\n\t\tcomment \"policy web\"\n",
                "\t\tmeta l4proto { tcp, udp } th dport 53 log prefix \"nfwpolicy web 0123456789abcdef query\" "
                "group 28262 queue-threshold 1\n",
                "\t\tct state established,related counter packets 0 bytes 0 accept comment \"replies\"\n",
                "\t\tip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } counter",
                "\t\tiifname . ip daddr @resolvers4 meta l4proto { tcp, udp } th dport 53 counter packets 0 bytes 0 "
                "accept comment \"DNS\"\n",
                "\t\ttcp dport 443 iifname . ip daddr @web-allow1-learned4 counter packets 0 bytes 0 accept comment "
                "\"allow-github\"\n",
                "\t\tip daddr . meta l4proto . th dport @web-allow2-ip-proto-port counter packets 0 bytes 0 accept",
                "\t\tcounter packets 0 bytes 0 drop comment \"everything else\"\n\t}\n",
                "\t\tmeta l4proto { tcp, udp } th sport 53 oifname . ip saddr @resolvers4 log prefix "
                "\"nfwpolicy web 0123456789abcdef reply\" group 28262 queue-threshold 1\n",
        };
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        nfw_cleanup(nfw_freep) char *text = print(plan);

        (void)state;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(lines); i++) {
                if (!strstr(text, lines[i]))
                        print_error("missing: %s\n", lines[i]);
                assert_non_null(strstr(text, lines[i]));
        }
}

static void test_bridge(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_BRIDGE);
        nfw_cleanup(nfw_freep) char *text = print(plan);

        (void)state;
        assert_int_equal(strncmp(text, "table bridge nfwpolicy {\n", 25), 0);
        assert_non_null(strstr(text, "type filter hook prerouting priority 0; policy accept;"));
        assert_non_null(strstr(text, "ether type != { ip, arp, ip6 } counter packets 0 bytes 0 drop"));
}

static void test_wrapped_elements(void **state) {
        static const enum nfw_field port = NFW_FIELD_TH_DPORT, addr = NFW_FIELD_IP_DADDR;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_begin("p", NFW_TABLE_INET);
        nfw_cleanup(nfw_freep) char *text = NULL;

        (void)state;
        plan_set(plan, "p-ports", true, 1, &port, "1-2 3 5 7 9 11-13");
        plan_set(plan, "p-addresses", false, 1, &addr, "192.0.2.9 192.0.2.1 10.0.0.1");
        text = print(plan);
        assert_non_null(strstr(text, "elements = { 1-2, 3, 5, 7, 9,\n\t\t\t     11-13 }\n"));
        assert_non_null(strstr(text, "elements = { 10.0.0.1, 192.0.2.1,\n\t\t\t     192.0.2.9 }\n"));
}

static void test_cannot_be_enforced(void **state) {
        static const enum nfw_field hop_limit = NFW_FIELD_IP6_HOPLIMIT;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_begin("p", NFW_TABLE_INET);
        FILE *null = fopen("/dev/null", "w");

        (void)state;
        assert_non_null(null);
        plan_set(plan, "p-hops", false, 1, &hop_limit, "1 2");
        assert_int_equal(nfw_nft_print_plan(plan, NFW_NFT_TABLE_DEFAULT, null), -EOPNOTSUPP);
        fclose(null);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_typical),
                cmocka_unit_test(test_bridge),
                cmocka_unit_test(test_wrapped_elements),
                cmocka_unit_test(test_cannot_be_enforced),
        };

        return cmocka_run_group_tests_name("nft/text", tests, NULL, NULL);
}
