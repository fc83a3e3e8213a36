/** A process that judges mutants: told a source by its parent, it answers with what became of it. */
import { type CompilerInput, codeOf } from './compiler.ts'
import { openSuite } from './suite.ts'

/** What a worker needs to know once. */
export interface Setting {
  readonly input: CompilerInput
  /** The source that is mutated, by its name in `input`, and the contract in it. */
  readonly source: string
  readonly contract: string
  /** The artifacts of the contracts and of the tests. */
  readonly artifacts: readonly string[]
}

/** What became of one source. */
export interface Judgement {
  /** The creation code; `undefined` where the source does not compile. */
  readonly code: string | undefined
  /** The first test that failed. */
  readonly killer: string | undefined
}

async function judging({
  input,
  source,
  contract,
  artifacts
}: Setting): Promise<(content: string) => Promise<Judgement>> {
  const suite = await openSuite(artifacts, contract)
  return async (content) => {
    const code = codeOf(input, source, contract, content)
    return { code, killer: code === undefined ? undefined : await suite.firstFailure(code) }
  }
}

let judge: ReturnType<typeof judging> | undefined
process.on('message', async (message: Setting | string) => {
  if (typeof message !== 'string') judge = judging(message)
  else process.send?.(await (await judge)?.(message))
})
