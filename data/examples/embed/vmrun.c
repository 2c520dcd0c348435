/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small VM manager: vmrun POLICY PORT COMMAND [ARGUMENT...]
 *
 * Makes the tap PORT, puts it under the policy in the file POLICY, and runs COMMAND, which finds the guest's end of
 * the tap as descriptor 3, such as: qemu-system-x86_64 -netdev tap,id=net0,fd=3 ... Prints what is learned for the
 * guest, by itself or by nfwpolicyd, and removes everything when COMMAND ends or on SIGINT and SIGTERM.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_tun.h>

#include <nfwpolicy/nfwpolicy.h>

struct vm {
        const char *port; /* also what its policy is called */
        int tap_fd;       /* the tap lives as long as somebody has this open */
        bool loaded;
        pid_t guest;
        sigset_t signals;
        struct nfw_context *context;
        struct nfw_report *report;
        struct nfw_learner *learner;
        struct nfw_monitor *monitor; /* where somebody else learns */
};

/* Tells what the library, or the kernel, says about a call. Only 0 means that it was done. */
static int check(const struct vm *vm, int r, const char *what) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(vm->report); i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(vm->report, i);
                const char *file = nfw_diagnostic_file(diagnostic), *hint = nfw_diagnostic_hint(diagnostic);

                fprintf(stderr, "%s:%u:%u: %s [%s]\n", file ? file : what, nfw_diagnostic_line(diagnostic),
                        nfw_diagnostic_column(diagnostic), nfw_diagnostic_text(diagnostic),
                        nfw_diagnostic_code(diagnostic));
                if (hint)
                        fprintf(stderr, "    hint: %s\n", hint);
        }
        nfw_report_clear(vm->report);
        if (r != 0)
                fprintf(stderr, "vmrun: %s: %s\n", what, r < 0 ? strerror(-r) : "not done");
        return r;
}

static int make_tap(struct vm *vm) {
        struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };

        if (strlen(vm->port) >= sizeof(request.ifr_name))
                return -ENAMETOOLONG;
        strcpy(request.ifr_name, vm->port);
        vm->tap_fd = open("/dev/net/tun", O_RDWR);
        return vm->tap_fd < 0 || ioctl(vm->tap_fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}

static int set_up(const char *port) {
        struct ifreq request = { .ifr_flags = IFF_UP | IFF_MULTICAST };
        int r, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        strcpy(request.ifr_name, port);
        r = ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
        close(fd);
        return r;
}

/* The policy, and then the port: a policy can have many. Each is in force when its call returns. */
static int protect(struct vm *vm, const char *file) {
        struct nfw_policy *policy = NULL;
        struct nfw_load *load = NULL;
        int r;

        r = check(vm, nfw_policy_read_file(file, vm->report, &policy), file) ||
            check(vm, nfw_load_new(policy, vm->port, &load), "describing the load") ||
            check(vm, nfw_load_commit(vm->context, load, vm->report), "loading the policy");
        vm->loaded = r == 0;
        r = r || check(vm, nfw_attach(vm->context, vm->port, &vm->port, 1, vm->report), "attaching");
        nfw_load_free(load);
        nfw_policy_free(policy);
        return r;
}

static int start(struct vm *vm, char **command) {
        vm->guest = fork();
        if (vm->guest == 0) {
                sigprocmask(SIG_UNBLOCK, &vm->signals, NULL);
                if (dup2(vm->tap_fd, 3) >= 0)
                        execvp(command[0], command);
                fprintf(stderr, "vmrun: %s: %s\n", command[0], strerror(errno));
                _exit(127);
        }
        return vm->guest < 0 ? -errno : 0;
}

/* One learns for all: another, such as nfwpolicyd, is followed. What was learned stays in the kernel meanwhile. */
static int learn(struct vm *vm) {
        int r;

        vm->learner = nfw_learner_free(vm->learner);
        vm->monitor = nfw_monitor_free(vm->monitor);
        r = nfw_learner_new(vm->context, vm->report, &vm->learner);
        if (r == NFW_E_IN_USE) {
                nfw_report_clear(vm->report);
                r = nfw_monitor_new(vm->context, vm->report, &vm->monitor);
        }
        return check(vm, r, "learning");
}

