/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets that filters look into, as a context changes them that others see nothing of. */
#include "engine/nwfilter/state.h"
#include "kernel.h"

#define FILTER                                                                                               \
        "<filter name='in-set' chain='root'><rule action='accept' direction='out' statematch='false'>"       \
        "<all ipset='friends' ipsetflags='dst'/></rule></filter>"
#define ADDRESS "192.0.2.1"

static int filter_setup(void **state) {
        struct nfw_nwfilter_binding *binding;
        struct nfw_nwfilter *filter;
        struct kernel *kernel;
        char path[80];

        if (kernel_setup(state) < 0)
                return -1;
        kernel = *state;
        snprintf(path, sizeof(path), "%s/nwfilter", kernel->place->directory);
        assert_int_equal(nfw_context_set_nwfilter_directories(kernel->context, path, path), 0);
        assert_int_equal(
                nfw_nwfilter_read_buffer("test.xml", FILTER, strlen(FILTER), kernel->report, &filter), 0);
        assert_int_equal(nfw_nwfilter_define(kernel->context, filter, false, kernel->report), 0);
        nfw_nwfilter_free(filter);
        assert_int_equal(nfw_nwfilter_binding_new("veth0", "in-set", &binding), 0);
        assert_int_equal(nfw_nwfilter_bind(kernel->context,
                                           (const struct nfw_nwfilter_binding *const *)&binding, 1,
                                           kernel->report),
                         0);
        nfw_nwfilter_binding_free(binding);
        assert_int_equal(
                load(kernel, "web", "{name: a, action: allow, priority: 1, egress: {ports: [80]}}", NULL), 0);
        return 0;
}

/* What is taken for known is of the kernel's generation, or the next change of somebody else would not be seen. */
static void check_known(struct kernel *kernel) {
        const struct nfw_context *context = kernel->context;
        uint32_t generation;

        assert_int_equal(nfw_nft_generation(context->nft, &generation), 0);
        if (context->shadow.valid)
                assert_int_equal(context->shadow.generation, generation);
        if (context->nwfilters->snapshot)
                assert_int_equal(context->nwfilters->snapshot->generation, generation);
}

static void add(struct kernel *kernel, const char *element) {
        assert_int_equal(nfw_nwfilter_set_add(kernel->context, "friends", NULL, NULL, &element,
                                              element != NULL, kernel->report),
                         0);
        check_known(kernel);
}

static void delete (struct kernel *kernel, const char *element) {
        assert_int_equal(nfw_nwfilter_set_delete(kernel->context, "friends", &element, 1, kernel->report), 0);
        check_known(kernel);
}

static void test_nothing_for_the_kernel(void **state) {
        struct kernel *kernel = *state;

        add(kernel, NULL);
        add(kernel, NULL);
        add(kernel, ADDRESS);
        add(kernel, ADDRESS);
        add(kernel, NULL);
        delete (kernel, ADDRESS);
        add(kernel, NULL);

        add(kernel, ADDRESS);
        assert_int_equal(system("nft flush set bridge nfwpolicy-filter set/friends"), 0);
        delete (kernel, ADDRESS);
}

static void test_others_are_seen_afterwards(void **state) {
        struct kernel *kernel = *state;
        struct nfw_status *status;

        add(kernel, NULL);
        assert_int_equal(system("nft delete table inet nfwpolicy"), 0);
        status = look(kernel);
        assert_int_equal(nfw_status_n_loaded(status), 0);
        nfw_status_free(status);
}

#define filter_test(test_) cmocka_unit_test_setup_teardown(test_, filter_setup, kernel_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                filter_test(test_nothing_for_the_kernel),
                filter_test(test_others_are_seen_afterwards),
        };

        enter_namespace();
        if (system("ip link add br0 type bridge && ip link set veth0 master br0") != 0)
                return 1;
        return cmocka_run_group_tests_name("engine/named_set", tests, NULL, NULL);
}
