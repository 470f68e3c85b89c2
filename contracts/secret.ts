import { z } from 'zod'

/**
 * A setting that is never printed. Each has a companion `<name>File` in its section, whose content is taken instead; the
 * loader reads it, so that the parts never see a path.
 */
export const secret = () => z.string().min(1).meta({ secret: true })

/** The companion of a secret. */
export const secretFile = (of: string) =>
  z.string().min(1).optional().describe(`File whose content is taken as ${of}: a mounted secret.`)

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
