/** The worker's entry: passes the page's commands to the session. */
import '../dispose.ts'
import type { LabCommand } from '../protocol/commands.ts'
import { browserHost } from './browser-host.ts'
import { createSession } from './session.ts'

const session = createSession(browserHost((message, transfer = []) => postMessage(message, { transfer })))

addEventListener('message', ({ data }: MessageEvent<LabCommand>) => session.handle(data))
