# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for nfwpolicy and nfwpolicyd
# shellcheck shell=bash

_nfwpolicy_interfaces() {
        local path
        for path in /sys/class/net/*; do
                [[ -e $path/ifindex ]] && echo "${path##*/}"
        done
}

# What is loaded, as far as we may see it: without a terminal to ask, polkit asks nobody for a password.
_nfwpolicy_loaded() {
        nfwpolicy list "$1" 2>/dev/null </dev/null
}

# Names of network filters, or ports under them: the column of that number.
_nfwpolicy_nwfilters() {
        nfwpolicy "$1" --quiet 2>/dev/null </dev/null | while read -r first second _; do
                if [[ $2 == 1 ]]; then echo "$first"; else echo "$second"; fi
        done
}

# Names of sets that filters look into.
_nfwpolicy_sets() {
        nfwpolicy set list 2>/dev/null </dev/null | while read -r first _; do
                [[ $first == SET || $first == there ]] || echo "$first"
        done
}

# Names of virtual networks.
_nfwpolicy_networks() {
        nfwpolicy net-list "$@" 2>/dev/null </dev/null | while read -r first _; do
                [[ $first == NAME ]] || echo "$first"
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
                detach | names) operands=$(_nfwpolicy_loaded --ports) ;;
                esac
                mapfile -t COMPREPLY < <(compgen -W "${operands:-$(_nfwpolicy_interfaces)}" -- "$word")
                return
                ;;
        --name | -n)
                mapfile -t COMPREPLY < <(compgen -W "$(_nfwpolicy_loaded --brief)" -- "$word")
                return
                ;;
        --color)
                mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word")
                return
                ;;
        --config)
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
                return
                ;;
        --state-directory | --filter-directory | --builtin-directory | --network-directory)
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
        --policy)
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
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
                operands=$(_nfwpolicy_networks --inactive)
                options="--create-bridge $net"
                ;;
        net-destroy)
                operands=$(_nfwpolicy_networks)
                options=$net
                ;;
        net-undefine)
                operands=$(_nfwpolicy_networks --all)
                options=$net
                ;;
        net-list) options="--all --inactive $net" ;;
        net-dumpxml)
                operands=$(_nfwpolicy_networks --all)
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
                operands=nwfilter-ports
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
                add | delete | list) operands=$(_nfwpolicy_sets) ;;
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
        policies) operands=$(_nfwpolicy_loaded --brief) ;;
        nwfilters) operands=$(_nfwpolicy_nwfilters nwfilter-list 2) ;;
        nwfilter-ports) operands=$(_nfwpolicy_nwfilters nwfilter-binding-list 1) ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$operands" -- "$word")
}

_nfwpolicyd() {
        case $3 in
        --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$2") ;;
        --config) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
        --state-directory | --store-directory | --policies-directory | --filter-directory | --builtin-directory | --network-directory) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
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
