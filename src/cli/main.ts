import { isArchiveError } from '../errors.ts'
import type { EnsNaming } from '../registry/ens.ts'
import type { Command, Result } from './command.ts'
import { commandsFor } from './commands.ts'
import { type ExitCode, exitOfError, FAILURE, isAbort, OK } from './exit.ts'
import { failureJson, failureLines } from './failure.ts'
import { packageVersion } from './files.ts'
import type { Host } from './host.ts'
import { withNearest } from './naming.ts'
import { createOutput, type Output } from './output.ts'
import { type Asked, type Invocation, parseArguments } from './program.ts'
import { createSession } from './session.ts'
import { readSettings } from './settings.ts'

/** The columns of a help that goes to no terminal. */
const UNKNOWN_WIDTH = 80

/**
 * Runs one command line and answers with its exit code. Never rejects; everything it opens is closed again.
 * @param argv what was typed after the program's name
 */
export async function main(argv: readonly string[], host: Host): Promise<ExitCode> {
  // The command line may be wrong, and even that must be told in the language that was asked for.
  const options = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const said = (...flags: readonly string[]): boolean => flags.some((one) => options.includes(one))
  const out = createOutput({
    ...host,
    json: said('--json'),
    quiet: said('-q', '--quiet'),
    verbose: said('-v', '--verbose')
  })
  let command: string | undefined
  try {
    const commands = await commandsFor(argv)
    const parsed = parseArguments(argv, {
      commands,
      version: packageVersion(),
      columns: host.stdout.columns ?? UNKNOWN_WIDTH
    })
    if (isAsked(parsed)) return tellAsked(parsed, out)
    command = parsed.command.name
    return tell(await execute(parsed, commands, host, out), command, out)
  } catch (error) {
    return tellFailure(error, command, out)
  }
}

const isAsked = (parsed: Invocation | Asked): parsed is Asked => !('command' in parsed)

async function execute(
  { command, args, options, typed }: Invocation,
  commands: readonly Command[],
  host: Host,
  out: Output
): Promise<Result> {
  const signal = host.signal ?? new AbortController().signal
  signal.throwIfAborted()
  const settings = await readSettings(typed, host, command.archive ?? 'nearest')
  const session = createSession({ settings, host, out })
  const unwatch = out.watch(command.isEndless ? undefined : command.name, signal)
  try {
    const result = await command.run({ host, settings, typed, session, out, signal, commands }, args, options)
    return withNamings(result, session.namings())
  } catch (error) {
    if (signal.aborted) throw interrupted(error)
    throw await withNearest(error, session, signal)
  } finally {
    await session.close()
    unwatch()
  }
}

/** What was said of the names that were typed is part of every answer that rests on it. */
const withNamings = (result: Result, namings: readonly EnsNaming[]): Result =>
  namings.length === 0 ? result : { ...result, json: { ...(result.json as object), names: namings } }

/** What an interrupt breaks off may fail in words of its own. What was sent and is not mined yet has to be told still. */
const interrupted = (error: unknown): unknown =>
  isAbort(error) || isArchiveError(error, 'TRANSACTION_PENDING')
    ? error
    : Object.assign(new DOMException('interrupted', 'AbortError'), { cause: error })

function tell({ json, lines = [], bytes, exit = OK, failure }: Result, command: string, out: Output): ExitCode {
  if (out.json) {
    out.document(failure === undefined ? json : { ...(json as object), error: failureJson(failure) })
  } else {
    if (bytes !== undefined) out.bytes(bytes)
    for (const line of lines) out.line(line)
    if (failure !== undefined) out.error(failureLines(failure))
  }
  return failure === undefined ? exit : exitOfError(failure, command)
}

function tellAsked(asked: Asked, out: Output): ExitCode {
  const text = 'help' in asked ? asked.help : asked.version
  if (out.json) out.document(asked)
  else for (const line of text.trimEnd().split('\n')) out.line(line)
  return OK
}

function tellFailure(error: unknown, command: string | undefined, out: Output): ExitCode {
  const reached = out.advanced()
  if (out.json) out.document({ error: failureJson(error, reached) })
  else out.error(failureLines(error, reached))
  return exitOfError(error, command)
}

const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const

/** Milliseconds for what lingers: timers of libp2p run on for two seconds after it has ended. */
const LINGER = 50

/** Runs the command line of this process. */
export async function run(process: NodeJS.Process): Promise<ExitCode> {
  const interrupt = new AbortController()
  const onInterrupt = (): void => {
    // A second one is not caught, so it ends at once whatever does not heed the first.
    for (const name of INTERRUPTS) process.off(name, onInterrupt)
    interrupt.abort()
  }
  for (const name of INTERRUPTS) process.on(name, onInterrupt)
  // Whoever reads may stop reading, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(OK)
    process.stderr.write(`error: the output cannot be written: ${error.code ?? 'it failed'}\n`)
    process.exit(FAILURE)
  })
  const { env, stdin, stdout, stderr } = process
  const host: Host = { env, stdin, stdout, stderr, cwd: process.cwd(), signal: interrupt.signal }
  const code = await main(process.argv.slice(2), host)
  // Everything is closed. What has been written leaves first, and nothing of this keeps the process alive.
  setTimeout(() => stdout.write('', () => process.exit(code)), LINGER).unref()
  return code
}
