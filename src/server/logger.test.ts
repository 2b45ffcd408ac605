import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLogger('info', { write: (line) => void lines.push(line) }));
  return JSON.parse(lines[0]!);
}

test('lines are JSON with level and time as text', () => {
  expect(logged((log) => log.info({ requestId: 'r' }, 'done'))).toMatchObject({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    requestId: 'r',
    msg: 'done',
  });
});

test('what should never have been logged is cut out', () => {
  const line = logged((log) =>
    log.info(
      {
        authorization: 'Bearer secret',
        variables: { a: 'secret' },
        request: { headers: { cookie: 'secret' }, body: 'secret' },
        user: { email: 'secret' },
      },
      'x',
    ),
  );
  expect(JSON.stringify(line)).not.toContain('secret');
  expect(line).toMatchObject({ authorization: '[redacted]', user: { email: '[redacted]' } });
});

test('errors are told by kind, code and place, without the values they quote', () => {
  const error = Object.assign(new Error('invalid input syntax for type uuid: "secret", said secret@example.com'), {
    code: '22P02',
    detail: 'Key (email)=(secret)',
    table: 'customers',
    constraint: 'customers_key',
  });
  const line = logged((log) => log.error({ err: error }, 'x'));
  expect(line).toMatchObject({
    err: {
      type: 'Error',
      code: '22P02',
      table: 'customers',
      constraint: 'customers_key',
      stack: expect.stringContaining('logger.test.ts'),
    },
  });
  expect(JSON.stringify(line)).not.toContain('secret');
});
