import { ArchiveError } from '../errors.ts'
import type { Accounts } from './accounts.ts'

/**
 * Several readers of one chain as one: what an account's code says is what all of them say. No majority decides, since
 * whether a node is down or silenced cannot be told. @throws REGISTRY_DISAGREES, and as the first that fails
 */
export function agreedAccounts(accounts: readonly [Accounts, Accounts, ...Accounts[]]): Accounts {
  const [{ chain }] = accounts
  const stranger = accounts.find((one) => one.chain !== chain)
  if (stranger !== undefined) {
    const rule = `readers that are to agree are of one chain, and these are of ${chain} and ${stranger.chain}`
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'accounts', rule })
  }
  return {
    chain,
    trust: `${accounts.length}-of-${accounts.length} rpc`,
    mode: 'quorum',
    readers: accounts.length,
    async run(code, at, options = {}) {
      const answers = await Promise.all(
        accounts.map(async (one) => ({ reader: one.trust, answer: (await one.run(code, at, options)).toLowerCase() }))
      )
      const [first] = answers
      if (answers.every(({ answer }) => answer === first?.answer)) return first!.answer
      const question = "what an account's code says of a signature"
      throw new ArchiveError('REGISTRY_DISAGREES', `readers of ${chain} disagree on ${question}`, {
        registry: chain,
        question,
        answers: answers.map(({ reader, answer }) => ({ reader, answer: answer.slice(0, 66) }))
      })
    }
  }
}
