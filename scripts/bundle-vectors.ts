// Records one proof bundle a story into test/vectors/bundles.json. A chain that is started anew has other blocks, so they
// are data: recorded again only when the format or the order of reading has changed on purpose.
import { writeFile } from 'node:fs/promises'
import { prove } from '../src/archive/prove.ts'
import { STORIES, tell } from '../test/archive/stories.ts'
import { openHardhat } from '../test/registry/evm.ts'

const evm = await openHardhat()
const { ports, cids } = await tell(evm)
const bundles = []
for (const story of STORIES) {
  const { cid, bytes, block, shown, verdict } = await prove(ports, cids[story])
  const { number, hash, timestamp } = block
  bundles.push({
    story,
    cid: String(cid),
    block: { number: String(number), hash, timestamp },
    shown,
    status: verdict.status,
    ...(verdict.standing !== undefined && { standing: verdict.standing }),
    file: Buffer.from(bytes).toString('base64')
  })
}
await writeFile(
  new URL('../test/vectors/bundles.json', import.meta.url),
  `${JSON.stringify({ bundles }, undefined, 2)}\n`
)
await evm.close()
