# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Completion of sluice-page for bash. Options come from --help.

_sluice_page()
{
	local word=${COMP_WORDS[COMP_CWORD]}

	COMPREPLY=()
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-s | --socket)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	-l | --listen)
		mapfile -t COMPREPLY < <(compgen -W "127.0.0.1:8080 [::1]:8080" -- "$word")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "$(sluice-page --help |
			grep -oE -- '^ +(-[a-zA-Z], )?--[a-z-]+' |
			grep -oE -- '--?[a-zA-Z-]+')" -- "$word")
		;;
	esac
}

complete -F _sluice_page sluice-page
