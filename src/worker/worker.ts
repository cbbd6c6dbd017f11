/** The worker's entry: passes the page's commands to the session. */
import '../dispose.ts'
import type { LabCommand, OpenCommand } from '../protocol/commands.ts'
import { browserHost } from './browser-host.ts'
import { createSession, type Session } from './session.ts'

let session: Session | null = null

const open = ({ deviceLimits }: OpenCommand): Session =>
  createSession(browserHost((message, transfer = []) => postMessage(message, { transfer }), deviceLimits))

addEventListener('message', ({ data }: MessageEvent<OpenCommand | LabCommand>) => {
  if (data.type === 'open') session = open(data)
  else session?.handle(data)
})
