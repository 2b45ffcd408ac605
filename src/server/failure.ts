// Why a server did not start: one line for the person at the terminal, with a code to search for.

export type StartFailure = Error & { code: string; isStartFailure: true };

/** Makes the error that ends a start. */
export function startFailure(code: string, message: string, cause?: unknown): StartFailure {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code, isStartFailure: true as const });
}

/** The line for an error that ended a start or a run: foreseen ones without a stack. */
export function failureLine(error: unknown): string {
  const { message, code, stack } = error as Partial<StartFailure>;
  if (!(error instanceof Error)) return `trato: ${String(error)} [INTERNAL]`;
  return isForeseen(code) ? `trato: ${oneLine(message ?? '')} [${code}]` : `trato: ${stack ?? message} [INTERNAL]`;
}

/** Whether the code is one that a start fails with in the ordinary way of things. */
function isForeseen(code: unknown): boolean {
  return (
    typeof code === 'string' &&
    /^(CONFIG|DATA_DIR|EMBEDDED_DATABASE|DATABASE|MIGRATION|PORT|HOST|API_KEY|ROLE|PERMISSION|PLUGIN)_[A-Z_]+$/.test(code)
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** What a refused `listen` means. */
export function listenFailure(error: unknown, host: string, port: number): unknown {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'EADDRINUSE') {
    return startFailure(
      'PORT_IN_USE',
      `port ${port} of ${host} is in use by another program. Stop it, or set PORT to another port.`,
      error,
    );
  }
  if (code === 'EACCES')
    return startFailure('PORT_FORBIDDEN', `this user may not listen on port ${port} of ${host}; set PORT to another port.`, error);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return startFailure('HOST_UNUSABLE', `this machine has no address ${host} to listen on; set HOST.`, error);
  }
  return error;
}
