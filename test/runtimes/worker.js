// A worker of workerd: the world comes with a request.
import { judge } from './program.js'

export default {
  fetch: async (request) => Response.json(await judge(await request.json()))
}
