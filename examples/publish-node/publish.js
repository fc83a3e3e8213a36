// PRIVATE_KEY=0x… node publish.js <draft.md> <json-rpc url>
// Publishes one Markdown draft: pinned in ./.trend-archive, recorded on the chain. Run it again, and nothing happens.
import { readFileSync } from 'node:fs'
import { openArchive, parseDraft, parseMarkdown } from 'trend-archive/node'

const [file, rpcUrl] = process.argv.slice(2)
await using archive = await openArchive({ folder: '.trend-archive', rpcUrl, key: process.env.PRIVATE_KEY })
const { steps, receipts } = await archive.publish([parseDraft(parseMarkdown(readFileSync(file, 'utf8')))])

for (const { slug, status, named } of steps) console.log(status, `${slug}@${named.document.version}`, String(named.cid))
for (const { transaction, gasUsed } of receipts) console.log('recorded in', transaction, `${gasUsed} gas`)
