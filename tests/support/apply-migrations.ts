// A process of its own that applies migrations and reports which: `apply-migrations.ts <url> <directory>`.
import { applyMigrations } from '../../src/db/migrate.ts';

const [url = '', directory] = process.argv.slice(2);
const { applied } = await applyMigrations({ url, directory });
process.send?.(applied);
process.disconnect?.();
