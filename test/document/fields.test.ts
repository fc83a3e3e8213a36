import { describe, expect, test } from 'vitest'
import { anyCid, day, decimal, instant, language, license, target, url } from '../../src/document/fields.ts'
import type { TextRule } from '../../src/document/rule.ts'

const takes = ({ spellings }: TextRule, text: string): boolean => spellings.every(({ pattern }) => pattern.test(text))

describe('calendar', () => {
  test('knows every day of 400 years and no other', () => {
    const two = (n: number): string => String(n).padStart(2, '0')
    for (let year = 1800; year < 2200; year++) {
      for (let month = 0; month <= 13; month++) {
        for (let date = 0; date <= 32; date++) {
          const text = `${year}-${two(month)}-${two(date)}`
          const time = new Date(Date.UTC(year, month - 1, date))
          const exists = month > 0 && date > 0 && time.getUTCMonth() === month - 1 && time.getUTCDate() === date
          if (takes(day, text) !== (exists && month <= 12)) expect.fail(text)
        }
      }
    }
  })

  test('has seconds from 00 to 59 and hours from 00 to 23', () => {
    expect(['00:00:00', '23:59:59'].map((time) => takes(instant, `2025-01-15T${time}Z`))).toEqual([true, true])
    const refused = ['24:00:00', '23:60:00', '23:59:60', '1:00:00', '01:00']
    expect(refused.filter((time) => takes(instant, `2025-01-15T${time}Z`))).toEqual([])
  })
})

test.each<[string, TextRule, readonly string[], readonly string[]]>([
  [
    'decimal',
    decimal,
    ['0', '1', '-1', '10', '0.5', '-0.5', '41.5', '100.001'],
    ['-0', '1.0', '00', '01', '.5', '1.', '+1', '']
  ],
  [
    'url',
    url,
    ['https://a.org', 'https://a.org/', 'https://a.org:8443/b?c=d&e=%20#f', 'https://xn--bcher-kva.example/[x]'],
    [
      'http://a.org',
      'https://',
      'https://a b.org',
      'https://u:p@a.org',
      'https://a.org/ü',
      'javascript:alert(1)',
      'https://a.org/"'
    ]
  ],
  [
    'language',
    language,
    ['en', 'pt-BR', 'zh-Hant-TW', 'es-419', 'de-1996'],
    ['EN', 'english', 'en-us', 'en_US', 'e', '']
  ],
  ['license', license, ['MIT', 'CC-BY-4.0', '(MIT OR Apache-2.0)', 'GPL-2.0+'], ['', ' MIT', 'MIT ', 'MIT\n', 'a/b']],
  [
    'CID of anything',
    anyCid,
    [
      'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
      'zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA'
    ],
    ['QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKcn9T', 'BAFKREIGH2AKISCAILDCQ', 'cid', '']
  ],
  [
    'target',
    target,
    [
      'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045/edge',
      'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045/edge@12'
    ],
    [
      'edge',
      'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045/edge@0',
      'eip155:1:0xD8/edge',
      'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045/'
    ]
  ]
])('%s has its spellings', (_, rule, taken, refused) => {
  expect(taken.filter((text) => !takes(rule, text))).toEqual([])
  expect(refused.filter((text) => takes(rule, text))).toEqual([])
})
