# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for nfwpolicy and nfwpolicyd
# shellcheck shell=bash

# Adds to what is offered the lines that begin with the word, written so that the shell reads them back as they are.
# Others have chosen these names: compgen -W would run what one has in it of commands.
_nfwpolicy_offer() {
        local name quoted
        while IFS= read -r name; do
                printf -v quoted %q "$name"
                if [[ $name && ($name == "$1"* || $quoted == "$1"*) ]]; then
                        COMPREPLY+=("$quoted")
                fi
        done
}

_nfwpolicy_interfaces() {
        local path
        for path in /sys/class/net/*; do
                [[ -e $path/ifindex ]] && printf '%s\n' "${path##*/}"
        done
}

# What is loaded, as far as we may see it: without a terminal to ask, polkit asks nobody for a password.
_nfwpolicy_loaded() {
        nfwpolicy list "$1" 2>/dev/null </dev/null
}

# Ports that are under a policy, or all there are.
_nfwpolicy_ports() {
        local ports
        ports=$(_nfwpolicy_loaded --ports)
        if [[ $ports ]]; then
                printf '%s\n' "$ports"
        else
                _nfwpolicy_interfaces
        fi
}

# Names of network filters, which may have spaces in them: what is behind the UUID.
_nfwpolicy_nwfilters() {
        local line
        nfwpolicy nwfilter-list --quiet 2>/dev/null </dev/null | while IFS= read -r line; do
                printf '%s\n' "${line#*  }"
        done
}

# Ports under network filters.
_nfwpolicy_nwfilter_ports() {
        local port
        nfwpolicy nwfilter-binding-list --quiet 2>/dev/null </dev/null | while read -r port _; do
                printf '%s\n' "$port"
        done
}

# Names of sets that filters look into; they may have spaces in them, too.
_nfwpolicy_sets() {
        local line
        nfwpolicy set list 2>/dev/null </dev/null | while IFS= read -r line; do
                [[ $line == 'SET '* || $line == 'there are no sets' ]] || printf '%s\n' "${line%%  *}"
        done
}

# Names of virtual networks.
_nfwpolicy_networks() {
        local name
        nfwpolicy net-list "$@" 2>/dev/null </dev/null | while read -r name _; do
                [[ $name == NAME ]] || printf '%s\n' "$name"
        done
}

# The command whose arguments are being written, or nothing.
_nfwpolicy_command() {
        local i
        for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                --color | --config | --state-directory | --bus-address | --filter-directory | --builtin-directory | --network-directory | --type | --family) ((i++)) ;;
                -* | =) ;;
                *)
                        echo "${COMP_WORDS[i]}"
                        return
                        ;;
                esac
        done
}

