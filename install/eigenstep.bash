# Completion of eigenstep's words for bash: everything is asked of the program
# itself, so it is never out of date.
_eigenstep_keys() { # what `--help` names: section.key, one a line; where a word
  # is begun ($4), also keys that one section has, and of sweep its axes
  "$1" "$2" ${3:+"$3"} --help 2>/dev/null | awk -v command="$2" -v word="$4" '
    /^  [a-z]+\.[A-Za-z0-9_]+( |$)/ && $1 !~ /\.KEY$/ {
      split($1, part, ".")
      name[++n] = part[2]; section[n] = part[1]
      bare[n] = part[1] != "figure" || command == "plot"
      times[part[2]] += bare[n]
      print $1 "="
    }
    END {
      for (i = 1; word != "" && i <= n; i++) {
        if (bare[i] && times[name[i]] == 1) print name[i] "="
        if (command == "sweep" && (section[i] == "model" || times[name[i]] == 1))
          print "sweep." name[i] "="
      }
    }'
}
_eigenstep_values() { # words that a key accepts
  "$1" "$2" ${3:+"$3"} --help 2>/dev/null | awk -v key="$4" '
    $1 == key || $1 ~ ("^[a-z]*\\." key "$") { seen = 1; next }
    /^  [^ ]/ { seen = 0 }
    seen && /^ +one of / { gsub(/\|/, " ", $3); print $3; exit }
    seen && /^ +on\|off/ { print "on off"; exit }'
}
_eigenstep() {
  local program=${COMP_WORDS[0]/#\~/$HOME} command=${COMP_WORDS[1]} target=
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} key
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "--help --version $("$program" --help |
      awk '/^commands:/ { on = 1; next } /^$/ { on = 0 }
        on && /^  [a-z]/ { print $1 }')" -- "$word")
    return
  fi
  case $before in
  -o | --config | --csv)
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames
    return ;;
  --size)
    mapfile -t COMPREPLY < <(compgen -W large -- "$word")
    return ;;
  --threads | --seed) return ;;
  --shard)
    mapfile -t COMPREPLY < <(compgen -W slurm -- "$word")
    return ;;
  esac
  # "key=word" is three words to bash where = breaks words.
  if [ "$word" = = ] || [ "$before" = = ] || [[ $word == *=* ]]; then
    if [ "$word" = = ]; then key=$before word=
    elif [ "$before" = = ]; then key=${COMP_WORDS[COMP_CWORD - 2]}
    else key=${word%%=*} word=${word#*=}; fi
    [[ ${COMP_WORDS[2]} == [a-z]* && $COMP_CWORD -gt 2 ]] && target=${COMP_WORDS[2]}
    mapfile -t COMPREPLY < <(compgen -W \
      "$(_eigenstep_values "$program" "$command" "$target" "$key")" -- "$word")
    return
  fi
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" "$command" --help 2>/dev/null |
      sed -n 's/^  \(-[-a-z]*\).*/\1/p')" -- "$word")
    return
  fi
  if [ "$COMP_CWORD" = 2 ]; then
    local list=
    case $command in
    flow | predict | fixed-points | separatrix | basin | sweep) list=models ;;
    train) list=methods ;;
    run) list=experiments ;;
    list) list=- ;;
    esac
    case $list in
    '') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    -) mapfile -t COMPREPLY < <(compgen -W \
      "models methods experiments datasets keys" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -W \
      "$("$program" list $list | awk '{ print $1 }')" -- "$word") ;;
    esac
    return
  fi
  [[ ${COMP_WORDS[2]} == [a-z]* ]] && target=${COMP_WORDS[2]}
  mapfile -t COMPREPLY < <(compgen -W \
    "$(_eigenstep_keys "$program" "$command" "$target" "$word")" -- "$word")
  compopt -o nospace
}
complete -F _eigenstep eigenstep
