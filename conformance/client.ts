/** This implementation, driven by the protocol of the kit. */
import { readFile } from 'node:fs/promises'
import { cidOf, isArchiveError, parseCid, readDocument, toBytes32 } from 'trend-archive'

type Ask = (words: readonly string[]) => Promise<{ readonly exit: number; readonly answer: object }>

const ASKS: Readonly<Record<string, Ask>> = {
  async document([file = '']) {
    const bytes = new Uint8Array(await readFile(file))
    readDocument(bytes)
    return { exit: 0, answer: { cid: String(await cidOf(bytes)) } }
  },
  async cid([text = '']) {
    return { exit: 0, answer: { digest: toBytes32(parseCid(text)) } }
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
