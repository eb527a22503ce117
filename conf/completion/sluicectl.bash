# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Completion of sluicectl for bash. Options and commands come from --help; ports, reasons,
# rules and sets from the running sluice, if it answers.

_sluicectl_ask()
{
	local socket=() i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket) socket=(-s "${COMP_WORDS[i + 1]}") ;;
		esac
	done
	sluicectl "${socket[@]}" -t 1 "$@" 2>/dev/null
}

# The words that may follow an option.
_sluicectl_values()
{
	case $1 in
	-p | --proto) echo tcp udp icmp icmpv6 sctp dccp gre ;;
	-f | --family) echo ipv4 ipv6 ;;
	-o | --output) echo json table ;;
	--sort | --columns)
		echo id proto in src sport dst dport vlan state orig reply age timeout \
			packets bytes rule
		;;
	--state)
		echo SYN_SENT SYN_SENT2 SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT \
			LAST_ACK TIME_WAIT CLOSE ASSURED UNREPLIED CLOSED LISTEN \
			SYN_RECEIVED FIN_WAIT_1 FIN_WAIT_2 CLOSING
		;;
	--reason) _sluicectl_ask drops -a | awk 'NR > 1 { print $1 }' ;;
	*) return 1 ;;
	esac
}

_sluicectl_commands()
{
	sluicectl --help | sed -nE 's/^  ([a-z]+)  +.*/\1/p'
}

_sluicectl()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words i
	local command=

	COMPREPLY=()
	case $before in
	-s | --socket | -w | --write)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	-[ctld] | --count | --timeout | --limit | --src | --dst | --sport | --dport | \
		--vlan | --expires)
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == [a-z]* && ${COMP_WORDS[i - 1]} != -* ]] || continue
		command=${COMP_WORDS[i]}
		break
	done
	if words=$(_sluicectl_values "$before"); then
		:
	elif [[ $word == -* ]]; then
		words=$(sluicectl --help | grep -oE -- '^ +(-[a-zA-Z], )?--[a-z-]+' |
			grep -oE -- '--?[a-zA-Z-]+')
	elif [ -z "$command" ]; then
		words=$(_sluicectl_commands)
	elif [[ $command == set && $before == set ]]; then
		words="list add delete"
	else
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _sluicectl sluicectl
