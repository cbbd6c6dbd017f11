/** The worker's door: messages → functions. */
import type { LabCommand } from '../protocol/commands.ts'
import { createSession } from './session.ts'

const session = createSession((message, transfer = []) => postMessage(message, { transfer }))

addEventListener('message', ({ data }: MessageEvent<LabCommand>) => session.handle(data))
