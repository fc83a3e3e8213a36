import { CommanderError, type Help, Option, Command as Program } from 'commander'
import type { Command, Options, Values } from './command.ts'
import type { GlobalOptions } from './settings.ts'
import { UsageError } from './usage.ts'

/** A command line that was understood. */
export interface Invocation {
  readonly command: Command
  readonly args: readonly string[]
  readonly options: Values<Options>
  readonly typed: GlobalOptions
}

/** Text that was asked for in place of a command. */
export type Asked = { readonly help: string } | { readonly version: string }

/** What a command line may ask for. */
export interface Understood {
  readonly commands: readonly Command[]
  readonly version: string
  /** How many columns help may take. */
  readonly columns: number
}

const STARTS = [
  ['trend-archive init', 'make an archive in this folder'],
  ['trend-archive publish report.md', 'pin a draft and record that you stand by it'],
  ['trend-archive verify <cid>', 'say who stands by a document, and whom you had to trust']
] as const

const MORE = `
The network is the local dev chain unless you name another one: start one with anvil or hardhat node, and run \
trend-archive deploy once. Every command explains itself: trend-archive <command> --help

Keys come from a keystore (--account) or the environment (PRIVATE_KEY), never from the command line.

Exit codes: 0 ok · 1 failure · 2 usage · 3 refuted · 4 key missing or refused · 5 not found · 6 network · \
7 inconclusive · 130 interrupted. stdout is data, stderr is everything else; with --json stdout is exactly one JSON document.`

/** Reads a command line. Nothing is done yet. @throws UsageError with what was meant, where that can be guessed */
export function parseArguments(argv: readonly string[], understood: Understood): Invocation | Asked {
  const { commands, version, columns } = understood
  let written = ''
  let chosen: Invocation | undefined
  const program = new Program('trend-archive')
    .description('Git refs for IPFS: pin trend documents, record their CIDs, verify who stands by them.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        written += text
      },
      // Help that nobody asked for in so many words, where the command is missing.
      writeErr: (text) => {
        written += text
      },
      outputError: () => undefined,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns
    })
    .configureHelp({ showGlobalOptions: false, helpWidth: columns, minWidthToWrap: 20 })
    .addHelpText('after', ({ command }) => startOf(command.createHelp(), columns))
  for (const option of globalOptions()) program.addOption(option)
  for (const command of commands) {
    const child = program.command(`${command.name} ${command.arguments}`.trimEnd())
    child
      .summary(command.summary)
      .description([`${capital(command.summary)}.`, command.about].filter(Boolean).join('\n\n'))
    const options = Object.entries(command.options).map(([name, spec]) => ({ name, spec, option: optionOf(spec) }))
    for (const { option } of options) child.addOption(option)
    child.addHelpText('after', examplesOf(command, child.createHelp(), columns))
    child.action((...given: unknown[]) => {
      const typed = child.opts<Record<string, unknown>>()
      const values = options.map(({ name, spec, option }) => [name, spec.read(typed[option.attributeName()])])
      const args = given.slice(0, child.registeredArguments.length).flat() as readonly string[]
      chosen = { command, args, options: Object.fromEntries(values), typed: program.opts() }
    })
  }
  try {
    program.parse(withBare(argv, commands), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.version') return { version }
    if (error.exitCode === 0 || error.code === 'commander.help') {
      const topic = topicOf(program.args)
      // Commander explains the program where nothing is called that: it is refused as a command of that name is.
      return topic === undefined || isNamed(topic, commands) ? { help: written } : parseArguments([topic], understood)
    }
    throw usageOf(error, argv, commands)
  }
  return chosen ?? { help: written }
}

/** What `help` was asked about. */
const topicOf = ([first, topic]: readonly string[]): string | undefined => (first === 'help' ? topic : undefined)

const isNamed = (topic: string, commands: readonly Command[]): boolean =>
  topic === 'help' || commands.some(({ name }) => name === topic)

