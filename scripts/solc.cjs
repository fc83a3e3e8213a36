#!/usr/bin/env node
/**
 * The compiler of npm behind the command line of the native one, as far as forge speaks to it: forge would download one
 * otherwise. All sources are in the input, so nothing is read from disk.
 */
const { readFileSync } = require('node:fs')
const solc = require('solc')

if (process.argv.includes('--version')) {
  // forge reads the version from a line of this form, and knows native builds alone.
  const version = solc.version().replace('Emscripten.clang', 'Linux.g++')
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${version}`)
} else {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')))
}
