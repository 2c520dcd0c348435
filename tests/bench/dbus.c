/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon on a bus: how long it takes to be ready where much is in force already, the memory that it needs then,
 * what it does when nothing happens, and how long a call that attaches a port takes: when nobody else changes anything,
 * and when another process has changed something just before.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "bench.h"
#include "daemon.h"
#include "enforce.h"
#include "engine/context.h"
#include "lab.h"
#include "many.h"
#include "process.h"
#include "result.h"

#define N_ROUNDS   2000
#define N_OTHERS   500
#define IDLE_MS    3000
#define PORT       "port"
#define OTHER_PORT "peer"
#define BUS        "unix:path=" BENCH_STATE "/bus"

static const char bus_configuration[] =
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN\" "
        "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
        "<busconfig><type>system</type><listen>" BUS "</listen><auth>EXTERNAL</auth>"
        "<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/>"
        "<allow receive_sender=\"*\"/></policy></busconfig>\n";

static void write_file(const char *path, const char *text) {
        FILE *file = fopen(path, "we");

        if (!file || fputs(text, file) < 0 || fclose(file) != 0)
                bench_fail("%s cannot be written", path);
}

static void run_bus(void *userdata) {
        (void)userdata;
        (void)execlp("dbus-daemon", "dbus-daemon", "--nofork", "--config-file=" BENCH_STATE "/bus.conf",
                     NULL);
}

static unsigned long n_switches(pid_t pid) {
        return process_number(pid, "status", "voluntary_ctxt_switches:");
}

static void call(sd_bus *bus, const char *member, const char *signature, ...) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *message = NULL;
        va_list arguments;

        bench_check(sd_bus_message_new_method_call(bus, &message, "org.nfwpolicy1", "/org/nfwpolicy1",
                                                   "org.nfwpolicy1.Manager", member) < 0,
                    "a message");
        va_start(arguments, signature);
        bench_check(sd_bus_message_appendv(message, signature, arguments) < 0, "its arguments");
        va_end(arguments);
        if (sd_bus_call(bus, message, 0, &error, NULL) < 0)
                bench_fail("%s: %s", member, error.message);
        sd_bus_message_unref(message);
}

static void measure_calls(json_t *result, const char *when, sd_bus *bus, const char *policy) {
        nfw_cleanup(samples_deinit) struct samples attach = { 0 };
        nfw_cleanup(samples_deinit) struct samples ping = { 0 };
        char key[64];

        for (int i = 0; i < N_ROUNDS; i++) {
                uint64_t begin = bench_now();

                call(bus, "Attach", "assa{sv}", 1, PORT, policy, 0);
                samples_add(&attach, bench_now() - begin);
                call(bus, "Detach", "as", 1, PORT);

                begin = bench_now();
                bench_check(sd_bus_call_method(bus, "org.nfwpolicy1", "/org/nfwpolicy1",
                                               "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, "") < 0,
                            "a ping");
                samples_add(&ping, bench_now() - begin);
        }
        (void)snprintf(key, sizeof(key), "attach_%s_us", when);
        result_quantiles(result, key, &attach, NS_PER_US);
        (void)snprintf(key, sizeof(key), "ping_%s_us", when);
        result_quantiles(result, key, &ping, NS_PER_US);
        (void)snprintf(key, sizeof(key), "attach_%s_p50_ms", when);
        result_aim(result, key, 1, (double)samples_quantile(&attach, 0.5) / NS_PER_MS);
        (void)snprintf(key, sizeof(key), "attach_%s_p99_ms", when);
        result_aim(result, key, 5, (double)samples_quantile(&attach, 0.99) / NS_PER_MS);
}

/* This process is the other one: neither knows of what the other has done before it has looked. */
static void measure_beside_others(
        json_t *result, const char *when, sd_bus *bus, struct nfw_context *context, const char *policy) {
        nfw_cleanup(samples_deinit) struct samples attach = { 0 };
        const char *const other = OTHER_PORT;
        char key[64];

        for (int i = 0; i < N_OTHERS; i++) {
                uint64_t begin;

                bench_check(nfw_attach(context, policy, &other, 1, NULL), "attaching");
                begin = bench_now();
                call(bus, "Attach", "assa{sv}", 1, PORT, policy, 0);
                samples_add(&attach, bench_now() - begin);
                call(bus, "Detach", "as", 1, PORT);
                bench_check(nfw_detach(context, &other, 1, NULL), "detaching");
        }
        (void)snprintf(key, sizeof(key), "attach_%s_beside_others_us", when);
        result_quantiles(result, key, &attach, NS_PER_US);
}

static sd_bus *connect_bus(void) {
        sd_bus *bus = NULL;

        bench_check(sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, BUS) < 0 ||
                            sd_bus_set_bus_client(bus, true) < 0 || sd_bus_start(bus) < 0,
                    "a connection to the bus");
        return bus;
}

