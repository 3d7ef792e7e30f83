/**
 * The architecture, held by reading the sources: who may import whom, what crosses a worker boundary, documentation of what is
 * exported, sizes, and habits that are not wanted. Each check lists its offenders.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { Node, Project, type SourceFile, SyntaxKind, type TypeNode } from 'ts-morph';

const ROOT = path.join(__dirname, '..');

/** What each layer may import besides itself. `host` is for the front ends and its own worker entry. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  'server/base': [],
  'server/syntax': ['model', 'server/base'],
  'server/flow': ['model', 'server/base', 'server/syntax'],
  'server/analysis': ['model', 'server/base', 'server/syntax', 'server/flow'],
  'server/rules': ['model', 'server/base', 'server/syntax', 'server/flow', 'server/analysis'],
  'server/engine': ['model', 'server/base', 'server/syntax', 'server/flow', 'server/analysis', 'server/rules'],
  'server/host': ['server/base', 'server/engine', 'server/syntax'],
  'server/ide': ['model', 'server/base', 'server/syntax', 'server/analysis', 'server/rules', 'server/engine'],
  'server/lsp': ['model', 'server/base', 'server/syntax', 'server/engine', 'server/ide', 'server/host'],
  'server/cli': [
    'model',
    'server/base',
    'server/syntax',
    'server/rules',
    'server/engine',
    'server/ide',
    'server/host',
    'server/lsp',
  ],
  client: [],
};

/** Types alone that every layer may take: the plain data of results, which rules name in their reports. */
const TYPES_FOR_ALL = 'server/engine/protocol.ts';

/** Packages and built-in modules that belong to one layer. */
const OWNED: readonly { readonly what: RegExp; readonly by: readonly string[] }[] = [
  { what: /^(?:web-)?tree-sitter(?:-c)?(?:\/|$)/, by: ['server/syntax'] },
  { what: /^vscode(?:-|$)/, by: ['server/lsp', 'client'] },
  {
    what: /^(?:node:)?(?:fs|fs\/promises|child_process|worker_threads|os|net|http|https|perf_hooks)$/,
    by: ['server/host', 'client'],
  },
  { what: /^commander$/, by: ['server/cli'] },
  { what: /^picocolors$/, by: ['server/cli'] },
];

const MAX_FILE = 400;
const MAX_FUNCTION = 60;
const MAX_PARAMETERS = 4;

/** Written by a program, read by nobody. */
const GENERATED: readonly string[] = [
  'server/rules/registry.ts',
  'server/rules/explain.ts',
  'server/host/scan-module.ts',
];

const project = new Project({
  tsConfigFilePath: path.join(ROOT, 'tsconfig.json'),
  skipAddingFilesFromTsConfig: true,
  skipFileDependencyResolution: true,
});
project.addSourceFilesAtPaths(['model', 'server', 'client'].map((d) => path.join(ROOT, d, '**/*.ts')));
const sources = project.getSourceFiles();

const nameOf = (file: SourceFile): string => path.relative(ROOT, file.getFilePath()).split(path.sep).join('/');
const written = sources.filter((f) => !GENERATED.includes(nameOf(f)) && !f.isDeclarationFile());

/** The layer of a file: its first directory, or the first two below server/. */
function layerOf(name: string): string {
  const parts = name.split('/');
  return parts[0] === 'server' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file meant, for a relative import. */
  readonly to: string | undefined;
  readonly typeOnly: boolean;
  readonly line: number;
}

