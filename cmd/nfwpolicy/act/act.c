/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/act.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/suggest.h"
#include "shared/world.h"

void act_close(struct act *act) {
        act->bus = bus_close(act->bus);
        act->context = nfw_context_free(act->context);
        act->report = nfw_report_free(act->report);
        json_decref(act->found);
        act->found = NULL;
}

/* The daemon has a state directory and a configuration of its own, so who names one means to act alone. */
static bool may_ask_daemon(const struct cli *cli, const struct bus_arguments *bus) {
        return !bus->is_off && !cli->state_directory && !cli->config && bus_is_built_in;
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

/* What a daemon must have so that it would do the same as we. */
static json_t *own_world(const struct nfw_config *config) {
        const struct world_places places = { .state = nfw_config_get(config, NFW_SETTING_STATE_DIRECTORY) };
        uint64_t namespace = world_network_namespace();

        if (namespace == 0)
                return NULL;
        return json_pack("{s:s, s:I, s:o, s:o}", "Version", NFW_VERSION, "NetworkNamespace",
                         (json_int_t) namespace, "Directories", world_directories(&places), "Settings",
                         world_settings(config));
}

/* Whoever says where to ask expects somebody there; it is done all the same. */
static void find_daemon(const struct nfw_config *config, const struct bus_arguments *bus, struct act *act) {
        const char *setting = nfw_config_get(config, NFW_SETTING_BUS);
        CLEANUP(json) json_t *world = NULL;

        if (!bus->address && setting && strcmp(setting, "no") == 0)
                return;
        world = own_world(config);
        if (world)
                act->bus = bus_find(bus, world);
        if (bus->address && !act->bus)
                cli_note(act->cli,
                         "no nfwpolicyd that would do the same answers at %s, so this is done without one",
                         bus->address);
}

static int open_privileged(const struct cli *cli, const struct bus_arguments *bus, struct act *act) {
        CLEANUP(config) struct nfw_config *config = NULL;
        int r;

        r = cli_prepare_config(cli, &act->report, &act->context, &config);
        if (r == 0 && may_ask_daemon(cli, bus))
                find_daemon(config, bus, act);
        return r;
}

int act_open_alone(const struct cli *cli, struct act *act) {
        *act = (struct act){ .cli = cli };
        return cli_prepare(cli, &act->report, &act->context);
}

static int check_usage(const struct cli *cli, const struct bus_arguments *bus) {
        if (bus->is_off && bus->address)
                return cli_usage_error(cli, "--no-bus and --bus-address exclude each other");
        return CLI_EXIT_FINE;
}

int act_open(const struct cli *cli, const struct bus_arguments *bus, struct act *act) {
        *act = (struct act){ .cli = cli };
        if (check_usage(cli, bus))
                return CLI_EXIT_TROUBLE;
        if (cli_has_net_admin() || !may_ask_daemon(cli, bus))
                return open_privileged(cli, bus, act);
        return open_bus(cli, bus, act);
}

int act_open_for_long(const struct cli *cli, const struct bus_arguments *bus, struct act *act) {
        if (check_usage(cli, bus))
                return CLI_EXIT_TROUBLE;
        return cli_has_net_admin() ? act_open_alone(cli, act) : act_open(cli, bus, act);
}

static bool has_answer(struct act *act, bool is_answer) {
        if (!act->bus)
                return false;
        if (!act->context || is_answer)
                return true;
        act->bus = bus_close(act->bus);
        return false;
}

bool act_is_done(struct act *act, int result) {
        return has_answer(act, result >= 0 || !act->bus || !bus_has_done_nothing(act->bus));
}

bool act_is_seen(struct act *act, int result) {
        return has_answer(act, result >= 0);
}

int act_attach(struct act *act, const char *policy, const struct string_list *ports, bool persistent) {
        int r = act->bus ? bus_attach(act->bus, policy, ports, persistent) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return (persistent ? nfw_attach_persistent : nfw_attach)(act->context, policy, ports->items,
                                                                 ports->n_items, act->report);
}

int act_detach(struct act *act, const struct string_list *ports) {
        int r = act->bus ? bus_detach(act->bus, ports) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_detach(act->context, ports->items, ports->n_items, act->report);
}

int act_unload(struct act *act, const char *policy, bool force) {
        int r = act->bus ? bus_do(act->bus, "UnloadPolicy", "sb", policy, (int)force) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_unload(act->context, policy, force, act->report);
}

int act_load(struct act *act,
             const struct nfw_load *load,
             const struct load_arguments *arguments,
             const struct load_source *source) {
        int r = act->bus ? bus_load(act->bus, arguments, source) : BUS_NO_DAEMON;

        if (act_is_done(act, r))
                return r;
        return nfw_load_commit(act->context, load, act->report);
}

/* --- looking ------------------------------------------------------------------------------------------------ */

int act_verify(struct act *act, const char *policy) {
        int r = act->bus ? bus_do(act->bus, "Verify", "s", policy ? policy : "") : BUS_NO_DAEMON;

        if (act_is_seen(act, r))
                return r;
        r = nfw_verify(act->context, policy, act->report);
        if (r >= 0 && !policy) {
                int filters = nfw_nwfilter_verify(act->context, act->report);

                r = filters != 0 && r == 0 ? filters : r;
        }
        return r;
}

int act_show(struct act *act, const char *policy, enum nfw_format format, char **ret_text) {
        int r = act->bus
                        ? bus_ask_text(act->bus, ret_text, "Show", "ss", policy, picture_format_names[format])
                        : BUS_NO_DAEMON;

        if (act_is_seen(act, r))
                return r;
        return nfw_show(act->context, policy, format, act->report, ret_text);
}

static int take(struct act *act, struct picture *picture, bool with_grants) {
        CLEANUP(status) struct nfw_status *status = NULL;
        int r;

        r = nfw_status_new(act->context, act->report, &status);
        if (r != 0)
                return r;
        r = picture_take(picture, act->context, status, with_grants);
        return r != 0 || with_grants ? r : picture_take_filters(picture, act->context, act->report);
}

/* Whether the daemon has said all of it. */
static bool is_taken(struct act *act, int result, struct picture *picture) {
        if (act_is_seen(act, result))
                return true;
        picture_deinit(picture);
        *picture = (struct picture){ 0 };
        return false;
}

int act_look(struct act *act, struct picture *picture) {
        int r = act->bus ? bus_look(act->bus, picture) : BUS_NO_DAEMON;

        return is_taken(act, r, picture) ? r : take(act, picture, false);
}

int act_look_at_kernel(struct act *act, struct picture *picture) {
        int r = act->bus ? bus_look(act->bus, picture) : BUS_NO_DAEMON;

        if (is_taken(act, r, picture))
                return r;
        r = picture_take_features(picture, act->context);
        if (r < 0 || !picture->has_feature[NFW_FEATURE_NF_TABLES])
                return r;
        return take(act, picture, false);
}

static int find_nothing(struct act *act, const char *port, const char *nearest) {
        CLEANUP(text) char *text = NULL;
        CLEANUP(text) char *hint = NULL;

        if (asprintf(&text, "no policy is on port `%s`", port) < 0)
                text = NULL;
        if (nearest && asprintf(&hint, "did you mean `%s`?", nearest) < 0)
                hint = NULL;
        act->found = json_pack("[o]", text ? diagnostics_make(NFW_SEVERITY_ERROR, "port/not-bound", text,
                                                              hint ? hint : PICTURE_NO_PORT_HINT)
                                           : NULL);
        return act->found ? NFW_E_NOT_FOUND : -ENOMEM;
}

/* A typo must not look like a port that has learned nothing. */
static int check_port(struct act *act, const struct picture *picture, const char *port) {
        const char **ports = calloc(picture->n_ports + 1, sizeof(*ports));
        bool found = false;
        int r = 0;

        if (!ports)
                return -ENOMEM;
        for (size_t i = 0; i < picture->n_ports; i++) {
                ports[i] = picture->ports[i].name;
                found |= strcmp(ports[i], port) == 0;
        }
        if (!found)
                r = find_nothing(act, port, suggest(port, ports, picture->n_ports));
        free(ports);
        return r;
}

int act_names(struct act *act, const char *port, struct picture *picture) {
        int r = act->bus ? bus_names(act->bus, port, picture) : BUS_NO_DAEMON;

        if (is_taken(act, r, picture))
                return r;
        r = take(act, picture, true);
        return r == 0 && port ? check_port(act, picture, port) : r;
}

json_t *act_diagnostics(const struct act *act) {
        json_t *diagnostics;

        if (!act->bus)
                return diagnostics_json(act->report);
        diagnostics = bus_diagnostics(act->bus);
        return diagnostics ? json_incref(diagnostics) : json_array();
}

void act_print(const struct act *act) {
        CLEANUP(json) json_t *diagnostics = act_diagnostics(act);

        diagnostics_print_array(act->cli, stderr, diagnostics);
}

/* --- the end ------------------------------------------------------------------------------------------------ */

static bool tells(const struct act *act, const char *key, const char *wanted) {
        CLEANUP(json) json_t *array = act_diagnostics(act);
        const json_t *each;
        size_t i;

        json_array_foreach(array, i, each) {
                const char *has = json_string_value(json_object_get(each, key));

                if (has && strcmp(has, wanted) == 0)
                        return true;
        }
        return false;
}

bool act_tells(const struct act *act, const char *code) {
        return tells(act, "code", code);
}

bool act_has_errors(const struct act *act) {
        return tells(act, "severity", "error");
}

int act_finish(const struct act *act, int result, const char *about) {
        const char *sentence;

        if (act->found)
                return diagnostics_finish_array(act->cli, act->found, result, about);
        if (!act->bus)
                return diagnostics_finish(act->cli, act->report, result, about);
        if (result == BUS_NO_DAEMON)
                return lack_privilege(act->cli);
        if (result == BUS_LOST)
                return cli_error(
                        act->cli,
                        "%s: nfwpolicyd went away before it had answered, so it may be done or not; `nfwpolicy "
                        "status --no-bus` looks without it",
                        about);
        sentence = bus_sentence(act->bus);
        if (result < 0 && !sentence)
                return cli_error(act->cli, "%s: %s", about, strerror(-result));
        return diagnostics_finish_array(act->cli, bus_diagnostics(act->bus), result,
                                        sentence ? sentence : about);
}
