import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEV, draft, EDITOR_KEY, edition, useChain } from './on-chain.ts'
import { folder, json } from './shell.ts'

const { on } = useChain()

const cidIn = (text: string): string => /bagaaiera\w+/.exec(text)?.[0] ?? ''

/** A folder in which drafts are published, and their CIDs by slug. */
async function published(drafts: Readonly<Record<string, string>>) {
  const cwd = folder(Object.fromEntries(Object.entries(drafts).map(([slug, text]) => [`${slug}.md`, text])))
  const { stdout, stderr, code } = await on(['publish', '.', '--json'], { cwd })
  expect([code, stderr]).toEqual([0, expect.anything()])
  const documents = json(stdout).documents as unknown as readonly { slug: string; cid: string }[]
  return { cwd, cids: Object.fromEntries(documents.map(({ slug, cid }) => [slug, cid])) }
}

const RING = (ring: string, more = ''): string => `assessment: {ring: ${ring}}\n${more}`

test('publish warns of a draft that declares another change than it makes, before anything is sent, and verify and history tell it', async () => {
  const { cwd, cids } = await published({ silent: draft('silent', 'Text.', RING('trial')) })
  const polish = "change: {kind: editorial, note: 'Typos.'}\n"
  writeFileSync(join(cwd, 'silent.md'), draft('silent', 'Text.', RING('adopt', polish)))
  const warning = 'SILENT_EDIT: declared editorial, but ring: trial → adopt'
  const dry = await on(['publish', 'silent.md', '--dry-run'], { cwd })
  expect(dry.stderr).toContain(`silent: ${warning}; declare \`change: {kind: update, note: …}\` instead`)
  const sent = await on(['publish', 'silent.md', '-v'], { cwd })
  expect(sent.stderr.indexOf(warning)).toBeGreaterThan(-1)
  expect(sent.stderr.indexOf(warning)).toBeLessThan(sent.stderr.search(/\nsent 0x/))
  const verdict = await on(['verify', 'silent'], { cwd })
  expect([verdict.code, verdict.stdout]).toEqual([0, expect.stringContaining(`\n  warning: ${warning}\n`)])
  const told = await on(['history', 'silent'], { cwd })
  expect(told.stdout).toContain(`\n       ring: trial → adopt\n       ${warning}\n`)
  const difference = await on(['diff', cidIn(sent.stdout)], { cwd })
  expect(difference.stdout).toContain(`declared: editorial, "Typos."\n${warning}; it is: update\n`)
  // From a version below, the history goes up to what is named.
  expect(json((await on(['history', cids.silent!, '--json'], { cwd })).stdout)).toMatchObject({
    complete: true,
    end: { at: 'first' },
    versions: [
      { version: 2, named: true, recorded: { how: 'alone' }, declared: [{ code: 'SILENT_EDIT' }] },
      { version: 1, cid: cids.silent, standing: 'superseded' }
    ]
  })
})

test('retract takes the name of what to read instead, and everybody tells it', async () => {
  const { cwd, cids } = await published({ old: draft('old'), young: draft('young') })
  const taken = await on(['retract', 'old', '--note', 'Done again.', '--successor', 'young', '--json'], { cwd })
  expect(json(taken.stdout)).toMatchObject({ status: 'retracted', successor: { cid: cids.young, standing: 'current' } })
  const verdict = await on(['verify', 'old'], { cwd })
  expect([verdict.code, verdict.stdout]).toEqual([
    3,
    expect.stringMatching(`why +other: Done again\\.\n +instead +${cids.young}\n`)
  ])
  const resolved = await on(['resolve', 'old', '--pretty'], { cwd })
  expect([resolved.code, resolved.stderr]).toEqual([
    0,
    expect.stringMatching(
      `which its publisher took back on \\S+: other, "Done again\\."; it says to read ${cids.young} instead\n$`
    )
  ])
  expect(json((await on(['resolve', 'old', '--json'], { cwd })).stdout).standing).toMatchObject({
    standing: 'retracted'
  })
  expect((await on(['resolve', cids.old!], { cwd })).stderr).toBe('')
  expect((await on(['history', 'old'], { cwd })).stdout).toContain(`to read instead: ${cids.young}`)
})

