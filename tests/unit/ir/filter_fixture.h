/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Filters from XML to verdicts on frames: define, bind, send. */

#include <netinet/in.h>

#include "base/macros.h"
#include "cmocka_all.h"
#include "ir/filter/evaluate.h"
#include "ir/filter/filter.h"
#include "ir/filter/frame.h"

#define MAX_FRAME 2048
#define MAX_FLOWS 64

/* A small connection tracker: enough for what the kernel says of single packets. */
struct flow {
        struct nfw_addr source, destination;
        uint8_t l4proto;
        uint16_t source_port, destination_port; /* of ICMP echo the identifier */
        bool has_reply;
};

struct fixture {
        struct nfw_report *report;
        NFW_VEC(struct nfw_nwfilter *) filters;
        struct nfw_nwfilter_parameters port;
        struct nfw_nwfilter_tree *tree;
        struct nfw_filter_ir *ir;
        struct nfw_filter_tuples *tuples;
        bool compat;
        bool learned_ip;
        struct flow flows[MAX_FLOWS];
        size_t n_flows;
        struct flow packet;     /* that is being looked at */
        const char *set_member; /* the name of the named set that everything is in */
        const struct nfw_ir_rule *rule;
};

static inline void fixture_init(struct fixture *fixture) {
        *fixture = (struct fixture){ 0 };
        assert_int_equal(nfw_report_new(&fixture->report), 0);
}

static inline void fixture_unbind(struct fixture *fixture) {
        for (size_t i = 0; fixture->ir && fixture->tuples && i < fixture->ir->sets.n; i++)
                nfw_filter_tuples_deinit(&fixture->tuples[i]);
        free(fixture->tuples);
        fixture->tuples = NULL;
        fixture->ir = nfw_filter_ir_free(fixture->ir);
        fixture->tree = nfw_nwfilter_tree_free(fixture->tree);
        fixture->n_flows = 0;
}

static inline void fixture_deinit(struct fixture *fixture) {
        fixture_unbind(fixture);
        nfw_vec_foreach (filter, &fixture->filters)
                nfw_nwfilter_free(*filter);
        nfw_vec_deinit(&fixture->filters);
        nfw_nwfilter_parameters_deinit(&fixture->port);
        fixture->report = nfw_report_free(fixture->report);
}

static inline const char *fixture_problem(const struct fixture *fixture, size_t index) {
        if (index >= nfw_report_n_diagnostics(fixture->report))
                return "";
        return nfw_diagnostic_text(nfw_report_diagnostic(fixture->report, index));
}

static inline const char *fixture_code(const struct fixture *fixture, size_t index) {
        if (index >= nfw_report_n_diagnostics(fixture->report))
                return "";
        return nfw_diagnostic_code(nfw_report_diagnostic(fixture->report, index));
}

static inline int fixture_try_define(struct fixture *fixture, const char *xml) {
        struct nfw_nwfilter *filter;
        int r = nfw_nwfilter_read("test.xml", xml, strlen(xml), fixture->report, &filter);

        assert_true(r >= 0);
        if (r == 0)
                assert_int_equal(nfw_vec_push(&fixture->filters, filter), 0);
        return r;
}

static inline void fixture_define(struct fixture *fixture, const char *xml) {
        if (fixture_try_define(fixture, xml) != 0)
                fail_msg("refused: %s: %s", fixture_problem(fixture, 0), xml);
}

static inline bool fixture_define_file(struct fixture *fixture, const char *path) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        FILE *stream = fopen(path, "re");
        size_t size = 0;
        ssize_t r;

        if (!stream)
                return false;
        r = getdelim(&text, &size, '\0', stream);
        fclose(stream);
        assert_true(r > 0);
        fixture_define(fixture, text);
        return true;
}

static inline void fixture_set(struct fixture *fixture, const char *name, const char *value) {
        assert_int_equal(nfw_nwfilter_parameters_add(&fixture->port, name, value, &NFW_POS_NONE), 0);
}

/* Several of them, "NAME=VALUE" with spaces between them. */
static inline void fixture_give(struct fixture *fixture, const char *values) {
        char text[256], *rest = text, *word;

        assert_true(strlen(values) < sizeof(text));
        strcpy(text, values);
        while ((word = strsep(&rest, " "))) {
                char *value = strchr(word, '=');

                assert_non_null(value);
                *value++ = 0;
                fixture_set(fixture, word, value);
        }
}

