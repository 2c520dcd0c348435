/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act.h"

#include <errno.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/diagnostics.h"

void act_close(struct act *act) {
        act->bus = bus_close(act->bus);
        act->context = nfw_context_free(act->context);
        act->report = nfw_report_free(act->report);
}

/* The daemon has a state directory of its own, so who names one means to act alone. */
static bool may_ask_daemon(const struct cli *cli, const struct bus_arguments *bus) {
        return !bus->is_off && !cli->state_directory && bus_is_built_in;
}

static int lack_privilege(const struct cli *cli) {
        return cli_error(
                cli, "this needs CAP_NET_ADMIN (run it as root), or nfwpolicyd on the system bus to do it");
}

static int open_bus(const struct cli *cli, const struct bus_arguments *arguments, struct act *act) {
        int r;

        r = nfw_report_new(&act->report);
        if (r < 0)
                return cli_failure(cli, r, NULL);
        r = bus_open(arguments, &act->bus);
        if (r < 0 && arguments->address)
                return cli_error(cli, "%s: %s", arguments->address, strerror(-r));
        return r < 0 ? lack_privilege(cli) : CLI_EXIT_FINE;
}

int act_open(const struct cli *cli, const struct bus_arguments *bus, struct act *act) {
        *act = (struct act){ .cli = cli };
        if (bus->is_off && bus->address)
                return cli_usage_error(cli, "--no-bus and --bus-address exclude each other");
        if (cli_has_net_admin() || !may_ask_daemon(cli, bus))
                return cli_prepare(cli, &act->report, &act->context);
        return open_bus(cli, bus, act);
}

int act_attach(struct act *act, const char *policy, const struct string_list *ports) {
        if (act->bus)
                return bus_attach(act->bus, policy, ports);
        return nfw_attach(act->context, policy, ports->items, ports->n_items, act->report);
}

int act_detach(struct act *act, const struct string_list *ports) {
        if (act->bus)
                return bus_detach(act->bus, ports);
        return nfw_detach(act->context, ports->items, ports->n_items, act->report);
}

int act_unload(struct act *act, const char *policy, bool force) {
        if (act->bus)
                return bus_unload(act->bus, policy, force);
        return nfw_unload(act->context, policy, force, act->report);
}

int act_load(struct act *act,
             const struct nfw_load *load,
             const struct load_arguments *arguments,
             const struct load_source *source) {
        if (act->bus)
                return bus_load(act->bus, arguments, source);
        return nfw_load_commit(act->context, load, act->report);
}

bool act_tells(const struct act *act, const char *code) {
        CLEANUP(json)
        json_t *array = act->bus ? json_incref(bus_diagnostics(act->bus)) : diagnostics_json(act->report);
        const json_t *each;
        size_t i;

        json_array_foreach(array, i, each) {
                const char *has = json_string_value(json_object_get(each, "code"));

                if (has && strcmp(has, code) == 0)
                        return true;
        }
        return false;
}

int act_finish(const struct act *act, int result, const char *about) {
        const char *sentence;

        if (!act->bus)
                return diagnostics_finish(act->cli, act->report, result, about);
        if (result == BUS_NO_DAEMON)
                return lack_privilege(act->cli);
        sentence = bus_sentence(act->bus);
        if (result < 0 && !sentence)
                return cli_error(act->cli, "%s: %s", about, strerror(-result));
        return diagnostics_finish_array(act->cli, bus_diagnostics(act->bus), result,
                                        sentence ? sentence : about);
}
