import {madeBy, slotLines, slotWords} from './model.ts';
import type {CompletedOption, CompletedVerb} from './model.ts';

/** The completion for zsh 5: a function for a directory of `fpath`. Everything is done by builtins, as in bash. */
export function zshScript(verbs: readonly CompletedVerb[], version: string): string {
  return `#compdef appsup
${madeBy(version, 'zsh')}

_appsup() {
  local curcontext="$curcontext" state line expl
  typeset -A opt_args
  local config=\${APPSUP_CONFIG_DIR:-\${XDG_CONFIG_HOME:-$HOME/.config}/appsup}
  _arguments -C '(-h --help)'{-h,--help}'[explain the command]' '--json[print JSON]' '--version[the version]' \\
    '1: : _appsup_verbs' '*:: :->behind' && return
  [[ $state == behind ]] || return
  curcontext="\${curcontext%:*:*}:appsup-$words[1]:"
  case $words[1] in
${verbs.map(verbCase).join('\n')}
  esac
}

_appsup_verbs() {
  local -a verbs=(
${verbs.map(({verb, summary}) => `    ${quoted(`${verb}:${summary}`)}`).join('\n')}
  )
  _describe -t commands command verbs
}

# VERB: what may stand at this place behind it; words holds what is no option.
_appsup_place() {
  local verb=$1 sub=- at=$((CURRENT - 1))
  case " ${verbs
    .filter(({behind}) => behind.length > 0)
    .map(({verb}) => verb)
    .join(' ')} " in
    *" $verb "*) ((at > 0)) && sub=$words[1] && ((at--)) ;;
  esac
  local -a reply
  _appsup_slot $verb $sub $at
  _appsup_offer $reply
}

# Words and sources.
_appsup_offer() {
  local each ret=1
  local -a literal
  for each; do
    case $each in
      @files) _files && ret=0 ;;
      @directories) _directories && ret=0 ;;
      @commands) _command_names -e && ret=0 ;;
      @apps) _appsup_apps && ret=0 ;;
      @targets) _appsup_targets programs && ret=0 ;;
      @logs) _appsup_targets programs jobs tasks && ret=0 ;;
      @runs) _appsup_parts "$words[1]" jobs tasks && ret=0 ;;
      # Of hundreds of names in parts, only those that are asked for.
      *.*) [[ $PREFIX == *.* ]] && literal+=("$each") ;;
      *) literal+=("$each") ;;
    esac
  done
  (($#literal)) && compadd -- $literal && ret=0
  return ret
}

_appsup_apps() {
  local -a names=("$config"/apps/*.toml(N:t:r))
  names=(\${(M)names:#[A-Za-z0-9][A-Za-z0-9_-]#})
  (($#names)) && _wanted apps expl app compadd -- $names
}

# An app, or behind a colon what stands in these tables of its file.
_appsup_targets() {
  local app=\${PREFIX%%:*}
  if compset -P '*:'; then _appsup_parts "$app" "$@"
  else _appsup_apps
  fi
}

# APP TABLE...: the names in these tables.
_appsup_parts() {
  setopt localoptions extendedglob
  local app=$1 line table path name left=5000
  local -a names match mbegin mend
  shift
  [[ $app == [A-Za-z0-9][A-Za-z0-9_-]# && -f $config/apps/$app.toml ]] || return 1
  while ((left-- > 0)) && { IFS= read -r line || [[ -n $line ]] }; do
    if [[ $line == [[:blank:]]#\\[##(#b)([^]]#)\\]* ]]; then
      table=\${match[1]//[[:blank:]\\"\\']/}
      path=$table
    elif [[ $line == [[:blank:]]#(#b)([A-Za-z0-9_.\\"\\'-]##)[[:blank:]]#=* ]]; then
      path=\${table:+$table.}\${match[1]//[\\"\\']/}
    else
      continue
    fi
    [[ $path == *.* ]] && ((\${@[(Ie)\${path%%.*}]})) || continue
    name=\${\${path#*.}%%.*}
    [[ $name == [A-Za-z0-9][A-Za-z0-9_-]# ]] && names+=("$name")
  done <"$config/apps/$app.toml" 2>/dev/null
  (($#names)) && _wanted names expl name compadd -- \${(u)names}
}

# VERB SUBCOMMAND|- NUMBER: what may stand there, in reply.
_appsup_slot() {
  case "$1 $2 $3" in
${slotLines(verbs)}
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _appsup "$@"
else
  compdef _appsup appsup
fi
`;
}

function verbCase({verb, options, command}: CompletedVerb): string {
  const specs = options.flatMap(optionSpecs).map(quoted);
  // -A: behind the first word of another command's line there are no options of ours.
  const flags = command ? `-s -S -A '-*'` : '-s -S';
  return `    ${verb})\n      _arguments ${flags} \\\n        ${[...specs, quoted(`*:: : _appsup_place ${verb}`)].join(' \\\n        ')}\n      ;;`;
}

/** `(-n --lines)--lines=[so many]:LINES: `, in the language of `_arguments`; an action with a blank before it is called as it is. */
function optionSpecs({
  long,
  short,
  summary,
  value,
  placeholder,
  optional,
  multiple,
}: CompletedOption): readonly string[] {
  const explanation = `[${summary.replaceAll(/[\\[\]:]/g, '\\$&')}]`;
  const words = value === undefined ? [] : slotWords(value);
  const action = words.length === 0 ? ' ' : ` _appsup_offer ${words.join(' ')}`;
  const argument =
    value === undefined ? '' : `${optional ? '::' : ':'}${placeholder.replaceAll(':', '\\:')}:${action}`;
  const both = short === undefined ? '' : `(-${short} --${long})`;
  const names = [`--${long}${value === undefined ? '' : '='}`];
  if (short !== undefined) names.push(`-${short}${value === undefined ? '' : '+'}`);
  return names.map((name) => `${multiple ? '*' : both}${name}${explanation}${argument}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
