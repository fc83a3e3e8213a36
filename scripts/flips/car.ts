import type { Block } from '../../src/block/block.ts'
import { readCar, writeCar } from '../../src/block/car.ts'
import { isArchiveError } from '../../src/errors.ts'
import { add, flipped, NOTHING, type Tally, tallyOf } from './tally.ts'

/** Reads a CAR of a document, one bit of which is changed: every bit of every `stride`th byte, its frame included. */
export async function flipInCar(blocks: readonly Block[], stride: number): Promise<Tally> {
  let tally = NOTHING
  for (const block of blocks) {
    const whole = Buffer.concat(await Array.fromAsync(writeCar([block.cid], [block])))
    for (let place = 0; place < whole.length; place += stride) {
      const bit = place * 8 + ((place / stride) % 8)
      tally = add(tally, tallyOf(1, await blocksIn(flipped(whole, bit), block)))
    }
  }
  return tally
}

/** What is in a CAR, each as an answer for the document that was put in; nothing where there is a fault. */
async function blocksIn(
  bytes: Uint8Array<ArrayBuffer>,
  wanted: Block
): Promise<readonly (readonly [Block, Uint8Array | undefined])[]> {
  const answers: (readonly [Block, Uint8Array | undefined])[] = []
  try {
    const { blocks } = await readCar([bytes])
    for await (const found of blocks) if ('block' in found) answers.push([wanted, found.block.bytes])
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_CAR')) throw error
  }
  return answers.length === 0 ? [[wanted, undefined]] : answers
}
