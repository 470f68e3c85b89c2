import { z } from 'zod'

/**
 * A setting that is never printed. Each has a companion `<name>File` in its section, whose content is taken instead; the
 * loader reads it, so that the parts never see a path.
 */
export const secret = () => z.string().min(1).meta({ secret: true })

/** The companion of a secret. */
export const secretFile = (of: string) =>
  z.string().min(1).optional().describe(`File whose content is taken as ${of}: a mounted secret.`)

/** An http(s) URL without user and password, which would show wherever it does. `instead` says where they belong. */
export const plainHttpUrl = (instead: string) =>
  z
    .url({ protocol: /^https?$/ })
    .refine((url) => URL.canParse(url) && new URL(url).username === '' && new URL(url).password === '', {
      error: `holds a user or password: ${instead}`,
    })

/** A URL as it may be asked, and the header that its user name and password make: fetch takes none, and quotes them. */
export function askable(text: string): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
  const url = new URL(text)
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  url.username = ''
  url.password = ''
  return { url, headers: username === '' ? {} : { authorization: basic(username, password) } }
}

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** A URL as it may be shown: without user name, password, query and fragment. */
export function shownUrl(text: string): string {
  try {
    const url = new URL(text)
    url.username = ''
    url.password = ''
    url.search = ''
    url.hash = ''
    return url.toString()
  } catch {
    return '(not a URL)'
  }
}
