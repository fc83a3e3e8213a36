import type { ExitCode } from './exit.ts'
import type { Host } from './host.ts'
import type { Line, Output } from './output.ts'
import type { Session } from './session.ts'
import type { GlobalOptions, Place, Settings } from './settings.ts'
import { UsageError } from './usage.ts'

/** What a command is given to do its work. */
export interface Context {
  readonly host: Host
  readonly settings: Settings
  /** The global options as they were typed. */
  readonly typed: GlobalOptions
  readonly session: Session
  readonly out: Output
  readonly signal: AbortSignal
  /** The commands that were loaded; to `completion` every one that there is. */
  readonly commands: readonly Command[]
}

/** What a command has to say, in both languages, and how the process ends. */
export interface Result {
  readonly json: unknown
  readonly lines?: readonly Line[] | undefined
  /** Exact bytes in place of lines. */
  readonly bytes?: Uint8Array | undefined
  /** @default 0 */
  readonly exit?: ExitCode | undefined
  /** What ended the work early; told after what was found until then. */
  readonly failure?: unknown
}

/** An option: how it is typed, what it does, and how its value is read. */
export interface Option<Value> {
  readonly flags: string
  readonly help: string
  readonly repeatable: boolean
  readonly choices?: readonly string[] | undefined
  /** Whether its value, if it has one, is behind a `=`. */
  readonly isBare?: boolean | undefined
  /** Reads what was typed. @throws UsageError */
  readonly read: (typed: unknown) => Value
}

export type Options = Readonly<Record<string, Option<unknown>>>
export type Values<Of extends Options> = {
  readonly [Name in keyof Of]: Of[Name] extends Option<infer Value> ? Value : never
}

/** One command: what it is called, how it is explained, and what it does. */
export interface Command<Of extends Options = Options> {
  readonly name: string
  /** As commander spells arguments: `<file...>`. */
  readonly arguments: string
  /** One line in the list of commands. */
  readonly summary: string
  /** A few sentences for its own help. */
  readonly about?: string | undefined
  /** Command lines to copy, each with what it does. */
  readonly examples: readonly (readonly [commandLine: string, does: string])[]
  readonly options: Of
  /** @default 'nearest' */
  readonly archive?: Place | undefined
  /** Whether it goes on until it is interrupted, so that its silence means nothing. @default false */
  readonly isEndless?: boolean | undefined
  readonly run: (context: Context, args: readonly string[], options: Values<Of>) => Promise<Result>
}

/** Checks a command's options against its `run`, and forgets their types for the list of all commands. */
export const command = <Of extends Options>(spec: Command<Of>): Command => spec as unknown as Command

export const flag = (flags: string, help: string): Option<boolean> => ({
  flags,
  help,
  repeatable: false,
  read: (typed) => typed === true
})

/** `--no-…`: on unless it is typed. */
export const unless = (flags: string, help: string): Option<boolean> => ({
  flags,
  help,
  repeatable: false,
  read: (typed) => typed !== false
})

export const text = (flags: string, help: string): Option<string | undefined> => value(flags, help, (typed) => typed)

export const value = <Value>(
  flags: string,
  help: string,
  parse: (text: string) => Value
): Option<Value | undefined> => ({
  flags,
  help,
  repeatable: false,
  read: (typed) => (typeof typed === 'string' ? parsed(flags, typed, parse) : undefined)
})

/** `--name` or `--name=value`: empty where it is typed alone, so that what follows it stays an argument. */
export const maybe = (flags: `${string} [=${string}]`, help: string): Option<string | undefined> => ({
  ...text(flags, help),
  isBare: true
})

export const values = <Value>(
  flags: string,
  help: string,
  parse: (text: string) => Value
): Option<readonly Value[]> => ({
  flags,
  help,
  repeatable: true,
  read: (typed) => (Array.isArray(typed) ? typed.map((text) => parsed(flags, String(text), parse)) : [])
})

export const choice = <const Of extends string>(
  flags: string,
  help: string,
  choices: readonly Of[]
): Option<Of | undefined> => ({ flags, help, repeatable: false, choices, read: (typed) => typed as Of | undefined })

function parsed<Value>(flags: string, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error
    const { hint } = error as { readonly hint?: string | undefined }
    throw new UsageError(`option '${flags}': ${error.message}`, hint)
  }
}

/** A table's rows as lines, each column as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  )
}
