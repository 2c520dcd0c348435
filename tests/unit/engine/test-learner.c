/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A learner beside others who change policies and ports: its own process through the same context, and another one
 * with a context of its own. What it knows must be what the kernel holds, whoever did it and whether it was told or not.
 */
#include "learner_lab.h"

#define N_POLICIES 3
#define N_STEPS    1000

static int take_known(const char *name nfw_unused,
                      const struct nfw_addr *resolver nfw_unused,
                      size_t learned nfw_unused,
                      const struct nfw_addr *addr,
                      uint64_t expires_ms nfw_unused,
                      void *userdata) {
        ((struct grants *)userdata)->has[addr->bytes[3]] = true;
        return 0;
}

static int check_port(struct nfw_shadow_port *in_force, void *userdata) {
        struct lab *lab = userdata;
        struct grants known = { 0 }, there = grants_in_kernel(lab, in_force->interface);
        struct learner_port *port;

        HASH_FIND_STR(lab->learner->ports, in_force->interface, port);
        assert_non_null(port);
        assert_string_equal(port->policy->name, in_force->policy);
        assert_string_equal(port->policy->id,
                            nfw_shadow_policy(&lab->eye->shadow, in_force->policy, in_force->table)->id);
        assert_string_equal(port->binding, in_force->binding);
        assert_int_equal(port->resolvers.n, in_force->parameters[NFW_PARAMETER_RESOLVERS].n);
        assert_int_equal(nfw_dns_grants_foreach(port->grants, nfw_learner_now(), take_known, &known), 0);
        assert_memory_equal(&known, &there, sizeof(known));
        return 0;
}

/* What the learner knows is what is in force. */
static void check_learner(struct lab *lab) {
        const struct nfw_shadow *shadow = look_at_kernel(lab);

        assert_true(lab->learner->followed <= shadow->generation);
        assert_int_equal(HASH_COUNT(lab->learner->ports), shadow->n_ports);
        assert_int_equal(nfw_shadow_foreach_port(shadow, check_port, lab), 0);
}

static int check_shadow_port(struct nfw_shadow_port *in_force, void *userdata) {
        const struct nfw_shadow_port *port = nfw_shadow_port(userdata, in_force->interface);

        assert_non_null(port);
        assert_int_equal(port->table, in_force->table);
        assert_string_equal(port->policy, in_force->policy);
        assert_string_equal(port->binding, in_force->binding);
        assert_int_equal(port->is_broken, in_force->is_broken);
        for (size_t i = 0; i < NFW_N_PARAMETERS; i++)
                assert_int_equal(port->parameters[i].n, in_force->parameters[i].n);
        return 0;
}

/* A shadow that says it is of the kernel's generation is what a reading would give. */
static void check_shadow(struct lab *lab, struct nfw_shadow *shadow) {
        const struct nfw_shadow *in_force = look_at_kernel(lab);

        if (!shadow->valid)
                return;
        /* Or the next change of somebody else would seem to have been seen. */
        assert_true(shadow->generation <= in_force->generation);
        if (shadow->generation != in_force->generation)
                return;
        assert_int_equal(shadow->n_ports, in_force->n_ports);
        assert_int_equal(shadow->policies.n, in_force->policies.n);
        nfw_vec_foreach (policy, &in_force->policies)
                assert_string_equal(nfw_shadow_policy(shadow, policy->name, policy->table)->id, policy->id);
        assert_int_equal(nfw_shadow_foreach_port(in_force, check_shadow_port, shadow), 0);
}

/* --- tests ------------------------------------------------------------------------------------------------- */

/* How many changes of ports the shadow has seen since: many, where it was read anew. */
static uint64_t n_changes(const struct lab *lab) {
        return lab->kernel->context->shadow.n_changes;
}

static void test_own_changes_are_not_read(void **state) {
        struct lab *lab = *state;
        struct nfw_context *own = lab->kernel->context;
        struct nfw_status *status;
        uint64_t before, n_follows;

        load_policy(lab, own, "web");
        attach(own, "web", "p0");
        dispatch(lab);
        check_learner(lab);

        before = n_changes(lab);
        attach(own, "web", "p1");
        dispatch(lab);
        check_learner(lab);
        n_follows = lab->learner->n_follows;
        look_up_now(lab, "p1", 1);
        look_up_now(lab, "p1", 2);
        look_up_now(lab, "p0", 1);
        assert_int_equal(lab->learner->n_follows, n_follows);
        assert_true(knows(lab, "p1", 2));
        /* The learner's commits are the context's, too. */
        detach(own, "p1");
        dispatch(lab);
        check_learner(lab);
        attach(own, "web", "p1");
        assert_int_equal(nfw_status_new_without_grants(own, NULL, &status), 0);
        assert_int_equal(nfw_status_n_bindings(status), 2);
        nfw_status_free(status);
        assert_int_equal(n_changes(lab), before + 3);
        look_up_now(lab, "p1", 3);
        assert_true(knows(lab, "p1", 3));
        assert_false(knows(lab, "p1", 1));
        assert_int_equal(n_changes(lab), before + 3);
        check_learner(lab);
}

