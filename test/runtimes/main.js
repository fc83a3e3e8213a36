// node|bun|deno main.js <world as JSON>
import process from 'node:process'
import { judge } from './program.js'

console.log(JSON.stringify(await judge(JSON.parse(process.argv[2]))))
