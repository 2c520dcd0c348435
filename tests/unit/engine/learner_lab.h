/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A learner with policies and ports of its own, and what its guests ask and are told. */

#include "../dns/build.h"
#include "engine/learner/learner.h"
#include "engine/port.h"
#include "kernel.h"

#define N_PORTS  6
#define N_NAMES  40
#define RESOLVER "203.0.113.53"

struct lab {
        struct kernel *kernel; /* its context is the learner's */
        struct nfw_context *other;
        struct nfw_context *eye; /* looks at the kernel only */
        struct nfw_learner *learner;
};

static inline struct nfw_context *new_context(const struct kernel *kernel) {
        struct nfw_context *context;

        assert_int_equal(nfw_context_new(&context), 0);
        assert_int_equal(nfw_context_set_state_directory(context, kernel->place->directory), 0);
        return context;
}

static inline int lab_setup(void **state) {
        struct lab *lab = calloc(1, sizeof(*lab));

        if (!lab || kernel_setup((void **)&lab->kernel) < 0)
                return -1;
        lab->other = new_context(lab->kernel);
        lab->eye = new_context(lab->kernel);
        assert_int_equal(nfw_learner_new(lab->kernel->context, lab->kernel->report, &lab->learner), 0);
        *state = lab;
        return 0;
}

static inline int lab_teardown(void **state) {
        struct lab *lab = *state;
        int r;

        nfw_learner_free(lab->learner);
        nfw_context_free(lab->other);
        nfw_context_free(lab->eye);
        r = kernel_teardown((void **)&lab->kernel);
        free(lab);
        return r;
}

#define lab_test(test_) cmocka_unit_test_setup_teardown(test_, lab_setup, lab_teardown)

static inline void load_policy(struct lab *lab, struct nfw_context *context, const char *name) {
        static const char text[] = "{version: \"1.0\", rules: [{name: a, action: allow, priority: 1, egress: "
                                   "{domains: [\"*.example\"]}}]}";
        struct nfw_policy *policy = NULL;
        struct nfw_load *load = NULL;

        assert_int_equal(
                nfw_policy_read_buffer("test.yaml", text, strlen(text), lab->kernel->report, &policy), 0);
        assert_int_equal(nfw_load_new(policy, name, &load), 0);
        assert_int_equal(nfw_load_add_resolver(load, RESOLVER, lab->kernel->report), 0);
        assert_int_equal(nfw_load_commit(context, load, lab->kernel->report), 0);
        nfw_load_free(load);
        nfw_policy_free(policy);
}

static inline void attach(struct nfw_context *context, const char *policy, const char *port) {
        assert_int_equal(nfw_attach(context, policy, &port, 1, NULL), 0);
}

static inline void detach(struct nfw_context *context, const char *port) {
        assert_int_equal(nfw_detach(context, &port, 1, NULL), 0);
}

/* --- what is mirrored -------------------------------------------------------------------------------------- */

/* IPv4 and UDP before what is in the message. */
static inline void build_packet(struct build *packet,
                                const struct build *message,
                                bool from_guest,
                                unsigned int guest) {
        const struct nfw_addr resolver = address(RESOLVER), client = address("10.0.0.2");

        packet->n = 0;
        build_u16(packet, 0x4500);
        build_u16(packet, (unsigned int)(28 + message->n));
        build_u32(packet, 0);
        build_u16(packet, 0x4011); /* a TTL of 64, UDP */
        build_u16(packet, 0);
        build_bytes(packet, from_guest ? client.bytes : resolver.bytes, 4);
        build_bytes(packet, from_guest ? resolver.bytes : client.bytes, 4);
        build_u16(packet, from_guest ? guest : 53);
        build_u16(packet, from_guest ? 53 : guest);
        build_u16(packet, (unsigned int)(8 + message->n));
        build_u16(packet, 0);
        build_bytes(packet, message->data, message->n);
}

