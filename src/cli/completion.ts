/** A command line as a shell is to complete it. */
export interface Completable {
  readonly program: string
  readonly options: readonly CompletableOption[]
  readonly commands: readonly {
    readonly name: string
    readonly summary: string
    /** What its first argument may be, where it is one of a few words; else it may be a file. */
    readonly choices?: readonly string[] | undefined
    readonly options: readonly CompletableOption[]
  }[]
}

export interface CompletableOption {
  /** As commander spells them: `-q, --quiet`, `--reason <reason>`. */
  readonly flags: string
  readonly help: string
  readonly choices?: readonly string[] | undefined
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** A script that teaches a shell to complete a program's command lines. */
export const completionScript = (shell: Shell, line: Completable): string => SCRIPTS[shell](line)

const namesOf = ({ flags }: CompletableOption): readonly string[] => flags.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? []

const takesValue = ({ flags }: CompletableOption): boolean => flags.includes('<')

/** A word in single quotes, as every shell takes it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const words = (all: readonly string[]): string => quoted(all.join(' '))

function bash({ program, options, commands }: Completable): string {
  const valued = (all: readonly CompletableOption[]): readonly string[] => all.filter(takesValue).flatMap(namesOf)
  const values = commands.flatMap(({ name, options }) =>
    options.filter(takesValue).map((option) => {
      const flags = namesOf(option).map((flag) => `${name}:${flag}`)
      return `    ${flags.join('|')}) ${option.choices === undefined ? 'return' : `words=${words(option.choices)}`} ;;`
    })
  )
  const args = commands.flatMap(({ name, choices }) =>
    choices === undefined ? [] : [`    ${name}) words=${words(choices)} ;;`]
  )
  const perCommand = commands.map(({ name, options }) => `    ${name}) words=${words(options.flatMap(namesOf))} ;;`)
  return `_trend_archive() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
    ${valued(options).join('|')}) ((i++)) ;;
    -*) ;;
    *) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command:$prev in
${values.join('\n')}
    *:${valued(options).join('|*:')}) return ;;
  esac
  if [[ -z $words && $cur == -* ]]; then
    case $command in
${perCommand.join('\n')}
    esac
    words+=" "${words(options.flatMap(namesOf))}
  elif [[ -z $words && -z $command ]]; then
    words=${words(commands.map(({ name }) => name))}
  elif [[ -z $words ]]; then
    case $command in
${args.join('\n')}
    esac
  fi
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _trend_archive ${program}
`
}

function zsh({ program, options, commands }: Completable): string {
  /** What \`_arguments\` takes: brackets and colons have a meaning there. */
  const plain = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&')
  const specOf = (option: CompletableOption): readonly string[] =>
    namesOf(option).map((flag) => {
      const value = option.choices === undefined ? ':value:_files' : `:value:(${option.choices.join(' ')})`
      return quoted(`*${flag}[${plain(option.help)}]${takesValue(option) ? value : ''}`)
    })
  const cases = commands.map(({ name, choices, options }) => {
    const rest = choices === undefined ? "'*:file:_files'" : quoted(`1:which:(${choices.join(' ')})`)
    return `    ${name}) _arguments $globals ${[...options.flatMap(specOf), rest].join(' ')} ;;`
  })
  return `#compdef ${program}
_trend_archive() {
  local state line
  local -a commands globals
  globals=(
${options
  .flatMap(specOf)
  .map((spec) => `    ${spec}`)
  .join('\n')}
  )
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  _arguments -C $globals '1:command:->command' '*::argument:->argument'
  if [[ $state == command ]]; then
    _describe command commands
  elif [[ $state == argument ]]; then
    case $line[1] in
${cases.join('\n')}
    esac
  fi
}
if [[ $funcstack[1] == _trend_archive ]]; then _trend_archive "$@"; else compdef _trend_archive ${program}; fi
`
}

function fish({ program, options, commands }: Completable): string {
  const lineOf = (when: string, option: CompletableOption): string => {
    const names = namesOf(option).map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
    const value = option.choices === undefined ? '-r' : `-x -a ${words(option.choices)}`
    return [
      `complete -c ${program}`,
      when,
      ...names,
      ...(takesValue(option) ? [value] : []),
      `-d ${quoted(option.help)}`
    ]
      .filter((part) => part !== '')
      .join(' ')
  }
  const seen = (name: string): string => `-n '__fish_seen_subcommand_from ${name}'`
  const lines = commands.flatMap(({ name, summary, choices, options }) => [
    `complete -c ${program} -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...(choices === undefined ? [] : [`complete -c ${program} ${seen(name)} -f -a ${words(choices)}`]),
    ...options.map((option) => lineOf(seen(name), option))
  ])
  return `${[...options.map((option) => lineOf('', option)), ...lines].join('\n')}\n`
}

const SCRIPTS: Readonly<Record<Shell, (line: Completable) => string>> = { bash, zsh, fish }
