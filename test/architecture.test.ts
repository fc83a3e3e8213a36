import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { type House, importsOf, inspect, type Tree, type Violation } from './architecture.ts'

const BUILTINS = 'node:*'
const HEAVY = ['@a16z/helios', 'ethers', 'helia', '@helia/*', '@libp2p/*', 'undici', 'commander', 'yaml', BUILTINS]

const ROOT = new URL('..', import.meta.url)
const textOf = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8')
const filesLike = (pattern: string): readonly string[] =>
  globSync(pattern, { cwd: ROOT }).map((file) => file.replaceAll('\\', '/'))

const HOUSE: House = {
  rooms: ['document', 'block', 'registry', 'verdict', 'archive', 'catalog', 'server', 'cli'],
  ground: ['errors.ts', 'options.ts'],
  // A new owner is a decision, so it is written here.
  owners: {
    helia: ['src/block/helia-light.ts'],
    '@helia/*': ['src/block/libp2p.ts'],
    '@libp2p/*': ['src/block/libp2p.ts'],
    '@multiformats/multiaddr': ['src/block/libp2p.ts'],
    ethers: [
      'src/registry/ethers.ts',
      'src/registry/account.ts',
      'src/registry/deploy.ts',
      'src/registry/ens.ts',
      'src/registry/proxy.ts',
      'src/registry/signature.ts'
    ],
    '@a16z/helios': ['src/registry/helios.ts'],
    undici: ['src/block/public-fetch.ts'],
    '@noble/hashes': ['src/registry/keccak.ts'],
    aws4fetch: ['src/block/bucket-client.ts'],
    commander: ['src/cli/program.ts'],
    yaml: ['src/document/markdown.ts'],
    [BUILTINS]: [
      'src/block/store.ts',
      'src/block/database.ts',
      'src/block/identity.ts',
      'src/block/formats.ts',
      'src/block/pin-table.ts',
      'src/block/public-address.ts',
      'src/block/public-fetch.ts',
      'src/cli/',
      'src/cli.ts'
    ]
  },
  unreachable: {
    'src/index.ts': HEAVY,
    'src/verify.ts': HEAVY,
    'src/car.ts': HEAVY,
    'src/lineage.ts': HEAVY,
    'src/verify-proof.ts': HEAVY,
    // Checked with nothing but keccak, whatever a door adds.
    'src/registry/state-registry.ts': HEAVY,
    'src/registry/given-block.ts': HEAVY,
    'src/registry/rpc-state.ts': HEAVY
  },
  deferred: { 'src/verify.ts': ['@noble/hashes'] },
  entries: filesLike('{scripts,bench}/**/*.ts')
    .flatMap((file) => importsOf(textOf(file)))
    .filter((to) => to.startsWith('../src/'))
    .map((to) => to.slice('../'.length)),
  dependencies: [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.peerDependencies)],
  optional: Object.keys(packageJson.peerDependencies)
}

const tree: Tree = new Map(filesLike('src/**/*.ts').map((file) => [file, textOf(file)]))

const told = (violations: readonly Violation[]): readonly string[] =>
  violations.map(({ rule, file, target }) => `${rule}: ${file} → ${target}`)

test('the sources are the house that was drawn', () => {
  expect(tree.size).toBeGreaterThan(20)
  expect(told(inspect(tree, HOUSE))).toEqual([])
})

/** A small house without a fault, to plant faults in. */
const SMALL: House = {
  ...HOUSE,
  owners: {
    ethers: ['src/registry/ethers.ts'],
    '@helia/*': ['src/block/helia.ts'],
    [BUILTINS]: ['src/block/store.ts']
  },
  unreachable: { 'src/verify.ts': ['ethers', '@helia/*', BUILTINS] },
  deferred: { 'src/verify.ts': ['left-pad'] },
  entries: [],
  dependencies: ['ethers', '@helia/json'],
  optional: []
}
const SOUND: Tree = new Map([
  ['src/errors.ts', 'export const a = 1\n'],
  ['src/document/draft.ts', "import { a } from '../errors.ts'\nexport const b = a\n"],
  ['src/block/cid.ts', "import { b } from '../document/draft.ts'\nexport const c = b\n"],
  ['src/block/helia.ts', "import { json } from '@helia/json'\nexport const d = json\n"],
  ['src/block/store.ts', "import { open } from 'node:fs/promises'\nexport const e = open\n"],
  [
    'src/registry/ethers.ts',
    "import { c } from '../block/cid.ts'\nimport { Contract } from 'ethers'\nexport const f = [c, Contract]\n"
  ],
  ['src/verify.ts', "export { c } from './block/cid.ts'\n"],
  [
    'src/node.ts',
    "export * from './block/helia.ts'\nexport * from './block/store.ts'\nexport * from './registry/ethers.ts'\n"
  ]
])
const plant = (...planted: readonly (readonly [string, string])[]): readonly string[] =>
  told(
    inspect(
      new Map([...SOUND, ...planted.map(([file, text]) => [file, `${SOUND.get(file) ?? ''}${text}\n`] as const)]),
      SMALL
    )
  )