static inline const struct nfw_nwfilter *fixture_find(void *userdata, const char *name) {
        struct fixture *fixture = userdata;

        nfw_vec_foreach (filter, &fixture->filters) {
                if (strcmp((*filter)->name, name) == 0)
                        return *filter;
        }
        return NULL;
}

static inline int fixture_fill(struct fixture *fixture) {
        int worst = 0;

        fixture->tuples = calloc(fixture->ir->sets.n + 1, sizeof(*fixture->tuples));
        assert_non_null(fixture->tuples);
        for (size_t i = 0; i < fixture->ir->sets.n; i++) {
                int r = nfw_filter_set_tuples(fixture->ir, fixture->tree, &fixture->ir->sets.items[i],
                                              &fixture->port, fixture->learned_ip, fixture->report,
                                              &fixture->tuples[i]);

                assert_true(r >= 0);
                if (r != 0)
                        worst = r;
        }
        return worst;
}

/* As a port is attached: everything that can be wrong with it is. */
static inline int fixture_try_bind(struct fixture *fixture, const char *top) {
        struct nfw_nwfilter_source source = { .find = fixture_find, .userdata = fixture };
        struct nfw_filter_options options = { .compat = fixture->compat, .port = &fixture->port };
        const struct nfw_nwfilter *filter = fixture_find(fixture, top);
        int r;

        assert_non_null(filter);
        r = nfw_nwfilter_tree_new(&source, filter, fixture->report, &fixture->tree);
        if (r == 0)
                r = nfw_filter_lower(fixture->tree, &options, fixture->report, &fixture->ir);
        if (r == 0)
                r = fixture_fill(fixture);
        assert_true(r >= 0);
        return r;
}

static inline void fixture_bind(struct fixture *fixture, const char *top) {
        if (fixture_try_bind(fixture, top) != 0)
                fail_msg("refused: %s", fixture_problem(fixture, 0));
}

/* The refusal has that code, at the beginning at least. */
static inline void fixture_refuses(struct fixture *fixture, const char *top, const char *code) {
        assert_int_equal(fixture_try_bind(fixture, top), NFW_E_INVALID);
        assert_string_equal(fixture_code(fixture, 0), code);
}

static inline size_t frame_from_text(const char *text, uint8_t *frame) {
        size_t n = 0;

        for (const char *p = text; *p;) {
                unsigned int octet;

                if (*p == ' ') {
                        p++;
                        continue;
                }
                assert_true(n < MAX_FRAME);
                assert_int_equal(sscanf(p, "%2x", &octet), 1);
                frame[n++] = (uint8_t)octet;
                p += 2;
        }
        return n;
}

static inline uint16_t flow_number(const struct nfw_filter_frame *frame, enum nfw_field field) {
        uint8_t value[NFW_VALUE_MAX];

        return nfw_filter_frame_field(frame, field, value) ? (uint16_t)(value[0] << 8 | value[1]) : 0;
}

/* False for what connections are not tracked of. */
static inline bool flow_from_frame(const struct nfw_filter_frame *frame, struct flow *flow, bool *is_answer) {
        bool is_ipv6 = frame->family == AF_INET6;
        uint8_t value[NFW_VALUE_MAX];

        *flow = (struct flow){ .l4proto = frame->l4proto };
        *is_answer = false;
        if (!frame->has_l4proto || frame->transport == 0)
                return false;
        nfw_filter_frame_field(frame, is_ipv6 ? NFW_FIELD_IP6_SADDR : NFW_FIELD_IP_SADDR, value);
        nfw_addr_from_bytes(frame->family, value, &flow->source);
        nfw_filter_frame_field(frame, is_ipv6 ? NFW_FIELD_IP6_DADDR : NFW_FIELD_IP_DADDR, value);
        nfw_addr_from_bytes(frame->family, value, &flow->destination);
        if (frame->l4proto == IPPROTO_ICMP || frame->l4proto == IPPROTO_ICMPV6) {
                const uint8_t *p = frame->bytes + frame->transport;

                if (frame->size < frame->transport + 6)
                        return false;
                flow->source_port = flow->destination_port = (uint16_t)(p[4] << 8 | p[5]);
                *is_answer = p[0] == 0 || p[0] == 129;
        } else {
                flow->source_port = flow_number(frame, NFW_FIELD_TH_SPORT);
                flow->destination_port = flow_number(frame, NFW_FIELD_TH_DPORT);
        }
        return true;
}

