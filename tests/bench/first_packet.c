/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that connects as soon as it has the answer: how often does its first packet come before the learner has
 * opened the address? Guest, name server and learner are processes of their own; the name server and the servers
 * that the guest connects to stand behind the host, in a namespace that is the internet.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"
#include "dns.h"
#include "enforce.h"
#include "lab.h"
#include "learner_process.h"
#include "result.h"

#define N_NAMES     1000
#define TTL_S       3600
#define SERVER      "10.128.2.2"
#define LISTEN_PORT 443
#define PAUSE_MS    2
#define WARM_UP     20

/* The priorities that the learner is tried at. */
static const struct {
        const char *name;
        int nice;
} priorities[] = {
        { "default_priority", 0 },
        { "raised_priority", -20 },
};

struct world {
        int host;
        int guest;
        int internet;
        int listener;
        int server_fd;
        unsigned int n_names; /* asked for up to now */
};

/* What the guest's process tells: shared memory. */
struct outcome {
        size_t n_lost;   /* connections whose first packet had to be sent again */
        size_t n_failed; /* that were refused or never came about */
        uint64_t resolve_ns[N_NAMES];
        uint64_t connect_ns[N_NAMES]; /* of those without a loss */
        size_t n_good;
};

/* Any address of the range for benchmarks is one of this namespace's own, and serves. */
static void make_internet(struct world *world) {
        const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(LISTEN_PORT) };

        lab_enter(world->internet);
        lab_run("ip route add local 198.18.0.0/15 dev lo");
        world->server_fd = lab_udp(world->internet, SERVER, 53);
        world->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (world->listener < 0 || bind(world->listener, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
            listen(world->listener, 4096) < 0)
                bench_fail("a TCP server: %s", strerror(errno));
        lab_enter(world->host);
}

static void make_world(struct world *world) {
        world->host = lab_new();
        lab_run("sysctl -qw net.ipv4.ip_forward=1");
        world->guest = lab_new();
        lab_link(world->host, "port", world->guest, "eth0", 1);
        world->internet = lab_new();
        lab_link(world->host, "wan", world->internet, "eth0", 2);
        lab_run("ip route add 198.18.0.0/15 via " SERVER);
        make_internet(world);
}

static void load(struct world *world) {
        struct nfw_policy *policy = enforce_read(enforce_names_policy);
        struct nfw_context *context;
        struct nfw_load *load;

        lab_enter(world->host);
        context = enforce_context();
        bench_check(nfw_load_new(policy, "bench", &load), "a load");
        nfw_load_set_require_learner(load, false);
        bench_check(nfw_load_add_port(load, "port"), "the port");
        bench_check(nfw_load_add_resolver(load, SERVER, NULL), "the resolver");
        bench_check(nfw_load_commit(context, load, NULL), "loading");
        nfw_load_free(load);
        nfw_policy_free(policy);
        nfw_context_free(context);
}

/* The ID of a query is the number of its name. */
static void serve_names(void *userdata) {
        const struct world *world = userdata;

        for (;;) {
                uint8_t query[512], reply[BENCH_DNS_REPLY_SIZE];
                struct sockaddr_in from;
                socklen_t size = sizeof(from);
                ssize_t n =
                        recvfrom(world->server_fd, query, sizeof(query), 0, (struct sockaddr *)&from, &size);
                unsigned int name = (unsigned int)query[0] << 8 | query[1];

                if (n < 2)
                        continue;
                bench_dns_reply(reply, (uint16_t)name, name, TTL_S, bench_dns_address(name));
                (void)sendto(world->server_fd, reply, sizeof(reply), 0, (const struct sockaddr *)&from, size);
        }
}

/* Asks for the name on a socket of its own, as a resolver library does. */
static uint32_t resolve(unsigned int name) {
        const struct sockaddr_in server = { .sin_family = AF_INET,
                                            .sin_port = htons(53),
                                            .sin_addr.s_addr = inet_addr(SERVER) };
        const struct timeval timeout = { .tv_sec = 5 };
        uint8_t query[BENCH_DNS_QUERY_SIZE], reply[512];
        uint32_t address;
        ssize_t n;
        int fd;

        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        bench_dns_query(query, (uint16_t)name, name);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
            connect(fd, (const struct sockaddr *)&server, sizeof(server)) < 0 ||
            send(fd, query, sizeof(query), 0) != sizeof(query))
                bench_fail("asking for a name: %s", strerror(errno));
        n = recv(fd, reply, sizeof(reply), 0);
        if (n != BENCH_DNS_REPLY_SIZE)
                bench_fail("no answer for a name: %s", strerror(errno));
        memcpy(&address, reply + n - sizeof(address), sizeof(address));
        (void)close(fd);
        return address;
}

