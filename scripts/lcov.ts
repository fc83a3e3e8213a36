/** What a run of tests reached of one file. */
export interface Reached {
  /** How often each line that does something was run. */
  readonly lines: ReadonlyMap<number, number>
  readonly functions: readonly { readonly name: string; readonly line: number; readonly hits: number }[]
  readonly branches: readonly { readonly line: number; readonly hits: number }[]
}

/** Something that no test reached. */
export interface Gap {
  readonly file: string
  readonly line: number
  readonly what: string
}

/** Reads a tracefile as the manual of geninfo describes it: a section a file, a record a line. */
export function parseLcov(text: string): ReadonlyMap<string, Reached> {
  const sections = text.split(/^end_of_record$/m).filter((section) => /^SF:/m.test(section))
  return new Map(sections.map((section) => [recordsOf(section, 'SF')[0]!.join(), reachedOf(section)]))
}

function reachedOf(section: string): Reached {
  const calls = new Map(recordsOf(section, 'FNDA').map(([hits, name]) => [name, Number(hits)]))
  return {
    lines: new Map(recordsOf(section, 'DA').map(([line, hits]) => [Number(line), Number(hits)])),
    functions: recordsOf(section, 'FN').map(([line, name = '']) => {
      return { name, line: Number(line), hits: calls.get(name) ?? 0 }
    }),
    // `line,block,branch,hits`, with `-` for the hits where the branching was never come to.
    branches: recordsOf(section, 'BRDA').map(([line, , , hits]) => ({ line: Number(line), hits: Number(hits) || 0 }))
  }
}

function recordsOf(section: string, key: string): readonly (readonly string[])[] {
  return [...section.matchAll(new RegExp(`^${key}:(.*)$`, 'gm'))].map(([, value = '']) => value.split(','))
}

/** All that was not reached of a file, in the order of its lines. */
export function gapsOf(file: string, { lines, functions, branches }: Reached): readonly Gap[] {
  const gaps = [
    ...[...lines].map(([line, hits]) => ({ line, hits, what: 'this line is not run, or not all of it' })),
    ...functions.map(({ name, line, hits }) => ({ line, hits, what: `${name} is not called` })),
    ...branches.map(({ line, hits }) => ({ line, hits, what: 'a branch here is not taken' }))
  ]
  const missed = gaps.filter(({ hits }) => hits === 0).sort((a, b) => a.line - b.line)
  return missed.map(({ line, what }) => ({ file, line, what }))
}
