/**
 * Finds a Chromium for the browser test, and before `npm test` installs Debian's where there is none and it may: in a
 * container or on a build machine, as root. Elsewhere it says what to do, and the browser test fails.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium'
]
export const ADVICE = 'no Chromium on this machine: `apt-get install chromium`, or name one in the variable CHROMIUM'

/** The path of a Chromium; `undefined` where there is none. */
export function findChromium(): string | undefined {
  const places = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return process.env.CHROMIUM ?? [...places, ...APPLICATIONS].find((place) => existsSync(place))
}

function install(): void {
  console.log('installing Chromium for the browser test (apt-get install chromium)')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const command of [['update'], ['install', '-y', 'chromium']]) {
    execFileSync('apt-get', ['-qq', ...command], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  }
}

if (import.meta.main && findChromium() === undefined) {
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (mayInstall) install()
  else console.error(ADVICE)
}
