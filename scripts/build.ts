/**
 * Builds the package: `tsc` emits every module as it is, then the one module that imports Helia is replaced by a bundle
 * of the parts of Helia it uses, so that installing trend-archive does not install Helia's 300 MB of optional
 * transports. Decision record 0001 has the reasons and the figures.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle, type Metafile, type Plugin } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The modules that are shipped as bundles, without their extension. */
const BUNDLED = ['block/helia-light']

/** Licences that let us ship the code inside our own package. */
const PERMISSIVE = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'WTFPL', '0BSD', 'Unlicense'])

interface Bundled {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly folder: string
}

/** Builds into `dist`, or into another folder for a trial package. */
export async function build(dist: string): Promise<void> {
  rmSync(dist, { recursive: true, force: true })
  execFileSync('tsc', ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist], { stdio: 'inherit', cwd: ROOT })
  const packages: Bundled[] = []
  for (const module of BUNDLED) packages.push(...packagesIn(await bundleModule(module, dist)))
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.md'), noticesOf(unique(packages)))
  const cli = join(dist, 'cli.js')
  if (existsSync(cli)) await chmod(cli, 0o755)
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
  // Nothing outside the package imports the bundled module, and its types would ask for Helia's.
  rmSync(join(dist, `${module}.d.ts`))
  return metafile
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
  return [...new Set(folders)].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Bundled
    const choices = license.replaceAll(/[()]/g, '').split(/ OR | AND /)
    if (!choices.some((choice) => PERMISSIVE.has(choice))) throw new Error(`${name} ${version} is under ${license}`)
    return { name, version, license, folder }
  })
}

function unique(packages: readonly Bundled[]): readonly Bundled[] {
  const byName = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]))
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function noticesOf(packages: readonly Bundled[]): string {
  const intro = `# Third-party notices

The following packages are contained, in whole or in part, in ${BUNDLED.map((module) => `\`${module}.js\``).join(', ')}.
Each is used under its own licence; where a package offers a choice, under the first one named here that is MIT, ISC or
Apache-2.0.
`
  const texts = new Map<string, string[]>()
  for (const { name, version, license, folder } of packages) {
    const text = licenceTexts(join(ROOT, folder)) || `Licence: ${license} (the package carries no licence file)`
    texts.set(text, [...(texts.get(text) ?? []), `${name} ${version} (${license})`])
  }
  const sections = [...texts].map(([text, names]) => `\n## ${names.join(', ')}\n\n\`\`\`text\n${text.trim()}\n\`\`\`\n`)
  return intro + sections.join('')
}

function licenceTexts(folder: string): string {
  return globSync('{LICENSE,LICENCE,license,NOTICE}*', { cwd: folder })
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    .join('\n\n')
}

if (import.meta.main) await build(join(ROOT, 'dist'))