/* 0; the number of times that the first packet had to be sent again; or a negative errno. */
static int connect_to(uint32_t address) {
        const struct sockaddr_in remote = { .sin_family = AF_INET,
                                            .sin_port = htons(LISTEN_PORT),
                                            .sin_addr.s_addr = address };
        struct tcp_info info;
        socklen_t size = sizeof(info);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r = 0;

        if (fd < 0 || connect(fd, (const struct sockaddr *)&remote, sizeof(remote)) < 0)
                r = -errno;
        else if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
                r = -errno;
        else
                r = (int)info.tcpi_total_retrans;
        (void)close(fd);
        return r;
}

struct guest_job {
        const struct world *world;
        struct outcome *outcome;
};

static void run_guest(void *userdata) {
        const struct guest_job *job = userdata;
        struct outcome *outcome = job->outcome;

        lab_enter(job->world->guest);
        for (unsigned int i = 0; i < WARM_UP + N_NAMES; i++) {
                uint64_t begin = bench_now(), resolved, connected;
                uint32_t address = resolve(job->world->n_names + i);
                int r;

                resolved = bench_now();
                r = connect_to(address);
                connected = bench_now();
                bench_sleep_ms(PAUSE_MS);
                if (i < WARM_UP)
                        continue;

                outcome->resolve_ns[i - WARM_UP] = resolved - begin;
                if (r < 0)
                        outcome->n_failed++;
                else if (r > 0)
                        outcome->n_lost++;
                else
                        outcome->connect_ns[outcome->n_good++] = connected - resolved;
        }
}

static void report(json_t *result, const char *priority, const struct outcome *outcome) {
        nfw_cleanup(samples_deinit) struct samples resolve_times = { 0 };
        nfw_cleanup(samples_deinit) struct samples connect_times = { 0 };
        char key[96];

        for (size_t i = 0; i < N_NAMES; i++)
                samples_add(&resolve_times, outcome->resolve_ns[i]);
        for (size_t i = 0; i < outcome->n_good; i++)
                samples_add(&connect_times, outcome->connect_ns[i]);

        (void)snprintf(key, sizeof(key), "first_packets_lost_%s", priority);
        result_count(result, key, outcome->n_lost);
        result_aim(result, key, 0, (double)(outcome->n_lost + outcome->n_failed));
        (void)snprintf(key, sizeof(key), "connections_failed_%s", priority);
        result_count(result, key, outcome->n_failed);
        (void)snprintf(key, sizeof(key), "query_to_reply_%s_us", priority);
        result_quantiles(result, key, &resolve_times, NS_PER_US);
        if (outcome->n_good == 0)
                return;
        (void)snprintf(key, sizeof(key), "reply_to_connected_%s_us", priority);
        result_quantiles(result, key, &connect_times, NS_PER_US);
}

static void measure(json_t *result, struct world *world, const char *priority, int nice) {
        struct learner_process *learner =
                learner_process_new(&(struct learner_options){ .cpu = -1, .nice = nice });
        struct learner_figures figures;
        struct outcome *outcome;
        pid_t guest;

        outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (outcome == MAP_FAILED)
                bench_fail("out of memory");

        guest = lab_fork(run_guest, &(struct guest_job){ world, outcome });
        lab_wait(guest);
        world->n_names += WARM_UP + N_NAMES;

        learner_process_ask(learner, &figures);
        if (figures.n_learned < WARM_UP + N_NAMES)
                bench_fail("not all of the names were learned");
        learner_process_free(learner);
        report(result, priority, outcome);
        (void)munmap(outcome, sizeof(*outcome));
}

int main(void) {
        struct world world = { 0 };
        json_t *result;
        pid_t server;

        bench_begin();
        make_world(&world);
        load(&world);
        server = lab_fork(serve_names, &world);

        result = result_new("first-packet",
                            "a guest resolves a fresh name and connects as soon as it has the answer: how "
                            "often the first packet came too early; the learner's priority like "
                            "everybody's, or raised");
        result_count(result, "connections_each", N_NAMES);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(priorities); i++)
                measure(result, &world, priorities[i].name, priorities[i].nice);
        result_print(result);

        lab_stop(server);
        return 0;
}
