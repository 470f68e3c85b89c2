import { z } from 'zod'
import type { Access } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'

/** The OpenAPI 3.1 document of these endpoints, made from the schemas that check the requests. */
export function describeApi(endpoints: readonly Endpoint[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'callscope',
      version,
      description: 'Answers about calls: what happened, how it sounded, whose side.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key (callscope keys create), the administrator token or, for /metrics, the token of metrics.token.',
        },
      },
      schemas: { Problem: problemSchema },
    },
  }
}

const problemSchema = {
  type: 'object',
  description: 'RFC 9457 problem details.',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong and what to do.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'fix'],
        properties: { index: { type: 'integer' }, field: { type: 'string' }, fix: { type: 'string' } },
      },
    },
  },
}

function operationOf(endpoint: Endpoint): object {
  const { method, path, summary, description, request, response, access } = endpoint
  return {
    operationId: operationId(method, path),
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf[access],
    parameters: [...pathParameters(path), ...queryParameters(endpoint)],
    ...(request === undefined
      ? {}
      : { requestBody: { required: true, content: contentOf(request.types, request.schema, 'input') } }),
    responses: {
      '2XX': {
        description: response?.description ?? 'Done.',
        content: contentOf([response?.type ?? 'application/json'], response?.schema, 'output'),
      },
      default: {
        description: 'What is wrong and what to do.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

/** `{}`: also without a credential, where a setting (trustLoopback) or the demo allows it. */
const securityOf: Readonly<Record<Access, readonly object[]>> = {
  open: [],
  ingest: [{ key: [] }, {}],
  read: [{ key: [] }, {}],
  scrape: [{ key: [] }, {}],
  administer: [{ key: [] }],
}

const operationId = (method: string, path: string): string =>
  `${method.toLowerCase()}${path.replace(/[/:.-]+(\w)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')}`

const contentOf = (types: readonly string[], schema: z.ZodType | undefined, io: 'input' | 'output'): object =>
  Object.fromEntries(types.map((type) => [type, schema === undefined ? {} : { schema: jsonSchema(schema, io) }]))

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

const pathParameters = (path: string): readonly object[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

function queryParameters({ query }: Endpoint): readonly object[] {
  if (query === undefined) return []
  return Object.entries(query.shape).map(([name, schema]) => {
    const described = jsonSchema(schema as z.ZodType, 'input') as { description?: string }
    return {
      name,
      in: 'query',
      required: !(schema as z.ZodType).safeParse(undefined).success,
      schema: described,
      ...(described.description === undefined ? {} : { description: described.description }),
    }
  })
}
