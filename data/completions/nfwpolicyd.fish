# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for nfwpolicyd

complete -c nfwpolicyd -f
complete -c nfwpolicyd -l foreground -d 'Stay in the foreground'
complete -c nfwpolicyd -l no-bus -d 'Learn only, without D-Bus'
complete -c nfwpolicyd -l bus-address -x -d 'Be on this bus'
complete -c nfwpolicyd -l policies-directory -x -a '(__fish_complete_directories)' -d 'Load every policy there'
complete -c nfwpolicyd -l store-directory -x -a '(__fish_complete_directories)' -d 'Store there what is loaded'
complete -c nfwpolicyd -l group -x -a '(__fish_complete_groups)' -d 'Who may do what root may'
complete -c nfwpolicyd -s h -l help -d 'Print help'
complete -c nfwpolicyd -s V -l version -d 'Print the version'
complete -c nfwpolicyd -l json -d 'Print events as JSON'
complete -c nfwpolicyd -s q -l quiet -d 'Print warnings and errors only'
complete -c nfwpolicyd -s v -l verbose -d 'Print every event'
complete -c nfwpolicyd -l color -x -a 'auto always never' -d 'When to use colours'
complete -c nfwpolicyd -l config -r -F -d 'Read this instead of nfwpolicyd.conf'
complete -c nfwpolicyd -l state-directory -x -a '(__fish_complete_directories)' -d 'Where policies are kept'
complete -c nfwpolicyd -l filter-directory -x -a '(__fish_complete_directories)' -d 'Where network filters are defined'
complete -c nfwpolicyd -l builtin-directory -x -a '(__fish_complete_directories)' -d 'Where those are that come with nfwpolicy'
complete -c nfwpolicyd -l network-directory -x -a '(__fish_complete_directories)' -d 'Where virtual networks are defined'
