#!/usr/bin/env node
/** The command line. Node is checked before anything is loaded that an older one does not have. */
import { requireNode } from './cli/runtime.ts'

requireNode(process)
const { run } = await import('./cli/main.ts')
process.exitCode = await run(process)
