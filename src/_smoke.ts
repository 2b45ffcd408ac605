import { startEmbeddedDatabase } from './db/embedded/index.ts';
import { applyMigrations } from './db/migrate.ts';
import { openDatabase } from './db/database.ts';
import { runCommand } from './commands/command.ts';
import { systemViewer } from './auth/system-viewer.ts';
import { newId } from './lib/typeid.ts';
import sql from 'sql-template-tag';
import { channelCommands, interactionKindCommands } from './modules/vocabularies/index.ts';
import './modules/access/access.entity.ts';
import { customersUpsert } from './modules/customers/upsert.command.ts';
import { customerCreate, customerUpdate } from './modules/customers/customers.commands.ts';
import { interactionsRecord, interactionRecord } from './modules/interactions/interactions.commands.ts';
const pg = await startEmbeddedDatabase({ dataDir: '/tmp/smoke-data' });
try {
  await applyMigrations({ url: pg.url });
  const db = openDatabase(pg.url);
  const ws = newId();
  await db.execute(sql`insert into workspaces (id, key, name, country) values (${ws}, ${ws}, 'x', 'GB')`);
  const viewer = systemViewer(ws);
  const run = (c: any, input: any) => runCommand({ db, viewer, requestId: 'r' }, c, input).then((o: any) => { console.log(c.name, JSON.stringify(o).slice(0, 300)); return o; });
  await run(channelCommands.create, { key: 'web', name: 'Web' });
  await run(channelCommands.create, { key: 'web', name: 'Web' });
  await run(channelCommands.upsert, { rows: [{ key: 'web', name: 'Web' }, { key: 'Bad Key', name: 'x' }, { key: 'phone', name: 'Phone' }, { key: 'phone', name: 'Phone2' }], onError: 'SKIP' });
  await run(channelCommands.upsert, { rows: [{ key: 'web', name: 'Web3' }, { key: 'Bad Key', name: 'x' }] });
  await run(interactionKindCommands.create, { key: 'order_placed', name: 'Order placed' });
  await run(customerCreate, { displayName: 'Ann', identities: [{ kind: 'EMAIL', value: 'Ann@Example.com ' }], tags: ['b', 'a'], stage: null });
  await run(customerCreate, { displayName: 'Ann', identities: [{ kind: 'EMAIL', value: 'ann@EXAMPLE.com ' }] });
  await run(customersUpsert, { rows: [{ externalId: { system: 'S', value: '1' }, displayName: 'One', identities: [{ kind: 'PHONE', value: '020 7946 0958' }] }, { identities: [{ kind: 'PHONE', value: '+44 20 7946 0958' }], tags: ['x'] }, { identities: [{ kind: 'EMAIL', value: 'nope' }] }], onError: 'SKIP' });
  const rows = Array.from({ length: 500 }, (_, i) => ({ customer: { externalId: { system: 'shop', value: String(i % 300) } }, kind: 'order_placed', channel: 'web', direction: 'INBOUND', occurredAt: new Date(2020, 1, i % 28), externalRef: { system: 'shop', value: `o${i}` }, value: { amount: '12.50', currency: 'GBP' } }));
  for (let n = 0; n < 6; n++) { console.time('record'); const o = await runCommand({ db, viewer, requestId: 'r' }, interactionsRecord, { rows: rows.map((r) => ({ ...r, externalRef: { system: 'shop', value: `${n}-${r.externalRef.value}` } })) }); console.timeEnd('record'); if (n==0) console.log(JSON.stringify(o).slice(0, 200)); }
  console.time('again'); const o: any = await runCommand({ db, viewer, requestId: 'r' }, interactionsRecord, { rows: rows.map((r) => ({ ...r, externalRef: { system: 'shop', value: `0-${r.externalRef.value}` } })) }); console.timeEnd('again');
  console.log(o.result.results.filter((r: any) => r.status !== 'UNCHANGED').length);
  await run(interactionRecord, { customer: { identity: { kind: 'EMAIL', value: 'new@x.org' } }, kind: 'order_placed', channel: 'web', direction: 'INBOUND', participants: [{ role: 'cc', customer: { identity: { kind: 'EMAIL', value: 'cc@x.org' } } }], conversation: { externalId: { system: 'z', value: '1' } } });
  console.log(await db.query(sql`select type, count(*) from event_inbox group by 1`));
  await db.close();
} finally { await pg.stop(); }
