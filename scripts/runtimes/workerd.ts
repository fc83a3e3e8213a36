import { join } from 'node:path'
import { build } from 'esbuild'
import type { Runtime, Told } from './runtime.ts'
import { binary, load } from './workspace.ts'
import type { World } from './world.ts'

/** The part of miniflare that is used here; it is installed apart from this package, so its types are not here. */
interface Miniflare {
  readonly dispatchFetch: (
    url: string,
    init: { readonly method: string; readonly body: string }
  ) => Promise<{ readonly ok: boolean; readonly text: () => Promise<string> }>
  readonly dispose: () => Promise<void>
}
type MiniflareClass = new (options: {
  readonly modules: true
  readonly script: string
  readonly compatibilityDate: string
}) => Miniflare

/** Only after the workspace was installed is it there. */
export const workerd = (): Runtime => ({
  name: 'workerd',
  run: binary('workerd') === undefined ? undefined : judgeInWorker
})

async function judgeInWorker(world: World, consumer: string): Promise<Told> {
  const { outputFiles } = await build({
    entryPoints: [join(consumer, 'worker.js')],
    bundle: true,
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    target: 'es2022',
    format: 'esm',
    write: false
  })
  const { Miniflare } = (await load('miniflare')) as { readonly Miniflare: MiniflareClass }
  // No flag for what Node has: the doors need none of it.
  const worker = new Miniflare({ modules: true, script: outputFiles[0]!.text, compatibilityDate: '2026-04-01' })
  try {
    const response = await worker.dispatchFetch('http://worker/', { method: 'POST', body: JSON.stringify(world) })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return JSON.parse(text) as Told
  } finally {
    await worker.dispose()
  }
}
