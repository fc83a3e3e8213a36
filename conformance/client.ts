/** This implementation, driven by the protocol of the kit. */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { cidOf, isArchiveError, parseCid, parseJson, readDocument, toBytes32 } from 'trend-archive'
import { parsePolicy } from 'trend-archive/verify'
import { type Address, type Bytes32, verifyBundle } from 'trend-archive/verify/proof'

const EXITS = { verified: 0, refuted: 3, inconclusive: 7 } as const

type Ask = (words: readonly string[]) => Promise<{ readonly exit: number; readonly answer: object }>

const ASKS: Readonly<Record<string, Ask>> = {
  async document([file = '']) {
    const bytes = new Uint8Array(await readFile(file))
    readDocument(bytes)
    return { exit: 0, answer: { cid: String(await cidOf(bytes)) } }
  },
  async cid([text = '']) {
    return { exit: 0, answer: { digest: toBytes32(parseCid(text)) } }
  },
  async bundle(words) {
    const option = { type: 'string' } as const
    const options = { 'block-hash': option, registry: option, now: option, policy: option }
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true })
    const { 'block-hash': blockHash, registry, now, policy } = values
    const verdict = await verifyBundle(new Uint8Array(await readFile(positionals[0] ?? '')), {
      blockHash: blockHash as Bytes32 | undefined,
      ...(registry !== undefined && { registries: { 'eip155:31337': registry as Address } }),
      ...(now !== undefined && { now: Number(now) }),
      ...(policy !== undefined && { policy: parsePolicy(parseJson(new Uint8Array(await readFile(policy)))) })
    })
    const { status, standing, publisher, document } = verdict
    return { exit: EXITS[status], answer: { status, standing, publisher, version: document?.version } }
  }
}

const [name = '', ...words] = process.argv.slice(2)
const ask = ASKS[name]
if (ask === undefined) throw new Error(`the protocol knows ${Object.keys(ASKS).join(', ')}`)
try {
  const { exit, answer } = await ask(words)
  console.log(JSON.stringify(answer))
  process.exitCode = exit
} catch (error) {
  if (!isArchiveError(error)) throw error
  console.log(JSON.stringify({ error: error.code }))
  process.exitCode = 1
}
