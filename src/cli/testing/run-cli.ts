import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export type CliResult = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string; lastLine: string };
export type CliRun = { child: ChildProcess; ended: Promise<CliResult> };

/** Starts the `trato` command as its own process. */
export function startCli(
  args: string[],
  { stdin, env = {}, cwd }: { stdin?: string | Buffer; env?: Record<string, string>; cwd?: string } = {},
): CliRun {
  const { TRATO_API_KEY: _key, TRATO_DATA_DIR: _folder, ...inherited } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...inherited, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd && { cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin?.on('error', () => undefined).end(stdin ?? '');
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr, lastLine: stdout.trimEnd().split('\n').at(-1) ?? '' });
    });
  });
  return { child, ended };
}

/** Runs the `trato` command to its end. */
export const runCli = (args: string[], options?: Parameters<typeof startCli>[1]): Promise<CliResult> => startCli(args, options).ended;
