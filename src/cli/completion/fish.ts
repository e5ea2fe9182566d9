import {madeBy, slotCases, slotWords} from './model.ts';
import type {CompletedOption, CompletedVerb} from './model.ts';

/** The completion for fish 3.1 and later. Everything is done by builtins, as in bash. */
export function fishScript(verbs: readonly CompletedVerb[], version: string): string {
  const withValue = verbs.flatMap(({verb, options}) =>
    options.flatMap(({long, short, value}) =>
      value === undefined
        ? []
        : [`'${verb} --${long}'`, ...(short === undefined ? [] : [`'${verb} -${short}'`])],
    ),
  );
  const subcommands = verbs.filter(({behind}) => behind.length > 0).map(({verb}) => verb);
  const commands = verbs.filter(({command}) => command).map(({verb}) => verb);
  return `${madeBy(version, 'fish')}

# The words before the cursor that are no options and no values of options: verb, operands.
function __appsup_words
    set -l words
    set -l value no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
        else if string match -q -- '-*' $word; and not begin
                contains -- "$words[1]" ${commands.join(' ')}; and set -q words[2]
            end
            contains -- "$words[1] $word" ${withValue.join(' ')}; and set value yes
        else
            set -a words $word
        end
    end
    string join \\n -- $words
end

function __appsup_no_verb
    set -l words (__appsup_words)
    not set -q words[1]
end

# VERB: that is the one, and its options may come.
function __appsup_verb
    set -l words (__appsup_words)
    test "$words[1]" = $argv[1]; or return 1
    not begin
        contains -- $argv[1] ${commands.join(' ')}; and set -q words[2]
    end
end

# What may stand at the cursor: words, and sources behind an @.
function __appsup_slot
    set -l words (__appsup_words)
    set -q words[1]; or return
    set -l verb $words[1]
    set -l sub -
    set -l at (math (count $words) - 1)
    if contains -- $verb ${subcommands.join(' ')}; and test $at -gt 0
        set sub $words[2]
        set at (math $at - 1)
    end
    switch "$verb $sub $at"
${slotCases(verbs)
  .map(([pattern, words]) => `        case '${pattern}'\n            string join \\n -- ${words}`)
  .join('\n')}
    end
end

function __appsup_wants
    contains -- $argv[1] (__appsup_slot)
end

function __appsup_offer
    set -l words (__appsup_words)
    for each in $argv
        switch $each
            case @files
            case @directories
                __fish_complete_directories (commandline -ct) ''
            case @commands
                __fish_complete_command
            case @apps
                __appsup_apps
            case @targets
                __appsup_targets programs
            case @logs
                __appsup_targets programs jobs tasks
            case @runs
                __appsup_parts "$words[2]" '' jobs tasks
            # Of hundreds of names in parts, only those that are asked for.
            case '*.*'
                string match -q -- '*.*' (commandline -ct); and string join \\n -- $each
            case '*'
                string join \\n -- $each
        end
    end
end

function __appsup_config
    if set -q APPSUP_CONFIG_DIR[1]; and test -n "$APPSUP_CONFIG_DIR"
        string join \\n -- $APPSUP_CONFIG_DIR
    else if set -q XDG_CONFIG_HOME[1]; and test -n "$XDG_CONFIG_HOME"
        string join \\n -- $XDG_CONFIG_HOME/appsup
    else
        string join \\n -- $HOME/.config/appsup
    end
end

function __appsup_apps
    for file in (__appsup_config)/apps/*.toml
        string replace -rf '^.*/([A-Za-z0-9][A-Za-z0-9_-]*)\\.toml$' '$1' -- $file
    end
end

# An app, or behind a colon what stands in these tables of its file.
function __appsup_targets
    set -l current (commandline -ct)
    if string match -q -- '*:*' $current
        set -l app (string split -m 1 : -- $current)[1]
        __appsup_parts $app $app: $argv
    else
        __appsup_apps
    end
end

# APP PREFIX TABLE...: the names in these tables.
function __appsup_parts
    set -l app $argv[1]
    set -l prefix $argv[2]
    set -l tables $argv[3..-1]
    string match -qr '^[A-Za-z0-9][A-Za-z0-9_-]*$' -- "$app"; or return
    set -l file (__appsup_config)/apps/$app.toml
    test -f $file; or return
    set -l table
    set -l seen
    while read -l line
        set -l header (string match -r '^\\s*\\[+([^\\]]*)\\]' -- $line)
        set -l key (string match -r '^\\s*([A-Za-z0-9_."\\'-]+)\\s*=' -- $line)
        set -l path
        if set -q header[2]
            set table (string split . -- (string replace -ra '[\\s"\\']' '' -- $header[2]))
            set path $table
        else if set -q key[2]
            set path $table (string split . -- (string replace -ra '["\\']' '' -- $key[2]))
        end
        set -q path[2]; or continue
        contains -- $path[1] $tables; or continue
        contains -- $path[2] $seen; and continue
        set -a seen $path[2]
        string match -qr '^[A-Za-z0-9][A-Za-z0-9_-]*$' -- $path[2]; and string join \\n -- $prefix$path[2]
    end <$file
end

complete -c appsup -e
complete -c appsup -f
complete -c appsup -n '__appsup_wants @files' -F
complete -c appsup -n 'not __appsup_no_verb' -a '(__appsup_offer (__appsup_slot))'
complete -c appsup -n __appsup_no_verb -l version -d 'the version'
complete -c appsup -n __appsup_no_verb -l help -s h -d 'explain the command'
${verbs.map(({verb, summary}) => `complete -c appsup -n __appsup_no_verb -a ${verb} -d ${quoted(summary)}`).join('\n')}
${verbs.flatMap(({verb, options}) => options.map((option) => optionLine(verb, option))).join('\n')}
`;
}

function optionLine(verb: string, {long, short, summary, value, optional}: CompletedOption): string {
  const names = `-l ${long}${short === undefined ? '' : ` -s ${short}`}`;
  const start = `complete -c appsup -n '__appsup_verb ${verb}' ${names} -d ${quoted(summary)}`;
  if (value === undefined || optional) return start;
  const words = slotWords(value);
  if (words.includes('@files')) return `${start} -r -F`;
  return `${start} -x${words.length === 0 ? '' : ` -a '(__appsup_offer ${words.join(' ')})'`}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