test('retract says that what to read instead was taken back too, or is of somebody else, and refuses what is nowhere', async () => {
  const { cwd, cids } = await published({ a: draft('a'), b: draft('b'), c: draft('c') })
  await on(['retract', 'b'], { cwd })
  const gone = await on(['retract', 'a', '--note', 'N.', '--successor', 'b'], { cwd })
  expect([gone.code, gone.stderr]).toEqual([0, expect.stringContaining(`${cids.b}, which its publisher took back on`)])
  writeFileSync(join(cwd, 'theirs.md'), draft('theirs'))
  const theirs = cidIn((await on(['publish', 'theirs.md'], { cwd, key: EDITOR_KEY })).stdout)
  const foreign = await on(['retract', 'c', '--note', 'N.', '--successor', theirs], { cwd })
  expect([foreign.code, foreign.stderr]).toEqual([
    0,
    expect.stringContaining("is another publisher's, eip155:31337:0x70997970")
  ])
  const nowhere = `bagaaiera${'a'.repeat(52)}`
  expect((await on(['retract', theirs, '--note', 'N.', '--successor', nowhere], { cwd, key: EDITOR_KEY })).code).toBe(5)
  const own = await on(['retract', theirs, '--note', 'N.', '--successor', theirs], { cwd, key: EDITOR_KEY })
  expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('is what is taken back')])
  expect((await on(['verify', theirs], { cwd })).code).toBe(0)
})

test('a member of an edition is taken back alone', async () => {
  const cwd = folder({ 'e.md': edition('whole'), 'one.md': draft('one'), 'two.md': draft('two') })
  expect((await on(['edition', 'e.md', 'one.md', 'two.md'], { cwd })).code).toBe(0)
  expect((await on(['retract', 'one', '--note', 'Wrong.', '--reason', 'error'], { cwd })).code).toBe(0)
  expect((await on(['verify', 'one', '-q'], { cwd })).code).toBe(3)
  expect((await on(['verify', 'two', '-q'], { cwd })).code).toBe(0)
  const { stdout } = await on(['history', 'one'], { cwd })
  expect(stdout).toMatch(
    /^\* {3}1 {2}retracted .*\n +recorded \S+ by its publisher, through the edition bagaaiera\w+\n +taken back \S+: error, "Wrong\."\n/
  )
})

test('verify warns of what a document cites and its publisher took back, unless it is told not to look', async () => {
  const { cwd, cids } = await published({ study: draft('study') })
  const relations = `relations: [{rel: cites, target: '${cids.study}'}]\n`
  writeFileSync(join(cwd, 'report.md'), draft('report', 'See the study.', relations))
  await on(['publish', 'report.md'], { cwd })
  expect((await on(['verify', 'report'], { cwd })).stdout).toMatch(/\n {2}cites {5}1 document: 1 current\n/)
  await on(['retract', 'study', '--note', 'Invented.', '--reason', 'fraud'], { cwd })
  const { code, stdout } = await on(['verify', `${DEV}/report`], { cwd })
  expect(code).toBe(0)
  expect(stdout).toMatch(
    new RegExp(`warning: cites ${cids.study}, which its publisher took back on \\S+: fraud, "Invented\\."\n`)
  )
  expect(json((await on(['verify', 'report', '--json'], { cwd })).stdout).cited).toMatchObject([
    { target: cids.study, paths: ['$.relations[0]'], standing: 'retracted', slug: 'study' }
  ])
  const unseen = await on(['verify', 'report', '--no-cited', '--json'], { cwd })
  expect([unseen.code, json(unseen.stdout).cited]).toEqual([0, undefined])
})
