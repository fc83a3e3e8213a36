import type { Author } from './author.ts'
import { mining, type ReorgChain } from './chain.ts'

const FINAL = { policy: { finality: 'final' } } as const

/**
 * Takes back what is final, and sees that nothing says so any more, and that it can be published again.
 * @returns what is not as it has to be
 */
export async function violating(chain: ReorgChain, { archive }: Author, round: number): Promise<readonly string[]> {
  const draft = { title: `Violated ${round}`, body: 'It was final.', published: '2025-06-01T09:00:00Z' }
  const publishing = () =>
    mining(
      chain,
      () => 8,
      () => archive.publish([draft], { wait: 'final' })
    )
  const faults: string[] = []
  const first = await publishing()
  const { cid } = first.steps[0]!.named
  const lowest = Number(first.receipts[0]!.block.number)
  if ((await archive.verify({ cid }, FINAL)).status !== 'verified') faults.push(`${cid} is final and not verified`)
  if (lowest > chain.finalHeight())
    faults.push(`${cid} was called final ${chain.head() - lowest} blocks below the head`)
  await chain.reorgFrom(lowest)
  const { status } = await archive.verify({ cid }, FINAL)
  if (status === 'verified') faults.push(`${cid} is gone and verified`)
  const again = await publishing()
  if (!again.steps[0]!.named.cid.equals(cid)) faults.push(`${cid} came again as ${again.steps[0]!.named.cid}`)
  if ((await archive.verify({ cid }, FINAL)).status !== 'verified') faults.push(`${cid} came not again`)
  return faults
}