function importsOf(file: SourceFile): Import[] {
  const from = nameOf(file);
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, line: number): void => {
    const to = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(from), specifier) : undefined;
    found.push({ from, specifier, to, typeOnly, line });
  };
  for (const d of file.getImportDeclarations()) {
    const named = d.getNamedImports();
    const typeOnly =
      d.isTypeOnly() || (named.length > 0 && d.getDefaultImport() === undefined && named.every((n) => n.isTypeOnly()));
    add(d.getModuleSpecifierValue(), typeOnly, d.getStartLineNumber());
  }
  for (const d of file.getExportDeclarations()) {
    const specifier = d.getModuleSpecifierValue();
    if (specifier !== undefined) add(specifier, d.isTypeOnly(), d.getStartLineNumber());
  }
  for (const call of file.getDescendantsOfKind(SyntaxKind.CallExpression)) {
    const callee = call.getExpression();
    const [argument] = call.getArguments();
    const isImport = callee.getKind() === SyntaxKind.ImportKeyword || callee.getText() === 'require';
    if (isImport && Node.isStringLiteral(argument)) add(argument.getLiteralValue(), false, call.getStartLineNumber());
  }
  return found;
}

const imports = sources.flatMap(importsOf);

describe('architecture: imports', () => {
  it('every file lies in a layer', () => {
    assert.deepEqual(
      sources.map(nameOf).filter((name) => !(layerOf(name) in LAYERS)),
      [],
    );
  });

  it('follow the layers', () => {
    const offenders = imports.filter(({ from, to, typeOnly }) => {
      if (to === undefined || to === 'package.json') return false;
      const [a, b] = [layerOf(from), layerOf(to)];
      if (a === b || (typeOnly && to === TYPES_FOR_ALL && a.startsWith('server/') && a !== 'server/base')) return false;
      return LAYERS[a]?.includes(b) !== true;
    });
    assert.deepEqual(
      offenders.map((i) => `${i.from}:${i.line} imports ${i.to}`),
      [],
    );
  });

  it('have no cycles', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) {
      if (to !== undefined && !typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
    }
    assert.deepEqual(cycleIn(edges), []);
  });

  it('of a package or built-in module stand in the layer that owns it', () => {
    const offenders = imports.filter(({ from, specifier }) =>
      OWNED.some(({ what, by }) => what.test(specifier) && !by.includes(layerOf(from))),
    );
    assert.deepEqual(
      offenders.map((i) => `${i.from}:${i.line} imports ${i.specifier}`),
      [],
    );
  });

  it('of project files end in .ts', () => {
    const offenders = imports.filter(({ specifier }) => specifier.startsWith('.') && !/\.(?:ts|json)$/.test(specifier));
    assert.deepEqual(
      offenders.map((i) => `${i.from}:${i.line} imports ${i.specifier}`),
      [],
    );
  });
});

/** One cycle of a graph, its first file repeated at the end; empty when there is none. */
function cycleIn(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, 'open' | 'done'>();
  for (const root of edges.keys()) {
    const stack: { node: string; next: number }[] = [{ node: root, next: 0 }];
    if (state.has(root)) continue;
    state.set(root, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = edges.get(top.node)?.[top.next++];
      if (target === undefined) {
        state.set(top.node, 'done');
        stack.pop();
      } else if (state.get(target) === 'open') {
        const nodes = stack.map((s) => s.node);
        return [...nodes.slice(nodes.indexOf(target)), target];
      } else if (!state.has(target)) {
        state.set(target, 'open');
        stack.push({ node: target, next: 0 });
      }
    }
  }
  return [];
}

describe('architecture: what crosses a worker boundary', () => {
  it('is plain data, all the way down', () => {
    const protocol = project.getSourceFileOrThrow(path.join(ROOT, TYPES_FOR_ALL));
    const offenders: string[] = [];
    const seen = new Set<Node>();
    for (const declaration of [...protocol.getInterfaces(), ...protocol.getTypeAliases()])
      checkDeclaration(declaration, offenders, seen);
    assert.deepEqual(offenders, []);
    assert.ok(seen.size > 20);
    assert.deepEqual(
      [...protocol.getFunctions(), ...protocol.getClasses(), ...protocol.getVariableDeclarations()].map((n) =>
        n.getText(),
      ),
      [],
    );
  });
});