static void print_events(struct vm *vm) {
        struct nfw_event *event = NULL;

        while ((vm->learner ? nfw_learner_pop_event(vm->learner, &event)
                            : nfw_monitor_pop_event(vm->monitor, &event)) == 0) {
                if (nfw_event_get_type(event) == NFW_EVENT_LEARNED &&
                    !strcmp(nfw_event_port(event), vm->port))
                        printf("learned %s %s %s for %" PRIu64 " s\n", vm->port, nfw_event_name(event),
                               nfw_event_address(event), nfw_event_expires_ms(event) / 1000);
                nfw_event_free(event);
        }
}

/* Until the guest ends or somebody wants the end. */
static int run(struct vm *vm, int signal_fd) {
        for (;;) {
                int r, fd = vm->learner ? nfw_learner_get_fd(vm->learner) : nfw_monitor_get_fd(vm->monitor);
                struct pollfd waits[] = { { signal_fd, POLLIN, 0 }, { fd, POLLIN, 0 } };

                if (poll(waits, 2, -1) < 0)
                        return check(vm, -errno, "poll");
                if (waits[0].revents)
                        return 0;
                r = vm->learner ? nfw_learner_dispatch(vm->learner) : nfw_monitor_dispatch(vm->monitor);
                if (r < 0 && learn(vm) != 0)
                        return -1;
                print_events(vm);
        }
}

/* The guest goes before its rules do: there is no moment without them. */
static int clean_up(struct vm *vm) {
        int r = 0;

        if (vm->guest > 0) {
                kill(vm->guest, SIGTERM);
                waitpid(vm->guest, NULL, 0);
        }
        if (vm->tap_fd >= 0)
                close(vm->tap_fd);
        if (vm->loaded)
                r = check(vm, nfw_unload(vm->context, vm->port, true, vm->report), "unloading the policy");
        nfw_learner_free(vm->learner);
        nfw_monitor_free(vm->monitor);
        nfw_context_free(vm->context);
        nfw_report_free(vm->report);
        return r;
}

int main(int argc, char **argv) {
        struct vm vm = { .port = argc > 2 ? argv[2] : NULL, .tap_fd = -1 };
        const char *state = getenv("VMRUN_STATE");
        int r, signal_fd;

        if (argc < 4) {
                fprintf(stderr, "usage: %s POLICY PORT COMMAND [ARGUMENT...]\n", argv[0]);
                return 2;
        }
        setvbuf(stdout, NULL, _IOLBF, 0);
        sigemptyset(&vm.signals);
        for (size_t i = 0; i < 3; i++)
                sigaddset(&vm.signals, (const int[]){ SIGINT, SIGTERM, SIGCHLD }[i]);
        sigprocmask(SIG_BLOCK, &vm.signals, NULL);
        signal_fd = signalfd(-1, &vm.signals, SFD_CLOEXEC);
        if (signal_fd < 0 || nfw_report_new(&vm.report) < 0)
                return 1;

        /* The learner is first, as a policy with domains is refused where nobody learns; the link is up last. */
        r = check(&vm, nfw_context_new(&vm.context), "opening the kernel") ||
            (state && check(&vm, nfw_context_set_state_directory(vm.context, state), state)) || learn(&vm) ||
            check(&vm, make_tap(&vm), "making the tap") || protect(&vm, argv[1]) ||
            check(&vm, set_up(vm.port), "setting the tap up") || check(&vm, start(&vm, &argv[3]), argv[3]);
        if (r == 0) {
                printf("running on %s\n", vm.port);
                r = run(&vm, signal_fd);
        }
        r |= clean_up(&vm);
        close(signal_fd);
        return r == 0 ? 0 : 1;
}
