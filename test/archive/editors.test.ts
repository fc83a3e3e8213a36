import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import {
  addEditor,
  checkDisowning,
  disownEditor,
  editorRight,
  editorRights,
  endEditor,
  recordedBy,
  timeText
} from '../../src/archive/editors.ts'
import { publish } from '../../src/archive/publish.ts'
import type { EditionDraft } from '../../src/document/document.ts'
import { toPublisher } from '../../src/document/publisher.ts'
import { editorLog } from '../../src/registry/editor-log.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { openHardhat } from '../registry/evm.ts'
import { draft, PUBLISHER, STRANGER, setEditor, world } from '../world.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const START = 4_000_000_000
const registry = await ethersRegistry({ chain: 'eip155:31337', address: evm.address, signer: evm.wallets[0]! })
const OWN = toPublisher(registry.chain, registry.account)
const EDITOR = STRANGER
const ANOTHER = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const history = { log: editorLog({ address: evm.address, request: evm.request }), firstBlock: 0n }
const EVER = 2n ** 256n - 1n

const refusal = (option: string): object =>
  expect.objectContaining({ code: 'INVALID_OPTION', details: expect.objectContaining({ option }) })
const statusOf = async (): Promise<string> => (await editorRight(registry, OWN, EDITOR)).status
const statuses = async () =>
  (await editorRights(registry, history, OWN)).editors.map(({ editor, status, until }) => ({ editor, status, until }))

beforeEach(async () => {
  await evm.at(START)
  await evm.mine()
})

describe('an editor', () => {
  it('is added until a time, and that time can be moved while it lasts', async () => {
    expect(await statusOf()).toBe('none')
    expect(await addEditor(registry, EDITOR, BigInt(START + 100))).toMatchObject({
      status: 'set',
      before: 0n,
      until: BigInt(START + 100)
    })
    expect(await addEditor(registry, EDITOR, BigInt(START + 100))).toMatchObject({ status: 'unchanged' })
    expect(await addEditor(registry, EDITOR, BigInt(START + 50))).toMatchObject({ before: BigInt(START + 100) })
    expect(await statusOf()).toBe('active')
    await expect(addEditor(registry, EDITOR, BigInt(START - 1))).rejects.toEqual(refusal('until'))
    await expect(addEditor(registry, registry.account, EVER)).rejects.toEqual(refusal('editor'))
  })

  it('is ended at the time of the newest block, once', async () => {
    await addEditor(registry, EDITOR, EVER)
    const { timestamp } = await registry.block('latest')
    await evm.at(START + 500)
    expect(await endEditor(registry, EDITOR)).toMatchObject({ status: 'set', until: BigInt(timestamp) })
    expect(await statusOf()).toBe('ended')
    expect(await endEditor(registry, EDITOR)).toMatchObject({ status: 'unchanged', until: BigInt(timestamp) })
    expect(await endEditor(registry, ANOTHER)).toMatchObject({ status: 'unchanged', until: 0n })
  })

  it('that was ended is not added again unless that is meant, since it would own again what was disowned', async () => {
    await addEditor(registry, EDITOR, EVER)
    await endEditor(registry, EDITOR)
    await expect(addEditor(registry, EDITOR, EVER)).rejects.toEqual(refusal('editor'))
    await expect(addEditor(registry, EDITOR, EVER, { revive: true })).resolves.toMatchObject({ status: 'set' })
    await disownEditor(registry, EDITOR, 0n)
    // State says the same of an editor that was disowned entirely as of a stranger.
    expect(await statusOf()).toBe('none')
    await expect(addEditor(registry, EDITOR, EVER, { wasDisowned: true })).rejects.toEqual(refusal('editor'))
    await expect(addEditor(registry, EDITOR, EVER)).resolves.toMatchObject({ status: 'set' })
  })

  it('is disowned after a time that is over and before its end, and never lengthened by that', async () => {
    await addEditor(registry, EDITOR, EVER)
    await expect(disownEditor(registry, EDITOR, BigInt(START + 1000))).rejects.toEqual(refusal('after'))
    expect(await checkDisowning(registry, EDITOR, BigInt(START - 10))).toBe(EVER)
    expect(await disownEditor(registry, EDITOR, BigInt(START - 10))).toMatchObject({ status: 'set', before: EVER })
    expect(await disownEditor(registry, EDITOR, BigInt(START - 10))).toMatchObject({ status: 'unchanged' })
    await expect(disownEditor(registry, EDITOR, BigInt(START - 9))).rejects.toEqual(refusal('after'))
    expect(await disownEditor(registry, EDITOR, 0n)).toMatchObject({ status: 'set' })
    await expect(disownEditor(registry, ANOTHER, 5n)).rejects.toEqual(refusal('after'))
  })
})

describe('the editors of a publisher', () => {
  it('are those whom the log names, each as the state has it', async () => {
    expect(await statuses()).toEqual([])
    await addEditor(registry, EDITOR, EVER)
    await addEditor(registry, ANOTHER, EVER)
    await endEditor(registry, ANOTHER)
    const { editors } = await editorRights(registry, history, OWN)
    expect(editors).toMatchObject([
      { editor: ANOTHER, status: 'ended' },
      { editor: EDITOR, status: 'active', until: EVER }
    ])
    await disownEditor(registry, EDITOR, BigInt(START - 10))
    expect(await statuses()).toContainEqual({ editor: EDITOR, status: 'disowned', until: BigInt(START - 10) })
    await disownEditor(registry, EDITOR, 0n)
    expect(await statuses()).toContainEqual({ editor: EDITOR, status: 'disowned', until: 0n })
  })

  it('may be more than the log shows, and that is said', async () => {
    await addEditor(registry, EDITOR, EVER)
    const { number } = await registry.block('latest')
    const short = { ...history, log: async () => ({ changes: [], from: number }) }
    expect(await editorRights(registry, short, OWN)).toMatchObject({ editors: [], complete: false, from: number })
    expect(await editorRights(registry, history, OWN)).toMatchObject({ complete: true, from: 0n })
  })
})

it('what an editor recorded is known of what is pinned, an edition with all that it lists', async () => {
  const here = world()
  const edition: EditionDraft = { type: 'edition', title: 'First', slug: 'first', published: '2025-06-01T09:00:00Z' }
  await setEditor(here.account, STRANGER, 2n ** 40n)
  const theirs = { publisher: PUBLISHER }
  await publish(here.ports, [draft('own')])
  await publish(here.as(STRANGER), [draft('edge')], theirs)
  await publishEdition(here.as(STRANGER), edition, [draft('rust')], theirs)
  await publish(here.as(STRANGER), [draft('their-own')])
  const ports = { pinned: here.blocks, sources: [here.blocks], registry: here.account }
  const found = await recordedBy(ports, PUBLISHER, STRANGER)
  expect(found.map(({ document: { slug } }) => slug)).toEqual(['edge', 'first'])
})

it('a time is told by the calendar as far as that goes', () => {
  expect(timeText(0n)).toBe('1970-01-01T00:00:00Z')
  expect(timeText(253_402_300_799n)).toBe('9999-12-31T23:59:59Z')
  expect(timeText(253_402_300_800n)).toBe('the end of time')
  expect(timeText(EVER)).toBe('the end of time')
})