function startOf(help: Help, columns: number): string {
  const widest = Math.max(...STARTS.map(([line]) => line.length))
  const starts = STARTS.map(([line, does]) => help.formatItem(line, widest, does, help))
  return ['\nStart with:', ...starts, help.boxWrap(MORE, columns)].join('\n')
}

/** The options that every command takes. */
export function globalOptions(): readonly Option[] {
  return [
    new Option('--network <chain>', 'CAIP-2 id or name (default: what init kept, else the local dev chain)'),
    new Option(
      '--rpc-url <url>',
      'the node to ask; several, with commas or repeated, must agree; also RPC_URL (default on the local dev chain: http://127.0.0.1:8545)'
    ).argParser((url: string, before: string | undefined) => (before === undefined ? url : `${before},${url}`)),
    new Option('--quorum <n>', 'how many of several nodes must agree (default: all but one, and both of two)'),
    new Option(
      '--ens-rpc-url <url>',
      'the node of eip155:1 to ask what alice.eth means; also ENS_RPC_URL (default: --rpc-url on eip155:1)'
    ),
    new Option('--registry <address>', 'the registry to rely on, on a chain that the address book does not know'),
    new Option('--archive <folder>', 'also TREND_ARCHIVE_HOME (default: the nearest .trend-archive upwards)'),
    new Option('--gateway <url>', 'one more place to read from; repeatable').argParser(collect),
    new Option('--allow-private', 'let gateways be on a private network; also TREND_ARCHIVE_PRIVATE'),
    new Option('--peer <multiaddr>', 'one more node to read from by bitswap; repeatable').argParser(collect),
    new Option('--swarm-key <file>', "key of the peers' closed network (default: swarm.key in the archive's folder)"),
    new Option(
      '--account <keystore>',
      'file or name of an encrypted keystore; password: TREND_ARCHIVE_PASSWORD or asked'
    ),
    new Option('--json', 'one JSON document on stdout'),
    new Option('-q, --quiet', 'say nothing but results and errors'),
    new Option('-v, --verbose', 'say what is going on'),
    new Option('--no-input', 'never ask anything')
  ]
}

function optionOf({ flags, help, repeatable, choices }: Options[string]): Option {
  const option = new Option(flags, help)
  if (choices !== undefined) option.choices(choices)
  return repeatable ? option.argParser(collect) : option
}

/** An option that is typed alone gets an empty value, else commander takes the argument behind it for its value. */
function withBare(argv: readonly string[], commands: readonly Command[]): readonly string[] {
  const bare = commands
    .flatMap(({ options }) => Object.values(options))
    .filter(({ isBare }) => isBare)
    .map(({ flags }) => flags.split(' ')[0])
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  return argv.map((text, i) => (i < end && bare.includes(text) ? `${text}=` : text))
}

const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text]

/** What is to be copied stays on one line, however long. */
function examplesOf({ examples }: Command, help: Help, columns: number): string {
  const indent = ' '.repeat(6)
  const explained = (does: string): string => help.boxWrap(does, columns - indent.length).replace(/^/gm, indent)
  const lines = examples.map(([line, does]) => `  ${line}\n${explained(does)}`)
  return `\nExample${examples.length === 1 ? '' : 's'}:\n${lines.join('\n')}\n\nOptions of every command: trend-archive --help`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** What commander says, with its guess as the hint; else where to read on. */
function usageOf({ message }: CommanderError, argv: readonly string[], commands: readonly Command[]): UsageError {
  const [said = '', guess] = message.replace(/^error: /, '').split('\n')
  const named = commands.find(({ name }) => argv.includes(name))
  const help = named === undefined ? 'trend-archive --help' : `trend-archive ${named.name} --help`
  const example = named?.examples[0]?.[0]
  const elsewhere = `${example === undefined ? '' : `e.g. ${example} · `}read ${help}`
  return new UsageError(said, guess === undefined ? elsewhere : `${guess.replace(/^\(|\)$/g, '')} · read ${help}`)
}
