import { styleText } from 'node:util'
import type { Advance } from '../options.ts'
import { visible } from './escape.ts'
import { plain } from './plain.ts'
import { type Advanced, createProgress, type Manner } from './progress.ts'
import type { Sink } from './sink.ts'

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow'
/** A piece of a line; the text may come from anywhere. */
export type Span = string | { readonly text: string; readonly style: Style }
export type Line = Span | readonly Span[]

export type Environment = Readonly<Record<string, string | undefined>>

export interface OutputOptions {
  readonly stdout: Sink
  readonly stderr: Sink
  readonly env: Environment
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/** Something that happened on the way, as it is told in JSON. */
export interface Event {
  readonly type: string
}

/**
 * The one place where lines leave the program. stdout is data and stderr is everything else. What is unsafe on a
 * terminal leaves escaped, and a secret of the environment does not leave at all.
 */
export interface Output {
  readonly json: boolean
  /** Keeps the secrets of more variables of the environment from leaving. */
  conceal: (names: readonly string[]) => void
  /** Hides whatever of a URL is nobody's business but its server's. */
  concealUrl: (url: string) => void
  readonly verbose: boolean
  /** Data, a line at a time. */
  line: (line: Line) => void
  /** Data as one JSON document. */
  document: (value: unknown) => void
  /** Data exactly as it is; on a terminal escaped, and ended with a newline. */
  bytes: (bytes: Uint8Array) => void
  /** Something a person should know. */
  note: (message: string) => void
  /** Whom something that was typed is taken to mean: not even `--quiet` silences it. */
  disclose: (message: string) => void
  /**
   * How far a long work is: on a terminal and when asked for, or as a JSON document a line. What has `advanced` is drawn
   * as a bar, for which `text` is the name of the work, without figures.
   */
  progress: (event: Event | Advance, text: string) => void
  /** How far the long work was that was told of last. */
  advanced: () => Advanced | undefined
  /**
   * Minds a command until the function is called that this returns: where there is a name, there is a sign of life while
   * there is nothing else to see, and an interrupt is acknowledged.
   */
  watch: (name: string | undefined, signal: AbortSignal) => () => void
  /** Leaves the terminal to whoever asks a person there. */
  asking: <Answer>(ask: () => Promise<Answer>) => Promise<Answer>
  /** What went wrong, which even `--quiet` does not silence. */
  error: (lines: readonly Line[]) => void
}

/** The columns of a terminal that does not say how many it has. */
const UNKNOWN_WIDTH = 80

const SECRETS = [
  'PRIVATE_KEY',
  'TREND_ARCHIVE_PASSWORD',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN'
] as const
/** A shorter one would be met by chance, and is worth little. */
const SHORTEST_SECRET = 8
/** Keys in the paths of URLs have 16 letters and more. */
const SHORTEST_KEY = 16

export function createOutput({ stdout, stderr, env, json, quiet, verbose }: OutputOptions): Output {
  const secrets: string[] = []
  let hide = hiding(secrets)
  const conceal = (names: readonly string[]): void => {
    secrets.push(...names.flatMap((name) => env[name] ?? []))
    hide = hiding(secrets)
  }
  const concealUrl = (text: string): void => {
    const { username, password, pathname, search, searchParams } = new URL(text)
    // Shorter parts of a path are words, as `ethereum`.
    const keys = pathname.split('/').filter((part) => part.length >= SHORTEST_KEY)
    secrets.push(username, password, ...keys, search.slice(1), ...searchParams.values())
    hide = hiding(secrets)
  }
  conceal(SECRETS)
  const clean = (text: string): string => visible(hide(text))
  const paint = (line: Line, sink: Sink): string => {
    const coloured = isColoured(sink, env)
    const spans: readonly Span[] = Array.isArray(line) ? line : [line as Span]
    return spans
      .map((span) => {
        if (typeof span === 'string') return clean(span)
        return coloured ? styleText(span.style, clean(span.text), { validateStream: false }) : clean(span.text)
      })
      .join('')
  }
  const putRaw = (sink: Sink, line: Line): void => {
    sink.write(`${paint(line, sink)}\n`)
  }
  const dim = (text: string): Line => ({ text, style: 'dim' })
  const shown = createProgress({
    manner: mannerOf({ stderr, env, json, quiet, verbose }),
    write: (text) => stderr.write(text),
    line: (text) => putRaw(stderr, dim(text)),
    json: (value) => putRaw(stderr, JSON.stringify(plain(value))),
    clean,
    columns: () => stderr.columns ?? UNKNOWN_WIDTH
  })
  const put = (sink: Sink, line: Line): void => {
    // Data may go to the same terminal as the bar.
    shown.clear()
    putRaw(sink, line)
  }
  const putJson = (sink: Sink, value: unknown): void => put(sink, JSON.stringify(plain(value)))
  const tell = (message: string): void => {
    if (json) putJson(stderr, { type: 'note', message })
    else put(stderr, dim(message))
  }
  return {
    json,
    conceal,
    concealUrl,
    verbose,
    line: (line) => put(stdout, line),
    document: (value) => putJson(stdout, value),
    bytes: (bytes) => {
      shown.clear()
      if (stdout.isTTY) putRaw(stdout, new TextDecoder().decode(bytes))
      else stdout.write(bytes)
    },
    note: (message) => {
      if (!quiet) tell(message)
    },
    disclose: (message) => tell(message),
    progress: (event, text) => {
      if (isAdvance(event)) shown.advance(event, text)
      else if (quiet) return
      else if (json) putJson(stderr, event)
      else if (stderr.isTTY || verbose) put(stderr, dim(text))
    },
    advanced: shown.last,
    watch: shown.watch,
    asking: shown.pauseFor,
    error: (lines) => {
      for (const line of lines) put(stderr, line)
    }
  }
}

const isAdvance = (event: Event | Advance): event is Advance => event.type === 'advanced' && 'unit' in event

/** A bar needs a terminal that can go back to the start of a row. */
function mannerOf({ stderr, env, json, quiet, verbose }: Omit<OutputOptions, 'stdout'>): Manner {
  if (quiet) return 'silent'
  if (json) return 'json'
  if (stderr.isTTY && env.TERM !== 'dumb') return 'bar'
  return stderr.isTTY || verbose ? 'log' : 'silent'
}

function isColoured({ isTTY }: Sink, { NO_COLOR, TERM }: Environment): boolean {
  return isTTY === true && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb'
}

/** The last line of defence: nothing is meant to print a secret, and if something did, it would not get out. */
function hiding(secrets: readonly string[]): (text: string) => string {
  const bare = secrets
    .map((secret) => secret.trim().replace(/^0x/i, ''))
    .filter((text) => text.length >= SHORTEST_SECRET)
  if (bare.length === 0) return (text) => text
  const pattern = new RegExp(bare.map((secret) => secret.replace(/\W/g, '\\$&')).join('|'), 'gi')
  return (text) => text.replace(pattern, '[hidden]')
}
