import { getAddress } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { typedAddress } from '../../src/cli/address.ts'
import type { Context } from '../../src/cli/command.ts'
import { editors } from '../../src/cli/commands/editors.ts'
import { publisherIn } from '../../src/cli/naming.ts'

const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const MISTYPED = ACCOUNT.replace('0C7d', '0c7d')
const lower = (text: string): string => text.toLowerCase()
const word = fc.stringMatching(/^[0-9a-f]{40}$/).map((digits) => `0x${digits}`)

describe('an address that was typed', () => {
  test('is read with its checksum, without one, and in lower case only', () => {
    fc.assert(
      fc.property(word, (address) => {
        fc.pre(BigInt(address) !== 0n)
        for (const text of [address, `0x${address.slice(2).toUpperCase()}`, getAddress(address)]) {
          expect(typedAddress(text)).toBe(address)
        }
      })
    )
  })

  test('is refused when its checksum is wrong, and for nobody', () => {
    const refused = { name: 'UsageError', hint: 'copy the address once more' }
    for (const text of [MISTYPED, `0x${'0'.repeat(40)}`]) {
      expect(() => typedAddress(text), text).toThrow(expect.objectContaining(refused))
    }
  })

  test('is looked at so wherever it is somebody who is to be trusted', async () => {
    const context = { settings: { network: { chain: 'eip155:1' } } } as unknown as Context
    for (const text of [ACCOUNT, `eip155:1:${ACCOUNT}`, `EIP155:1:${ACCOUNT}`, `did:pkh:eip155:1:${ACCOUNT}`]) {
      expect(await publisherIn(text, context)).toBe(`eip155:1:${lower(ACCOUNT)}`)
    }
    for (const text of [MISTYPED, `eip155:1:${MISTYPED}`, `did:pkh:eip155:1:${MISTYPED}`]) {
      await expect(publisherIn(text, context), text).rejects.toThrow(/EIP-55/)
      await expect(editors.run(context, [text], {})).rejects.toThrow(/EIP-55/)
    }
  })

  test('is nobody with anything around it, and of another chain nobody here', async () => {
    const context = { settings: { network: { chain: 'eip155:1' } } } as unknown as Context
    const did = `did:pkh:eip155:1:${ACCOUNT}`
    for (const text of [`${did}#x`, did.replace('did', 'DID'), did.replace('eip155', 'EIP155'), `did:web:${ACCOUNT}`]) {
      await expect(publisherIn(text, context), text).rejects.toMatchObject({ name: 'UsageError' })
      await expect(editors.run(context, ['end', text], {}), text).rejects.toMatchObject({ name: 'UsageError' })
    }
    const elsewhere = did.replace(':1:', ':10:')
    await expect(publisherIn(elsewhere, context)).rejects.toThrow(/publishes on eip155:10/)
    await expect(editors.run(context, ['end', elsewhere], {})).rejects.toThrow(/publishes on eip155:10/)
  })
})