static void test_changes_of_others_are_read(void **state) {
        struct lab *lab = *state;
        uint64_t before;

        load_policy(lab, lab->kernel->context, "web");
        attach(lab->kernel->context, "web", "p0");
        dispatch(lab);

        before = n_changes(lab);
        attach(lab->other, "web", "p1");
        dispatch(lab);
        check_learner(lab);
        assert_true(n_changes(lab) > before + NFW_SHADOW_N_CHANGES);

        before = n_changes(lab);
        assert_int_equal(system("nft add table ip somebody"), 0);
        look_up_now(lab, "p0", 1);
        assert_true(knows(lab, "p0", 1));
        assert_true(n_changes(lab) > before + NFW_SHADOW_N_CHANGES);
        check_learner(lab);
}

/* Nobody is told of it before the next packet comes. */
static void test_port_attached_anew(void **state) {
        struct lab *lab = *state;
        struct nfw_context *own = lab->kernel->context;

        load_policy(lab, own, "web");
        attach(own, "web", "p0");
        look_up_now(lab, "p0", 1);
        assert_true(knows(lab, "p0", 1));

        detach(own, "p0");
        attach(own, "web", "p0");
        assert_false(knows(lab, "p0", 1));
        look_up_now(lab, "p0", 1);
        assert_true(knows(lab, "p0", 1));
        check_learner(lab);

        attach(own, "web", "p0");
        look_up_now(lab, "p0", 2);
        assert_true(knows(lab, "p0", 1) && knows(lab, "p0", 2));
        check_learner(lab);
}

/* A packet that waited while its port was detached opens nothing. */
static void test_late_packet(void **state) {
        struct lab *lab = *state;
        struct nfw_context *const who[] = { lab->kernel->context, lab->other };
        char id[NFW_ID_MAX];

        load_policy(lab, lab->kernel->context, "web");
        strcpy(id, nfw_shadow_any_policy(look_at_kernel(lab), "web")->id);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(who); i++) {
                attach(lab->kernel->context, "web", "p0");
                look_up(lab, "web", id, "p0", 1);
                assert_true(knows(lab, "p0", 1));
                detach(who[i], "p0");
                look_up(lab, "web", id, "p0", 2);
                assert_false(knows(lab, "p0", 1) || knows(lab, "p0", 2));
                check_learner(lab);
        }
}

/*
 * A kernel that extends an element when it is added with another timeout may do nothing for the same one, and then there
 * is no transaction that it would count.
 */
static void test_extended_by_the_same_time(void **state) {
        struct lab *lab = *state;
        char id[NFW_ID_MAX];

        load_policy(lab, lab->kernel->context, "web");
        attach(lab->kernel->context, "web", "p0");
        strcpy(id, nfw_shadow_any_policy(look_at_kernel(lab), "web")->id);
        look_up_for(lab, "web", id, "p0", 1, 3600);
        look_up_for(lab, "web", id, "p0", 1, 7200);
        assert_int_not_equal(lab->learner->extend, LEARNER_EXTEND_UNKNOWN);
        for (int i = 0; i < 20; i++) {
                uint32_t generation = look_at_kernel(lab)->generation;

                /* A millisecond is what it takes to be an extension. */
                usleep(2000);
                look_up_for(lab, "web", id, "p0", 1, 7200);
                assert_int_equal(look_at_kernel(lab)->generation, generation + 1);
                check_learner(lab);
        }
}

/* More ports at once than changes are known one by one. */
static void test_many_ports_at_once(void **state) {
        const char *ports[NFW_SHADOW_N_CHANGES + 10];
        static char names[NFW_ARRAY_SIZE(ports)][IFNAMSIZ];
        struct lab *lab = *state;
        FILE *links = popen("ip -batch -", "w");

        assert_non_null(links);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(ports); i++) {
                snprintf(names[i], sizeof(names[i]), "m%zu", i);
                ports[i] = names[i];
                if (i % 2 == 0)
                        fprintf(links, "link add m%zu type veth peer name m%zu\n", i, i + 1);
        }
        assert_int_equal(pclose(links), 0);

        load_policy(lab, lab->kernel->context, "web");
        dispatch(lab);
        assert_int_equal(nfw_attach(lab->kernel->context, "web", ports, NFW_ARRAY_SIZE(ports), NULL), 0);
        dispatch(lab);
        assert_int_equal(HASH_COUNT(lab->learner->ports), NFW_ARRAY_SIZE(ports));
        look_up_now(lab, "m200", 7);
        assert_true(knows(lab, "m200", 7));
        assert_int_equal(nfw_detach(lab->kernel->context, ports, NFW_ARRAY_SIZE(ports), NULL), 0);
        dispatch(lab);
        check_learner(lab);

        /* one of a pair takes the other along */
        links = popen("ip -batch -", "w");
        assert_non_null(links);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(ports); i += 2)
                fprintf(links, "link del m%zu\n", i);
        assert_int_equal(pclose(links), 0);
}

