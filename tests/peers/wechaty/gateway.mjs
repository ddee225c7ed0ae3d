// One real gateway over a small world, driven by JSON lines on stdin; it ends when stdin does.
//
// node gateway.mjs FOLDER   (FOLDER holds the node_modules of one generation)
// The first line is {world, port, token, tls: null | {cert, key}, login}; each later line is
// {id, do, ...}, answered on stdout by {id, ...} or {id, error}.

import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import path from 'node:path'

import { World, makePuppet } from './world.mjs'

console.log = console.info = console.warn = console.error
const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
const load = createRequire(path.join(process.argv[2], 'package.json'))
const { PuppetMock } = load('wechaty-puppet-mock')
const { FileBox } = load('file-box')
const { PuppetServer } = load('wechaty-puppet-service')

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const setup = JSON.parse((await lines.next()).value)
if (!setup.tls) process.env.WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER = 'true'
const { WorldPuppet, commands } = makePuppet({ PuppetMock, FileBox }, new World(setup.world))
const puppet = new WorldPuppet()
puppet.on('error', () => {})
await puppet.start()
const server = new PuppetServer({
  endpoint: `127.0.0.1:${setup.port}`,
  puppet,
  token: setup.token,
  ...(setup.tls ? { tls: { serverCert: setup.tls.cert, serverKey: setup.tls.key } } : {}),
})
await server.start()
if (setup.login) await puppet.login(setup.world.me)
answer({ ready: true })

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const { id, do: name, ...command } = JSON.parse(line)
  try {
    answer({ id, ...(await commands[name](puppet, command)) })
  } catch (error) {
    answer({ id, error: String(error) })
  }
}
process.exit(0)
