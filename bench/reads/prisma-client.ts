// The Prisma client and Pothos' types of Trato's own Prisma models, generated beside the seeded database.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const bench = join(import.meta.dirname, '..');

const generators = `
generator client {
  provider            = "prisma-client"
  output              = "../client"
  importFileExtension = "ts"
}
generator pothos {
  provider     = "prisma-pothos-types"
  clientOutput = "./client/client.ts"
  output       = "../pothos-types.ts"
}
`;

/** Generates them into a folder below `folder`, unless they are there, and gives its path. */
export async function generatePrismaClient(folder: string): Promise<string> {
  const target = join(folder, 'prisma');
  if (existsSync(target)) return target;
  const making = `${target}.new`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making);
  await cp(join(bench, '../prisma/schema'), join(making, 'schema'), { recursive: true });
  await writeFile(join(making, 'schema/generators.prisma'), generators);
  await writeFile(join(making, 'prisma.config.mjs'), `export default { schema: 'schema' };\n`);
  // What is generated imports its runtime as if it lay in the benchmark's folder.
  await symlink(join(bench, 'node_modules'), join(making, 'node_modules'), 'junction');
  const prisma = join(bench, 'node_modules/prisma/build/index.js');
  // `generate` needs no engine, but looks for one and would download it.
  const path = [join(bench, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = {
    ...process.env,
    PATH: path,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
  await promisify(execFile)(process.execPath, [prisma, 'generate'], { cwd: making, env });
  await rename(making, target);
  return target;
}
