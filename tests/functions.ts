import {
  isCallExpression,
  isFunctionLikeDeclaration,
  isTemplateLiteral,
  type Node,
  type SourceFile,
} from 'typescript/unstable/ast'
import { createVirtualFileSystem } from 'typescript/unstable/fs'
import { API } from 'typescript/unstable/sync'

/** One function with a body, and how much of it there is to read. */
export interface FunctionLength {
  readonly path: string
  /** Its own name, or the name of what it is given to: 'readPage', 'onClose', 'callback of describe'. */
  readonly name: string
  /**
   * From its first line to its last, with the functions inside it; comments above it do not count. A text over several
   * lines (a query, a page) counts as one: it is read by itself, in its own language, and cutting it would hide it.
   */
  readonly lines: number
}

/** Every function of these files (text by path), in the order in which they stand. Nothing is resolved or checked. */
export function functionsOf(texts: Readonly<Record<string, string>>): readonly FunctionLength[] {
  const paths = Object.keys(texts)
  const config = { compilerOptions: { noLib: true, noResolve: true, types: [], jsx: 'preserve' }, files: paths }
  const placed = Object.entries(texts).map(([path, text]) => [`/${path}`, text])
  const fs = createVirtualFileSystem({ ...Object.fromEntries(placed), '/tsconfig.json': JSON.stringify(config) })
  const compiler = new API({ cwd: '/', fs })
  try {
    const project = compiler.updateSnapshot({ openProjects: ['/tsconfig.json'] }).getProject('/tsconfig.json')
    return paths.flatMap((path) => {
      const file = project?.program.getSourceFile(`/${path}`)
      if (file === undefined) throw new Error(`the compiler does not find ${path}`)
      return functionsIn(file, path)
    })
  } finally {
    compiler.close()
  }
}

function functionsIn(file: SourceFile, path: string): readonly FunctionLength[] {
  const found: FunctionLength[] = []
  const lineAt = (position: number): number => file.getLineAndCharacterOfPosition(position).line
  const lineBreaksIn = (node: Node): number => lineAt(node.getEnd()) - lineAt(node.getStart(file))

  /** Walks a node and answers how many of its line breaks lie within texts. */
  const visit = (node: Node): number => {
    if (isTemplateLiteral(node)) {
      visitChildren(node)
      return lineBreaksIn(node)
    }
    const place = found.length
    const inTexts = visitChildren(node)
    if (isFunctionLikeDeclaration(node) && 'body' in node && node.body !== undefined) {
      found.splice(place, 0, { path, name: nameOf(node, file), lines: lineBreaksIn(node) + 1 - inTexts })
    }
    return inTexts
  }
  const visitChildren = (node: Node): number => {
    let inTexts = 0
    node.forEachChild((child) => {
      inTexts += visit(child)
    })
    return inTexts
  }
  visit(file)
  return found
}

/** A function that has no name of its own is called after the first that surrounds it and has one, or takes it. */
function nameOf(node: Node, file: SourceFile): string {
  const own = textAt(node, 'name', file)
  if (own !== undefined) return own
  for (let around = node.parent; around !== file; around = around.parent) {
    const name = textAt(around, 'name', file)
    if (name !== undefined) return name
    if (isCallExpression(around))
      return `callback of ${around.expression
        .getText(file)
        .split(/[\s.]+/)
        .at(-1)}`
  }
  return 'nameless'
}

function textAt(node: Node, key: string, file: SourceFile): string | undefined {
  const part = (node as unknown as Record<string, Node | undefined>)[key]
  return part?.getText(file)
}
