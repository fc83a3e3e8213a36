import type { Publisher } from '../../document/publisher.ts'
import type { Memory } from '../../verdict/memory.ts'
import type { Context } from '../command.ts'
import { memoriesIn } from '../watermarks.ts'
import { type Finding, ok, unchecked, warning } from './finding.ts'

/** What verdicts remember: blocks that were final, and versions that were named, by publisher. */
export async function checkMemory({ session }: Context): Promise<readonly Finding[]> {
  try {
    const store = await session.store()
    const memories = store === undefined ? [] : [...memoriesIn(store)]
    if (memories.length === 0) return [unchecked('memory', 'no verdict rested on a final block yet')]
    return memories.map(([publisher, memory]) => findingOf(publisher, memory))
  } catch {
    return [unchecked('memory', 'needs the database')]
  }
}

function findingOf(publisher: Publisher, { marks, versions, violations }: Memory): Finding {
  const blocks = marks.map(({ number, hash, trust }) => `block ${number} ${hash ?? '(no hash)'} (${trust})`)
  const named = [...versions].map(([slug, { version }]) => `${slug}@${version}`)
  const says = `of ${publisher}: ${[...blocks, ...named].join(', ') || 'nothing'}`
  const last = violations.at(-1)
  if (last === undefined) return ok('memory', says)
  const { number, remembered, found } = last
  const told = `FINALITY VIOLATED at block ${number}: ${remembered.hash} (${remembered.trust}), then ${found.hash ?? 'no such block'} (${found.trust})`
  const hint = 'ask nodes of others which one stands, then: trend-archive verify <cid> --forget'
  return warning('memory', `${says}; ${told}`, hint)
}
