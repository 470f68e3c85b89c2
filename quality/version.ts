/**
 * Names the formulas and codec tables of this folder as one whole. Stored with every MOS and every record; raise it
 * whenever any stored number could come out differently, so that old and new figures are never mixed unseen.
 */
export const formulaVersion = 'e-model-3'