static void measure(json_t *result,
                    const char *when,
                    const char *program,
                    struct nfw_context *context,
                    const char *policy) {
        unsigned long switches;
        uint64_t ready;
        char key[64];
        sd_bus *bus;
        pid_t daemon;

        ready = daemon_start((const char *const[]){ program, "--foreground", "--quiet", "--state-directory",
                                                    BENCH_STATE, "--bus-address", BUS, NULL },
                             &daemon);
        (void)snprintf(key, sizeof(key), "ready_%s_ms", when);
        result_number(result, key, (double)ready / NS_PER_MS);
        result_aim(result, key, 1000, (double)ready / NS_PER_MS);
        (void)snprintf(key, sizeof(key), "pss_%s_kib", when);
        result_count(result, key, process_number(daemon, "smaps_rollup", "Pss:"));
        (void)snprintf(key, sizeof(key), "rss_%s_kib", when);
        result_count(result, key, process_number(daemon, "smaps_rollup", "Rss:"));
        result_aim(result, key, 30 * 1024, (double)process_number(daemon, "smaps_rollup", "Rss:"));

        bench_sleep_ms(200);
        switches = n_switches(daemon);
        bench_sleep_ms(IDLE_MS);
        (void)snprintf(key, sizeof(key), "wakeups_in_%d_s_%s", IDLE_MS / 1000, when);
        result_count(result, key, n_switches(daemon) - switches);

        bus = connect_bus();
        measure_calls(result, when, bus, policy);
        measure_beside_others(result, when, bus, context, policy);
        (void)snprintf(key, sizeof(key), "rss_%s_after_calls_kib", when);
        result_count(result, key, process_number(daemon, "smaps_rollup", "Rss:"));
        sd_bus_flush_close_unref(bus);
        lab_stop(daemon);
}

int main(int argc, char **argv) {
        struct nfw_context *context;
        json_t *result;
        pid_t bus;

        if (argc != 2)
                bench_fail("say where nfwpolicyd is");
        bench_begin();
        many_make_links();
        lab_run("ip link add " PORT " type veth peer name " OTHER_PORT);
        lab_run("ip addr add 10.128.0.1/24 dev " PORT);
        write_file(BENCH_STATE "/bus.conf", bus_configuration);
        bus = lab_fork(run_bus, NULL);
        while (access(BENCH_STATE "/bus", F_OK) < 0)
                bench_sleep_ms(1);

        context = enforce_context();
        result = result_new("dbus", "the daemon on a bus, with little and with much in force");
        result_count(result, "samples_each", N_ROUNDS);
        result_count(result, "samples_beside_others", N_OTHERS);
        result_count(result, "ports", MANY_PORTS);
        result_count(result, "policies", MANY_POLICIES);
        result_count(result, "grants", (size_t)MANY_PORTS * MANY_GRANTS_PER_PORT);

        enforce_load(context, "little", enforce_names_policy, NULL, 0);
        measure(result, "with_little", argv[1], context, "little");
        many_fill(context);
        measure(result, "with_much", argv[1], context, "little");
        result_print(result);

        lab_stop(bus);
        nfw_context_free(context);
        return 0;
}
