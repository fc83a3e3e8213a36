/** Publishes drafts in several transactions, as an application would, and says what has happened so far. */
import { writeSync } from 'node:fs'
import { openArchive } from '../../src/node.ts'
import { PUBLISHED_AT_ONCE, trendDrafts } from './drafts.ts'

const [folder = '', rpcUrl = '', prefix = ''] = process.argv.slice(2)
const archive = await openArchive({ folder, rpcUrl, key: process.env.PRIVATE_KEY ?? '' })
const onProgress = ({ type }: { readonly type: string }): void => {
  if (type !== 'planned') writeSync(1, `${type}\n`)
}
const drafts = trendDrafts(prefix)
for (let i = 0; i < drafts.length; i += PUBLISHED_AT_ONCE) {
  await archive.publish(drafts.slice(i, i + PUBLISHED_AT_ONCE), { onProgress })
}
await archive[Symbol.asyncDispose]()
