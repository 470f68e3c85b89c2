import type { FastifyInstance } from 'fastify'

/** "GET /api/calls" for each method and path that a server answers, HEAD aside: read off its router, not off a list of ours. */
export async function routesOf(app: FastifyInstance): Promise<readonly string[]> {
  await app.ready()
  const parents: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', piece = '', methods = ''] = /^([│├└─ ]*)(\S+) \((.*)\)$/.exec(line) ?? []
      if (piece === '') return []
      const depth = indent.length / 4 - 1
      const path = `${parents[depth - 1] ?? ''}${piece}`.replace('//', '/')
      parents.splice(depth, Number.POSITIVE_INFINITY, path)
      return methods
        .split(', ')
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${path.replace(/(?<=\w)\*$/, '/*')}`)
    })
    .toSorted()
}