function checkDeclaration(declaration: Node, offenders: string[], seen: Set<Node>): void {
  if (seen.has(declaration)) return;
  seen.add(declaration);
  if (Node.isTypeAliasDeclaration(declaration)) checkType(declaration.getTypeNodeOrThrow(), offenders, seen);
  else if (Node.isInterfaceDeclaration(declaration)) {
    for (const base of declaration.getExtends()) checkType(base, offenders, seen);
    checkMembers(declaration.getMembers(), offenders, seen);
  } else offenders.push(`${declaration.getSourceFile().getBaseName()}: ${declaration.getText().slice(0, 60)}`);
}

function checkMembers(members: readonly Node[], offenders: string[], seen: Set<Node>): void {
  for (const member of members) {
    if (Node.isPropertySignature(member)) checkType(member.getTypeNodeOrThrow(), offenders, seen);
    else offenders.push(`${member.getSourceFile().getBaseName()}: ${member.getText().slice(0, 60)}`);
  }
}

const PLAIN = new Set([
  SyntaxKind.StringKeyword,
  SyntaxKind.NumberKeyword,
  SyntaxKind.BooleanKeyword,
  SyntaxKind.UndefinedKeyword,
  SyntaxKind.LiteralType,
]);

function checkType(type: TypeNode, offenders: string[], seen: Set<Node>): void {
  const again = (inner: TypeNode): void => checkType(inner, offenders, seen);
  if (PLAIN.has(type.getKind())) return;
  if (Node.isUnionTypeNode(type) || Node.isIntersectionTypeNode(type)) type.getTypeNodes().forEach(again);
  else if (Node.isArrayTypeNode(type)) again(type.getElementTypeNode());
  else if (Node.isTypeOperatorTypeNode(type) || Node.isParenthesizedTypeNode(type)) again(type.getTypeNode());
  else if (Node.isTypeLiteral(type)) checkMembers(type.getMembers(), offenders, seen);
  else if (Node.isTypeReference(type)) {
    const name = type.getTypeName();
    if (['Readonly', 'Record', 'ReadonlyArray'].includes(name.getText())) {
      type.getTypeArguments().forEach(again);
      return;
    }
    const declarations =
      name.getSymbol()?.getAliasedSymbol()?.getDeclarations() ?? name.getSymbol()?.getDeclarations() ?? [];
    if (declarations.length === 0) offenders.push(`unknown type ${name.getText()}`);
    for (const d of declarations) checkDeclaration(d, offenders, seen);
  } else offenders.push(`${type.getSourceFile().getBaseName()}: ${type.getText().slice(0, 60)}`);
}

