/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports under the built-in filter clean-traffic: one more where there are many already, one less, a rule changed with
 * all of them bound, and packets through it. The ports are veths on bridges, since a bridge takes no more than 1,023.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "bench.h"
#include "enforce.h"
#include "engine/context.h"
#include "lab.h"
#include "result.h"

#define FILTER       "clean-traffic"
#define PORT         "port"
#define N_MAX        10000
#define PER_BRIDGE   1000
#define N_ROUNDS     300
#define N_CHANGES    20
#define N_PACKETS    200000
#define PACKET_SIZE  60
#define CHANGE_PORTS 1000

static const size_t sizes[] = { 1, 100, 1000, 10000 };

struct filtering {
        struct nfw_context *context;
        struct nfw_report *report;
};

static void check(const struct filtering *filtering, int r, const char *what) {
        enforce_check(r, filtering->report, what);
}

static struct nfw_nwfilter_binding *make_binding(const char *port, size_t number) {
        struct nfw_nwfilter_binding *binding;
        char text[32];

        bench_check(nfw_nwfilter_binding_new(port, FILTER, &binding), "a binding");
        (void)snprintf(text, sizeof(text), "52:54:00:00:%02zx:%02zx", number >> 8, number & 0xff);
        bench_check(nfw_nwfilter_binding_set_mac(binding, text), "an address");
        (void)snprintf(text, sizeof(text), "10.1.%zu.%zu", number >> 8, number & 0xff);
        bench_check(nfw_nwfilter_binding_add_parameter(binding, "IP", text), "an address");
        return binding;
}

static void bind_one(const struct filtering *filtering, const struct nfw_nwfilter_binding *binding) {
        check(filtering, nfw_nwfilter_bind(filtering->context, &binding, 1, filtering->report), "binding");
}

static void unbind_one(const struct filtering *filtering, const char *port) {
        check(filtering, nfw_nwfilter_unbind(filtering->context, &port, 1, filtering->report), "unbinding");
}

static void name_port(size_t number, char name[static IFNAMSIZ]) {
        (void)snprintf(name, IFNAMSIZ, "p%05zu", number);
}

static void make_links(void) {
        FILE *batch = fopen(BENCH_STATE "/links", "we");

        if (!batch)
                bench_fail("the list of links cannot be written");
        for (size_t i = 0; i <= N_MAX / PER_BRIDGE; i++)
                (void)fprintf(batch, "link add br%zu type bridge mcast_snooping 0\nlink set br%zu up\n", i,
                              i);
        /* Both ends of each pair are ports, of which nothing is sent. */
        for (size_t i = 0; i < N_MAX; i += 2)
                (void)fprintf(
                        batch,
                        "link add p%05zu master br%zu type veth peer name p%05zu\nlink set p%05zu master br%zu\n",
                        i, i / PER_BRIDGE, i + 1, i + 1, i / PER_BRIDGE);
        (void)fprintf(batch,
                      "link add " PORT " type veth peer name guest\nlink set " PORT " master br%d\n"
                      "link add sink type veth peer name peer\nlink set sink master br%d\n"
                      "link set " PORT " up\nlink set guest up\nlink set sink up\nlink set peer up\n",
                      N_MAX / PER_BRIDGE, N_MAX / PER_BRIDGE);
        if (fclose(batch) != 0)
                bench_fail("the list of links cannot be written");
        lab_run("ip -batch " BENCH_STATE "/links");
}

static void grow(const struct filtering *filtering, size_t from, size_t to) {
        const struct nfw_nwfilter_binding **bindings = calloc(to, sizeof(*bindings));
        char name[IFNAMSIZ];

        if (!bindings)
                bench_fail("out of memory");
        for (size_t i = from; i < to; i++) {
                name_port(i, name);
                bindings[i - from] = make_binding(name, i);
        }
        check(filtering, nfw_nwfilter_bind(filtering->context, bindings, to - from, filtering->report),
              "binding");
        for (size_t i = from; i < to; i++)
                nfw_nwfilter_binding_free((struct nfw_nwfilter_binding *)bindings[i - from]);
        free(bindings);
}

static void measure(const struct filtering *filtering, struct samples *attach, struct samples *detach) {
        struct nfw_nwfilter_binding *binding = make_binding(PORT, N_MAX);
        uint64_t begin;

        for (size_t i = 0; i < N_ROUNDS; i++) {
                begin = bench_now();
                bind_one(filtering, binding);
                samples_add(attach, bench_now() - begin);
                begin = bench_now();
                unbind_one(filtering, PORT);
                samples_add(detach, bench_now() - begin);
        }
        nfw_nwfilter_binding_free(binding);
}