static inline bool flow_is(const struct flow *flow, const struct flow *other, bool reverse) {
        const struct nfw_addr *source = reverse ? &other->destination : &other->source;
        const struct nfw_addr *destination = reverse ? &other->source : &other->destination;
        uint16_t source_port = reverse ? other->destination_port : other->source_port;
        uint16_t destination_port = reverse ? other->source_port : other->destination_port;

        return flow->l4proto == other->l4proto && nfw_addr_equal(&flow->source, source) &&
               nfw_addr_equal(&flow->destination, destination) && flow->source_port == source_port &&
               flow->destination_port == destination_port;
}

static inline unsigned int fixture_n_connections(void *userdata, const struct nfw_addr *sender) {
        struct fixture *fixture = userdata;
        unsigned int n = 1;

        for (size_t i = 0; i < fixture->n_flows; i++) {
                if (nfw_addr_equal(&fixture->flows[i].source, sender) &&
                    !flow_is(&fixture->flows[i], &fixture->packet, false))
                        n++;
        }
        return n;
}

static inline bool fixture_is_in_set(void *userdata,
                                     const struct nfw_filter_named_set *set,
                                     const uint8_t (*values)[NFW_VALUE_MAX] nfw_unused) {
        struct fixture *fixture = userdata;

        return fixture->set_member && strcmp(set->name, fixture->set_member) == 0;
}

/* What the tracker says of it; *ret_flow is the flow that it belongs to, NULL where it begins one. */
static inline void fixture_track(struct fixture *fixture,
                                 struct nfw_filter_packet *packet,
                                 bool *ret_is_tracked,
                                 struct flow **ret_flow) {
        struct nfw_filter_frame frame;
        bool is_answer = false;

        *ret_flow = NULL;
        *ret_is_tracked = nfw_filter_frame_parse(packet->frame, packet->size, &frame) &&
                          flow_from_frame(&frame, &fixture->packet, &is_answer);
        packet->ct_state = *ret_is_tracked && !is_answer ? NFW_CT_NEW : NFW_CT_INVALID;
        packet->ct_direction = 0;
        for (size_t i = 0; *ret_is_tracked && i < fixture->n_flows; i++) {
                struct flow *flow = &fixture->flows[i];
                bool reply = flow_is(flow, &fixture->packet, true) &&
                             (is_answer || flow->source_port != flow->destination_port);

                if (!reply && !flow_is(flow, &fixture->packet, false))
                        continue;
                *ret_flow = flow;
                packet->ct_direction = reply ? 1 : 0;
                packet->ct_state = reply || flow->has_reply ? NFW_CT_ESTABLISHED : NFW_CT_NEW;
                return;
        }
        if (is_answer)
                *ret_is_tracked = false;
}

static inline enum nfw_verdict fixture_send(struct fixture *fixture,
                                            enum nfw_direction direction,
                                            const uint8_t *bytes,
                                            size_t size) {
        struct nfw_filter_packet packet = { .frame = bytes, .size = size };
        struct nfw_filter_port port = { .tuples = fixture->tuples,
                                        .is_in_set = fixture_is_in_set,
                                        .n_connections = fixture_n_connections,
                                        .userdata = fixture };
        enum nfw_verdict verdict;
        struct flow *flow;
        bool is_tracked;

        fixture_track(fixture, &packet, &is_tracked, &flow);
        verdict = nfw_filter_evaluate(fixture->ir, direction, &packet, &port, &fixture->rule);
        if (verdict != NFW_VERDICT_ACCEPT || !is_tracked)
                return verdict;
        if (flow && packet.ct_direction == 1)
                flow->has_reply = true;
        if (!flow && fixture->n_flows < MAX_FLOWS)
                fixture->flows[fixture->n_flows++] = fixture->packet;
        return verdict;
}

static inline bool passes(struct fixture *fixture, enum nfw_direction direction, const char *text) {
        uint8_t frame[MAX_FRAME];
        size_t size = frame_from_text(text, frame);

        return fixture_send(fixture, direction, frame, size) == NFW_VERDICT_ACCEPT;
}
