# The one command line that every channel runs, in whatever login shell the account has. A constant: values and the
# script itself come on standard input, so neither length limits nor the login shell's quoting touch them.
# One line without single quotes, backslashes and exclamation marks inside: bash, zsh, fish, dash and tcsh agree on such a word.
#
# Standard input: "LENGTH MODE\n", then the payload of LENGTH bytes.
#   MODE all   nothing follows; the script's standard input is /dev/null.
#   MODE rest  what follows is the script's standard input. dd reads byte by byte: any larger block could take some of it.
# A payload that was cut short (the connection died) is not run: half a script could do harm.
# LC_ALL=C makes the shell count bytes, not characters.
# shellcheck disable=SC2016 # the inner shell expands them
exec sh -c 'LC_ALL=C; read -r n m || exit 97; if [ "$m" = rest ]; then s=$(dd bs=1 count="$n" 2>/dev/null); else s=$(cat); exec </dev/null; fi; if [ "${#s}" -ne "$n" ]; then exit 97; fi; eval "unset n m s; $s"'