describe('architecture: documentation', () => {
  it('every file starts with a doc comment', () => {
    const offenders = sources.filter((f) => !/^(?:#!.*\n)?\/\*\*/.test(f.getFullText()));
    assert.deepEqual(offenders.map(nameOf), []);
  });

  it('every exported thing has a doc comment', () => {
    const offenders: string[] = [];
    for (const file of sources) {
      let groupEnd = Number.NEGATIVE_INFINITY;
      for (const statement of file.getStatements()) {
        if (!Node.isExportable(statement) || !statement.isExported() || !Node.isJSDocable(statement)) continue;
        // Constants in a row share the comment of the first.
        const documented =
          statement.getJsDocs().length > 0 ||
          (Node.isVariableStatement(statement) && statement.getStartLineNumber() === groupEnd + 1);
        if (documented) groupEnd = statement.getEndLineNumber();
        else offenders.push(`${nameOf(file)}:${statement.getStartLineNumber()}`);
      }
    }
    assert.deepEqual(offenders, []);
  });
});

describe('architecture: sizes', () => {
  it(`files have at most ${MAX_FILE} lines`, () => {
    const lines = (f: SourceFile): number => f.getFullText().trimEnd().split('\n').length;
    const offenders = written.filter(
      (f) => lines(f) > (layerOf(nameOf(f)) === 'model' ? Number.POSITIVE_INFINITY : MAX_FILE),
    );
    assert.deepEqual(
      offenders.map((f) => `${nameOf(f)}: ${lines(f)} lines`),
      [],
    );
  });

  it(`functions have at most ${MAX_FUNCTION} lines and ${MAX_PARAMETERS} parameters`, () => {
    const offenders: string[] = [];
    for (const file of written) {
      for (const node of file.getDescendants()) {
        if (!Node.isFunctionLikeDeclaration(node) && !Node.isFunctionExpression(node) && !Node.isArrowFunction(node))
          continue;
        const lines = node.getEndLineNumber() - node.getStartLineNumber() + 1;
        const where = `${nameOf(file)}:${node.getStartLineNumber()}`;
        if (lines > MAX_FUNCTION) offenders.push(`${where}: ${lines} lines`);
        const parameters = node.getParameters().length;
        if (parameters > MAX_PARAMETERS) offenders.push(`${where}: ${parameters} parameters`);
      }
    }
    assert.deepEqual(offenders, []);
  });
});

describe('architecture: habits', () => {
  /** Places of nodes that a test picks, in all written files but those of some layers. */
  const places = (pick: (node: Node) => boolean, except: readonly string[] = []): string[] =>
    written
      .filter((f) => !except.includes(layerOf(nameOf(f))))
      .flatMap((f) =>
        f
          .getDescendants()
          .filter(pick)
          .map((n) => `${nameOf(f)}:${n.getStartLineNumber()}: ${n.getText().split('\n')[0]?.slice(0, 60)}`),
      );

  it('no default exports', () => {
    assert.deepEqual(written.filter((f) => f.getDefaultExportSymbol() !== undefined).map(nameOf), []);
  });

  it('no any, no non-null assertions, no enums, no namespaces', () => {
    assert.deepEqual(
      places((n) => n.getKind() === SyntaxKind.AnyKeyword),
      [],
    );
    assert.deepEqual(
      places((n) => n.getKind() === SyntaxKind.NonNullExpression),
      [],
    );
    assert.deepEqual(
      places((n) => n.getKind() === SyntaxKind.EnumDeclaration),
      [],
    );
    assert.deepEqual(
      places((n) => n.getKind() === SyntaxKind.ModuleDeclaration),
      [],
    );
  });

  it('no suppressed compiler messages, and linter messages only with a reason', () => {
    const offenders = written.filter((f) =>
      /@ts-(?:ignore|expect-error|nocheck)|biome-ignore(?! lint\/[\w/]+: \w)/.test(f.getFullText()),
    );
    assert.deepEqual(offenders.map(nameOf), []);
  });

  it('console and process streams belong to the command line and the host; nobody calls exit', () => {
    const text = (n: Node): string => (Node.isPropertyAccessExpression(n) ? n.getText() : '');
    assert.deepEqual(
      places((n) => /^console\.\w+$/.test(text(n)), ['server/cli', 'server/host', 'client']),
      [],
    );
    assert.deepEqual(
      places((n) => /^process\.(?:stdout|stderr|stdin)$/.test(text(n)), ['server/cli', 'server/host', 'server/lsp']),
      [],
    );
    assert.deepEqual(
      places((n) => /^process\.(?:exit|abort|kill)$/.test(text(n))),
      [],
    );
  });

  it('no state at the top of a module save caches that are keyed by what they cache', () => {
    const offenders = places(
      (n) =>
        Node.isVariableStatement(n) &&
        n.getParentIfKind(SyntaxKind.SourceFile) !== undefined &&
        n.getDeclarationKind() !== 'const',
    ).filter((place) => !ALLOWED_STATE.some((allowed) => place.startsWith(allowed)));
    assert.deepEqual(offenders, []);
  });

  it('no TODO, FIXME or XXX is left', () => {
    assert.deepEqual(
      written.filter((f) => /(?:\/\/|^\s*\/?\*).*\b(?:TODO|FIXME|XXX)\b/m.test(f.getFullText())).map(nameOf),
      [],
    );
  });
});

/** Modules with a value that is made once per thread and never changes afterwards. */
const ALLOWED_STATE: readonly string[] = [
  'server/syntax/parser.ts:',
  'server/engine/rule-table.ts:',
  'server/host/rule-pages.ts:',
];