/* One of the filters that the tree consists of, with one rule more or less. */
static void change(const struct filtering *filtering, bool more) {
        static const char before[] = "<filter name='no-other-l2-traffic' chain='root' priority='0'>";
        struct nfw_nwfilter *filter;
        char text[512];
        int n = snprintf(
                text, sizeof(text), "%s%s<rule action='drop' direction='inout' priority='1000'/></filter>",
                before,
                more ? "<rule action='drop' direction='out' priority='999'><mac protocolid='0x88cc'/></rule>"
                     : "");

        check(filtering, nfw_nwfilter_read_buffer("change.xml", text, (size_t)n, filtering->report, &filter),
              "reading");
        check(filtering, nfw_nwfilter_define(filtering->context, filter, false, filtering->report),
              "defining");
        nfw_nwfilter_free(filter);
}

static void measure_changes(const struct filtering *filtering, struct samples *samples) {
        for (size_t i = 0; i < N_CHANGES; i++) {
                uint64_t begin = bench_now();

                change(filtering, i % 2 == 0);
                samples_add(samples, bench_now() - begin);
        }
}

/* Packets of the guest a second, all of which pass the filter and the bridge. */
static double send_packets(void) {
        uint8_t frame[PACKET_SIZE] = { 0x52, 0x54, 0,    0xff, 0,          1,
                                       0x52, 0x54, 0,    0,    N_MAX >> 8, N_MAX & 0xff,
                                       0x08, 0x00, 0x45, 0,    0,          PACKET_SIZE - 14,
                                       0,    0,    0,    0,    64,         17,
                                       0,    0,    10,   1,    N_MAX >> 8, N_MAX & 0xff,
                                       10,   1,    255,  1 };
        struct sockaddr_ll to = { .sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_IP),
                                  .sll_ifindex = (int)if_nametoindex("guest") };
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        uint64_t begin = bench_now();

        if (fd < 0)
                bench_fail("no packet socket");
        for (size_t i = 0; i < N_PACKETS; i++)
                (void)sendto(fd, frame, sizeof(frame), 0, (const struct sockaddr *)&to, sizeof(to));
        close(fd);
        return N_PACKETS * 1e9 / (double)(bench_now() - begin);
}

static double measure_packets(const struct filtering *filtering) {
        struct nfw_nwfilter_binding *binding = make_binding(PORT, N_MAX);
        double best = 0;

        bind_one(filtering, binding);
        for (int i = 0; i < 3; i++) {
                double rate = send_packets();

                best = rate > best ? rate : best;
        }
        unbind_one(filtering, PORT);
        nfw_nwfilter_binding_free(binding);
        return best;
}

int main(void) {
        json_t *result;
        struct filtering filtering = { 0 };
        size_t n_ports = 0;
        double rate_of_one = 0;
        bool built_in = access(BENCH_FILTERS "/" FILTER ".xml", R_OK) == 0;

        if (!built_in)
                return BENCH_SKIP;
        bench_begin();
        make_links();
        bench_check(nfw_report_new(&filtering.report), "a report");
        filtering.context = enforce_context();
        bench_check(nfw_context_set_nwfilter_directories(filtering.context, BENCH_STATE "/nwfilter",
                                                         BENCH_FILTERS),
                    "directories");

        result = result_new("filter",
                            "ports under clean-traffic: attached, detached, changed, and passed by packets");
        result_number(result, "packets_per_second_without_filter", send_packets());
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sizes); i++) {
                nfw_cleanup(samples_deinit) struct samples attach = { 0 };
                nfw_cleanup(samples_deinit) struct samples detach = { 0 };
                nfw_cleanup(samples_deinit) struct samples changes = { 0 };
                char key[64];

                grow(&filtering, n_ports, sizes[i]);
                n_ports = sizes[i];
                measure(&filtering, &attach, &detach);
                (void)snprintf(key, sizeof(key), "attach_at_%zu_ports_us", n_ports);
                result_quantiles(result, key, &attach, NS_PER_US);
                (void)snprintf(key, sizeof(key), "detach_at_%zu_ports_us", n_ports);
                result_quantiles(result, key, &detach, NS_PER_US);
                if (n_ports == CHANGE_PORTS) {
                        measure_changes(&filtering, &changes);
                        result_quantiles(result, "rule_changed_at_1000_ports_ms", &changes, NS_PER_MS);
                }
                if (n_ports == 1 || n_ports == CHANGE_PORTS) {
                        double rate = measure_packets(&filtering);

                        (void)snprintf(key, sizeof(key), "packets_per_second_at_%zu_ports", n_ports);
                        result_number(result, key, rate);
                        if (n_ports == 1)
                                rate_of_one = rate;
                        else
                                result_aim(result, "packets_of_one_port_over_those_of_1000", 1.1,
                                           rate_of_one / rate);
                }
        }
        nfw_context_free(filtering.context);
        nfw_report_free(filtering.report);
        result_print(result);
        return 0;
}
