# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for nfwpolicy

function __nfwpolicy_interfaces
    for path in /sys/class/net/*/ifindex
        string split / $path | tail -n 2 | head -n 1
    end
end

# What is loaded, as far as we may see it: without a terminal to ask, polkit asks nobody for a password.
function __nfwpolicy_policies
    nfwpolicy list --brief 2>/dev/null </dev/null
end

function __nfwpolicy_ports
    set -l ports (nfwpolicy list --ports 2>/dev/null </dev/null)
    if test (count $ports) -gt 0
        printf '%s\n' $ports
    else
        __nfwpolicy_interfaces
    end
end

function __nfwpolicy_networks
    nfwpolicy net-list --all 2>/dev/null </dev/null | string match -v 'NAME *' | string replace -r '^(\S+).*' '$1'
end

function __nfwpolicy_nwfilters
    nfwpolicy nwfilter-list --quiet 2>/dev/null </dev/null | string replace -r '^ *\S+ +' ''
end

function __nfwpolicy_nwfilter_ports
    nfwpolicy nwfilter-binding-list --quiet 2>/dev/null </dev/null | string replace -r '^ *(\S+).*' '$1'
end

function __nfwpolicy_sets
    nfwpolicy set list 2>/dev/null </dev/null | string match -rv '^(SET|there) ' | string replace -r '  .*' ''
end

set -l nwfilter set nwfilter-list nwfilter-define nwfilter-undefine nwfilter-dumpxml nwfilter-edit nwfilter-import nwfilter-binding-create nwfilter-binding-list nwfilter-binding-dumpxml nwfilter-binding-delete
set -l net net-define net-start net-destroy net-undefine net-list net-dumpxml
set -l asks load attach detach unload list names show verify status $nwfilter $net
set -l commands check load attach detach unload list names show verify status help $nwfilter $net

complete -c nfwpolicy -f
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a check -d 'Say what is wrong with policy files'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a load -d 'Put a policy into the kernel, onto ports'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a attach -d 'Put ports under a loaded policy'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a detach -d 'Take ports from under their policy'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a unload -d 'Remove a policy from the kernel'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a list -d 'Policies, ports and how much is learned'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a names -d 'Names and addresses that ports have learned'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a show -d 'Print a loaded policy'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a verify -d 'Compare the kernel with what was compiled'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a status -d 'Is everything well?'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a help -d 'Print the help of a command'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-list -d 'List network filters'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-define -d 'Define a network filter from XML'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-undefine -d 'Delete a network filter'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-dumpxml -d 'Print a network filter as XML'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-edit -d 'Edit a network filter'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-import -d 'Take over a host\'s network filters'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-binding-create -d 'Put a port under a network filter'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-binding-list -d 'List the ports under network filters'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-binding-dumpxml -d 'Print a binding as XML'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a nwfilter-binding-delete -d 'Take a port from under its filter'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a set -d 'Addresses and ports that filters look up'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a net-define -d 'Define a virtual network'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a net-start -d 'Put a virtual network in force'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a net-destroy -d 'Take a virtual network out of force'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a net-undefine -d 'Forget the definition of a virtual network'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a net-list -d 'List virtual networks'
complete -c nfwpolicy -n "not __fish_seen_subcommand_from $commands" -a net-dumpxml -d 'Print a virtual network as XML'

complete -c nfwpolicy -s h -l help -d 'Print help'
complete -c nfwpolicy -s V -l version -d 'Print the version'
complete -c nfwpolicy -l json -d 'Print JSON for programs'
complete -c nfwpolicy -s q -l quiet -d 'Print warnings and errors only'
complete -c nfwpolicy -s v -l verbose -d 'Print every event of the learner'
complete -c nfwpolicy -l color -x -a 'auto always never' -d 'When to use colours'
complete -c nfwpolicy -l config -r -F -d 'Read this instead of nfwpolicyd.conf'
complete -c nfwpolicy -l state-directory -x -a '(__fish_complete_directories)' -d 'Where policies are kept'

complete -c nfwpolicy -n '__fish_seen_subcommand_from check load' -F
complete -c nfwpolicy -n '__fish_seen_subcommand_from attach unload show verify' -a '(__nfwpolicy_policies)'
complete -c nfwpolicy -n '__fish_seen_subcommand_from help' -a "$commands"
complete -c nfwpolicy -n '__fish_seen_subcommand_from load attach' -s p -l port -x \
    -a '(__nfwpolicy_interfaces)' -d 'The host side of the guest\'s network'
complete -c nfwpolicy -n '__fish_seen_subcommand_from detach names' -s p -l port -x \
    -a '(__nfwpolicy_ports)' -d 'The host side of the guest\'s network'

complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -s n -l name -x \
    -a '(__nfwpolicy_policies)' -d 'What the policy is called'
complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -l foreground -d 'Then learn until interrupted'
complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -l no-learner -d 'Although nothing learns'
complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -l dry-run -d 'Check everything, change nothing'
complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -s r -l resolver -x -a any -d 'Whose DNS replies count'
complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -l min-ttl -x -d 'Shortest life of what is learned'
complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -l max-ttl -x -d 'Longest life of what is learned'
complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -l max-names -x -d 'Names remembered for each port'
complete -c nfwpolicy -n '__fish_seen_subcommand_from load' -l log-denied -d 'Tell of some of what is dropped'

complete -c nfwpolicy -n '__fish_seen_subcommand_from attach' -l persistent -d 'For good, and before they exist'
complete -c nfwpolicy -n '__fish_seen_subcommand_from unload' -s f -l force -d 'Also when ports use it'
complete -c nfwpolicy -n '__fish_seen_subcommand_from list' -l brief -d 'The names of the policies only'
complete -c nfwpolicy -n '__fish_seen_subcommand_from list' -l ports -d 'The ports that are under policies only'
complete -c nfwpolicy -n '__fish_seen_subcommand_from names' -s f -l follow -d 'Go on with what is learned'
complete -c nfwpolicy -n '__fish_seen_subcommand_from show' -l ir -d 'The rules as they are evaluated'
complete -c nfwpolicy -n '__fish_seen_subcommand_from show' -l nft -d 'What was compiled, as nft syntax'
complete -c nfwpolicy -n '__fish_seen_subcommand_from show' -l kernel -d 'What the kernel holds'

complete -c nfwpolicy -n "__fish_seen_subcommand_from $asks" -l bus-address -x \
    -d 'Ask nfwpolicyd on this bus'
complete -c nfwpolicy -n "__fish_seen_subcommand_from $asks" -l no-bus \
    -d 'Act alone, do not ask nfwpolicyd over D-Bus'

complete -c nfwpolicy -n "__fish_seen_subcommand_from verify $nwfilter" -l filter-directory -x \
    -a '(__fish_complete_directories)' -d 'Where filters are defined'
complete -c nfwpolicy -n "__fish_seen_subcommand_from verify $nwfilter" -l builtin-directory -x \
    -a '(__fish_complete_directories)' -d 'Where the filters are that come with nfwpolicy'
complete -c nfwpolicy -n '__fish_seen_subcommand_from nwfilter-define nwfilter-binding-create' -l validate -d 'As with virsh'
complete -c nfwpolicy -n '__fish_seen_subcommand_from nwfilter-binding-create' -l compat -x -a 'libvirt none' \
    -d 'Let pass what it does not filter'
complete -c nfwpolicy -n '__fish_seen_subcommand_from nwfilter-define nwfilter-binding-create' -F
complete -c nfwpolicy -n '__fish_seen_subcommand_from nwfilter-import' -x -a '(__fish_complete_directories)'
complete -c nfwpolicy -n '__fish_seen_subcommand_from nwfilter-undefine nwfilter-dumpxml nwfilter-edit' \
    -a '(__nfwpolicy_nwfilters)'
complete -c nfwpolicy -n '__fish_seen_subcommand_from nwfilter-binding-dumpxml nwfilter-binding-delete' \
    -a '(__nfwpolicy_nwfilter_ports)'

complete -c nfwpolicy -n "__fish_seen_subcommand_from $net" -l network-directory -x -a '(__fish_complete_directories)' -d 'Where networks are defined'
complete -c nfwpolicy -n '__fish_seen_subcommand_from net-define' -F
complete -c nfwpolicy -n '__fish_seen_subcommand_from net-define' -l policy -r -d 'A policy for everything that joins'
complete -c nfwpolicy -n '__fish_seen_subcommand_from net-define' -l validate -d 'Only say what is wrong with it'
complete -c nfwpolicy -n '__fish_seen_subcommand_from net-start' -l create-bridge -d 'Make the bridge'
complete -c nfwpolicy -n '__fish_seen_subcommand_from net-list' -l all -d 'Also those that are not active'
complete -c nfwpolicy -n '__fish_seen_subcommand_from net-list net-dumpxml' -l inactive -d 'What is defined, or not active'
complete -c nfwpolicy -n '__fish_seen_subcommand_from net-start net-destroy net-undefine net-dumpxml' -a '(__nfwpolicy_networks)'
complete -c nfwpolicy -n '__fish_seen_subcommand_from set; and not __fish_seen_subcommand_from add delete list' \
    -a 'add delete list'
complete -c nfwpolicy -n '__fish_seen_subcommand_from set; and __fish_seen_subcommand_from add delete list' \
    -a '(__nfwpolicy_sets)'
complete -c nfwpolicy -n '__fish_seen_subcommand_from set' -l type -x -a 'ip ip,port ip,port,ip' -d 'Of a new set'
complete -c nfwpolicy -n '__fish_seen_subcommand_from set' -l family -x -a 'ipv4 ipv6' -d 'Of a new set'
