/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filters.h"
#include "nwfilter/binding.h"

static void test_everything(void **state nfw_unused) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        nfw_cleanup(nfw_freep) char *written = NULL;
        static const char text[] = "<filterbinding>\n"
                                   "  <owner>\n"
                                   "    <name>memory &amp; test</name>\n"
                                   "    <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid>\n"
                                   "  </owner>\n"
                                   "  <portdev name='vnet0'/>\n"
                                   "  <linkdev name='eth0.5'/>\n"
                                   "  <mac address='52:54:00:7b:35:93'/>\n"
                                   "  <filterref filter='clean-traffic'>\n"
                                   "    <parameter name='IP' value='10.0.0.1'/>\n"
                                   "    <parameter name='IP' value='10.0.0.2'/>\n"
                                   "  </filterref>\n"
                                   "</filterbinding>\n";

        assert_int_equal(nfw_nwfilter_binding_read("b.xml", text, strlen(text), NULL, &binding), 0);
        assert_string_equal(binding->owner_name, "memory & test");
        assert_string_equal(binding->owner_uuid, "d54df46f-1ab5-4a22-8618-4560ef5fac2c");
        assert_string_equal(binding->port, "vnet0");
        assert_string_equal(binding->link, "eth0.5");
        assert_string_equal(binding->mac, "52:54:00:7b:35:93");
        assert_string_equal(binding->filter, "clean-traffic");
        assert_int_equal(binding->parameters.vec.n, 1);
        assert_int_equal(binding->parameters.vec.items[0].values.n, 2);
        assert_false(binding->compat);

        assert_int_equal(nfw_nwfilter_binding_write(binding, &written), 0);
        assert_string_equal(written, text);
}

static void test_least(void **state nfw_unused) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        nfw_cleanup(nfw_freep) char *written = NULL;
        static const char text[] = "<filterbinding compat='libvirt'>\n"
                                   "  <portdev name='vnet0'/>\n"
                                   "  <filterref filter='clean-traffic'/>\n"
                                   "</filterbinding>\n";

        assert_int_equal(nfw_nwfilter_binding_read("b.xml", text, strlen(text), NULL, &binding), 0);
        assert_string_equal(binding->owner_name, "");
        assert_string_equal(binding->owner_uuid, "");
        assert_string_equal(binding->link, "");
        assert_string_equal(binding->mac, "");
        assert_true(binding->compat);
        assert_int_equal(nfw_nwfilter_binding_write(binding, &written), 0);
        assert_string_equal(written, text);
}

static void test_backend(void **state nfw_unused) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        static const char text[] = "<filterbinding><portdev name='v'/><filterref filter='f'/>"
                                   "<backend name='nftables'/></filterbinding>";

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_nwfilter_binding_read("b.xml", text, strlen(text), report, &binding), 0);
        assert_int_equal(nfw_report_n_diagnostics(report), 1);
        assert_string_equal(nfw_diagnostic_code(nfw_report_diagnostic(report, 0)), "nwfilter/ignored");
}

#define BINDING(inside_) "<filterbinding>" inside_ "</filterbinding>"
#define PORT             "<portdev name='vnet0'/>"
#define FILTER           "<filterref filter='f'/>"

static void test_refused(void **state nfw_unused) {
        static const struct {
                const char *text;
                const char *code;
        } cases[] = {
                { "<filter name='t'/>", "nwfilter/root" },
                { BINDING(FILTER), "nwfilter/missing" },
                { BINDING(PORT), "nwfilter/missing" },
                { BINDING(PORT PORT FILTER), "nwfilter/twice" },
                { BINDING(PORT FILTER FILTER), "nwfilter/twice" },
                { BINDING(PORT FILTER "<port/>"), "nwfilter/unknown-element" },
                { BINDING(PORT FILTER "x"), "nwfilter/text" },
                { BINDING("<portdev/>" FILTER), "nwfilter/missing" },
                { BINDING("<portdev name=''/>" FILTER), "nwfilter/value" },
                { BINDING("<portdev name='abcdefghijklmnop'/>" FILTER), "nwfilter/value" },
                { BINDING("<portdev name='a/b'/>" FILTER), "nwfilter/value" },
                { BINDING("<portdev name='..'/>" FILTER), "nwfilter/value" },
                { BINDING("<portdev name='a&quot;b'/>" FILTER), "nwfilter/value" },
                { BINDING("<portdev name='\xc3\xa4'/>" FILTER), "nwfilter/value" },
                { BINDING("<portdev name='vnet0' nam='x'/>" FILTER), "nwfilter/unknown-attribute" },
                { BINDING(PORT FILTER "<mac/>"), "nwfilter/missing" },
                { BINDING(PORT FILTER "<mac address='52:54:00'/>"), "nwfilter/value" },
                { BINDING(PORT FILTER "<mac address='01:00:5e:00:00:01'/>"), "nwfilter/value" },
                { BINDING(PORT FILTER "<owner><uuid>1</uuid></owner>"), "nwfilter/value" },
                { BINDING(PORT FILTER "<owner><id>1</id></owner>"), "nwfilter/unknown-element" },
                { BINDING(PORT "<filterref/>"), "nwfilter/missing" },
                { "<filterbinding compat='iptables'>" PORT FILTER "</filterbinding>", "nwfilter/value" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
                struct nfw_nwfilter_binding *binding = NULL;
                const struct nfw_diagnostic *diagnostic;

                assert_int_equal(nfw_report_new(&report), 0);
                if (nfw_nwfilter_binding_read("b.xml", cases[i].text, strlen(cases[i].text), report,
                                              &binding) != NFW_E_INVALID)
                        fail_msg("accepted: %s", cases[i].text);
                assert_null(binding);
                diagnostic = nfw_report_diagnostic(report, 0);
                if (strcmp(nfw_diagnostic_code(diagnostic), cases[i].code) != 0 ||
                    nfw_report_n_diagnostics(report) != 1)
                        fail_msg("%s: %s", cases[i].text, nfw_diagnostic_code(diagnostic));
                assert_true(nfw_diagnostic_column(diagnostic) > 0);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_everything),
                cmocka_unit_test(test_least),
                cmocka_unit_test(test_backend),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests_name("nwfilter-binding", tests, NULL, NULL);
}
