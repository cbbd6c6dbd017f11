/** The server of `board`: the run table and bull-board, for reading only and for this machine only. */
import type { Server } from 'node:http'
import { createBullBoard } from '@bull-board/api'
import { HonoAdapter } from '@bull-board/hono'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { workerNames } from '../experiments/queue/node/opened.ts'
import { type WatchedQueue, watchedRuns } from '../experiments/queue/node/watch.ts'
import { messageOf } from '../message.ts'
import { UsageError } from './arguments.ts'
import { boardPage } from './board-page.ts'

/** Runs of each state in the table. */
const most = 500
/** Seconds until the page of the table loads again. */
const refresh = 5
/** Milliseconds that the page waits for a server that is away. */
const usualPatience = 5000

const ownNames = ['localhost', '127.0.0.1', '[::1]']

/** Whether a request names this machine: a page of another name, which leads here, must not read the queue. */
const isOwnName = (host: string | undefined) => ownNames.includes((host ?? '').replace(/:\d+$/, ''))

async function bullBoard(queue: WatchedQueue['queue']) {
  // BullMQ's adapter is a module of CommonJS without a default that types agree on.
  const { BullMQAdapter } = await import('@bull-board/api/bullMQAdapter')
  const adapter = new HonoAdapter(serveStatic)
  adapter.setBasePath('/queue')
  createBullBoard({
    queues: [new BullMQAdapter(queue, { readOnlyMode: true, description: 'for reading only' })],
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Selectivity Lab', hideRedisDetails: true } },
  })
  return adapter.registerPlugin()
}

async function within<T>(work: Promise<T>, shown: string, patience: number): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`Redis at ${shown} does not answer; the page tries again when you reload it`)),
      patience,
    ).unref()
  })
  return await Promise.race([work, late])
}

/** The pages of a queue. Every request that could change something is refused. */
export async function boardApp({ queue, shown }: WatchedQueue, patience = usualPatience): Promise<Hono> {
  const answer = <T>(work: Promise<T>) => within(work, shown, patience)
  const app = new Hono()
  app.use(async (context, next) => {
    if (!isOwnName(context.req.header('host'))) return context.text('This page is for this machine only.', 403)
    if (!['GET', 'HEAD'].includes(context.req.method)) return context.text('This page is for reading only.', 405)
    await next()
  })
  app.use(
    secureHeaders({
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
      // Nothing leaves the machine: bull-board's page names fonts of another server.
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        frameAncestors: ["'none'"],
      },
    }),
  )
  app.onError((error, context) => context.text(messageOf(error), 503))
  app.get('/', async (context) => {
    const [watched, workers] = await answer(Promise.all([watchedRuns(queue, most), workerNames(queue)]))
    return context.html(boardPage(shown, watched, workers, refresh))
  })
  app.get('/runs.json', async (context) => context.json(await answer(watchedRuns(queue, most))))
  app.get('/queue/', (context) => context.redirect('/queue'))
  app.route('/queue', await bullBoard(queue))
  return app
}

/** Serves on the loopback address; port 0 takes a free one. Rejects with UsageError where the port is taken. */
export function serveBoard(app: Hono, port: number): Promise<{ readonly url: string; readonly server: Server }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (address) =>
      resolve({ url: `http://localhost:${address.port}/`, server: server as Server }),
    )
    server.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new UsageError(`port ${port} is taken; choose another with --port`) : error),
    )
  })
}
