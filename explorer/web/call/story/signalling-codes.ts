/**
 * Names of the cause values that carriers send most (ITU-T Q.850, table 1) in the words of the Recommendation: those
 * are what a ticket is written with, so they are not translated.
 */
const q850: Readonly<Record<number, string>> = {
  1: 'Unallocated number',
  3: 'No route to destination',
  6: 'Channel unacceptable',
  16: 'Normal call clearing',
  17: 'User busy',
  18: 'No user responding',
  19: 'No answer from user',
  20: 'Subscriber absent',
  21: 'Call rejected',
  22: 'Number changed',
  26: 'Non-selected user clearing',
  27: 'Destination out of order',
  28: 'Invalid number format',
  29: 'Facility rejected',
  31: 'Normal, unspecified',
  34: 'No circuit/channel available',
  38: 'Network out of order',
  41: 'Temporary failure',
  42: 'Switching equipment congestion',
  44: 'Requested circuit/channel not available',
  47: 'Resource unavailable, unspecified',
  50: 'Requested facility not subscribed',
  57: 'Bearer capability not authorized',
  58: 'Bearer capability not presently available',
  65: 'Bearer capability not implemented',
  79: 'Service or option not implemented, unspecified',
  88: 'Incompatible destination',
  102: 'Recovery on timer expiry',
  111: 'Protocol error, unspecified',
  127: 'Interworking, unspecified',
}

/** Reason phrases of RFC 3261, section 21, and of RFC 4320's neighbours that are met daily. */
const sip: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  410: 'Gone',
  415: 'Unsupported Media Type',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  500: 'Server Internal Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  600: 'Busy Everywhere',
  603: 'Decline',
  604: 'Does Not Exist Anywhere',
}

const named = (label: string, code: number, names: Readonly<Record<number, string>>): string => {
  const name = names[code]
  return name === undefined ? `${label} ${code}` : `${label} ${code} (${name})`
}

export const sipText = (code: number): string => named('SIP', code, sip)
export const q850Text = (cause: number): string => named('Q.850', cause, q850)
