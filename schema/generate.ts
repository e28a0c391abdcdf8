/**
 * Writes everything that follows from schema/kapso-whatsapp.schema.json and src/error-codes.ts.
 *
 * `node schema/generate.ts` writes; `--check` writes nothing, names the files that are stale and exits with 1.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configModule, validatorModule, validatorTypes } from './code.ts';
import { readSchema, type SchemaNode } from './schema.ts';
import { errorReference, exampleFile, reference, variableTable } from './text.ts';

const root = join(import.meta.dirname, '..');

/** Replaces what stands between the markers `<!-- begin generated: name -->` and `<!-- end generated: name -->`. */
export function replaceBlock(text: string, name: string, content: string): string {
  const begin = `<!-- begin generated: ${name} -->`;
  const end = `<!-- end generated: ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md needs the lines "${begin}" and "${end}", in this order`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

/** Path, relative to the repository, and content of every generated file. */
export function generatedFiles(schema: SchemaNode, readme: string): Map<string, string> {
  const withTable = replaceBlock(readme, 'environment variables', variableTable(schema));
  return new Map([
    ['src/config/config.generated.ts', configModule(schema)],
    ['src/config/validate.generated.js', validatorModule(schema)],
    ['src/config/validate.generated.d.ts', validatorTypes],
    ['kapso-whatsapp.example.yaml', exampleFile(schema)],
    ['docs/reference/errors.md', errorReference()],
    ['README.md', replaceBlock(withTable, 'configuration reference', reference(schema))],
  ]);
}

/** The generated files whose content on disk is another. */
export function staleFiles(): Map<string, string> {
  const files = generatedFiles(readSchema(), readFileSync(join(root, 'README.md'), 'utf8'));
  for (const [path, content] of files) {
    if (existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === content) files.delete(path);
  }
  return files;
}

if (import.meta.main) {
  const stale = staleFiles();
  if (process.argv.includes('--check')) {
    for (const path of stale.keys()) console.error(`${path} is stale: run \`npm run generate\``);
    process.exitCode = stale.size > 0 ? 1 : 0;
  } else {
    for (const [path, content] of stale) {
      writeFileSync(join(root, path), content);
      console.log(`wrote ${path}`);
    }
  }
}
