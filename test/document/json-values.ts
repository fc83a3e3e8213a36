import fc from 'fast-check'
import type { Json } from '../../src/document/canonical.ts'

const awkwardKey = fc.constantFrom(
  ...['', '0', '1', '9', '10', '01', '4294967294', '4294967295', '9007199254740993', '-1', '1.5'],
  ...[
    '__proto__',
    'constructor',
    'toJSON',
    'toString',
    'length',
    '\ufb33',
    '\u{1f600}',
    '\u0080',
    '\ud7ff',
    '"',
    '\\ud'
  ]
)
const key = fc.oneof(awkwardKey, fc.string({ unit: 'binary', maxLength: 4 }))
const number = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.integer(),
  fc.constantFrom(-0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53)
)
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('\\ud800', '\u2028', '\u0000\u007f'))

/** Any JSON of moderate size, as `JSON.parse` would make it: awkward keys are own and plain. */
export const jsonValues: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((members) => Object.fromEntries(members))
  )
})).value