describe('the guard', () => {
  test('finds nothing in a sound house', () => {
    expect(plant()).toEqual([])
  })

  /** Every form in which one module can name another. */
  const FORMS: Readonly<Record<string, (to: string) => string>> = {
    static: (to) => `import { x } from '${to}'`,
    'in double quotes': (to) => `import { x } from "${to}"`,
    default: (to) => `import x from '${to}'`,
    namespace: (to) => `import * as x from '${to}'`,
    'side-effect': (to) => `import '${to}'`,
    dynamic: (to) => `const x = await import('${to}')`,
    'dynamic with a template': (to) => `const x = await import(\`${to}\`)`,
    'dynamic with attributes': (to) => `const x = await import('${to}', { with: { type: 'json' } })`,
    'multi-line': (to) => `import {\n  x,\n  y\n} from\n  '${to}'`,
    'multi-line dynamic': (to) => `const x = import(\n  '${to}'\n)`,
    'type-only': (to) => `import type { X } from '${to}'`,
    'inline type': (to) => `import { type X } from '${to}'`,
    'type query': (to) => `type X = import('${to}').X`,
    're-export': (to) => `export { x } from '${to}'`,
    'star re-export': (to) => `export * from '${to}'`,
    'type re-export': (to) => `export type { X } from '${to}'`,
    'after code on one line': (to) => `const y = 1; import { x } from '${to}'`,
    'after a comment on one line': (to) =>
      `/* y */ const y = 1\nconst z = 'http://x' /* z */\nimport { x } from '${to}'`,
    require: (to) => `const x = require('${to}')`,
    resolved: (to) => `const x = import.meta.resolve('${to}')`
  }

  describe.each(Object.entries(FORMS))('sees the %s form', (_, form) => {
    test('of an upward import', () => {
      expect(plant(['src/document/draft.ts', form('../registry/ethers.ts')])).toContain(
        'room: src/document/draft.ts → src/registry/ethers.ts'
      )
    })

    test('of a door imported from a room', () => {
      expect(plant(['src/registry/ethers.ts', form('../verify.ts')])).toContain(
        'room: src/registry/ethers.ts → src/verify.ts'
      )
    })

    test('of a package that the file does not own', () => {
      expect(plant(['src/block/cid.ts', form('ethers')])).toContain('owner: src/block/cid.ts → ethers')
    })

    test('of a sub-path of such a package', () => {
      const found = plant([
        'src/block/cid.ts',
        [form('ethers/hash'), form('@helia/json/x'), form('node:fs/promises')].join('\n')
      ])
      expect(found).toContain('owner: src/block/cid.ts → ethers/hash')
      expect(found).toContain('owner: src/block/cid.ts → @helia/json/x')
      expect(found).toContain('owner: src/block/cid.ts → node:fs/promises')
    })

    test('of a heavy package behind a light door', () => {
      expect(plant(['src/errors.ts', form('ethers')])).toContain('reach: src/verify.ts → ethers by src/errors.ts')
    })

    test('of a cycle inside a room', () => {
      const found = plant(['src/block/cid.ts', form('./more.ts')], ['src/block/more.ts', "import './cid.ts'"])
      expect(found).toContain('cycle: src/block/cid.ts → src/block/cid.ts → src/block/more.ts → src/block/cid.ts')
    })

    test('of a package that package.json does not name', () => {
      expect(plant(['src/block/cid.ts', form('left-pad')])).toContain('undeclared: src/block/cid.ts → left-pad')
    })

    test('of a file that is not there', () => {
      expect(plant(['src/block/cid.ts', form('./gone.ts')])).toContain(
        'unresolved: src/block/cid.ts → src/block/gone.ts'
      )
    })
  })

  test.each(['if (a) b()', 'export const x = a ? b : c', 'switch (a) { default: }'])('sees `%s` in a door', (text) => {
    expect(plant(['src/verify.ts', text])).toContain('door: src/verify.ts → a door only wires')
  })

  test('sees a worker that is named by its address', () => {
    const text = "new Worker(new URL('../verify.ts', import.meta.url))"
    expect(plant(['src/block/cid.ts', text])).toContain('room: src/block/cid.ts → src/verify.ts')
  })

  test('sees a module whose name is computed', () => {
    expect(plant(['src/block/cid.ts', 'await import(name)'])).toContain('computed: src/block/cid.ts → name')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is source code
    expect(plant(['src/block/cid.ts', 'await import(`./${name}.ts`)'])).toHaveLength(1)
  })

  test('sees a file that no door leads to, and a dependency that nobody names', () => {
    expect(plant(['src/block/lost.ts', 'export const x = 1'])).toEqual([
      'unused: src/block/lost.ts → no door leads here'
    ])
    expect(told(inspect(SOUND, { ...SMALL, dependencies: [...SMALL.dependencies, 'yaml'] }))).toEqual([
      'unused: package.json → yaml'
    ])
  })

  test('lets a folder own a package, but not its neighbours', () => {
    const owners = { ...SMALL.owners, [BUILTINS]: ['src/block/'] }
    const neighbour = new Map([...SOUND, ['src/blocks.ts', "import 'node:fs'\n"] as const])
    expect(told(inspect(neighbour, { ...SMALL, owners }))).toEqual(['owner: src/blocks.ts → node:fs'])
  })

  test('tells what is loaded with a door from what is loaded when it is needed', () => {
    const found = 'reach: src/verify.ts → left-pad by src/errors.ts'
    expect(plant(['src/errors.ts', "import 'left-pad'"])).toContain(found)
    expect(plant(['src/errors.ts', "await import('left-pad')"])).not.toContain(found)
    expect(plant(['src/errors.ts', "await import('./lazy.ts')"], ['src/lazy.ts', "import 'left-pad'"])).not.toContain(
      found
    )
  })

  test('does not take comments, methods and words for imports', () => {
    expect(importsOf("/** import { x } from 'a' */\n// import 'b'\narchive.import('c')\nArray.from('d')\n")).toEqual([])
  })
})
