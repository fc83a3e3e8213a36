import { keccak256, recoverAddress, Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { creationCode } from '../../src/registry/bytecode.ts'
import documents from '../vectors/documents.json' with { type: 'json' }
import vectors from '../vectors/registry.json' with { type: 'json' }
import { openHardhat } from './evm.ts'
import * as second from './second.ts'

const evm = await openHardhat()
afterAll(evm.close)

const { accounts, chainId, deployment, edition, typedData } = vectors
const MAPPINGS = ['records', 'heads', 'editors']
const signatureOf = (verb: string): string =>
  vectors.functions.find(({ signature }) => signature.startsWith(`${verb}(`))?.signature ?? expect.fail(verb)
const keyOf = (account: string): string =>
  Object.values(accounts).find(({ address }) => address === account)?.privateKey ?? expect.fail(account)
const tell = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
  await evm.request({ method, params })
/** What a call answers now; the data it reverts with, if it does. */
async function ask(from: string, data: string): Promise<unknown> {
  const error = await tell('eth_call', { from, to: deployment.address, data }, 'latest').then(
    (answer) => ({ data: answer }),
    (reason: { readonly data?: unknown; readonly error?: { readonly data?: unknown } }) => reason.error ?? reason
  )
  const said = error.data
  return typeof said === 'object' && said !== null && 'data' in said ? said.data : said
}

describe('a chain', () => {
  /** What the reads answered, by how many transactions had been sent. */
  const answers = new Map<number, readonly unknown[]>()
  const landed: {
    readonly logs: readonly unknown[]
    readonly storage: readonly unknown[]
    readonly answer: unknown
  }[] = []

  beforeAll(async () => {
    for (const [i, { from, time, data, storage }] of vectors.steps.entries()) {
      const answer = await ask(from, data)
      await evm.at(time)
      const sender = new Wallet(keyOf(from), evm.provider)
      const sent = await sender.sendTransaction({ to: deployment.address, data, gasLimit: 300_000 })
      const receipt = (await sent.wait()) ?? expect.fail(`step ${i} was not mined`)
      const words = storage.map(({ slot }) => tell('eth_getStorageAt', deployment.address, slot, 'latest'))
      landed.push({
        answer,
        logs: receipt.logs.map(({ topics, data: of }) => ({ data: of, topics: [...topics] })),
        storage: await Promise.all(words)
      })
      const reads = vectors.reads.filter(({ after }) => after === i + 1)
      answers.set(i + 1, await Promise.all(reads.map((read) => ask(accounts.relayer.address, read.data))))
    }
  })

  test('has the registry at the address, with the code, of the vectors', async () => {
    expect(Number(await tell('eth_chainId'))).toBe(chainId)
    expect(evm.address).toBe(deployment.address)
    expect(keccak256(String(await tell('eth_getCode', deployment.address, 'latest')))).toBe(deployment.codeDigest)
    expect(keccak256(creationCode)).toBe(deployment.creationCodeDigest)
  })

  test.each(vectors.steps.map(({ verb }, i) => [i + 1, verb] as const))(
    'takes step %i, %s, with the logs and the storage of the vectors',
    (step) => {
      const { logs, storage, answer } = vectors.steps[step - 1]!
      expect(landed[step - 1]).toEqual({ logs, storage: storage.map(({ word }) => word), answer })
    }
  )

  test('answers every read as the vectors say', () => {
    for (const [after, given] of answers) {
      expect(given).toEqual(vectors.reads.filter((read) => read.after === after).map(({ answer }) => answer))
    }
    expect([...answers.values()].flat()).toHaveLength(vectors.reads.length)
  })

  test.each(vectors.refusals.map(({ error, verb }, i) => [error, verb, i] as const))(
    'refuses with %s what %s asks for, in the bytes of the vectors',
    async (_error, _verb, i) => {
      const { from, data, answer } = vectors.refusals[i]!
      expect(await ask(from, data)).toBe(answer)
    }
  )

  test('is left with every slot of the vectors written', async () => {
    const slots = Object.values(vectors.slots).map(({ slot }) => slot)
    expect(new Set(vectors.steps.flatMap(({ storage }) => storage.map(({ slot }) => slot)))).toEqual(new Set(slots))
  })
})

describe('a second implementation, from the text of the specification alone', () => {
  test('names documents as the vectors do', () => {
    for (const { name, digest, cid, leaf } of vectors.documents) {
      expect(documents.find((document) => document.name === name)).toMatchObject({ bytes32: digest, leaf })
      expect([second.cidOf(digest), second.leafOf(digest)]).toEqual([cid, leaf])
    }
    for (const { slug, ref } of vectors.refs) expect(second.refOf(slug)).toBe(ref)
  })

  test('makes the tree, the key and the proofs', () => {
    const { digests, leaves, tree, key, proofs } = edition
    const digest = vectors.documents.find(({ name }) => name === 'edition')?.digest ?? expect.fail()
    expect(digests.map(second.leafOf)).toEqual(leaves)
    expect(second.treeOf(leaves)).toBe(tree)
    expect(second.keyOf(digest, tree)).toBe(key)
    for (const [i, proof] of proofs.entries()) {
      expect([...second.siblingsOf(leaves, i), second.leafOf(digest)]).toEqual(proof)
      expect(second.fold(leaves[i]!, proof)).toBe(key)
    }
    expect(second.fold(second.leafOf(digest), [tree])).toBe(key)
  })

  test('finds the address and the slots', () => {
    const { proxy, salt, creationCodeDigest, address } = deployment
    expect(second.createdAddress(proxy, salt, creationCodeDigest)).toBe(address)
    for (const { mapping, keys, inside, slot } of Object.values(vectors.slots)) {
      const at = MAPPINGS.indexOf(mapping)
      expect([second.insideOf(at, keys[0]!), second.slotOf(at, keys[0]!, keys[1]!)]).toEqual([inside, slot])
    }
  })

  test('writes the words of records', () => {
    const [start, by] = [vectors.steps[0]!.time, accounts.publisher.address]
    const records = [
      second.recordWord(start, 0, by),
      second.recordWord(start + 180, 0, accounts.editor.address),
      second.recordWord(0, start + 240, `0x${'0'.repeat(40)}`)
    ]
    const { firstRecord, editionRecord, secondRecord } = vectors.slots
    const wordAt = (slot: string): string | undefined =>
      vectors.steps.flatMap(({ storage }) => storage).findLast((written) => written.slot === slot)?.word
    expect([firstRecord, editionRecord, secondRecord].map(({ slot }) => wordAt(slot))).toEqual(records)
  })

  test('makes selectors and topics', () => {
    for (const { signature, selector } of [...vectors.functions, ...vectors.errors]) {
      expect(second.selectorOf(signature)).toBe(selector)
    }
    for (const { signature, topic } of vectors.events) expect(second.topicOf(signature)).toBe(topic)
  })

  test('encodes every call, and every refusal', () => {
    const batch = vectors.steps.flatMap(({ calls }) => calls ?? [])
    expect(batch).toHaveLength(2)
    for (const { verb, args, data } of [...vectors.steps, ...vectors.reads, ...vectors.refusals, ...batch]) {
      expect(second.callOf(signatureOf(verb), args)).toBe(data)
    }
    for (const { error, values, answer } of vectors.refusals) {
      const { signature } = vectors.errors.find((one) => one.signature.startsWith(`${error}(`)) ?? expect.fail(error)
      expect(second.callOf(signature, values)).toBe(answer)
    }
  })

  test('encodes every answer', () => {
    for (const { types, values, answer } of vectors.reads) expect(second.encode(types, values)).toBe(answer)
    const together = vectors.steps.find(({ verb }) => verb === 'multicall') ?? expect.fail()
    expect(second.encode(['bytes[]'], [['0x', '0x']])).toBe(together.answer)
  })

  test('encodes every log', () => {
    for (const { logs, emits } of vectors.steps) {
      expect(emits).toHaveLength(logs.length)
      for (const [i, { event, indexed, values }] of emits.entries()) {
        const { signature } = vectors.events.find((one) => one.signature.startsWith(`${event}(`)) ?? expect.fail(event)
        const words = (list: readonly (number | string)[]): readonly string[] =>
          list.map((value) => second.encode(['bytes32'], [value]))
        expect(logs[i]).toEqual({
          topics: [second.topicOf(signature), ...words(indexed)],
          data: `0x${words(values)
            .map((value) => value.slice(2))
            .join('')}`
        })
      }
    }
  })

  test('computes what is signed, and the signatures are those of the keys', () => {
    const separator = second.separatorOf(chainId, deployment.address)
    const { domain, publish, document } = typedData
    expect(separator).toBe(domain.separator)
    expect(keccak256(domain.encoded)).toBe(domain.separator)
    for (const { type, typeHash, message, encoded, structHash, signedDigest, signature, signer } of [
      publish,
      document
    ]) {
      expect(second.topicOf(type)).toBe(typeHash)
      expect(second.structHashOf(type, Object.values(message))).toBe(structHash)
      expect(keccak256(encoded)).toBe(structHash)
      expect(second.signedDigestOf(separator, structHash)).toBe(signedDigest)
      expect(recoverAddress(signedDigest, signature).toLowerCase()).toBe(signer)
    }
    for (const { address, privateKey } of Object.values(accounts)) {
      expect(new Wallet(privateKey).address.toLowerCase()).toBe(address)
    }
  })
})
