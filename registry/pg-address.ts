/** Where a PostgreSQL is. */
export interface PgAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly database: string
}

/**
 * Taken apart here and not by the driver, which lets parameters of the URL (sslmode=disable) win over what the settings
 * say. Throws when the URL says what it may not; the error quotes nothing of it, for it may hold a password.
 */
export function pgAddress(url: string): PgAddress {
  if (!URL.canParse(url)) throw new Error('postgres.url is no URL; write postgres://user@host:5432/database.')
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url)
  if (!/^postgres(ql)?:$/.test(protocol)) throw new Error('postgres.url must begin with postgres://.')
  for (const name of searchParams.keys()) {
    if (name !== 'host')
      throw new Error('postgres.url takes no parameter but host; encryption is set with postgres.tls.')
  }
  if (username === '') throw new Error('postgres.url names no user; write postgres://user@host:5432/database.')
  const database = decodeURIComponent(pathname.slice(1))
  if (database === '') throw new Error('postgres.url names no database; write postgres://user@host:5432/database.')
  const host = searchParams.get('host') ?? hostname.replace(/^\[|\]$/g, '')
  if (host === '') throw new Error('postgres.url names no host; write postgres://user@host:5432/database.')
  return {
    ...{ host, port: port === '' ? 5432 : Number(port), user: decodeURIComponent(username), database },
    password: password === '' ? undefined : decodeURIComponent(password),
  }
}
