#compdef eigenstep
# Completion of eigenstep's words for zsh: everything is asked of the program
# itself, so it is never out of date.
local program=${words[1]/#\~/$HOME} command=$words[2] target= list=
local -a found

if (( CURRENT == 2 )); then
  if [[ $words[2] == -* ]]; then
    compadd -- --help --version
    return
  fi
  # A text may stand on the line after its name.
  found=(${(f)"$($program --help | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 }
    !on || !/^  / { next }
    /^  [a-z]/ { name = $1; if (!sub(/^  [^ ]+( [^ ]+)*  +/, "")) next }
    name != "" { sub(/^ +/, ""); print name ":" $0; name = "" }')"})
  _describe command found
  return
fi
case $words[CURRENT-1] in
  -o|--config|--csv) _files; return ;;
  --size) compadd large; return ;;
  --shard) compadd slurm; return ;;
  --threads|--seed) return ;;
esac
[[ $words[3] == [a-z]* ]] && (( CURRENT > 3 )) && target=$words[3]
if [[ $words[CURRENT] == *=* ]]; then
  local key=${words[CURRENT]%%=*}
  compset -P '*='
  found=(${(z)"$($program $command ${target:+$target} --help 2>/dev/null | awk -v key=$key '
    $1 == key || $1 ~ ("^[a-z]*\\." key "$") { seen = 1; next }
    /^  [^ ]/ { seen = 0 }
    seen && /^ +one of / { gsub(/\|/, " ", $3); print $3; exit }
    seen && /^ +on\|off/ { print "on off"; exit }')"})
  (( $#found )) && compadd -a found || _files
  return
fi
if [[ $words[CURRENT] == -* ]]; then
  found=(${(f)"$($program $command --help 2>/dev/null | sed -n 's/^  \(-[-a-z]*\)[A-Z ]*  *\(.*\)/\1:\2/p')"})
  _describe option found
  return
fi
if (( CURRENT == 3 )); then
  case $command in
    flow|predict|fixed-points|separatrix|basin|sweep) list=models ;;
    train) list=methods ;;
    run) list=experiments ;;
    list) compadd models methods experiments datasets keys; return ;;
    *) _files; return ;;
  esac
  found=(${(f)"$($program list $list | awk '{ name = $1; sub(/^[^ ]+ */, ""); print name ":" $0 }')"})
  _describe target found
  return
fi
# Where a word is begun, also keys that one section has, and of sweep its axes.
found=(${(f)"$($program $command ${target:+$target} --help 2>/dev/null |
  awk -v command=$command -v word="$words[CURRENT]" '
  /^  [a-z]+\.[A-Za-z0-9_]+( |$)/ && $1 !~ /\.KEY$/ {
    split($1, part, ".")
    name[++n] = part[2]; section[n] = part[1]
    bare[n] = part[1] != "figure" || command == "plot"
    times[part[2]] += bare[n]
    print $1
  }
  END {
    for (i = 1; word != "" && i <= n; i++) {
      if (bare[i] && times[name[i]] == 1) print name[i]
      if (command == "sweep" && (section[i] == "model" || times[name[i]] == 1))
        print "sweep." name[i]
    }
  }')"})
compadd -S = -a found
