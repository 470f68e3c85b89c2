import { describe, expect, test } from 'vitest'
import { createClients } from './client.ts'
import { kafkaConfig } from './config.ts'

const observer = { trouble: () => {}, client: () => {} }
const open = (settings: Record<string, unknown>) => () =>
  createClients(kafkaConfig.parse({ brokers: ['kafka.example.org:9092'], ...settings }), observer)

const login = { username: 'callscope', password: 'planted-secret' }

describe('settings that cannot be right are refused at the start, by name', () => {
  test.each([
    ['kafka.tls.enabled', { sasl: { mechanism: 'plain', ...login } }],
    ['kafka.tls.enabled', { sasl: { mechanism: 'oauthbearer', tokenFile: '/etc/hostname' } }],
    ['kafka.tls.enabled', { tls: { caFile: '/etc/hostname' } }],
    ['kafka.tls: certFile and keyFile', { tls: { enabled: true, certFile: '/etc/hostname' } }],
    ['kafka.tls.caFile', { tls: { enabled: true, caFile: '/nowhere/ca.pem' } }],
    ['kafka.sasl.tokenFile', { tls: { enabled: true }, sasl: { mechanism: 'oauthbearer' } }],
    ['kafka.sasl', { sasl: { mechanism: 'scram-sha-512', username: 'callscope' } }],
  ])('%s', (setting, settings) => {
    expect(open(settings)).toThrow(setting)
    expect(open(settings)).not.toThrow('planted-secret')
  })
})

test.each(['localhost:9092', '127.0.0.1:9092', '127.1.2.3:9092'])('%s is loopback, where plain may be', (broker) => {
  expect(open({ brokers: [broker], sasl: { mechanism: 'plain', ...login } })).not.toThrow()
})

test.each(['127.0.0.1.example.org:9092', 'localhost.example.org:9092', '10.0.0.1:9092'])('%s is not', (broker) => {
  expect(open({ brokers: ['localhost:9092', broker], sasl: { mechanism: 'plain', ...login } })).toThrow(
    'kafka.tls.enabled',
  )
})

test('scram needs no TLS', () => {
  expect(open({ sasl: { mechanism: 'scram-sha-512', ...login } })).not.toThrow()
})
