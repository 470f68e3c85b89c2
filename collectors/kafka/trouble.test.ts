import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { troubleOf, willPass } from './trouble.ts'

const { KafkaJSSASLAuthenticationError } = kafkajs as unknown as {
  KafkaJSSASLAuthenticationError: new (message: string) => Error
}

test('a connection that ends during the login is waited for: it is no refusal', () => {
  for (const end of ['Not connected', 'Closed connection']) {
    const trouble = troubleOf(new KafkaJSSASLAuthenticationError(`SASL SCRAM SHA512 authentication failed: ${end}`))
    expect([trouble, willPass(trouble)]).toEqual(['broker_unreachable', true])
  }
})

test('a login that the broker refuses is one', () => {
  const refusal = 'SASL SCRAM SHA512 authentication failed: Authentication failed due to invalid credentials'
  expect(troubleOf(new KafkaJSSASLAuthenticationError(refusal))).toBe('login_refused')
})
