/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "base/macros.h"
#include "engine/event.h"
#include "engine/learner/denied.h"
#include "place.h"

static void push(struct nfw_events *events, uint64_t number) {
        nfw_events_push(events, &(struct nfw_event){ .expires_ms = number });
}

static void assert_next(struct nfw_events *events, uint64_t number) {
        struct nfw_event *event = nfw_events_pop(events);

        assert_non_null(event);
        assert_int_equal(nfw_event_expires_ms(event), number);
        nfw_event_free(event);
}

static void test_in_order(void **state) {
        struct nfw_events events;

        (void)state;
        nfw_events_init(&events);
        assert_null(nfw_events_pop(&events));
        push(&events, 1);
        push(&events, 2);
        assert_next(&events, 1);
        push(&events, 3);
        assert_next(&events, 2);
        assert_next(&events, 3);
        assert_null(nfw_events_pop(&events));
        nfw_events_deinit(&events);
}

static void test_what_an_event_says(void **state) {
        struct nfw_event original = {
                .type = NFW_EVENT_IGNORED,
                .port = "vnet0",
                .name = "www.example",
                .address = "192.0.2.1",
                .resolver = "192.0.2.53",
                .text = "nobody asked",
                .expires_ms = 7,
        };
        struct nfw_events events;
        struct nfw_event *event;

        (void)state;
        nfw_events_init(&events);
        nfw_events_push(&events, &original);
        memset(original.name, 'x', sizeof(original.name) - 1);
        event = nfw_events_pop(&events);
        assert_int_equal(nfw_event_get_type(event), NFW_EVENT_IGNORED);
        assert_string_equal(nfw_event_port(event), "vnet0");
        assert_string_equal(nfw_event_name(event), "www.example");
        assert_string_equal(nfw_event_address(event), "192.0.2.1");
        assert_string_equal(nfw_event_resolver(event), "192.0.2.53");
        assert_string_equal(nfw_event_text(event), "nobody asked");
        assert_int_equal(nfw_event_expires_ms(event), 7);
        assert_null(nfw_event_free(event));
        assert_null(nfw_event_free(NULL));
        nfw_events_deinit(&events);
}

static const uint8_t packet[] = {
        0x45, 0,    0,  200, 0, 0, 0,   0, 64, 17,
        0,    0,    10, 0,   0, 2, 192, 0, 2,  66, /* IPv4, longer than what is here */
        0x9c, 0x40, 0,  99,
};

static int parse(const char *prefix, unsigned int out_interface, size_t size, struct nfw_event *event) {
        const struct nfw_nflog_message message = {
                .prefix = prefix,
                .in_interface = 1,
                .out_interface = out_interface,
                .ether_type = 0x0800,
                .payload = packet,
                .payload_size = size,
        };

        return nfw_denied_parse(&message, event);
}

static void test_denied(void **state) {
        struct nfw_event denied, *event;
        struct nfw_events events;

        (void)state;
        assert_int_equal(parse("nfwpolicy web 0123456789abcdef denied", 0, sizeof(packet), &denied), 0);
        nfw_events_init(&events);
        nfw_events_push(&events, &denied);
        event = nfw_events_pop(&events);
        assert_int_equal(nfw_event_get_type(event), NFW_EVENT_DENIED);
        assert_string_equal(nfw_event_policy(event), "web");
        assert_string_equal(nfw_event_direction(event), "egress");
        assert_int_equal(nfw_event_ether_type(event), 0x0800);
        assert_int_equal(nfw_event_protocol(event), 17);
        assert_string_equal(nfw_event_source(event), "10.0.0.2");
        assert_int_equal(nfw_event_source_port(event), 40000);
        assert_string_equal(nfw_event_destination(event), "192.0.2.66");
        assert_int_equal(nfw_event_destination_port(event), 99);
        nfw_event_free(event);
        nfw_events_deinit(&events);
}

static void test_denied_without_a_packet(void **state) {
        struct nfw_event event;

        (void)state;
        assert_int_equal(parse("nfwpolicy web 0123456789abcdef denied", 2, 19, &event), 0);
        assert_string_equal(nfw_event_direction(&event), "ingress");
        assert_int_equal(nfw_event_protocol(&event), 0);
        assert_string_equal(nfw_event_source(&event), "");
        assert_string_equal(nfw_event_destination(&event), "");
}

static void test_denied_by_others(void **state) {
        static const char *const prefixes[] = {
                "",
                "nfwpolicy",
                "nfwpolicy ",
                "nfwpolicy  0123456789abcdef denied",
                "nfwpolicy web",
                "nfwpolicy web denied",
                "nfwpolicy web 0123456789abcdef query",
                "nfwpolicy web 0123456789abcdef denied ",
                "nfwpolicy web 0123456789abcdef  denied",
                "other web 0123456789abcdef denied",
                /* A name of 65 characters. */
                "nfwpolicy aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0123456789abcdef denied",
        };
        struct nfw_event event;

        (void)state;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(prefixes); i++)
                assert_int_equal(parse(prefixes[i], 0, sizeof(packet), &event), NFW_E_INVALID);
}

/* Nobody need ask for events, so there must not be more and more of them. */
static void test_bounded(void **state) {
        struct nfw_events events;

        (void)state;
        nfw_events_init(&events);
        for (uint64_t i = 0; i < 3 * NFW_MAX_EVENTS; i++)
                push(&events, i);
        assert_int_equal(events.n, NFW_MAX_EVENTS);
        for (uint64_t i = 0; i < NFW_MAX_EVENTS / 2; i++)
                assert_next(&events, i);

        /* there is room again, and what comes now is behind what was kept */
        push(&events, UINT64_MAX);
        assert_int_equal(events.n, NFW_MAX_EVENTS / 2 + 1);
        for (uint64_t i = NFW_MAX_EVENTS / 2; i < NFW_MAX_EVENTS; i++)
                assert_next(&events, i);
        assert_next(&events, UINT64_MAX);
        assert_null(nfw_events_pop(&events));
        assert_int_equal(events.n, 0);
        nfw_events_deinit(&events);
}

static void test_what_nobody_asked_for_is_freed(void **state) {
        struct nfw_events events;

        (void)state;
        nfw_events_init(&events);
        for (uint64_t i = 0; i < 10; i++)
                push(&events, i);
        nfw_events_deinit(&events);
        assert_int_equal(events.n, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_in_order),
                cmocka_unit_test(test_what_an_event_says),
                cmocka_unit_test(test_denied),
                cmocka_unit_test(test_denied_without_a_packet),
                cmocka_unit_test(test_denied_by_others),
                cmocka_unit_test(test_bounded),
                cmocka_unit_test(test_what_nobody_asked_for_is_freed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
