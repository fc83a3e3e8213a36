import { describe, expect, test } from 'vitest'
import type { Request } from '../../src/registry/request.ts'
import { type Reply, submitter } from '../../src/registry/submit.ts'

const TRANSACTION = `0x${'ab'.repeat(32)}` as const
const SIGNED = { bytes: `0x02${'cd'.repeat(120)}`, transaction: TRANSACTION }
const RECEIPT = {
  transactionHash: TRANSACTION,
  blockNumber: '0x5',
  blockHash: `0x${'ee'.repeat(32)}`,
  gasUsed: '0x5208',
  effectiveGasPrice: '0x2',
  status: '0x1'
}

type Answers = Readonly<Record<string, (() => unknown) | undefined>>

/** A node that answers as it is told and knows no transaction; and what it was asked. */
function nodeOf(answers: Answers): { readonly request: Request; readonly asked: string[] } {
  const asked: string[] = []
  const request: Request = async ({ method }) => {
    asked.push(method)
    return (answers[method] ?? (() => null))()
  }
  return { request, asked }
}

const says =
  (message: string, code: unknown = -32000) =>
  (): never => {
    throw Object.assign(new Error(message), { code })
  }
const isSilent = (): never => {
  throw new Error('127.0.0.1:8545 cannot be reached (ECONNRESET)')
}

describe('what a node says to a transaction is understood, whoever made it:', () => {
  const WORDS: readonly (readonly [Reply['status'], readonly string[]])[] = [
    [
      'taken',
      [
        'already known', // geth, reth, erigon
        'AlreadyKnown', // nethermind
        'Known transaction', // besu
        'Known transaction: 0x6ecea1fbf2a9ae14389ca87c017a83c0f720dceb9c72c5bc47319b275d75be2a', // Hardhat
        'transaction already imported' // anvil
      ]
    ],
    [
      'nonce taken',
      [
        'nonce too low',
        'nonce too low: next nonce 5, tx nonce 4',
        'nonce too low: address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266, tx: 4 state: 5',
        'Transaction nonce too low. Expected nonce to be at least 1 but got 0.',
        'OldNonce, Current nonce: 5, nonce of rejected tx: 4',
        'nonce has already been used' // ethers
      ]
    ],
    [
      'contested',
      [
        'replacement transaction underpriced',
        'Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 11000000000 is necessary to replace',
        'could not replace existing tx',
        'ReplacementNotAllowed',
        'replacement fee too low' // ethers
      ]
    ],
    [
      'underpriced',
      [
        'transaction underpriced',
        'transaction underpriced: gas tip cap 1, minimum needed 1000000',
        'FeeTooLow, EffectivePriorityFeePerGas too low',
        'max fee per gas less than block base fee',
        'max fee per gas less than block base fee: address 0xf39f, maxFeePerGas: 1, baseFee: 2',
        'Gas price below configured minimum gas price'
      ]
    ],
    [
      'refused',
      [
        'insufficient funds for gas * price + value',
        'invalid chain id for signer',
        'exceeds block gas limit',
        'intrinsic gas too low'
      ]
    ]
  ]
  test.each(WORDS.flatMap(([status, all]) => all.map((words) => [words, status] as const)))(
    '%j is %s',
    async (words, status) => {
      const { request } = nodeOf({ eth_sendRawTransaction: says(words) })
      expect((await submitter(request)(SIGNED)).status).toBe(status)
    }
  )
})

describe('a transaction', () => {
  test('is mined at once where the node can wait for that, and its block is canonical', async () => {
    const canonical = { hash: RECEIPT.blockHash }
    const { request, asked } = nodeOf({
      eth_sendRawTransactionSync: () => RECEIPT,
      eth_getBlockByNumber: () => canonical
    })
    expect(await submitter(request)(SIGNED, { wait: 100 })).toMatchObject({
      status: 'mined',
      outcome: { transaction: TRANSACTION, gasUsed: 21_000n, fee: 42_000n, succeeded: true }
    })
    expect(asked).toEqual(['eth_sendRawTransactionSync', 'eth_getBlockByNumber'])
    const other = nodeOf({
      eth_sendRawTransactionSync: () => RECEIPT,
      eth_getBlockByNumber: () => ({ hash: TRANSACTION })
    })
    expect(await submitter(other.request)(SIGNED, { wait: 100 })).toEqual({ status: 'taken' })
  })

  test.each([
    ['timed out (EIP-7966)', 4],
    ['cannot be mined yet (EIP-7966)', 5]
  ])('that %s is in the pool', async (_, code) => {
    const { request, asked } = nodeOf({ eth_sendRawTransactionSync: says('not processed', code) })
    expect(await submitter(request)(SIGNED, { wait: 100 })).toEqual({ status: 'taken' })
    expect(asked).toEqual(['eth_sendRawTransactionSync'])
  })

  test('is handed over again, byte for byte, where nobody heard of the first time', async () => {
    const replies = [isSilent, says('already known')]
    const sent: unknown[] = []
    const request: Request = async ({ params }) => {
      sent.push(params[0])
      return replies.shift()!()
    }
    expect(await submitter(request)(SIGNED, { wait: 100 })).toEqual({ status: 'taken' })
    expect(sent).toEqual([SIGNED.bytes, SIGNED.bytes])
  })

  test('whose nonce is used may have used it itself, where nobody heard of the first time', async () => {
    const { request } = nodeOf({ eth_sendRawTransactionSync: isSilent, eth_sendRawTransaction: says('nonce too low') })
    expect(await submitter(request)(SIGNED, { wait: 100 })).toEqual({ status: 'unclear' })
  })

  test('that the node knows is taken, whatever else it says', async () => {
    const { request } = nodeOf({
      eth_sendRawTransaction: says('nonce too low'),
      eth_getTransactionByHash: () => ({ hash: TRANSACTION })
    })
    expect(await submitter(request)(SIGNED)).toEqual({ status: 'taken' })
  })

  test.each([
    ['silence', isSilent],
    ['what a library calls a time-out', says('request timeout', 'TIMEOUT')]
  ])('is unclear after %s', async (_, reply) => {
    const { request } = nodeOf({ eth_sendRawTransactionSync: reply, eth_sendRawTransaction: reply })
    expect(await submitter(request)(SIGNED, { wait: 100 })).toEqual({ status: 'unclear' })
  })

  test('is unclear when the caller stops while it is handed over', async () => {
    const controller = new AbortController()
    const request: Request = async () => {
      controller.abort('stop')
      throw 'stop'
    }
    for (const wait of [0, 100]) {
      expect(await submitter(request)(SIGNED, { wait, signal: controller.signal })).toEqual({ status: 'unclear' })
    }
  })
})

test('a node that has not the newer method is asked for it once', async () => {
  const { request, asked } = nodeOf({
    eth_sendRawTransactionSync: says('the method does not exist', -32601),
    eth_sendRawTransaction: () => TRANSACTION
  })
  const submit = submitter(request)
  for (let i = 0; i < 3; i++) expect(await submit(SIGNED, { wait: 100 })).toEqual({ status: 'taken' })
  expect(asked).toEqual(['eth_sendRawTransactionSync', ...Array.from({ length: 3 }, () => 'eth_sendRawTransaction')])
})