/* --- whatever comes, in whatever order ---------------------------------------------------------------------- */

struct model {
        struct {
                int policy; /* -1: none */
                struct grants grants;
                bool is_unsure; /* bound anew behind the learner's back: the next that it learns may get lost */
        } ports[N_PORTS];
};

static uint32_t next_random(uint32_t *seed) {
        *seed = *seed * 1664525 + 1013904223;
        return *seed >> 8;
}

static void name_port(char name[static 16], size_t i) {
        snprintf(name, 16, "p%zu", i);
}

static void name_policy(char name[static 16], int i) {
        snprintf(name, 16, "policy%d", i);
}

static void step_bind(
        struct lab *lab, struct model *model, struct nfw_context *context, size_t port, int policy) {
        char port_name[16], policy_name[16];

        name_port(port_name, port);
        name_policy(policy_name, policy);
        if (policy >= 0)
                attach(context, policy_name, port_name);
        else if (model->ports[port].policy >= 0)
                detach(context, port_name);
        if (policy == model->ports[port].policy)
                return;
        model->ports[port].policy = policy;
        model->ports[port].grants = (struct grants){ 0 };
        model->ports[port].is_unsure |= context == lab->other;
}

static void step_look_up(struct lab *lab, struct model *model, size_t port, unsigned int n) {
        struct grants *grants = &model->ports[port].grants, now;
        char name[16];

        if (model->ports[port].policy < 0)
                return;
        name_port(name, port);
        look_up_now(lab, name, n);
        now = grants_in_kernel(lab, name);
        if (!model->ports[port].is_unsure || now.has[n])
                grants->has[n] = true;
        model->ports[port].is_unsure = false;
        assert_memory_equal(&now, grants, sizeof(now));
}

static void step_dispatch(struct lab *lab, struct model *model) {
        dispatch(lab);
        check_learner(lab);
        for (size_t i = 0; i < N_PORTS; i++)
                model->ports[i].is_unsure = false;
}

static void step(struct lab *lab, struct model *model, uint32_t *seed) {
        struct nfw_context *own = lab->kernel->context;
        struct nfw_context *context = next_random(seed) % 2 ? own : lab->other;
        size_t port = next_random(seed) % N_PORTS;
        int policy = (int)(next_random(seed) % N_POLICIES);
        const char *refused = "p0";
        struct nfw_status *status;
        char name[16];

        switch (next_random(seed) % 16) {
        case 0 ... 3:
                step_bind(lab, model, context, port, policy);
                break;
        case 4 ... 5:
                step_bind(lab, model, context, port, -1);
                break;
        case 6:
                name_policy(name, policy);
                load_policy(lab, context, name);
                break;
        case 7:
                assert_int_equal(nfw_attach(context, "nothing", &refused, 1, NULL), NFW_E_NOT_FOUND);
                break;
        case 8:
                assert_int_equal(nfw_status_new_without_grants(context, NULL, &status), 0);
                nfw_status_free(status);
                break;
        case 9 ... 10:
                step_dispatch(lab, model);
                break;
        default:
                step_look_up(lab, model, port, next_random(seed) % N_NAMES);
                break;
        }
}

static void check_model(struct lab *lab, const struct model *model) {
        for (size_t i = 0; i < N_PORTS; i++) {
                const struct nfw_shadow_port *port;
                struct grants grants;
                char name[16], policy[16];

                name_port(name, i);
                name_policy(policy, model->ports[i].policy);
                port = nfw_shadow_port(look_at_kernel(lab), name);
                assert_int_equal(port != NULL, model->ports[i].policy >= 0);
                if (port)
                        assert_string_equal(port->policy, policy);
                grants = grants_in_kernel(lab, name);
                assert_memory_equal(&grants, &model->ports[i].grants, sizeof(grants));
        }
}

static void test_any_order(void **state) {
        struct lab *lab = *state;
        struct model model = { 0 };
        uint32_t seed = 1;

        for (size_t i = 0; i < N_PORTS; i++)
                model.ports[i].policy = -1;
        for (int i = 0; i < N_POLICIES; i++) {
                char name[16];

                name_policy(name, i);
                load_policy(lab, lab->kernel->context, name);
        }
        for (int i = 0; i < N_STEPS; i++) {
                step(lab, &model, &seed);
                check_model(lab, &model);
                check_shadow(lab, &lab->kernel->context->shadow);
                check_shadow(lab, &lab->other->shadow);
        }
        step_dispatch(lab, &model);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                lab_test(test_own_changes_are_not_read),
                lab_test(test_changes_of_others_are_read),
                lab_test(test_port_attached_anew),
                lab_test(test_late_packet),
                lab_test(test_extended_by_the_same_time),
                lab_test(test_many_ports_at_once),
                lab_test(test_any_order),
        };

        enter_namespace_with_ports();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
