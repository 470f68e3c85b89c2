/** A file of the web page, as it is sent. */
export interface PageFile {
  readonly type: string
  readonly content: Buffer
  /** Compressed when the page was built. */
  readonly brotli: Buffer | undefined
  readonly gzip: Buffer | undefined
}

/** The files of the web page. */
export interface Pages {
  /** By its path below the root of the page: `index.html`, `assets/…`. */
  find(path: string): PageFile | undefined
}
