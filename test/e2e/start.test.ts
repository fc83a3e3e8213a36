import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { readCorpus } from '../../scripts/corpus.ts'
import { toBlock } from '../../src/block/block.ts'
import type { Json } from '../../src/document/canonical.ts'
import { complete, completeEdition } from '../../src/document/draft.ts'
import { entriesOf } from '../../src/document/edition.ts'
import { PUBLISHER } from '../world.ts'

const run = promisify(execFile)
const SCRIPT = new URL('../../scripts/start.ts', import.meta.url).pathname
const GOLDEN: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../vectors/corpus.json', import.meta.url), 'utf8')
)
const homes = mkdtempSync(join(tmpdir(), 'trend-archive-start-'))
afterAll(() => rmSync(homes, { recursive: true }))

const start = async (home: string, ...options: readonly string[]): Promise<string> => {
  const env = { ...process.env, TREND_ARCHIVE_HOME: join(homes, home) }
  return (await run(process.execPath, [SCRIPT, ...options], { env })).stdout
}
const cidsIn = (text: string): readonly string[] => text.match(/bagaaiera[a-z2-7]{52}/g) ?? []

describe('the first edition', () => {
  it('has the same CIDs on every machine, with no chain and no store', async () => {
    const { edition, members, updates } = readCorpus()
    const placed = async (document: unknown) => ({ ...(await toBlock(document as Json)), document })
    const place = { publisher: PUBLISHER, version: 1, published: '' }
    const first = await Promise.all(
      members.map((draft) => placed(complete({ ...draft, edition: edition.slug }, place)))
    )
    const listed = first.map(({ cid, document }) => ({
      cid: String(cid),
      document: document as ReturnType<typeof complete>
    }))
    const whole = await placed(completeEdition(edition, entriesOf(listed), place))
    const second = await Promise.all(
      updates.map((draft) => {
        const previous = listed.find(({ document }) => document.slug === draft.slug)!.cid
        return placed(complete(draft, { ...place, version: 2, previous }))
      })
    )
    const named = [...first, whole, ...second].map(({ cid, document }) => {
      const { slug, version } = document as { slug: string; version: number }
      return [`${slug}@${version}`, String(cid)] as const
    })
    expect(Object.fromEntries(named)).toEqual(GOLDEN)
  })
})

describe('npm start', () => {
  it('publishes, resolves and verifies the first edition, refuses a forgery, and has nothing to do the second time', async () => {
    const first = await start('anvil')
    expect(first).toMatch(/publish +10 documents and a retraction in 3 transactions/)
    expect(first).toMatch(/pin +11 documents pinned by Helia/)
    expect(first).toMatch(/resolve +10 documents by CID, from an empty Helia node over bitswap/)
    expect(first).toMatch(/forged .* refuted, integrity/)
    expect(cidsIn(first).toSorted()).toEqual(Object.values(GOLDEN).toSorted())
    expect(first.match(/ verified /g)).toHaveLength(9)
    expect(first.match(/ refuted +retracted /g)).toHaveLength(1)

    const second = await start('anvil')
    expect(second).toContain('nothing to publish')
    expect(cidsIn(second)).toEqual(cidsIn(first))
  }, 120_000)

  it('gives the same documents on the chain that stands in where there is no anvil', async () => {
    const output = await start('hardhat', '--hardhat')
    expect(output).toContain('hardhat at http://127.0.0.1')
    expect(cidsIn(output).toSorted()).toEqual(Object.values(GOLDEN).toSorted())
  }, 120_000)
})