_nfwpolicy() {
        local commands='check load attach detach unload list names show verify status help
                nwfilter-list nwfilter-define nwfilter-undefine nwfilter-dumpxml nwfilter-edit nwfilter-import
                nwfilter-binding-create nwfilter-binding-list nwfilter-binding-dumpxml nwfilter-binding-delete set
                net-define net-start net-destroy net-undefine net-list net-dumpxml'
        local global='--help --version --json --quiet --verbose --color --config --state-directory'
        local bus='--bus-address --no-bus'
        local nwfilter="$bus --filter-directory --builtin-directory"
        local net="$bus --network-directory"
        local word=$2 previous=$3 command options='' operands=''

        COMPREPLY=()
        # --port=IFACE comes as three words
        if [[ $previous == = ]]; then
                previous=${COMP_WORDS[COMP_CWORD - 2]}
        elif [[ $word == = ]]; then
                word=''
        fi
        case $previous in
        --port | -p)
                case $(_nfwpolicy_command) in
                detach | names) _nfwpolicy_offer "$word" < <(_nfwpolicy_ports) ;;
                *) _nfwpolicy_offer "$word" < <(_nfwpolicy_interfaces) ;;
                esac
                return
                ;;
        --name | -n)
                _nfwpolicy_offer "$word" < <(_nfwpolicy_loaded --brief)
                return
                ;;
        --color)
                mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word")
                return
                ;;
        --config | --policy)
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
                return
                ;;
        --state-directory | --filter-directory | --builtin-directory | --network-directory)
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -d -- "$word")
                return
                ;;
        --type)
                mapfile -t COMPREPLY < <(compgen -W 'ip ip,port ip,port,ip' -- "$word")
                return
                ;;
        --family)
                mapfile -t COMPREPLY < <(compgen -W 'ipv4 ipv6' -- "$word")
                return
                ;;
        --compat)
                mapfile -t COMPREPLY < <(compgen -W 'libvirt none' -- "$word")
                return
                ;;
        --resolver | -r)
                mapfile -t COMPREPLY < <(compgen -W 'any' -- "$word")
                return
                ;;
        --min-ttl | --max-ttl | --max-names | --bus-address)
                return
                ;;
        esac

        command=$(_nfwpolicy_command)
        case $command in
        '') operands=$commands ;;
        help) operands=$commands ;;
        check) operands=files ;;
        load)
                operands=files
                options="--port --name --foreground --no-learner --dry-run --resolver --min-ttl --max-ttl --max-names --log-denied $bus"
                ;;
        attach)
                operands=policies
                options="--port --persistent $bus"
                ;;
        detach) options="--port $bus" ;;
        unload)
                operands=policies
                options="--force $bus"
                ;;
        list) options="--brief --ports $bus" ;;
        names) options="--port --follow $bus" ;;
        show)
                operands=policies
                options="--ir --nft --kernel $bus"
                ;;
        verify)
                operands=policies
                options=$nwfilter
                ;;
        status) options=$bus ;;
        net-define)
                operands=files
                options="--policy --validate $net"
                ;;
        net-start)
                operands=networks-inactive
                options="--create-bridge $net"
                ;;
        net-destroy)
                operands=networks-active
                options=$net
                ;;
        net-undefine)
                operands=networks
                options=$net
                ;;
        net-list) options="--all --inactive $net" ;;
        net-dumpxml)
                operands=networks
                options="--inactive $net"
                ;;
        nwfilter-define)
                operands=xml
                options="--validate $nwfilter"
                ;;
        nwfilter-binding-create)
                operands=xml
                options="--validate --compat $nwfilter"
                ;;
        nwfilter-undefine | nwfilter-dumpxml | nwfilter-edit)
                operands=nwfilters
                options=$nwfilter
                ;;
        nwfilter-binding-dumpxml | nwfilter-binding-delete)
                operands=bindings
                options=$nwfilter
                ;;
        nwfilter-import)
                operands=directories
                options=$nwfilter
                ;;
        nwfilter-*) options=$nwfilter ;;
        set)
                operands='add delete list'
                case $previous in
                add | delete | list) operands=sets ;;
                esac
                options="--type --family $nwfilter"
                ;;
        esac

        if [[ $word == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options $global" -- "$word")
                return
        fi
        case $operands in
        files)
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(
                        compgen -d -- "$word"
                        compgen -f -X '!*.yaml' -- "$word"
                        compgen -f -X '!*.yml' -- "$word"
                        compgen -f -X '!*.json' -- "$word"
                )
                return
                ;;
        xml)
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(
                        compgen -d -- "$word"
                        compgen -f -X '!*.xml' -- "$word"
                )
                return
                ;;
        directories)
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -d -- "$word")
                return
                ;;
        policies) _nfwpolicy_offer "$word" < <(_nfwpolicy_loaded --brief) ;;
        nwfilters) _nfwpolicy_offer "$word" < <(_nfwpolicy_nwfilters) ;;
        bindings) _nfwpolicy_offer "$word" < <(_nfwpolicy_nwfilter_ports) ;;
        sets) _nfwpolicy_offer "$word" < <(_nfwpolicy_sets) ;;
        networks) _nfwpolicy_offer "$word" < <(_nfwpolicy_networks --all) ;;
        networks-active) _nfwpolicy_offer "$word" < <(_nfwpolicy_networks) ;;
        networks-inactive) _nfwpolicy_offer "$word" < <(_nfwpolicy_networks --inactive) ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$operands" -- "$word") ;;
        esac
}

_nfwpolicyd() {
        case $3 in
        --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$2") ;;
        --config)
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -f -- "$2")
                ;;
        --state-directory | --store-directory | --policies-directory | --filter-directory | --builtin-directory | --network-directory)
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -d -- "$2")
                ;;
        --group) mapfile -t COMPREPLY < <(compgen -g -- "$2") ;;
        --bus-address) COMPREPLY=() ;;
        *)
                mapfile -t COMPREPLY < <(compgen -W '--foreground --no-bus --bus-address --group --store-directory --policies-directory --filter-directory --builtin-directory --network-directory --help --version
                        --json --quiet --verbose --color --config --state-directory' -- "$2")
                ;;
        esac
}

complete -F _nfwpolicy nfwpolicy
complete -F _nfwpolicyd nfwpolicyd
