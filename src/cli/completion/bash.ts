import {madeBy, slotLines, slotWords} from './model.ts';
import type {CompletedVerb} from './model.ts';

/**
 * The completion for bash 4.1 and later, with and without the package bash-completion.
 *
 * Everything is done by builtins. Names come from the apps' files at the moment of the TAB; one that is not of the form of a
 * name is never offered, so nothing of a file reaches the command line that bash would have to quote.
 */
export function bashScript(verbs: readonly CompletedVerb[], version: string): string {
  return `${madeBy(version, 'bash')}

_appsup() {
  local IFS=$' \\t\\n'
  local config=\${APPSUP_CONFIG_DIR:-\${XDG_CONFIG_HOME:-$HOME/.config}/appsup}
  local -a words=() reply=() operands=()
  local cur= lead= verb= option= word at
  COMPREPLY=()
  _appsup_words
  for ((at = 1; at < \${#words[@]} - 1; at++)); do
    word=\${words[at]}
    if [[ -n $option ]]; then option=
    elif [[ $word == -* && ! ( $verb == @(${commandVerbs(verbs)}) && \${#operands[@]} -gt 0 ) ]]; then
      [[ $word != *=* ]] && _appsup_value "$verb" "$word" && option=$word
    elif [[ -z $verb ]]; then verb=$word
    else operands+=("$word")
    fi
  done
  cur=\${words[\${#words[@]} - 1]}
  reply=()
  if [[ -n $option ]]; then
    _appsup_value "$verb" "$option"
  elif [[ $verb == @(${commandVerbs(verbs)}) && \${#operands[@]} -gt 0 ]]; then
    _appsup_slot "$verb" - "\${#operands[@]}"
  elif [[ $cur == --*=* ]]; then
    _appsup_value "$verb" "\${cur%%=*}"
    [[ $COMP_WORDBREAKS == *=* ]] || lead=\${cur%%=*}=
    cur=\${cur#*=}
  elif [[ $cur == -* ]]; then
    _appsup_options "$verb"
  elif [[ -z $verb ]]; then
    reply=(${verbs.map(({verb}) => verb).join(' ')})
  elif [[ " ${verbs
    .filter(({behind}) => behind.length > 0)
    .map(({verb}) => verb)
    .join(' ')} " == *" $verb "* && \${#operands[@]} -gt 0 ]]; then
    _appsup_slot "$verb" "\${operands[0]}" "$((\${#operands[@]} - 1))"
  else
    _appsup_slot "$verb" - "\${#operands[@]}"
  fi
  # Readline replaces only what stands behind the last of its own breaks.
  local cut=
  [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]] && cut=\${cur%"\${cur##*:}"}
  for word in "\${reply[@]}"; do
    case $word in
      @files) compopt -o default 2>/dev/null ;;
      @directories) compopt -o dirnames 2>/dev/null ;;
      @commands) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -c -- "$cur") ;;
      @apps) _appsup_apps ;;
      @targets) _appsup_targets programs ;;
      @logs) _appsup_targets programs jobs tasks ;;
      @runs) _appsup_parts "\${operands[0]}" '' jobs tasks ;;
      # Of hundreds of names in parts, only those that are asked for.
      *.*) [[ $cur == *.* ]] && _appsup_offer "$word" ;;
      *) _appsup_offer "$word" ;;
    esac
  done
}

# words: those of the command line up to the cursor. Readline breaks them at ":" and "=", too.
_appsup_words() {
  local line=\${COMP_LINE:0:COMP_POINT} at piece
  for ((at = 0; at <= COMP_CWORD; at++)); do
    piece=\${COMP_WORDS[at]}
    ((at == COMP_CWORD)) && piece=\${line#"\${line%%[![:blank:]]*}"}
    if [[ at -eq 0 || $line == [[:blank:]]* ]]; then
      line=\${line#"\${line%%[![:blank:]]*}"}
      words+=("$piece")
    else
      words[\${#words[@]} - 1]+=$piece
    fi
    line=\${line#"$piece"}
  done
}

_appsup_offer() {
  [[ $1 == "$cur"* ]] && COMPREPLY+=("$lead\${1#"$cut"}")
}

_appsup_apps() {
  local file
  for file in "$config"/apps/*.toml; do
    file=\${file##*/}
    file=\${file%.toml}
    [[ $file =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]] && _appsup_offer "$file"
  done
}

# An app, or behind a colon what stands in these tables of its file.
_appsup_targets() {
  if [[ $cur == *:* ]]; then _appsup_parts "\${cur%%:*}" "\${cur%%:*}:" "$@"
  else _appsup_apps
  fi
}

# APP PREFIX TABLE...: the names in these tables.
_appsup_parts() {
  local app=$1 prefix=$2 line table= path name seen=' ' left=5000
  local header='^[[:blank:]]*\\[+([^]]*)\\]' key="^[[:blank:]]*([A-Za-z0-9_.\\"'-]+)[[:blank:]]*=" marks="[[:blank:]\\"']"
  shift 2
  [[ $app =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ && -f $config/apps/$app.toml ]] || return 0
  while ((left-- > 0)) && { IFS= read -r line || [[ -n $line ]]; }; do
    if [[ $line =~ $header ]]; then
      table=\${BASH_REMATCH[1]//$marks/}
      path=$table
    elif [[ $line =~ $key ]]; then
      path=\${table:+$table.}\${BASH_REMATCH[1]//$marks/}
    else
      continue
    fi
    [[ $path == *.* && " $* " == *" \${path%%.*} "* ]] || continue
    name=\${path#*.}
    name=\${name%%.*}
    [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ && $seen != *" $name "* ]] || continue
    seen+="$name "
    _appsup_offer "$prefix$name"
  done <"$config/apps/$app.toml" 2>/dev/null
}

# VERB SUBCOMMAND|- NUMBER: what may stand there.
_appsup_slot() {
  case "$1 $2 $3" in
${slotLines(verbs)}
  esac
}

_appsup_options() {
  case $1 in
${verbs.map(({verb, options}) => `    ${verb}) reply=(${options.map(({long}) => `--${long}`).join(' ')}) ;;`).join('\n')}
    '') reply=(--help --json --version) ;;
  esac
}

# VERB OPTION: what may stand behind it; fails for a switch.
_appsup_value() {
  case "$1 $2" in
${valueCases(verbs)}
    *) return 1 ;;
  esac
}

complete -F _appsup appsup
`;
}

/** A pattern of verbs behind which another command line begins. */
function commandVerbs(verbs: readonly CompletedVerb[]): string {
  return verbs
    .filter(({command}) => command)
    .map(({verb}) => verb)
    .join('|');
}

function valueCases(verbs: readonly CompletedVerb[]): string {
  const lines = verbs.flatMap(({verb, options}) =>
    options.flatMap(({long, short, value}) => {
      if (value === undefined) return [];
      const pattern = [`'${verb} --${long}'`, ...(short === undefined ? [] : [`'${verb} -${short}'`])].join(
        ' | ',
      );
      return [`    ${pattern}) reply=(${slotWords(value).join(' ')}) ;;`];
    }),
  );
  return lines.join('\n');
}
