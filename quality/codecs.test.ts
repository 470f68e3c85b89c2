import { describe, expect, test } from 'vitest'
import { codecRows } from './codec-rows.ts'
import { codecDelayMs, createCodecFinder, findCodec, withOverrides } from './codecs.ts'

describe('codec names from the field', () => {
  test.each([
    ['PCMU', 'G.711'],
    ['PCMA/8000', 'G.711'],
    ['PCMU/8000/1', 'G.711'],
    ['G.711 A-Law', 'G.711'],
    ['G.711 µ-law', 'G.711'],
    ['G711', 'G.711'],
    ['audio/PCMU', 'G.711'],
    ['G.711+PLC', 'G.711+PLC'],
    ['g729', 'G.729A+VAD'],
    ['G.729A', 'G.729A+VAD'],
    ['G729/8000', 'G.729A+VAD'],
    ['G729/8000;annexb=no', 'G.729A annexb=no'],
    ['G.729A (annexb=no)', 'G.729A annexb=no'],
    ['G726-32', 'G.726-32'],
    ['G723', 'G.723.1-6.3+VAD'],
    ['GSM-EFR/8000', 'GSM-EFR'],
    ['audio/opus', 'Opus'],
    ['opus/48000/2', 'Opus'],
    ['opus/48000/2;useinbandfec=1', 'Opus'],
    ['AMR-WB/12.65', 'AMR-WB-12.65'],
    ['AMR-WB 6.60', 'AMR-WB-6.6'],
    ['AMR-WB/16000', 'AMR-WB'],
    ['AMR-WB/16000/1', 'AMR-WB'],
    ['AMR/8000', 'AMR-NB'],
    ['EVS 24.4', 'EVS-24.4'],
    ['EVS/16000', 'EVS'],
    ['G722/8000', 'G.722'],
    ['iLBC', 'iLBC'],
  ])('%s is %s', (name, key) => {
    expect(findCodec(name)?.key).toBe(key)
  })

  test.each([
    'telephone-event',
    'telephone-event/8000',
    'CN',
    'ISAC',
    'ISAC/16000',
    'VP8',
    'G.722.1',
    'G.729.1',
    '',
    '   ',
  ])('"%s" is no speech codec that we know', (name) => {
    expect(findCodec(name)).toBeUndefined()
  })

  test('every row is found by its own key', () => {
    const strays = codecRows.filter(({ key }) => findCodec(key)?.key !== key).map(({ key }) => key)
    expect(strays).toEqual([])
  })
})

describe('codec rows', () => {
  test('say where their values come from', () => {
    for (const row of codecRows) {
      expect(row.source).not.toBe('')
      expect(row.grounded && row.ie === undefined).toBe(false)
    }
  })

  test('Opus has no official value and borrows one, ungrounded, on the fullband scale', () => {
    expect(findCodec('opus')).toMatchObject({ band: 'F', grounded: false, ie: 10.2, bpl: 9.6 })
  })

  test('a codec delays by one frame more than a packet carries, and its look-ahead', () => {
    const g729 = findCodec('G729')
    expect(g729 && codecDelayMs(g729)).toBe(35)
  })

  test("an operator's own values are grounded, and a row that does not exist is refused", () => {
    const rows = withOverrides([{ row: 'Opus', ie: 9, bpl: 12 }])
    expect(createCodecFinder(rows)('opus')).toMatchObject({ ie: 9, bpl: 12, grounded: true })
    expect(() => withOverrides([{ row: 'Opsu', ie: 9 }])).toThrow(/Opsu/)
  })
})
