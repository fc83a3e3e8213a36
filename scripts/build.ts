/**
 * Builds the package: `tsc` emits every module as it is, then the one module that imports Helia is replaced by a bundle
 * of the parts of Helia it uses, so that installing trend-archive does not install Helia's 300 MB of optional
 * transports. Decision record 0001 has the reasons and the figures.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle, type Metafile, type Plugin } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The modules that are shipped as bundles, without their extension. */
const BUNDLED = ['block/helia-light']

/**
 * The doors that are opened for one question and need to be ready soon. Node takes half a millisecond for every module, so
 * for Node they are put together into fewer files: the same modules once more, for nobody who asks for another door.
 */
const QUICK = ['verify', 'verify-proof']

/** Licences that let us ship the code inside our own package, the one we choose first. */
const PERMISSIVE = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense', 'Apache-2.0', 'WTFPL']

interface Bundled {
  readonly name: string
  readonly version: string
  /** The licence we take it under, out of those it offers. */
  readonly license: string
  readonly author: string
  readonly folder: string
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly author?: string | { readonly name: string } | undefined
}

/** Builds into `dist`, or into another folder for a trial package. */
export async function build(dist: string): Promise<void> {
  rmSync(dist, { recursive: true, force: true })
  execFileSync('tsc', ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist], { stdio: 'inherit', cwd: ROOT })
  nameDeclarations(dist)
  const packages: Bundled[] = []
  for (const module of BUNDLED) packages.push(...packagesIn(await bundleModule(module, dist)))
  packages.push(...packagesOfContracts())
  await bundleDoors(dist)
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.md'), noticesOf(unique(packages)))
  const cli = join(dist, 'cli.js')
  if (existsSync(cli)) await chmod(cli, 0o755)
}

/** `tsc` rewrites the extensions of imports in modules but leaves them in declarations, which older compilers refuse. */
function nameDeclarations(dist: string): void {
  for (const file of globSync('**/*.d.ts', { cwd: dist })) {
    const path = join(dist, file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(['"])(\.{1,2}\/[^'"\n]*)\.ts\1/g, '$1$2.js$1'))
  }
}

async function bundleModule(module: string, dist: string): Promise<Metafile> {
  const { metafile } = await bundle({
    entryPoints: [join(ROOT, 'src', `${module}.ts`)],
    outfile: join(dist, `${module}.js`),
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // One copy of multiformats in a process: it is a dependency of ours, and small.
    external: ['multiformats'],
    plugins: [ownModulesStay],
    legalComments: 'none',
    absWorkingDir: ROOT,
    metafile: true,
    logLevel: 'warning'
  })
  // Only our own modules import the bundled one, and its types would ask for those of what it contains.
  rmSync(join(dist, `${module}.d.ts`))
  return metafile
}

/** What they load later stays apart, and what they share is there once. */
async function bundleDoors(dist: string): Promise<void> {
  await bundle({
    entryPoints: QUICK.map((door) => join(dist, `${door}.js`)),
    outdir: join(dist, 'quick'),
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    chunkNames: '[hash]',
    legalComments: 'none',
    absWorkingDir: dist,
    logLevel: 'warning'
  })
}

/** Our own modules are in the package already; a second copy in the bundle would be a second truth. */
const ownModulesStay: Plugin = {
  name: 'own-modules-stay',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path }) => ({ path: path.replace(/\.ts$/, '.js'), external: true }))
  }
}

function packagesIn({ outputs }: Metafile): readonly Bundled[] {
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0])
    .filter((folder) => folder !== undefined)
  return [...new Set(folders)].map((folder) => bundled(join(ROOT, folder)))
}

/** The registry's bytecode, which the package carries, has been compiled from these too. */
function packagesOfContracts(): readonly Bundled[] {
  const texts = globSync('contracts/*.sol', { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), 'utf8'))
  const imports = texts.flatMap((text) => [...text.matchAll(/^import [^"\n]*"((?:@[^/"\n]+\/)?[^./"\n][^/"\n]*)\//gm)])
  return [...new Set(imports.map(([, name]) => name!))].map((name) => bundled(join(ROOT, 'node_modules', name)))
}

function bundled(folder: string): Bundled {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const { name, version, author } = manifest
  const choices = manifest.license.replaceAll(/[()]/g, '').split(' OR ')
  const license = PERMISSIVE.find((one) => choices.includes(one))
  if (license === undefined) throw new Error(`${name} ${version} is under ${manifest.license}`)
  const named = (typeof author === 'object' ? author.name : (author ?? '')).replace(/\s*[<(].*/, '')
  return { name, version, license, author: named === '' ? `the authors of ${name}` : named, folder }
}

function unique(packages: readonly Bundled[]): readonly Bundled[] {
  const byName = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]))
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function noticesOf(packages: readonly Bundled[]): string {
  const modules = BUNDLED.map((module) => `\`${module}.js\``).join(', ')
  const list = packages.map(({ name, version, license, author }) => `- ${name} ${version}, ${license}, © ${author}`)
  const own = packages.flatMap(({ name, folder }) => licenceFiles(folder).map((text) => quoted(name, text)))
  const common = [...new Set(packages.map(({ license }) => license))].flatMap((license) => {
    const text = COMMON[license]
    return text === undefined ? [] : [quoted(license, readFileSync(join(ROOT, text), 'utf8'))]
  })
  return [
    '# Third-party notices',
    `${modules}, the registry's bytecode and contracts/verification contain these packages in part, each under the licence named beside it.`,
    list.join('\n'),
    'A package without a licence file of its own is under the common text below, with its copyright line above.',
    ...common,
    ...own
  ].join('\n\n')
}

/** Our own licence is the common text of MIT. */
const COMMON: Readonly<Record<string, string>> = { MIT: 'LICENSE', 'Apache-2.0': 'scripts/licences/Apache-2.0.txt' }

function licenceFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8'))
}

const quoted = (title: string, text: string): string => `## ${title}\n\n\`\`\`text\n${text.trim()}\n\`\`\``

if (import.meta.main) await build(join(ROOT, 'dist'))
