import { follow } from '../../archive/resolve.ts'
import type { Bytes32, TrendCid } from '../../block/cid.ts'
import type { BlockTag } from '../../registry/registry.ts'
import { writeStream } from '../car-file.ts'
import { type Command, type Context, command, flag, text, value } from '../command.ts'
import { nameOf } from '../naming.ts'
import { fileNameOf, proofJson, proofLines, proving, tellProving } from '../proving.ts'
import { UsageError } from '../usage.ts'

export const prove: Command = command({
  name: 'prove',
  arguments: '<name>',
  summary: 'write a proof of how a document stands, which verifies without a network',
  about:
    'The file has the document, the header of a block, and what leads from that header to all that the registry says ' +
    'of the document: no node need be believed for it, now or later. Whoever verifies it needs the hash of the block ' +
    'from a source of their own. Take it soon: of an old block only few nodes can prove anything.',
  examples: [
    ['trend-archive prove edge-computing', 'into edge-computing-v2.trend.car'],
    ['trend-archive prove bagaaiera… -o exhibit.trend.car --at finalized', 'as of the newest final block'],
    ['trend-archive verify exhibit.trend.car --offline --block-hash 0x5c50…', 'on a machine without a network']
  ],
  options: {
    output: text('-o, --output <file>', 'where to write (default: <slug>-v<version>.trend.car)'),
    force: flag('--force', 'overwrite the file'),
    at: value(
      '--at <block>',
      'latest, safe, finalized, a height, or a hash (default: what the network counts as sure)',
      parseAt
    )
  },
  async run(context, [named = ''], { output, force, at }) {
    const { host, session, out, signal } = context
    const cid = await meant(context, named)
    const { prove: make } = await proving()
    const ports = { sources: await session.sources(), chains: await session.provableChains() }
    const proof = await make(ports, cid, { at, signal, onProgress: tellProving(out) })
    const file = output ?? fileNameOf(proof.document)
    await writeStream(host, file, [proof.bytes], { force })
    out.note(`verify it anywhere: trend-archive verify ${file} --offline --block-hash ${proof.block.hash}`)
    out.note(
      'whoever does needs the hash of the block from a source of their own; online verify asks the network for it'
    )
    return { json: proofJson(file, proof), lines: proofLines(file, proof) }
  }
})

async function meant({ session, signal }: Context, named: string): Promise<TrendCid> {
  const name = await nameOf(named, session)
  if (name.by === 'cid') return name.cid
  const ports = { sources: await session.sources(), registries: await session.registries() }
  return (await follow(ports, name, { signal })).cid
}

const TAGS: readonly string[] = ['latest', 'safe', 'finalized']

function parseAt(text: string): BlockTag | bigint | Bytes32 {
  if (TAGS.includes(text)) return text as BlockTag
  if (/^0x[0-9a-f]{64}$/i.test(text)) return text.toLowerCase() as Bytes32
  if (/^[0-9]{1,15}$/.test(text)) return BigInt(text)
  throw new UsageError(
    `'${text}' is no block`,
    'a block is latest, safe, finalized, a height, or a hash of 0x and 64 hex digits'
  )
}
