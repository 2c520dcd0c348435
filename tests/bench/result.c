/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "result.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "listeners.h"

static void set(json_t *object, const char *key, json_t *value) {
        if (json_object_set_new(object, key, value) < 0)
                bench_fail("out of memory");
}

void result_text(json_t *result, const char *key, const char *text) {
        set(result, key, json_string(text));
}

void result_number(json_t *result, const char *key, double value) {
        set(result, key, json_real(value));
}

void result_count(json_t *result, const char *key, size_t n) {
        set(result, key, json_integer((json_int_t)n));
}

static void put_cpu_model(json_t *result) {
        char line[256];
        FILE *stream = fopen("/proc/cpuinfo", "re");

        while (stream && fgets(line, sizeof(line), stream)) {
                char *value = strstr(line, ": ");

                if (strncmp(line, "model name", strlen("model name")) != 0 || !value)
                        continue;
                value[strcspn(value, "\n")] = '\0';
                result_text(result, "cpu", value + 2);
                break;
        }
        if (stream)
                (void)fclose(stream);
}

json_t *result_new(const char *name, const char *what) {
        json_t *result = json_object();
        struct utsname system;
        double load[1];
        char date[sizeof("2000-01-01")];
        time_t now = time(NULL);
        struct tm tm;

        result_text(result, "benchmark", name);
        result_text(result, "what", what);
        if (localtime_r(&now, &tm) && strftime(date, sizeof(date), "%F", &tm) > 0)
                result_text(result, "date", date);
        if (uname(&system) == 0)
                result_text(result, "kernel", system.release);
        put_cpu_model(result);
        result_count(result, "cpus", (size_t)sysconf(_SC_NPROCESSORS_ONLN));
        if (getloadavg(load, 1) == 1)
                result_number(result, "load_average_at_start", load[0]);
        result_count(result, "nftables_listeners_at_start", listeners_count());
        return result;
}

void result_quantiles(json_t *result, const char *prefix, struct samples *samples, double ns_per_unit) {
        static const struct {
                const char *suffix;
                double share;
        } quantiles[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "p999", 0.999 } };

        char key[128];

        for (size_t i = 0; i < NFW_ARRAY_SIZE(quantiles); i++) {
                (void)snprintf(key, sizeof(key), "%s_%s", prefix, quantiles[i].suffix);
                result_number(result, key,
                              (double)samples_quantile(samples, quantiles[i].share) / ns_per_unit);
        }
}

void result_aim(json_t *result, const char *name, double at_most, double ratio) {
        json_t *aims = json_object_get(result, "aims"), *aim = json_object();

        if (!aims) {
                aims = json_object();
                set(result, "aims", aims);
        }
        set(aim, "at_most", json_real(at_most));
        set(aim, "ratio", json_real(ratio));
        set(aim, "met", json_boolean(ratio <= at_most));
        set(aims, name, aim);
}

void result_print(json_t *result) {
        if (json_dumpf(result, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(5)) < 0 || puts("") < 0 ||
            fflush(stdout) != 0)
                bench_fail("the result cannot be written");
        json_decref(result);
}
