/**
 * `npm run test:conformance [-- [--only <group>] <command>…]`: puts every case of `conformance/cases` to an implementation, which is driven
 * by the protocol of `conformance/README.md`; without a command, to ours. Ends with one line of figures, and with 1 where
 * an answer is wrong or does not come in time.
 */
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'

const FOLDER = fileURLToPath(new URL('../conformance/', import.meta.url))
const OURS = [process.execPath, join(FOLDER, 'client.ts')]
/** Milliseconds until a case that is not answered counts as missed. */
const TIMEOUT = 20_000

/** What `case.json` says. */
interface Case {
  readonly about: string
  /** The words after the command; `@name` is a file of the case's folder. */
  readonly ask: readonly string[]
  readonly exit: number
  /** Members that the answer must have, and with which values. */
  readonly answer?: Readonly<Record<string, unknown>>
}

interface Answer {
  readonly exit: number | undefined
  readonly out: string
}

const words = process.argv.slice(2)
const only = words[0] === '--only' ? words.splice(0, 2)[1] : '*'
const [program = '', ...before] = words.length > 0 ? words : OURS

const answerOf = (folder: string, ask: readonly string[]): Promise<Answer> =>
  new Promise((resolve) => {
    const put = ask.map((word) => (word.startsWith('@') ? join(folder, word.slice(1)) : word))
    const options = { timeout: TIMEOUT, maxBuffer: 16 * 1024 * 1024, encoding: 'utf8' } as const
    execFile(program, [...before, ...put], options, (error, out) => {
      const code = error === null ? 0 : error.code
      resolve({ exit: typeof code === 'number' ? code : undefined, out })
    })
  })

/** What is wrong with an answer. */
function faultIn({ exit, answer = {} }: Case, got: Answer): string | undefined {
  if (got.exit === undefined) return 'no answer: it was killed, or took too long'
  if (got.exit !== exit) return `exit code ${got.exit}, and not ${exit}: ${got.out.trim().slice(0, 200)}`
  const told = parse(got.out)
  const wrong = Object.entries(answer).find(([name, value]) => !isDeepStrictEqual(told[name], value))
  return wrong && `${wrong[0]} is ${JSON.stringify(told[wrong[0]])}, and not ${JSON.stringify(wrong[1])}`
}

function parse(out: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(out))
  } catch {
    return {}
  }
}

const folders = globSync(`cases/${only}/*/case.json`, { cwd: FOLDER })
  .map((file) => join(FOLDER, dirname(file)))
  .sort()
const waiting = folders.values()
let missed = 0
let refusals = 0
const work = async (): Promise<void> => {
  for (const folder of waiting) {
    const one = JSON.parse(await readFile(join(folder, 'case.json'), 'utf8')) as Case
    if (one.exit !== 0) refusals++
    const fault = faultIn(one, await answerOf(folder, one.ask))
    if (fault === undefined) continue
    missed++
    console.log(`MISSED  ${basename(dirname(folder))}/${basename(folder)}: ${one.about}\n        ${fault}`)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work))

const right = folders.length - missed
console.log(`conformance: ${right}/${folders.length} cases answered rightly, ${refusals} of them must not be accepted`)
process.exitCode = missed === 0 && folders.length > 0 ? 0 : 1