static inline void mirror(struct lab *lab,
                          const char *policy,
                          const char *id,
                          const char *port,
                          bool from_guest,
                          const struct build *message) {
        static struct build packet;
        char prefix[128];
        struct nfw_nflog_message mirrored = { .prefix = prefix, .ether_type = 0x0800 };
        unsigned int index = if_nametoindex(port);

        snprintf(prefix, sizeof(prefix), "nfwpolicy %s %s %s", policy, id, from_guest ? "query" : "reply");
        build_packet(&packet, message, from_guest, 40000);
        if (from_guest)
                mirrored.in_interface = index;
        else
                mirrored.out_interface = index;
        mirrored.payload = packet.data;
        mirrored.payload_size = packet.n;
        assert_int_equal(nfw_learner_handle_packet(&mirrored, lab->learner), 0);
}

/* The guest behind the port asks for name n, and is told 192.0.2.n; mirrored by that version of the policy. */
static inline void look_up_for(
        struct lab *lab, const char *policy, const char *id, const char *port, unsigned int n, uint32_t ttl) {
        static struct build message;
        char name[32];

        snprintf(name, sizeof(name), "n%u.example", n);
        build_header(&message, 0x0100, 0);
        build_question(&message, name, 1);
        mirror(lab, policy, id, port, true, &message);
        assert_int_equal(nfw_learner_commit(lab->learner), 0);

        build_reply(&message, name, 1, 1);
        build_a(&message, NULL, ttl, 0xc0000200 + n);
        mirror(lab, policy, id, port, false, &message);
        assert_int_equal(nfw_learner_commit(lab->learner), 0);
}

static inline void look_up(
        struct lab *lab, const char *policy, const char *id, const char *port, unsigned int n) {
        look_up_for(lab, policy, id, port, n, 3600);
}

static inline const struct nfw_shadow *look_at_kernel(struct lab *lab) {
        assert_int_equal(nfw_shadow_update(&lab->eye->shadow, lab->eye->nft), 0);
        return &lab->eye->shadow;
}

static inline void look_up_now(struct lab *lab, const char *port, unsigned int n) {
        const struct nfw_shadow_port *bound = nfw_shadow_port(look_at_kernel(lab), port);

        assert_non_null(bound);
        look_up(lab, bound->policy, nfw_shadow_any_policy(&lab->eye->shadow, bound->policy)->id, port, n);
}

/* --- what is in force -------------------------------------------------------------------------------------- */

struct grants {
        bool has[N_NAMES];
};

struct reading {
        const char *port;
        struct grants *grants;
};

static inline int read_grant(const struct nfw_nft_grant *grant, void *userdata) {
        const struct reading *reading = userdata;

        if (strcmp(grant->interface, reading->port) != 0)
                return 0;
        assert_true(grant->addr.bytes[3] < N_NAMES);
        reading->grants->has[grant->addr.bytes[3]] = true;
        return 0;
}

/* In any policy's sets, also where the port is under another one or under none. */
static inline struct grants grants_in_kernel(struct lab *lab, const char *port) {
        struct grants grants = { 0 };
        struct reading reading = { .port = port, .grants = &grants };

        nfw_vec_foreach (policy, &look_at_kernel(lab)->policies)
                nfw_vec_foreach (set, &policy->sets)
                        if (nfw_set_is_learned(*set))
                                assert_int_equal(nfw_nft_dump_grants(lab->eye->nft, policy->table, *set,
                                                                     read_grant, &reading),
                                                 0);
        return grants;
}

static inline bool knows(struct lab *lab, const char *port, unsigned int n) {
        return grants_in_kernel(lab, port).has[n];
}

static inline void dispatch(struct lab *lab) {
        assert_int_equal(nfw_learner_dispatch(lab->learner), 0);
}

static inline void enter_namespace_with_ports(void) {
        enter_namespace();
        for (int i = 0; i < N_PORTS; i += 2) {
                char command[64];

                snprintf(command, sizeof(command), "ip link add p%d type veth peer name p%d", i, i + 1);
                if (system(command) != 0)
                        exit(1);
        }
}
