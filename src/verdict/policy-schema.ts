import type { Json } from '../document/canonical.ts'
import { PUBLISHER } from '../document/publisher.ts'
import { FINALITIES, STANDINGS, TIERS, TRUST_MODES } from './policy.ts'

const WORDS = ['requireCurrent', 'allowSuperseded', 'allowRetracted'] as const

/** The JSON Schema (2020-12) of a policy file: what `parsePolicy` takes, and nothing else. */
export function policySchema(): Json {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:trend-archive:policy:1',
    title: 'A policy of trend-archive, version 1',
    description: 'What a verdict demands of a document. An empty object is the strict default.',
    type: 'object',
    properties: {
      publishers: {
        description: "Whose documents are accepted, as CAIP-10 accounts in lower case. Default: anyone's.",
        type: 'array',
        items: { type: 'string', pattern: PUBLISHER.source }
      },
      standings: {
        description: 'Which standings are accepted, in place of the three words below. Default: all but retracted.',
        type: 'array',
        items: { enum: STANDINGS }
      },
      requireCurrent: { description: 'Only what its publisher names now will do. Default: false.', type: 'boolean' },
      allowSuperseded: { description: 'A document that has a successor will do. Default: true.', type: 'boolean' },
      allowRetracted: { description: 'A document that was taken back will do. Default: false.', type: 'boolean' },
      requireRecord: { description: 'Being named by a ref is not enough. Default: true.', type: 'boolean' },
      finality: {
        description: 'How sure the block must be. Default: what the address book asks of the network.',
        enum: FINALITIES
      },
      maxAge: {
        description:
          'How old the block may be, in seconds; null for any age. Default: 3600 where the network is no test network.',
        type: ['number', 'null'],
        minimum: 0
      },
      trust: {
        description: 'How the chain may be read. Default: in any way.',
        type: 'array',
        items: { enum: TRUST_MODES },
        minItems: 1
      },
      readers: {
        description: 'How many independent readers of the chain must agree, at least. Default: 1.',
        type: 'integer',
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER
      },
      tier: { description: 'Whether a signature will do in place of a record. Default: recorded.', enum: TIERS }
    },
    additionalProperties: false,
    allOf: [
      ...WORDS.map((word) => ({ not: { required: ['standings', word] } })),
      ...(['allowSuperseded', 'allowRetracted'] as const).map((word) => ({
        not: {
          required: ['requireCurrent', word],
          properties: { requireCurrent: { const: true }, [word]: { const: true } }
        }
      }))
    ]
  }
}
